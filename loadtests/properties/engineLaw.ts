import { isDeepStrictEqual } from 'node:util';
import type {
  Command,
  Control,
  Instrument,
  MarketEvent,
  OrderEvent,
  OrderView,
  PortfolioView,
  PositionView,
  SessionCalendar,
  Tick,
  TradeBar,
} from '../../market/types.ts';
import type { Commission } from '../oracle/accounts.ts';
import type { FundsRule } from '../oracle/funds.ts';
import { Oracle } from '../oracle/oracle.ts';
import { SHORT_DAYS } from './calendar.ts';
import { describeOperation, inputOf, instrumentsOf, type Operation, type Session } from './operations.ts';

/** What the law needs of an engine. */
interface EngineUnderLaw {
  readonly onTick: (tick: Tick) => unknown;
  readonly onBar: (bar: TradeBar) => unknown;
  readonly onCommand: (command: Command) => unknown;
  readonly onControl: (control: Control) => unknown;
  readonly workingOrders: (account: string) => OrderView[];
  readonly positions: (account: string) => PositionView[];
  readonly portfolio: (account: string) => PortfolioView;
  readonly buyingPower: (account: string) => number;
}

/** What an engine under the law is made with. */
export interface LawOptions {
  readonly instruments: readonly Instrument[];
  readonly sink: (event: MarketEvent) => void;
  readonly ratchetWindowUs: number;
  /** Absent: always open. */
  readonly calendar?: SessionCalendar;
  readonly fills: 'whole' | 'tick_size';
  readonly startingCash: number;
  readonly costBasis: 'average' | 'fifo';
  readonly commission?: Commission;
  readonly buyingPower: FundsRule;
}

/** Makes the engine that is put under the law. */
export type MakeEngine = (options: LawOptions) => EngineUnderLaw;

/** Engine and oracle differ: the message holds the operations up to the break, in words and as JSON to keep. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken';
  /** The difference alone. */
  readonly fault: string;

  constructor(operations: readonly Operation[], fault: string) {
    const steps = operations.map((operation, at) => `  ${at + 1}. ${describeOperation(operation)}`);
    const lines = [`after ${operations.length} operations`, ...steps, fault];
    super([...lines, `operations: ${JSON.stringify(operations)}`].join('\n'));
    this.fault = fault;
  }
}

/** Market time before the first operation, µs. */
const START_US = 1_000_000;
/** What an account starts with where the session doesn't say, cash units. */
const DEFAULT_STARTING_CASH = 100_000_000_000;
/** Open orders and accounts are compared after every so many operations, and after the last. */
const COMPARE_EVERY = 8;

/**
 * Plays a session into an engine and the oracle and holds them against each other after each operation: the same events
 * (ratchets aside, which an engine may gather), the same open orders with the same stops and peaks, and ratchets that are
 * told truly, at most once per order and window, after all else that their tick caused, and not kept back beyond the window.
 *
 * @returns the events as the engine told them
 * @throws LawBroken at the first difference
 */
export function playBoth(makeEngine: MakeEngine, session: Session): MarketEvent[] {
  const { operations, symbols, ratchetWindowUs, hasSessions = false, fillsInParts = false } = session;
  const instruments = instrumentsOf(symbols);
  const told: MarketEvent[] = [];
  const fills = fillsInParts ? ('tick_size' as const) : ('whole' as const);
  const { shortMarginBp } = session;
  const buyingPower: FundsRule = shortMarginBp === undefined ? { kind: 'cash' } : { kind: 'margin', shortMarginBp };
  const rules = { instruments, fills, buyingPower, ...(hasSessions ? { calendar: SHORT_DAYS } : {}) };
  const { startingCash = DEFAULT_STARTING_CASH, costBasis = 'average', commission } = session;
  const accounts = { startingCash, costBasis, ...(commission === undefined ? {} : { commission }) };
  const engine = makeEngine({ ...rules, ...accounts, sink: (event) => told.push(event), ratchetWindowUs });
  const oracle = new Oracle({ ...rules, accounts });
  const ratchets = new RatchetLaw(ratchetWindowUs);
  const all: MarketEvent[] = [];
  let latestUs = START_US;
  for (const [at, operation] of operations.entries()) {
    told.length = 0;
    oracle.events.length = 0;
    const input = inputOf(operation, latestUs);
    const tick = input.kind === 'tick' ? input.tick : input.kind === 'bar' ? input.bar : undefined;
    const seqBefore = tick === undefined ? 0 : oracle.seq(tick.symbol);
    feed(engine, input);
    feed(oracle, input);
    all.push(...told);
    const isAccepted = tick !== undefined && oracle.seq(tick.symbol) > seqBefore;
    latestUs = Math.max(latestUs, isAccepted ? tick.eventTimeUs : 0, oracle.nowUs);
    const isCompared = at % COMPARE_EVERY === 0 || at === operations.length - 1;
    const fault =
      differingEvents(told.filter(isNoRatchet), oracle.events.filter(isNoRatchet)) ??
      (isCompared ? (differingOrders(engine, oracle) ?? differingAccounts(engine, oracle)) : undefined) ??
      ratchets.fault({ told, oracle, acceptedTick: isAccepted ? tick : undefined, isBar: input.kind === 'bar' });
    if (fault !== undefined) throw new LawBroken(operations.slice(0, at + 1), fault);
  }
  return all;
}

