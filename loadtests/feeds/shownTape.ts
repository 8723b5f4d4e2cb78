import { join } from 'node:path';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { TapeError, type TapeReader } from '../../simulator/tape/types.ts';
import { createTapeWriter } from '../../simulator/tape/writer.ts';
import { TRADE } from '../gate/part.ts';

/** What a provider's stream keeps of a tape. */
interface Shown {
  /** Its times are multiples of this, µs. */
  readonly stepUs: number;
  /** Whether quotes come, each with a time of its own. */
  readonly hasQuotes: boolean;
  /** Trades of fewer units than this are marked as such that set no last price, and are none to the server. */
  readonly leastUnits: number;
  /** Sizes of quotes are told in lots of so many units, the rest left out, one lot at least; absent: as they are. */
  readonly roundLot?: number;
  /** The plan that allows a thousand symbols. */
  readonly plan: string;
  /** Whether the minutes before now can be asked for; else the server's bars begin with the part. */
  readonly hasHistory: boolean;
  /** By how much faster a part is played, so that as many events a second come as with quotes. */
  readonly speedFactor: number;
}

/** Providers whose stream is judged event by event. Binance's quotes have no time; Finnhub has trades alone. */
export const SHOWN_BY = {
  polygon: { stepUs: 1_000, hasQuotes: true, leastUnits: 100, plan: 'unlimited', hasHistory: true, speedFactor: 1 },
  binance: { stepUs: 1_000, hasQuotes: false, leastUnits: 0, plan: 'unlimited', hasHistory: true, speedFactor: 2.75 },
  finnhub: { stepUs: 1_000, hasQuotes: false, leastUnits: 0, plan: 'premium', hasHistory: false, speedFactor: 2.75 },
  tradier: {
    stepUs: 1_000,
    hasQuotes: true,
    leastUnits: 0,
    roundLot: 100,
    plan: 'production',
    hasHistory: false,
    speedFactor: 1,
  },
} as const satisfies Partial<Record<ProviderName, Shown>>;
export type StreamedProvider = keyof typeof SHOWN_BY;

/** Whether a provider's stream can be judged event by event. */
export function isStreamed(provider: string): provider is StreamedProvider {
  return Object.hasOwn(SHOWN_BY, provider);
}

/** The scenario as a provider's stream plays it. */
export function scenarioShownBy(provider: StreamedProvider, scenario: Scenario): Scenario {
  const { tape } = scenario;
  return { ...scenario, tape: { ...tape, speed: tape.speed * SHOWN_BY[provider].speedFactor } };
}

/** Between this many events other work of the process has its turn. */
const EVENTS_A_TURN = 100_000;

/**
 * Gives the path of a tape as a provider's stream shows it, made once: what the stream leaves out (quotes, µs) nobody can
 * be asked for. Oracle and audit then hold the server to each event of it.
 *
 * @throws TapeError when the tape can't be read, or the stream shows nothing of it
 */
export async function tapeAsShown(options: {
  readonly tapePath: string;
  readonly provider: StreamedProvider;
  readonly cacheDir: string;
}): Promise<string> {
  const { provider, cacheDir } = options;
  const source = openTape(options.tapePath);
  try {
    const path = join(cacheDir, `shown-by-${provider}-${source.header.eventHash}.tape`);
    if (!isUsable(path)) await write(source, path, provider);
    return path;
  } finally {
    source.close();
  }
}

async function write(source: TapeReader, path: string, provider: StreamedProvider): Promise<void> {
  const { header } = source;
  const { stepUs, hasQuotes, leastUnits, roundLot }: Shown = SHOWN_BY[provider];
  const left = leftOf(SHOWN_BY[provider]);
  const roundLots = header.instruments.map(({ quantityDecimals }) => (roundLot ?? 0) * 10 ** quantityDecimals);
  const leastLots = header.instruments.map(({ quantityDecimals }) => leastUnits * 10 ** quantityDecimals);
  const writer = createTapeWriter({
    path,
    name: `${header.name}-by-${provider}`,
    seed: header.seed,
    origin: { ...header.origin, description: `${header.origin.description} As ${provider} shows it: ${left}.` },
    instruments: header.instruments,
    sessionDate: header.sessionDate,
    sessionOpenUs: header.sessionOpenUs,
    sessionCloseUs: header.sessionCloseUs,
    ...(header.halts === undefined ? {} : { halts: header.halts }),
  });
  try {
    const cursor = source.cursor();
    const tick = { ...cursor.tick };
    let written = 0;
    for (let seen = 1; cursor.next(); seen++) {
      if (seen % EVENTS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      const isTrade = cursor.tick.kind === TRADE;
      if (isTrade ? cursor.tick.size < (leastLots[cursor.tick.symbol] as number) : !hasQuotes) continue;
      Object.assign(tick, cursor.tick);
      tick.eventTimeUs = Math.floor(tick.eventTimeUs / stepUs) * stepUs;
      const lot = roundLots[tick.symbol] as number;
      if (!isTrade && lot > 0) {
        tick.bidSize = inLots(tick.bidSize, lot);
        tick.askSize = inLots(tick.askSize, lot);
      }
      writer.append(tick);
      written++;
    }
    if (written === 0) throw new TapeError(`tape ${source.path}: it has no trades, and ${provider} shows those alone`);
    writer.finish();
  } finally {
    writer.abort();
  }
}

/** What the shown tape has, in words. */
function leftOf({ hasQuotes, leastUnits, roundLot }: Shown): string {
  if (!hasQuotes) return 'trades alone, in whole ms';
  const oddLots = leastUnits > 0 ? 'without odd lots, ' : '';
  const sizes = roundLot === undefined ? '' : `, sizes of quotes in lots of ${roundLot}`;
  return `${oddLots}in whole ms${sizes}`;
}

/** A size as whole lots tell it: one above nothing is at least one lot. */
function inLots(size: number, lot: number): number {
  return size === 0 ? 0 : Math.max(1, Math.floor(size / lot)) * lot;
}

function isUsable(path: string): boolean {
  try {
    openTape(path).close();
    return true;
  } catch (error) {
    if (error instanceof TapeError) return false;
    throw error;
  }
}
