/**
 * One server under measurement, as a process of its own that `bench-server.ts` forks and asks by messages: the whole
 * server, or a bare uWebSockets.js loop that publishes the same frames at the same times and does nothing else.
 */

import uws from 'uWebSockets.js';
import { pino } from 'pino';
import { type Instrument, type Tick, TickKind } from '../market/types.ts';
import { createClock } from '../protocol/clock.ts';
import { encodeTicker } from '../protocol/codecs/json.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import type { Feed, FeedState } from '../server/feeds/feed.ts';
import { startServer } from '../server/server.ts';

/** What the bench asks; each is answered by one {@link Answer}. */
export type Question =
  | { readonly do: 'listen'; readonly kind: 'whole' | 'bare'; readonly symbols: number; readonly journal?: string }
  | { readonly do: 'play'; readonly symbols: number; readonly ticksPerSecond: number; readonly seconds: number }
  | { readonly do: 'usage' }
  | { readonly do: 'stop' };

export interface Answer {
  readonly port: number;
  /** User and system time of the process so far, µs. */
  readonly cpuUs: number;
  /** Resident memory after a collection of garbage. */
  readonly rssBytes: number;
}

const OPENING_US = 1_584_365_400_000_000;
const clock = createClock(() => performance.now() * 1000, Math.round(performance.timeOrigin * 1000));

/** Gives `symbols` ticks in turn, `ticksPerSecond` of them in all, each at the timer's next tick after it is due. */
async function play(
  plan: { readonly symbols: number; readonly ticksPerSecond: number; readonly seconds: number },
  emit: (symbol: number, dueTimeUs: number) => void,
): Promise<void> {
  const startUs = clock.nowUs();
  const total = plan.ticksPerSecond * plan.seconds;
  const intervalUs = 1e6 / plan.ticksPerSecond;
  for (let sent = 0; sent < total; ) {
    const nowUs = clock.nowUs();
    for (; sent < total && startUs + sent * intervalUs <= nowUs; sent++) {
      emit(sent % plan.symbols, Math.round(startUs + sent * intervalUs));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

interface Target {
  readonly port: number;
  readonly emit: (symbol: number, dueTimeUs: number) => void;
}

/** A feed that gives the bench's ticks. */
class BenchFeed implements Feed {
  readonly instruments: readonly Instrument[];
  state: FeedState = 'waiting';
  readonly #tick: Tick;
  #ticks = 0;
  #sink: (tick: Tick, dueTimeUs: number) => void = () => undefined;
  #end: () => void = () => undefined;

  constructor(symbols: number) {
    const common = { priceDecimals: 2, quantityDecimals: 0, previousClose: 10_000 };
    this.instruments = Array.from({ length: symbols }, (_, index) => ({ symbol: nameOf(index), index, ...common }));
    const nothing = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
    this.#tick = { kind: TickKind.TRADE, symbol: 0, eventTimeUs: OPENING_US, price: 0, size: 100, ...nothing };
  }

  readonly play = (sink: (tick: Tick, dueTimeUs: number) => void): Promise<void> => {
    this.state = 'playing';
    this.#sink = sink;
    for (let symbol = 0; symbol < this.instruments.length; symbol++) this.emit(symbol, 0);
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  };

  readonly stop = (): void => this.#end();

  emit(symbol: number, dueTimeUs: number): void {
    const tick = this.#tick;
    const turn = this.#ticks++;
    tick.symbol = symbol;
    // A part of a second in all: no minute ends, since the bare loop has no bars.
    tick.eventTimeUs = OPENING_US + turn;
    tick.price = 10_000 + (turn % 7);
    this.#sink(tick, dueTimeUs);
  }
}

function nameOf(symbol: number): string {
  return `S${symbol}`;
}

async function listenWhole(symbols: number, journal: string | undefined): Promise<Target> {
  const feed = new BenchFeed(symbols);
  const generous = { commandsPerSecond: 1e6, commandBurst: 1e6, maxFlushWindowMs: DEFAULT_LIMITS.flushWindowMs };
  const config = {
    listen: [{ host: '127.0.0.1', port: 0 }],
    limits: { ...DEFAULT_LIMITS, ...generous },
    allowedOrigins: [],
    logLevel: 'silent',
    ...(journal !== undefined && { journal: { folder: journal } }),
  } as const;
  const server = await startServer(config, { clock, log: pino({ level: 'silent' }), feed });
  return { port: server.ports[0] ?? 0, emit: (symbol, dueTimeUs) => feed.emit(symbol, dueTimeUs) };
}

/** Publishes a frame of the whole server's length for each tick; answers `auth` and `subscribe` with as little as the load needs. */
async function listenBare(symbols: number): Promise<Target> {
  const frames = Array.from({ length: symbols }, (_, symbol) => frameOf(symbol));
  const topics = frames.map((_, symbol) => `ticker/0/${symbol}`);
  const app = uws.App();
  app.ws('/v1/stream', {
    maxBackpressure: 4 * 1024 * 1024,
    message: (socket, bytes) => {
      const text = Buffer.from(bytes).toString();
      const names = /"symbols":\[([^\]]*)\]/.exec(text)?.[1]?.split(',') ?? [];
      for (const name of names) socket.subscribe(topics[Number(name.slice(2, -1))] ?? '');
      socket.send(names.length > 0 ? '{"type":"subscribed"}' : '{"type":"welcome"}');
    },
  });
  const port = await new Promise<number>((resolve) => {
    app.listen('127.0.0.1', 0, (listening) => resolve(listening === false ? 0 : uws.us_socket_local_port(listening)));
  });
  return { port, emit: (symbol) => void app.publish(topics[symbol] ?? '', frames[symbol] ?? '', false, false) };
}

function frameOf(symbol: number): string {
  const times = { eventTimeUs: OPENING_US, dueTimeUs: OPENING_US, receivedTimeUs: OPENING_US };
  const nothing = { bid: 0, ask: 0, bidSize: 0, askSize: 0 };
  const state = { priceDecimals: 2, quantityDecimals: 0, previousClose: 10_000, seq: 100, seqFrom: 100 };
  const trade = { last: 10_003, lastSize: 100, volume: 10_000 };
  return encodeTicker({ symbolJson: `"${nameOf(symbol)}"`, ...state, ...trade, ...nothing, ...times }, OPENING_US);
}

let target: Target | undefined;

async function work(question: Question): Promise<void> {
  if (question.do === 'listen') {
    const { kind, symbols, journal } = question;
    target = kind === 'whole' ? await listenWhole(symbols, journal) : await listenBare(symbols);
  } else if (question.do === 'play' && target !== undefined) {
    await play(question, target.emit);
  } else if (question.do === 'stop') {
    process.exit();
  }
}

process.on('message', (question: Question) => {
  void work(question).then(() => {
    if (question.do === 'usage') globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const answer: Answer = { port: target?.port ?? 0, cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
    process.send?.(answer);
  });
});