function feed(
  market: Pick<EngineUnderLaw, 'onTick' | 'onBar' | 'onCommand' | 'onControl'>,
  input: ReturnType<typeof inputOf>,
): void {
  if (input.kind === 'tick') market.onTick({ ...input.tick });
  else if (input.kind === 'bar') market.onBar(input.bar);
  else if (input.kind === 'command') market.onCommand(input.command);
  else market.onControl(input.control);
}

/** An event in one short line, for people and for kept counterexamples. */
export function describeEvent(event: MarketEvent): string {
  if (event.kind === 'execution') {
    const { clientOrderId, side, lastQuantity, lastPrice, symbol, tickSeq } = event;
    return `${clientOrderId} execution ${side} ${lastQuantity}@${lastPrice}, tick ${tickSeq} of S${symbol}`;
  }
  const { order, reason, tickSeq } = event;
  const why = order.rejectReason === undefined ? reason : `${reason} as ${order.rejectReason}`;
  const stop = order.triggerPrice === undefined ? '' : ` stop ${order.triggerPrice}`;
  return `${order.clientOrderId} ${why}${stop}, tick ${tickSeq} of S${order.symbol}`;
}

function isNoRatchet(event: MarketEvent): boolean {
  return event.kind !== 'order' || event.reason !== 'ratcheted';
}

function differingEvents(told: readonly MarketEvent[], expected: readonly MarketEvent[]): string | undefined {
  for (let at = 0; at < Math.max(told.length, expected.length); at++) {
    const [one, other] = [told[at], expected[at]];
    if (one === undefined) return `engine keeps silent, oracle: ${show(other)}`;
    if (other === undefined) return `oracle keeps silent, engine: ${show(one)}`;
    if (!isDeepStrictEqual(comparable(one), comparable(other))) return `engine: ${show(one)}\noracle: ${show(other)}`;
  }
  return undefined;
}

/** What a refused order shows besides its size is what was asked for, not what is in force: it isn't compared. */
function comparable(event: MarketEvent): MarketEvent {
  if (event.kind !== 'order' || event.reason !== 'rejected') return event;
  const { account, orderId, clientOrderId, symbol, side, type, status, rejectReason = 'malformed' } = event.order;
  const { quantity, leavesQuantity, cumulativeQuantity, averagePrice } = event.order;
  const who = { account, orderId, clientOrderId, symbol, side, type, status, rejectReason };
  return { ...event, order: { ...who, quantity, leavesQuantity, cumulativeQuantity, averagePrice } };
}

function differingOrders(engine: EngineUnderLaw, oracle: Oracle): string | undefined {
  const expected = oracle.working();
  for (const account of ['a', 'b']) {
    const open = engine.workingOrders(account);
    const others = expected.filter((order) => order.account === account);
    if (isDeepStrictEqual(open, others)) continue;
    return `open orders of ${account}\nengine: ${JSON.stringify(open)}\noracle: ${JSON.stringify(others)}`;
  }
  return undefined;
}

