import type { ModifyOrder, RejectReason, TrailingOffset } from '../../market/types.ts';
import { activates, isImmediate, type OpenOrder, watchOf } from './openOrder.ts';
import {
  dealtPrice,
  isPositiveInteger,
  isPrice,
  reachesStop,
  reachesTarget,
  type SymbolState,
  stopBehind,
  watchedPrice,
} from './prices.ts';

/** Why an order's terms can't be, whatever the market. */
export function formRefusal(order: OpenOrder): RejectReason | undefined {
  const { command, quantity, limitPrice, stop, trail, activationPrice } = order;
  if (!isPositiveInteger(quantity)) return 'bad_quantity';
  switch (command.type) {
    case 'MARKET':
      return undefined;
    case 'LIMIT':
      return isPrice(limitPrice) ? undefined : 'bad_price';
    case 'STOP_LIMIT':
      return isPrice(stop) && isPrice(limitPrice) ? undefined : 'bad_price';
    case 'STOP_MARKET':
    case 'TAKE_PROFIT':
      return isPrice(stop) ? undefined : 'bad_price';
    case 'TRAILING_STOP_MARKET':
      if (activationPrice !== undefined && !isPrice(activationPrice)) return 'bad_price';
      return trail !== undefined && isPositiveInteger(trail.value) ? undefined : 'bad_offset';
    default:
      return 'unsupported_order_type';
  }
}

/** Why an order's terms don't fit the market of now. Its form is right. */
export function marketRefusal(order: OpenOrder, state: SymbolState): RejectReason | undefined {
  const { command, stop, trail } = order;
  const { type, side } = command;
  const price = watchedPrice(state, watchOf(command));
  if (type === 'LIMIT') return undefined;
  if (price === 0) return 'no_market';
  if (trail !== undefined) {
    return firstStop(order, price, trail) <= 0 ? 'bad_offset' : undefined;
  }
  if (stop === undefined) return undefined;
  const isPast = type === 'TAKE_PROFIT' ? reachesTarget(side, price, stop) : reachesStop(side, price, stop);
  return isPast ? 'wrong_side_of_market' : undefined;
}

/** The stop with which a trail will start if the market doesn't move before it reaches its activation price. */
function firstStop(order: OpenOrder, price: number, trail: TrailingOffset): number {
  const start = activates(order, price) ? price : (order.activationPrice ?? price);
  return stopBehind(order.command.side, start, trail);
}

/** The price at which an order's worth is judged, in ticks: a buy's limit, else the dearest of limit, stop and market. */
export function judgedPrice(order: OpenOrder, state: SymbolState): number {
  const { command, limitPrice = 0, stop = 0, trail, peak } = order;
  if (limitPrice > 0 && command.side === 'BUY') return limitPrice;
  const price = (command.type === 'LIMIT' ? dealtPrice : watchedPrice)(state, watchOf(command));
  const ownStop = trail === undefined || peak !== undefined ? stop : firstStop(order, price, trail);
  return Math.max(price, ownStop, limitPrice);
}

/** Whether an order that isn't to rest outside its hours asks for an answer at once. */
export function needsOpenMarket(order: OpenOrder): boolean {
  const { type } = order.command;
  return type === 'MARKET' || (type === 'LIMIT' && isImmediate(order.command));
}

const NEW_TERMS = [
  'quantity',
  'triggerPrice',
  'limitPrice',
  'trailingOffset',
  'activationPrice',
  'expireTimeUs',
] as const;

/** Why new terms can't be asked of an open order at all: there are none, it has no such terms, or has them no more. */
export function termsRefusal(order: OpenOrder, modify: ModifyOrder): RejectReason | undefined {
  const { type, timeInForce } = order.command;
  const isAsked = (term: (typeof NEW_TERMS)[number]) => modify[term] !== undefined;
  if (!NEW_TERMS.some(isAsked)) return 'nothing_to_modify';
  const isTrail = type === 'TRAILING_STOP_MARKET';
  const hasTrigger = type === 'STOP_MARKET' || type === 'STOP_LIMIT' || type === 'TAKE_PROFIT';
  if (isAsked('triggerPrice') && !hasTrigger) return 'not_modifiable';
  if (isAsked('limitPrice') && type !== 'LIMIT' && type !== 'STOP_LIMIT') return 'not_modifiable';
  if (isAsked('trailingOffset') && !isTrail) return 'not_modifiable';
  if (isAsked('activationPrice') && (!isTrail || order.peak !== undefined)) return 'not_modifiable';
  if (isAsked('expireTimeUs') && timeInForce !== 'GTD') return 'not_modifiable';
  if ((isAsked('triggerPrice') || isAsked('trailingOffset')) && order.hasTriggered) return 'already_triggered';
  return undefined;
}
