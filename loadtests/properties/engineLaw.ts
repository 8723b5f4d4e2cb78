import { isDeepStrictEqual } from 'node:util';
import type { Command, Instrument, MarketEvent, OrderEvent, OrderView, Tick } from '../../market/types.ts';
import { Oracle } from '../oracle/oracle.ts';
import { commandOf, describeOperation, instrumentsOf, type Operation, tickOf } from './operations.ts';

/** What the law needs of an engine. */
interface EngineUnderLaw {
  readonly onTick: (tick: Tick) => unknown;
  readonly onCommand: (command: Command) => unknown;
  readonly workingOrders: (account: string) => OrderView[];
}

/** Makes the engine that is put under the law. */
export type MakeEngine = (options: {
  readonly instruments: readonly Instrument[];
  readonly sink: (event: MarketEvent) => void;
  readonly ratchetWindowUs: number;
}) => EngineUnderLaw;

/** A play of operations into engine and oracle. */
export interface Play {
  readonly makeEngine: MakeEngine;
  readonly symbols: number;
  readonly ratchetWindowUs: number;
  readonly operations: readonly Operation[];
}

/** Engine and oracle differ: the message holds the operations up to the break, in words and as JSON to keep. */
class LawBroken extends Error {
  override readonly name = 'LawBroken';
}

/**
 * Plays operations into an engine and the oracle and holds them against each other after each: the same events (ratchets
 * aside, which an engine may gather), the same open orders with the same stops and peaks, and ratchets that are told
 * truly, at most once per order and window, after all else that their tick caused, and not kept back beyond the window.
 *
 * @returns the events as the engine told them
 * @throws LawBroken at the first difference
 */
export function playBoth(play: Play): MarketEvent[] {
  const { operations, symbols, ratchetWindowUs } = play;
  const instruments = instrumentsOf(symbols);
  const told: MarketEvent[] = [];
  const engine = play.makeEngine({ instruments, sink: (event) => told.push(event), ratchetWindowUs });
  const oracle = new Oracle(instruments);
  const ratchets = new RatchetLaw(ratchetWindowUs);
  const times = new Map<number, number>();
  const all: MarketEvent[] = [];
  for (const [at, operation] of operations.entries()) {
    told.length = 0;
    const before = oracle.events.length;
    const symbol = 'symbol' in operation ? operation.symbol : -1;
    const tick = tickOf(operation, times.get(symbol) ?? START_US);
    const seqBefore = oracle.seq(symbol);
    if (tick !== undefined) {
      engine.onTick({ ...tick });
      oracle.onTick(tick);
      if (oracle.seq(symbol) > seqBefore) times.set(symbol, tick.eventTimeUs);
    } else {
      const command = commandOf(operation);
      if (command !== undefined) {
        engine.onCommand(command);
        oracle.onCommand(command);
      }
    }
    const expected = oracle.events.slice(before).filter(isNoRatchet);
    all.push(...told);
    const tickTimeUs = oracle.seq(symbol) > seqBefore ? tick?.eventTimeUs : undefined;
    const fault =
      differingEvents(told.filter(isNoRatchet), expected) ??
      differingOrders(engine, oracle) ??
      ratchets.fault({ told, oracle, symbol, tickTimeUs });
    if (fault !== undefined) throw new LawBroken(report(operations.slice(0, at + 1), fault));
  }
  return all;
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

/** Market time of each symbol's first tick, before its own `afterUs`. */
const START_US = 1_000_000;

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

/** A refused order's stop is what was asked for, not what is in force: it isn't compared. */
function comparable(event: MarketEvent): MarketEvent {
  if (event.kind !== 'order' || event.reason !== 'rejected') return event;
  const { triggerPrice: _, ...order } = event.order;
  return { ...event, order };
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

function show(event: MarketEvent | undefined): string {
  return event === undefined ? 'nothing' : `${describeEvent(event)} ${JSON.stringify(event)}`;
}

function report(operations: readonly Operation[], fault: string): string {
  const steps = operations.map((operation, at) => `  ${at + 1}. ${describeOperation(operation)}`);
  return [`after ${operations.length} operations`, ...steps, fault, `operations: ${JSON.stringify(operations)}`].join(
    '\n',
  );
}

/** What was told of ratchets: truly, once per order and window, and nothing kept back once a new window has begun. */
class RatchetLaw {
  readonly #windowUs: number;
  readonly #toldStops = new Map<number, number | undefined>();
  readonly #orderWindows = new Map<number, number>();
  readonly #symbolWindows = new Map<number, number>();

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  fault(step: {
    readonly told: readonly MarketEvent[];
    readonly oracle: Oracle;
    readonly symbol: number;
    /** Time of the accepted tick just played; undefined after anything else. */
    readonly tickTimeUs: number | undefined;
  }): string | undefined {
    const { told, oracle, symbol, tickTimeUs } = step;
    const open = oracle.working();
    const windowBefore = this.#symbolWindows.get(symbol);
    const firstRatchet = told.findIndex((event) => !isNoRatchet(event));
    if (firstRatchet >= 0 && told.slice(firstRatchet).some(isNoRatchet))
      return 'a ratchet told before its tick was done';
    for (const event of told) {
      if (event.kind !== 'order') continue;
      const fault = isNoRatchet(event) ? undefined : this.#ratchetFault(event, open, oracle.seq(symbol));
      if (fault !== undefined) return `${fault}: ${show(event)}`;
      this.#toldStops.set(event.order.orderId, event.order.triggerPrice);
    }
    if (tickTimeUs === undefined || Math.floor(tickTimeUs / this.#windowUs) === windowBefore) return undefined;
    const kept = open.find(
      (order) => order.symbol === symbol && this.#toldStops.get(order.orderId) !== order.triggerPrice,
    );
    return kept === undefined ? undefined : `a ratchet was kept back: ${JSON.stringify(kept)}`;
  }

  #ratchetFault(event: OrderEvent, open: readonly OrderView[], seq: number): string | undefined {
    const { order, tickSeq, eventTimeUs } = event;
    const window = Math.floor(eventTimeUs / this.#windowUs);
    if (tickSeq !== seq) return 'a ratchet on another tick';
    if (!open.some((other) => isDeepStrictEqual(other, order))) return 'a ratchet that is not so';
    if (this.#toldStops.get(order.orderId) === order.triggerPrice) return 'a ratchet told twice';
    if (this.#orderWindows.get(order.orderId) === window) return 'two ratchets of an order in one window';
    this.#orderWindows.set(order.orderId, window);
    this.#symbolWindows.set(order.symbol, window);
    return undefined;
  }
}
