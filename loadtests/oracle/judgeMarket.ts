import type { Instrument } from '../../market/types.ts';
import {
  type ClientLine,
  dueTimeUs,
  type Schedule,
  type SeenBar,
  type ViolationKind,
  type ViolationLine,
} from '../../protocol/run.ts';
import type { MarketEvidence } from '../judge/evidence.ts';
import { MINUTE_US, type NaiveBar } from './bars.ts';
import { patternsAt } from './candles.ts';

export interface MarketCase {
  readonly instruments: readonly Instrument[];
  /** One-minute bars by symbol index, from the session's start to the end of the part played. */
  readonly bars: readonly (readonly NaiveBar[])[];
  readonly schedule: Schedule;
  readonly clients: readonly ClientLine[];
  /** Symbols that each client subscribed to, by its number. */
  readonly symbolsOf: ReadonlyMap<number, readonly string[]>;
}

/** A bar that ended while the part was played. */
interface EndedBar {
  readonly symbol: string;
  readonly bar: NaiveBar;
  readonly endUs: number;
  readonly patterns: readonly string[];
}

/** Differences below this, in ticks or lots, are those of a decimal on the wire. */
const SAME = 1e-3;

/** Holds the patterns and bars that clients read against those that the tape's trades make. */
export function judgeMarket(input: MarketCase): MarketEvidence {
  const { schedule, clients, symbolsOf } = input;
  const ended = endedBars(input);
  const truths = new Map(input.instruments.map((instrument) => [instrument.symbol, truthOf(input, instrument)]));
  const total = { patternsDue: 0, patternsSeen: 0, barsDue: 0, barsSeen: 0 };
  const faults: ViolationLine[] = [];
  for (const client of clients) {
    const symbols = symbolsOf.get(client.client) ?? [];
    const isDue = (fromUs: number, { endUs }: EndedBar): boolean =>
      fromUs >= 0 && endUs < schedule.toEventUs && dueTimeUs(schedule, endUs) > fromUs;
    const owed = symbols.flatMap((symbol) => ended.get(symbol) ?? []);
    const patterns = judgePatterns(
      client,
      owed.filter((one) => isDue(client.patterns.fromUs, one)),
      truths,
    );
    const bars = judgeBars(
      client,
      owed.filter((one) => isDue(client.bars.fromUs, one)),
      truths,
    );
    total.patternsDue += patterns.due;
    total.patternsSeen += patterns.seen;
    total.barsDue += bars.due;
    total.barsSeen += bars.seen;
    for (const fault of [...patterns.faults, ...bars.faults]) faults.push(line(client, schedule, fault));
  }
  return { ...total, faults };
}

interface Fault {
  readonly violation: ViolationKind;
  readonly stream: string;
  /** When it was read; undefined for what never came. */
  readonly readUs: number | undefined;
  readonly detail: string;
}

interface Findings {
  readonly due: number;
  readonly seen: number;
  readonly faults: readonly Fault[];
}

/** What a symbol's bars truly are: by their start, and the patterns that each completes. */
interface SymbolTruth {
  readonly priceScale: number;
  readonly quantityScale: number;
  readonly byStart: ReadonlyMap<number, EndedBar>;
}

function endedBars({ instruments, bars, schedule }: MarketCase): Map<string, EndedBar[]> {
  return new Map(
    instruments.map(({ symbol, index }) => [
      symbol,
      ended(symbol, bars[index] ?? []).filter(
        ({ endUs }) => endUs > schedule.fromEventUs && endUs <= schedule.toEventUs,
      ),
    ]),
  );
}

function ended(symbol: string, bars: readonly NaiveBar[]): EndedBar[] {
  return bars.map((bar, at) => ({ symbol, bar, endUs: bar.startUs + MINUTE_US, patterns: patternsAt(bars, at) }));
}

function truthOf({ bars }: MarketCase, instrument: Instrument): SymbolTruth {
  return {
    priceScale: 10 ** instrument.priceDecimals,
    quantityScale: 10 ** instrument.quantityDecimals,
    byStart: new Map(ended(instrument.symbol, bars[instrument.index] ?? []).map((one) => [one.bar.startUs, one])),
  };
}

