/**
 * A façade under measurement, as a process of its own that `bench-simulator.ts` forks and asks by messages: Polygon over a
 * made-up tape of trades and quotes that take turns over all symbols at an even rate.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyTick, TickKind } from '../market/types.ts';
import { hostClock } from '../simulator/hostClock.ts';
import { createPlayer } from '../simulator/play/player.ts';
import { openHost, type ProviderHost } from '../simulator/providers/host.ts';
import { POLYGON } from '../simulator/providers/polygon.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';

/** What the bench asks; each is answered by one {@link FacadeAnswer}. */
export type FacadeQuestion =
  | { readonly do: 'listen'; readonly symbols: number; readonly eventsPerSecond: number; readonly seconds: number }
  | { readonly do: 'play' }
  | { readonly do: 'mark' };

/** How the façade stands. */
export interface FacadeAnswer {
  readonly port: number;
  readonly deliveries: number;
  readonly frames: number;
  readonly kicked: number;
  /** Of this process so far. */
  readonly cpuUs: number;
  readonly atUs: number;
  readonly latenessP99Us: number;
}

const OPEN_US = 1_584_365_400_000_000;
/** A prime, so that all symbols have their turn. */
const SCATTER = 389;

/** Writes the tape. */
export function writeEvenTape(
  path: string,
  {
    symbols,
    eventsPerSecond,
    seconds,
  }: { readonly symbols: number; readonly eventsPerSecond: number; readonly seconds: number },
): void {
  const writer = createTapeWriter({
    path,
    name: 'even',
    seed: 1,
    origin: { kind: 'derived', description: 'made up by the bench', sources: [] },
    instruments: Array.from({ length: symbols }, (_, index) => ({
      symbol: `S${index}`,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 10_000,
    })),
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + 23_400_000_000,
  });
  const tick = emptyTick();
  for (let at = 0; at < eventsPerSecond * seconds; at++) {
    const price = 10_000 + ((at * 7) % 500);
    // Neighbours in time aren't neighbours in the table, whose neighbours have the same clients.
    tick.symbol = (at * SCATTER) % symbols;
    tick.eventTimeUs = OPEN_US + Math.floor((at * 1e6) / eventsPerSecond);
    const isTrade = Math.floor(at / symbols) % 2 === 0;
    tick.kind = isTrade ? TickKind.TRADE : TickKind.QUOTE;
    tick.price = isTrade ? price : 0;
    tick.size = isTrade ? 100 : 0;
    tick.bid = isTrade ? 0 : price - 1;
    tick.ask = isTrade ? 0 : price + 1;
    tick.bidSize = isTrade ? 0 : 300;
    tick.askSize = isTrade ? 0 : 200;
    writer.append(tick);
  }
  writer.finish();
}

async function serve(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-bench-'));
  const clock = hostClock(process.env);
  let host: ProviderHost | undefined;
  let latenessUs = (): number => 0;
  const answer = (): void => {
    const { deliveries = 0, frames = 0, kicked = 0 } = host?.counts ?? {};
    const { user, system } = process.cpuUsage();
    process.send?.({
      ...{ port: host?.port ?? 0, deliveries, frames, kicked, cpuUs: user + system, atUs: clock.nowUs() },
      latenessP99Us: latenessUs(),
    } satisfies FacadeAnswer);
  };
  process.on('message', async (question: FacadeQuestion) => {
    if (question.do === 'listen') {
      const path = join(folder, 'even.tape');
      writeEvenTape(path, question);
      const tape = openTape(path);
      const player = createPlayer({ tape, clock });
      latenessUs = () => player.latenessUs(99);
      host = await openHost({ kind: POLYGON, plan: 'unlimited', clock, play: { player, tape, showAs: 'tape' } });
    } else if (question.do === 'play') {
      host?.run().catch((error: unknown) => {
        throw error;
      });
    }
    answer();
  });
  process.on('disconnect', () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
}

if (process.send !== undefined && process.argv.includes('--facade')) await serve();
