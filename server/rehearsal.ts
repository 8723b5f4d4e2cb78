import { emptyTick, type Instrument, type Tick, TickKind } from '../market/types.ts';
import type { Clock } from '../protocol/clock.ts';
import type { Limits } from '../protocol/limits.ts';
import { SendResult } from '../transport/types.ts';
import type { Dialect } from './dialects/dialect.ts';
import { readEntry } from './dialects/entry.ts';
import { EngineLoop } from './engineLoop.ts';
import { Hub } from './hub/hub.ts';
import { Subscriber } from './hub/subscriber.ts';
import { ServerMetrics } from './metrics.ts';

/** Made-up symbols of a rehearsal. */
const SYMBOLS = 16;
/** Rounds of ticks: enough for V8 to compile the path from tick to text, in less than a tenth of a second. */
const ROUNDS = 500;
/** An order every so many rounds and symbols. */
const ORDER_EVERY = 50;

/**
 * Plays made-up ticks and orders through an engine and a hub of their own, to nobody. Without it the market's open, the
 * busiest second of the day, meets code that has never run: the first burst then takes ten times as long as the second.
 */
export function rehearse(server: {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly dialects: readonly Dialect[];
}): void {
  const { clock, limits, dialects } = server;
  const instruments = Array.from(
    { length: SYMBOLS },
    (_, index): Instrument => ({
      symbol: `REHEARSAL${index}`,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 10_000,
    }),
  );
  const metrics = new ServerMetrics();
  const waiting: (() => void)[] = [];
  const hub = new Hub({
    epoch: 'rehearsal',
    instruments,
    dialects,
    clock,
    limits,
    metrics,
    publish: () => undefined,
    later: (flush) => waiting.push(flush),
    soon: (callback) => waiting.push(callback),
    after: () => undefined,
  });
  const loop = new EngineLoop({
    instruments,
    startingCash: undefined,
    ratchetWindowUs: limits.ratchetWindowMs * 1000,
    hub,
    clock,
    metrics,
    commandLog: undefined,
    soon: (callback) => waiting.push(callback),
  });
  const outlet = {
    isOpen: true,
    send: () => SendResult.SENT,
    bufferedBytes: () => 0,
    join: () => undefined,
    leave: () => undefined,
  };
  for (const dialect of dialects) {
    const voice = dialect.voiceOf(readEntry(dialect.path, { path: dialect.path, query: '' }));
    const subscriber = new Subscriber({
      outlet,
      dialect,
      voice,
      metrics,
      mostBufferedBytes: 0,
      closeSlow: () => undefined,
    });
    hub.add(subscriber);
    hub.readers.subscribeSymbols(
      subscriber,
      { kind: 'ticker', symbols: instruments.map((one) => one.index), since: undefined },
      { subscribed: () => undefined, snapshot: () => undefined },
    );
    for (const channel of ['order', 'execution', 'position'] as const) {
      hub.readers.joinStream(subscriber, channel, 'rehearsal');
    }
    for (const { symbol } of instruments) {
      hub.readers.joinStream(subscriber, 'bar.1m', symbol);
      hub.readers.joinStream(subscriber, 'pattern', symbol);
    }
  }
  const tick = emptyTick();
  for (let round = 0; round < ROUNDS; round++) {
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      fill(tick, { symbol, round });
      loop.tick(tick, tick.eventTimeUs);
      if ((round * SYMBOLS + symbol) % ORDER_EVERY === 0) order(loop, { symbol, round });
    }
    for (const callback of waiting.splice(0)) callback();
  }
  hub.sweep(clock.nowUs());
  metrics.close();
}

/** A price that goes up and down, a trade and a quote by turns. */
function fill(tick: Tick, at: { readonly symbol: number; readonly round: number }): void {
  const price = 10_000 + Math.round(20 * Math.sin(at.round / 7));
  const isTrade = at.round % 2 === 0;
  tick.kind = isTrade ? TickKind.TRADE : TickKind.QUOTE;
  tick.symbol = at.symbol;
  tick.eventTimeUs = at.round * 1_000 + at.symbol;
  tick.price = isTrade ? price : 0;
  tick.size = isTrade ? 100 : 0;
  tick.bid = isTrade ? 0 : price - 1;
  tick.ask = isTrade ? 0 : price + 1;
  tick.bidSize = isTrade ? 0 : 100;
  tick.askSize = isTrade ? 0 : 100;
}

function order(loop: EngineLoop, at: { readonly symbol: number; readonly round: number }): void {
  const common = {
    kind: 'place',
    account: 'rehearsal',
    clientOrderId: `${at.round}-${at.symbol}`,
    symbol: at.symbol,
    side: 'SELL',
    quantity: 1,
  } as const;
  loop.submit(
    at.round % 4 === 0
      ? { ...common, type: 'MARKET' }
      : { ...common, type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: 3 } },
    () => undefined,
  );
}
