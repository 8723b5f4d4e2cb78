import { MarketEngine, type MarketEngineOptions } from './engine.ts';
import { RunHash } from './runHash.ts';
import type { Command, CommandOutcome, Instrument, MarketEvent, PlaceOrder, Tick } from './types.ts';
import { TickKind } from './types.ts';

/** An instrument for tests: prices in cents, whole lots. */
export function testInstrument(index: number): Instrument {
  return { symbol: `S${index}`, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 };
}

/** A trade as a tick; defaults: symbol 0, size 1. */
export function tradeTick(
  fields: Pick<Tick, 'price' | 'eventTimeUs'> & Partial<Pick<Tick, 'symbol' | 'size' | 'flags'>>,
): Tick {
  return { kind: TickKind.TRADE, symbol: 0, size: 1, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0, ...fields };
}

/** A quote as a tick; defaults: symbol 0, sizes 1. */
export function quoteTick(fields: Pick<Tick, 'bid' | 'ask' | 'eventTimeUs'> & Partial<Pick<Tick, 'symbol'>>): Tick {
  return { kind: TickKind.QUOTE, symbol: 0, price: 0, size: 0, bidSize: 1, askSize: 1, flags: 0, ...fields };
}

/** An order's terms; defaults: account `a`, symbol 0, a SELL of 1 lot. */
export function orderTerms(
  clientOrderId: string,
  fields: Pick<PlaceOrder, 'type'> & Partial<Omit<PlaceOrder, 'kind' | 'clientOrderId'>>,
): PlaceOrder {
  return { kind: 'place', account: 'a', clientOrderId, symbol: 0, side: 'SELL', quantity: 1, ...fields };
}

/** An event in one line: `accepted s1`, `execution s1 1 at 9000`. */
export function told(event: MarketEvent): string {
  if (event.kind === 'order') return `${event.reason} ${event.order.clientOrderId}`;
  return `execution ${event.clientOrderId} ${event.lastQuantity} at ${event.lastPrice}`;
}

/** An engine whose events are kept, and whose time goes on by a second with each tick: one tick, one ratchet window. */
export class Harness {
  readonly engine: MarketEngine;
  readonly hash = new RunHash();
  readonly events: MarketEvent[] = [];
  timeUs = 1_000_000;
  #read = 0;

  constructor(options: Partial<Omit<MarketEngineOptions, 'instruments'>> & { readonly symbols?: number } = {}) {
    const { symbols = 3, sink, ...rest } = options;
    this.engine = new MarketEngine({
      ...rest,
      instruments: Array.from({ length: symbols }, (_, index) => testInstrument(index)),
      sink: (event) => {
        this.events.push(event);
        this.hash.event(event);
        sink?.(event);
      },
    });
  }

  trade(price: number, symbol = 0): boolean {
    return this.tick(tradeTick({ price, symbol, eventTimeUs: this.#nextTimeUs() }));
  }

  quote(prices: { readonly bid: number; readonly ask: number }, symbol = 0): boolean {
    return this.tick(quoteTick({ ...prices, symbol, eventTimeUs: this.#nextTimeUs() }));
  }

  tick(tick: Tick): boolean {
    this.hash.tick(tick);
    return this.engine.onTick(tick);
  }

  place(...terms: Parameters<typeof orderTerms>): CommandOutcome {
    return this.command(orderTerms(...terms));
  }

  cancel(clientOrderId: string, account = 'a'): CommandOutcome {
    return this.command({ kind: 'cancel', account, clientOrderId });
  }

  command(command: Command): CommandOutcome {
    this.hash.command(command);
    return this.engine.onCommand(command);
  }

  /** What was told since the last time this was asked. */
  news(): string[] {
    const news = this.events.slice(this.#read).map(told);
    this.#read = this.events.length;
    return news;
  }

  #nextTimeUs(): number {
    this.timeUs += 1_000_000;
    return this.timeUs;
  }
}
