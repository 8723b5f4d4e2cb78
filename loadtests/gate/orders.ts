import type { PlacingFrame, PlannedOrder } from '../../protocol/generatorPlan.ts';
import type { OrderTerms } from '../../protocol/messages.ts';
import { lengthUs, type Schedule } from '../../protocol/run.ts';
import { decimalFromUnits } from '../oracle/decimal.ts';
import { type PlayedPart, TRADE } from './part.ts';

export interface OrderPlanInput {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  /** Symbols of each client, by position. */
  readonly clientSymbols: readonly (readonly string[])[];
  readonly ordersPerS: number;
  /** Whether a client sends its orders of some seconds in one burst. Default: nobody. */
  readonly isBursty?: (client: number) => boolean;
  /** Before the name of each order: accounts that live on know those of earlier runs. Default: nothing. */
  readonly namePrefix?: string;
  readonly random: () => number;
}

/** No order in the first moments: there must be a last price; none near the end: a trigger must have time to arrive. */
const LEAD_S = 1.5;
const TAIL_S = 1;
/** A bursty client sends at one time what others would in so long. */
const BURST_EVERY_S = 5;
/** Where the tape will go is known, so an order's stop is put where it will be reached, at most this far away. */
const REACH_TICKS = 12;

/** What the orders in turn are; a list takes the places of two. */
const KINDS = [
  ...['market', 'stop', 'stop', 'stop', 'stop', 'stop', 'trail', 'trail', 'trail', 'trail'],
  ...['market', 'stop', 'stop', 'stop', 'stop', 'trail', 'trail', 'trail', 'list', 'second'],
] as const satisfies readonly OrderKind[];
type OrderKind = 'market' | 'stop' | 'trail' | 'list' | 'second';

/**
 * Plans the orders of a run: evenly in time (an open model), spread over the clients. Of twenty, two are MARKET, nine
 * STOP_MARKET, seven TRAILING_STOP_MARKET, and two stops on both sides of the market as an OCO list, all with stops where
 * the tape will soon cross them. Returns each client's orders.
 */
export function planOrders(input: OrderPlanInput): PlannedOrder[][] {
  const { schedule, clientSymbols } = input;
  const plans: PlannedOrder[][] = clientSymbols.map(() => []);
  const durationS = lengthUs(schedule) / 1e6;
  const count = Math.floor(Math.max(0, durationS - LEAD_S - TAIL_S) * input.ordersPerS);
  const trades = tradesBySymbol(input.part);
  for (let n = 0; n < count; n++) {
    const kind = KINDS[n % KINDS.length] ?? 'stop';
    if (kind === 'second') continue;
    const client = n % clientSymbols.length;
    const afterS = n / input.ordersPerS;
    const atS = LEAD_S + (input.isBursty?.(client) === true ? afterS - (afterS % BURST_EVERY_S) : afterS);
    const eventUs = schedule.fromEventUs + atS * 1e6 * schedule.speed;
    const frame = chooseOrder({
      ...input,
      trades,
      client,
      eventUs,
      name: `${input.namePrefix ?? ''}c${client}-${n}`,
      kind,
    });
    if (frame !== undefined) plans[client]?.push({ atUs: Math.round(schedule.startUs + atS * 1e6), frame });
  }
  for (const plan of plans) plan.sort((a, b) => a.atUs - b.atUs);
  return plans;
}

interface Trades {
  readonly index: number;
  readonly priceDecimals: number;
  readonly timesUs: number[];
  readonly prices: number[];
}

function tradesBySymbol(part: PlayedPart): Map<string, Trades> {
  const all = new Map<string, Trades>();
  for (const instrument of part.instruments) {
    const trades: Trades = {
      index: instrument.index,
      priceDecimals: instrument.priceDecimals,
      timesUs: [],
      prices: [],
    };
    for (const at of part.bySymbol[instrument.index] ?? []) {
      const tick = part.ticks[at];
      if (tick === undefined || tick.kind !== TRADE) continue;
      trades.timesUs.push(tick.eventTimeUs);
      trades.prices.push(tick.price);
    }
    all.set(instrument.symbol, trades);
  }
  return all;
}

interface Choice extends OrderPlanInput {
  readonly trades: Map<string, Trades>;
  readonly client: number;
  readonly eventUs: number;
  readonly name: string;
  readonly kind: Exclude<OrderKind, 'second'>;
}

/** The order for one place in the plan, on whichever of the client's symbols trades soonest and most. */
function chooseOrder(choice: Choice): PlacingFrame | undefined {
  const symbols = choice.clientSymbols[choice.client] ?? [];
  let best: { symbol: string; trades: Trades; next: number; ahead: number } | undefined;
  for (let draw = 0; draw < 6; draw++) {
    const symbol = symbols[Math.floor(choice.random() * symbols.length)];
    const trades = symbol === undefined ? undefined : choice.trades.get(symbol);
    if (symbol === undefined || trades === undefined) continue;
    const next = trades.timesUs.findIndex((timeUs) => timeUs > choice.eventUs);
    if (next < 1) continue;
    const ahead = trades.timesUs.length - next;
    if (best === undefined || ahead > best.ahead) best = { symbol, trades, next, ahead };
  }
  if (best === undefined) return undefined;
  const last = best.trades.prices[best.next - 1] as number;
  const terms = { clientOrderId: choice.name, symbol: best.symbol, quantity: '100' } as const;
  const base = { type: 'order.place', ...terms } as const;
  if (choice.kind === 'market') {
    return { ...base, side: choice.random() < 0.5 ? 'BUY' : 'SELL', orderType: 'MARKET' };
  }
  const { side, distance } = reachable(best.trades, best.next, last, choice.random);
  const { priceDecimals } = best.trades;
  if (choice.kind !== 'trail') {
    if (last <= distance) return undefined;
    const stop = (to: 'BUY' | 'SELL', clientOrderId: string): OrderTerms => ({
      ...terms,
      clientOrderId,
      side: to,
      orderType: 'STOP_MARKET',
      triggerPrice: decimalFromUnits(to === 'SELL' ? last - distance : last + distance, priceDecimals),
    });
    if (choice.kind === 'stop') return { type: 'order.place', ...stop(side, choice.name) };
    const orders = [stop('SELL', `${choice.name}-sell`), stop('BUY', `${choice.name}-buy`)];
    return { type: 'order.placeList', contingency: 'OCO', orders };
  }
  const basisPoints = Math.max(1, Math.round((distance / last) * 10_000));
  const trailingOffset =
    choice.random() < 0.3
      ? ({ kind: 'bp', value: String(basisPoints) } as const)
      : choice.random() < 0.5
        ? ({ kind: 'ticks', value: String(distance) } as const)
        : ({ kind: 'price', value: decimalFromUnits(distance, priceDecimals) } as const);
  return { ...base, side, orderType: 'TRAILING_STOP_MARKET', trailingOffset };
}

/** The side on which the tape goes further from `last`, and a distance in ticks that it will reach. */
function reachable(trades: Trades, next: number, last: number, random: () => number) {
  let low = last;
  let high = last;
  for (let at = next; at < trades.prices.length; at++) {
    low = Math.min(low, trades.prices[at] as number);
    high = Math.max(high, trades.prices[at] as number);
  }
  const side = last - low >= high - last ? ('SELL' as const) : ('BUY' as const);
  const furthest = Math.min(REACH_TICKS, Math.max(last - low, high - last));
  return { side, distance: Math.max(1, Math.ceil(furthest * (0.3 + 0.7 * random()))) };
}
