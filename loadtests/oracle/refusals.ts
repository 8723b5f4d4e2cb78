import type { PlaceOrder, RejectReason } from '../../market/types.ts';
import { activates, watchOf } from './openOrder.ts';
import {
  isPositiveInteger,
  isPrice,
  reachesStop,
  reachesTarget,
  type SymbolState,
  stopBehind,
  watchedPrice,
} from './prices.ts';

/** Why an order can't be taken, the first reason that holds; undefined when it can. Its symbol is known. */
export function refusalOf(command: PlaceOrder, state: SymbolState): RejectReason | undefined {
  if (!isPositiveInteger(command.quantity)) return 'bad_quantity';
  const { type, side, triggerPrice, limitPrice } = command;
  const price = watchedPrice(state, watchOf(command));
  switch (type) {
    case 'MARKET':
      return state.last === 0 ? 'no_market' : undefined;
    case 'LIMIT':
      return isPrice(limitPrice) ? undefined : 'bad_price';
    case 'STOP_LIMIT':
    case 'STOP_MARKET':
      if (!isPrice(triggerPrice) || (type === 'STOP_LIMIT' && !isPrice(limitPrice))) return 'bad_price';
      if (price === 0) return 'no_market';
      return reachesStop(side, price, triggerPrice) ? 'wrong_side_of_market' : undefined;
    case 'TAKE_PROFIT':
      if (!isPrice(triggerPrice)) return 'bad_price';
      if (price === 0) return 'no_market';
      return reachesTarget(side, price, triggerPrice) ? 'wrong_side_of_market' : undefined;
    case 'TRAILING_STOP_MARKET':
      return trailRefusal(command, price);
    default:
      return 'unsupported_order_type';
  }
}

function trailRefusal(command: PlaceOrder, price: number): RejectReason | undefined {
  const { trailingOffset: offset, activationPrice, side } = command;
  if (activationPrice !== undefined && !isPrice(activationPrice)) return 'bad_price';
  if (offset === undefined || !isPositiveInteger(offset.value)) return 'bad_offset';
  if (price === 0) return 'no_market';
  const start = activates(command, price) ? price : (activationPrice ?? price);
  return stopBehind(side, start, offset) <= 0 ? 'bad_offset' : undefined;
}