function judgePatterns(
  client: ClientLine,
  owed: readonly EndedBar[],
  truths: ReadonlyMap<string, SymbolTruth>,
): Findings {
  const faults: Fault[] = [];
  const got = new Set<string>();
  for (const { symbol, patternType, barEndUs, readUs } of client.patterns.seen) {
    const key = `${symbol} ${patternType} ${barEndUs}`;
    const truth = truths.get(symbol)?.byStart.get(barEndUs - MINUTE_US);
    const what = `${patternType} of the minute that ended at ${clockOf(barEndUs)}`;
    const stream = `pattern:${symbol}`;
    if (truth?.patterns.includes(patternType) !== true)
      faults.push({ violation: 'wrong_pattern', stream, readUs, detail: `${what} came, the tape's trades make none` });
    else if (got.has(key)) faults.push({ violation: 'wrong_pattern', stream, readUs, detail: `${what} came twice` });
    got.add(key);
  }
  let due = 0;
  let seen = 0;
  for (const { symbol, endUs, patterns } of owed) {
    for (const type of patterns) {
      due += 1;
      if (got.has(`${symbol} ${type} ${endUs}`)) {
        seen += 1;
        continue;
      }
      const detail = `${type} of the minute that ended at ${clockOf(endUs)} never came`;
      faults.push({ violation: 'missing_pattern', stream: `pattern:${symbol}`, readUs: undefined, detail });
    }
  }
  return { due, seen, faults };
}

function judgeBars(client: ClientLine, owed: readonly EndedBar[], truths: ReadonlyMap<string, SymbolTruth>): Findings {
  const faults: Fault[] = [];
  // A correction takes the place of what came before it.
  const got = new Map(client.bars.seen.map((bar) => [`${bar.symbol} ${bar.startUs}`, bar]));
  for (const bar of got.values()) {
    const detail = barFault(bar, truths.get(bar.symbol));
    if (detail !== '')
      faults.push({ violation: 'wrong_bar', stream: `bar.1m:${bar.symbol}`, readUs: bar.readUs, detail });
  }
  let seen = 0;
  for (const { symbol, bar, endUs } of owed) {
    if (got.has(`${symbol} ${bar.startUs}`)) {
      seen += 1;
      continue;
    }
    const detail = `the bar of the minute that ended at ${clockOf(endUs)} never came`;
    faults.push({ violation: 'missing_bar', stream: `bar.1m:${symbol}`, readUs: undefined, detail });
  }
  return { due: owed.length, seen, faults };
}

/** What a bar says wrong, in words; '' when it is what the tape's trades make. */
function barFault(seen: SeenBar, truth: SymbolTruth | undefined): string {
  const must = truth?.byStart.get(seen.startUs)?.bar;
  const which = `the bar of the minute that ended at ${clockOf(seen.startUs + MINUTE_US)}`;
  if (truth === undefined || must === undefined) return `${which} came, the tape has no trade in it`;
  for (const field of ['open', 'high', 'low', 'close', 'volume'] as const) {
    const scale = field === 'volume' ? truth.quantityScale : truth.priceScale;
    if (Math.abs(seen[field] * scale - must[field]) < SAME) continue;
    return `${which} has ${field} ${seen[field]}, the tape's trades make ${must[field] / scale}`;
  }
  return '';
}

function line(client: ClientLine, schedule: Schedule, fault: Fault): ViolationLine {
  return {
    kind: 'violation',
    generator: client.generator,
    violation: fault.violation,
    client: client.client,
    stream: fault.stream,
    expectedSeq: 0,
    seq: 0,
    // What never came was still owed at the end: only who didn't read until then may be excused.
    atUs: fault.readUs ?? dueTimeUs(schedule, schedule.toEventUs),
    detail: fault.detail,
  };
}

/** The market's time of day, UTC. */
function clockOf(us: number): string {
  return new Date(us / 1000).toISOString().slice(11, 19);
}