function differingAccounts(engine: EngineUnderLaw, oracle: Oracle): string | undefined {
  for (const account of ['a', 'b']) {
    const kept = [engine.buyingPower(account), engine.portfolio(account), ...engine.positions(account)];
    const expected = [oracle.buyingPower(account), oracle.portfolio(account), ...oracle.positions(account)];
    if (isDeepStrictEqual(kept, expected)) continue;
    return `account ${account}\nengine: ${JSON.stringify(kept)}\noracle: ${JSON.stringify(expected)}`;
  }
  return undefined;
}

function show(event: MarketEvent | undefined): string {
  return event === undefined ? 'nothing' : `${describeEvent(event)} ${JSON.stringify(event)}`;
}

/** What was told of ratchets: truly, once per order and window, and nothing kept back once a new window has begun. */
class RatchetLaw {
  readonly #windowUs: number;
  /** By order, the stop that its last event showed. */
  readonly #toldStops = new Map<number, number | undefined>();
  /** By order, its last event. */
  readonly #lastReasons = new Map<number, OrderEvent['reason']>();
  /** By order, the window in which its last ratchet was told. */
  readonly #orderWindows = new Map<number, number>();
  /** By symbol, the window in which a ratchet was told last. */
  readonly #symbolWindows = new Map<number, number>();

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  fault(step: {
    readonly told: readonly MarketEvent[];
    readonly oracle: Oracle;
    /** The tick or bar just played, if it was accepted. */
    readonly acceptedTick: Pick<Tick, 'symbol' | 'eventTimeUs'> | undefined;
    /** Inside a bar a ratchet comes before what follows on the bar's path, and may be overtaken by it. */
    readonly isBar: boolean;
  }): string | undefined {
    const { told, oracle, acceptedTick, isBar } = step;
    const firstRatchet = told.findIndex((event) => !isNoRatchet(event));
    if (!isBar && firstRatchet >= 0 && told.slice(firstRatchet).some(isNoRatchet))
      return 'a ratchet told before its tick was done';
    if (acceptedTick === undefined && firstRatchet >= 0) return 'a ratchet without a tick';
    const window = acceptedTick === undefined ? 0 : Math.floor(acceptedTick.eventTimeUs / this.#windowUs);
    const isNewWindow = acceptedTick !== undefined && window !== this.#symbolWindows.get(acceptedTick.symbol);
    const open = firstRatchet >= 0 || isNewWindow ? oracle.working() : [];
    for (const event of told) {
      if (event.kind !== 'order') continue;
      const fault = isNoRatchet(event) ? undefined : this.#ratchetFault(event, isBar ? undefined : open, acceptedTick);
      if (fault !== undefined) return `${fault}: ${show(event)}`;
      this.#toldStops.set(event.order.orderId, event.order.triggerPrice);
      this.#lastReasons.set(event.order.orderId, event.reason);
    }
    if (!isNewWindow || isBar) return undefined;
    const kept = open.find(
      (order) => order.symbol === acceptedTick.symbol && this.#toldStops.get(order.orderId) !== order.triggerPrice,
    );
    return kept === undefined ? undefined : `a ratchet was kept back: ${JSON.stringify(kept)}`;
  }

  #ratchetFault(
    event: OrderEvent,
    open: readonly OrderView[] | undefined,
    tick: Pick<Tick, 'symbol' | 'eventTimeUs'> | undefined,
  ): string | undefined {
    const { order, eventTimeUs } = event;
    const window = Math.floor(eventTimeUs / this.#windowUs);
    if (tick === undefined || order.symbol !== tick.symbol) return 'a ratchet on another tick';
    if (open?.some((other) => isDeepStrictEqual(other, order)) === false) return 'a ratchet that is not so';
    // Another event may have shown the new stop before the window let the ratchet be told.
    const isTold = this.#toldStops.get(order.orderId) === order.triggerPrice;
    if (isTold && this.#lastReasons.get(order.orderId) === 'ratcheted') return 'a ratchet told twice';
    if (this.#orderWindows.get(order.orderId) === window) return 'two ratchets of an order in one window';
    this.#orderWindows.set(order.orderId, window);
    this.#symbolWindows.set(order.symbol, window);
    return undefined;
  }
}
