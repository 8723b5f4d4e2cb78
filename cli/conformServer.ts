import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../loadtests/conformance/target.ts';
import { TickKind } from '../market/types.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import type { ServerConfig } from '../server/config.ts';
import { createLogger } from '../server/logger.ts';
import { type RunningServer, startServer } from '../server/server.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { hostClock } from './clock.ts';

/** Symbols of the suite's tape that trade. */
const CONFORM_SYMBOLS: readonly string[] = ['AAPL', 'AMZN', 'GOOG', 'IBM', 'MSFT', 'NVDA'];
/** The one that is listed and never trades. */
const CONFORM_QUIET_SYMBOL = 'QUIET';

/** When the tape's session opens: 16 March 2020, 9:30 in New York; µs since the epoch. */
const OPEN_US = 1_584_365_400_000_000;
const MINUTE_US = 60_000_000;
const SESSION_US = 390 * MINUTE_US;
/** A minute of the market a second. */
const SPEED = 60;
/** Played before anybody connects, but for its last moment: there are bars, and the clock's first minute ends at once. */
const BEFORE_MINUTES = 20;
/** To the session's end: more than six minutes for a slow machine to get through the cases. */
const PLAYED_MINUTES = 370;
/** Between two events of a symbol, in the market's time: every 20 ms as it is played. */
const STEP_US = 1_200_000;
/** Half the swing of each price, in ticks, so that stops are reached within a second. */
const SWING = 12;
/** Promises that can be seen within seconds, with limits that a case can reach. */
const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  authTimeoutMs: 2_500,
  maxSymbolsPerSocket: CONFORM_SYMBOLS.length - 1,
  historyEvents: 128,
  drainMs: 200,
  hardBufferedMs: 1_000,
};

/** A server of our own, for the suite. */
export interface ConformServer {
  /** How the suite finds it, and what it may know of it. */
  readonly target: Target;
  readonly stop: () => Promise<void>;
}

/** Starts the reference server, with a journal, on a free port of this machine, over a small tape of its own at 60 times the market's pace. */
export async function startConformServer(
  options: { readonly tls?: ServerConfig['tls']; readonly isDevelopment?: boolean } = {},
): Promise<ConformServer> {
  const { tls, isDevelopment = false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-conform-'));
  const secret = isDevelopment ? undefined : randomBytes(32).toString('hex');
  const tapePath = join(folder, 'conform.tape');
  writeTape(tapePath);
  const start = (port: number): Promise<RunningServer> =>
    startServer(
      {
        listen: [{ host: '127.0.0.1', port }],
        limits: LIMITS,
        allowedOrigins: ['https://allowed.example'],
        logLevel: 'silent',
        journal: { folder: join(folder, 'journal') },
        feed: { tapePath, speed: SPEED, fromUs: OPEN_US + BEFORE_MINUTES * MINUTE_US - STEP_US },
        ...(secret !== undefined && { secret }),
        ...(tls !== undefined && { tls }),
      },
      { clock: hostClock(process.env), log: createLogger('silent') },
    );
  const port = await freePort();
  let server = await start(port);
  return {
    target: {
      base: `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}`,
      paths: {},
      symbols: CONFORM_SYMBOLS,
      quietSymbol: CONFORM_QUIET_SYMBOL,
      secret,
      codec: 'json',
      ca: tls === undefined ? undefined : readFileSync(tls.certPath, 'utf8'),
      isInsecure: false,
      isPatient: false,
      restart: async () => {
        await server.drain();
        server = await start(port);
      },
      lacks: [],
    },
    stop: async () => {
      await server.drain();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A port that is free now. A socket that the system has given any port is without SO_REUSEADDR, so that nobody could listen
 * there again for a minute after a restart.
 */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A tape in which every price swings: what a stop waits for comes soon, up and down. */
function writeTape(path: string): void {
  const symbols = [...CONFORM_SYMBOLS, CONFORM_QUIET_SYMBOL];
  const writer = createTapeWriter({
    path,
    name: 'conform',
    seed: 1,
    origin: { kind: 'derived', description: 'prices that swing, for the conformance suite', sources: [] },
    instruments: symbols.map((symbol, index) => ({
      symbol,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: middle(index),
    })),
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + SESSION_US,
  });
  const steps = ((BEFORE_MINUTES + PLAYED_MINUTES) * MINUTE_US) / STEP_US;
  for (let step = 0; step < steps; step++) {
    CONFORM_SYMBOLS.forEach((_, symbol) => {
      const price = middle(symbol) + swing(step + symbol);
      const isTrade = step % 4 !== 3;
      const trade = { price, size: 10, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
      const quote = { price: 0, size: 0, bid: price - 1, ask: price + 1, bidSize: 500, askSize: 500 };
      writer.append({
        kind: isTrade ? TickKind.TRADE : TickKind.QUOTE,
        symbol,
        eventTimeUs: OPEN_US + step * STEP_US + symbol * 1_000,
        ...(isTrade ? trade : quote),
        flags: 0,
      });
    });
  }
  writer.finish();
}

/** The price in ticks about which a symbol swings. */
function middle(symbol: number): number {
  return 10_000 + symbol * 1_000;
}

/** A triangle between -{@link SWING} and {@link SWING}, a tick higher each time: trailing stops have something to follow. */
function swing(step: number): number {
  const round = Math.floor(step / (4 * SWING));
  const phase = step % (4 * SWING);
  return round + (phase < 2 * SWING ? phase - SWING : 3 * SWING - phase);
}
