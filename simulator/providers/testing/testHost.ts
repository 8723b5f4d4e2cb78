import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tick, TickKind } from '../../../market/types.ts';
import { hostClock } from '../../hostClock.ts';
import { createPlayer } from '../../play/player.ts';
import type { Player } from '../../play/types.ts';
import { openTape } from '../../tape/reader.ts';
import type { TapeHalt, TapeReader } from '../../tape/types.ts';
import { createTapeWriter } from '../../tape/writer.ts';
import type { ProviderKind } from '../facade.ts';
import { type HostOptions, openHost, type ProviderHost } from '../host.ts';
import type { Play } from '../stage.ts';

/** 09:30 in New York on 2020-03-16. */
export const OPEN_US = 1_584_365_400_000_000;
/** Its 16:00. */
export const CLOSE_US = OPEN_US + 23_400_000_000;
export const SYMBOLS = ['AAPL', 'MSFT', 'BRK.B'] as const;

const ZEROS = { price: 0, size: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };

/** A trade of 100 shares, `ms` after the open; prices in cents. */
export function tradeAt(ms: number, values: Partial<Tick> = {}): Tick {
  const eventTimeUs = OPEN_US + Math.round(ms * 1_000);
  return { kind: TickKind.TRADE, symbol: 0, eventTimeUs, ...ZEROS, price: 10_000, size: 100, ...values };
}

/** A quote of 99.99 to 100.01, `ms` after the open. */
export function quoteAt(ms: number, values: Partial<Tick> = {}): Tick {
  const sides = { bid: 9_999, ask: 10_001, bidSize: 300, askSize: 250 };
  return { kind: TickKind.QUOTE, symbol: 0, eventTimeUs: OPEN_US + ms * 1_000, ...ZEROS, ...sides, ...values };
}

export interface TestHostOptions extends Partial<Omit<HostOptions, 'kind' | 'play' | 'ownPlay'>> {
  readonly kind: ProviderKind;
  readonly ticks: readonly Tick[];
  readonly halts?: readonly TapeHalt[];
  /** Default: as fast as possible. */
  readonly speed?: number;
  readonly fromUs?: number;
  readonly showAs?: 'tape' | 'now';
  readonly symbols?: readonly string[];
  /** Each connection on a clock of its own. */
  readonly isOwn?: boolean;
  /** What goes wrong. Default: nothing. */
  readonly faults?: Play['faults'];
}

export interface TestHost {
  readonly host: ProviderHost;
  readonly tape: TapeReader;
  /** Of the clock that all share. */
  readonly player: Player;
  readonly url: (path: string) => string;
  readonly httpUrl: (path: string) => string;
  readonly close: () => void;
}

/** A host over a tape of its own, not playing yet. */
export async function openTestHost(options: TestHostOptions): Promise<TestHost> {
  const {
    ticks,
    halts,
    speed = Number.POSITIVE_INFINITY,
    fromUs,
    showAs = 'tape',
    symbols = SYMBOLS,
    faults,
    ...rest
  } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-host-'));
  const tape = openTape(writeTestTape(join(folder, 'test.tape'), { ticks, halts, symbols }));
  const clock = options.clock ?? hostClock(process.env);
  const common = { tape, clock, showAs, ...(options.timers && { timers: options.timers }) };
  const playOf = (start: { readonly speed: number; readonly fromUs: number | undefined }) => ({
    player: createPlayer({
      ...common,
      speed: start.speed,
      ...(start.fromUs !== undefined && { fromUs: start.fromUs }),
    }),
    tape,
    showAs,
    ...(faults !== undefined && { faults }),
  });
  const play = playOf({ speed, fromUs });
  const host = await openHost({
    ...rest,
    clock,
    play,
    ...(options.isOwn === true && {
      ownPlay: (start) =>
        start.from === 'nowhere'
          ? { problem: 'from=nowhere: no such place' }
          : playOf({ speed: start.speed ?? speed, fromUs: start.from === undefined ? fromUs : Number(start.from) }),
    }),
  });
  return {
    host,
    tape,
    player: play.player,
    url: (path) => `ws://127.0.0.1:${host.port}${path}`,
    httpUrl: (path) => `http://127.0.0.1:${host.port}${path}`,
    close: () => {
      host.close();
      tape.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeTestTape(
  path: string,
  tape: {
    readonly ticks: readonly Tick[];
    readonly halts: readonly TapeHalt[] | undefined;
    readonly symbols: readonly string[];
  },
): string {
  const writer = createTapeWriter({
    path,
    name: 'test',
    seed: 1,
    origin: { kind: 'recorded', description: 'made by a test', sources: [] },
    instruments: tape.symbols.map((symbol, index) => ({
      symbol,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 9_900,
    })),
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: CLOSE_US,
    ...(tape.halts && { halts: tape.halts }),
  });
  for (const tick of tape.ticks) writer.append(tick);
  writer.finish();
  return path;
}
