import type { GeneratorName, ViolationKind, WindowMetric } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { tickTails } from '../judge/fairness.ts';
import { mergeWindows, windowsOf } from '../judge/merge.ts';
import { violationsOf } from '../judge/violations.ts';
import type { BooksJson } from './books.ts';

/** A number that the instrument must find again. `planted` names an entry of the front's books. */
export type Truth =
  /**
   * Latency of a metric over that of a sound server behind the same front: a percentile over the sound median, or the
   * mean over the sound mean (means add up wherever the delays fall).
   */
  | {
      readonly kind: 'latency';
      readonly metric: WindowMetric;
      readonly statistic: number | 'mean';
      readonly planted: string;
    }
  /** Interval of a metric that counts what it is off a period of so many µs (0: the interval itself). */
  | { readonly kind: 'interval'; readonly metric: WindowMetric; readonly periodUs: number; readonly planted: string }
  | { readonly kind: 'violations'; readonly of: readonly ViolationKind[]; readonly planted: string }
  /** Orders that triggered where the oracle says that they didn't. */
  | { readonly kind: 'triggers'; readonly of: readonly string[]; readonly planted: string }
  | { readonly kind: 'unanswered'; readonly planted: string }
  /** What the client with the worst tail waits at its median, over the client with the median tail. */
  | { readonly kind: 'served last'; readonly planted: string }
  /** When the process died, counted from the tape's start. */
  | { readonly kind: 'death'; readonly afterUs: number }
  /** Growth of resident memory. */
  | { readonly kind: 'memory'; readonly bytesPerS: number };

/** A truth as planted and as found. Times in µs, memory in bytes. */
export interface Held {
  readonly words: string;
  readonly unit: 'us' | 'count' | 'bytes';
  /** Who found it; `all` for what is counted over all generators. */
  readonly by: GeneratorName | 'all';
  readonly planted: number;
  readonly found: number;
  readonly isRight: boolean;
}

/** What a truth is held against. */
export interface Trial {
  readonly books: BooksJson;
  readonly evidence: RunEvidence;
  /** A sound server behind the same front, in the same surroundings. */
  readonly baseline: RunEvidence;
}

const SHARE = 0.05;
const LEAST_US = 1_000;
/** k6 reads through a JavaScript engine with one loop for each VU. */
const LEAST_K6_US = 10_000;

/** Holds a truth against what was found: by each generator apart where it is a time that each measures. */
export function hold(truth: Truth, trial: Trial): Held[] {
  const { books, evidence, baseline } = trial;
  switch (truth.kind) {
    case 'latency':
      return evidence.generators.flatMap(({ generator }) => {
        const found = metricOf(evidence, truth.metric, generator);
        if (found.count === 0 && generator === 'probe') return [];
        const { statistic } = truth;
        const sound = metricOf(baseline, truth.metric, generator);
        const name = statistic === 'mean' ? 'mean' : `p${statistic}`;
        return timed(generator, statisticOf(timesOf(books, truth.planted), statistic), {
          found: statisticOf(found, statistic) - statisticOf(sound, statistic === 'mean' ? 'mean' : 50),
          words: `${truth.metric} ${name} over a sound server's`,
        });
      });
    case 'interval': {
      // The longest was one connection's: whose, the front doesn't know.
      const longestUs = mergeWindows(windowsOf(evidence.generators, truth.metric)).max + truth.periodUs;
      const words = `longest interval of ${truth.metric}`;
      return timed('all', timesOf(books, truth.planted).max, { found: longestUs, words });
    }
    case 'violations': {
      const { counts } = violationsOf(evidence);
      const found = truth.of.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
      return [counted(truth.of.join(', '), books.counts[truth.planted] ?? 0, found)];
    }
    case 'triggers': {
      const wrong = evidence.orders.faults.filter(({ kind }) => truth.of.includes(kind));
      const words = `triggers that are ${truth.of.map((kind) => kind.replaceAll('_', ' ')).join(' or ')}`;
      return [counted(words, books.counts[truth.planted] ?? 0, wrong.length)];
    }
    case 'unanswered': {
      const unanswered = evidence.generators
        .flatMap((data) => data.orders)
        .filter((one) => one.outcome === 'unanswered');
      return [counted('orders without an answer', books.counts[truth.planted] ?? 0, unanswered.length)];
    }
    case 'served last': {
      const tails = tickTails(evidence, () => true);
      // By their medians: the fault moves all of a client's ticks alike, and a p99 of a few hundred holds chance as well.
      const worst = tails.at(-1)?.p50Us ?? 0;
      const median = tails[Math.floor((tails.length - 1) / 2)]?.p50Us ?? 0;
      const planted = timesOf(books, truth.planted).percentile(50);
      return timed('all', planted, { found: worst - median, words: "p50 of the worst client over the median one's" });
    }
    case 'death': {
      const closes = violationsOf(evidence).listed.filter(({ violation }) => violation === 'unplanned_close');
      const first = Math.min(...closes.map(({ atUs }) => atUs)) - evidence.schedule.startUs;
      return timed('all', truth.afterUs, { found: first, words: 'first connection lost, after the tape started' });
    }
    case 'memory': {
      const seen = [...(evidence.inside?.rssBytes ?? [])].filter(([second]) => second >= 1).sort(([a], [b]) => a - b);
      const [fromS, fromBytes] = seen[0] ?? [0, 0];
      const [toS, toBytes] = seen.at(-1) ?? [0, 0];
      const found = (toBytes - fromBytes) / Math.max(1, toS - fromS);
      const isRight = Math.abs(found - truth.bytesPerS) <= SHARE * truth.bytesPerS;
      const words = 'resident memory grows in a second by';
      return [{ words, unit: 'bytes', by: 'all', planted: truth.bytesPerS, found, isRight }];
    }
  }
}

function timed(
  by: GeneratorName | 'all',
  planted: number,
  { found, words }: { readonly found: number; readonly words: string },
): Held[] {
  const least = by === 'k6' || by === 'all' ? LEAST_K6_US : LEAST_US;
  const isRight = planted > 0 && Math.abs(found - planted) <= Math.max(SHARE * planted, least);
  return [{ words, unit: 'us', by, planted, found, isRight }];
}

/** Counts differ where a connection is cut just when something was planted: then nobody was there to see it. */
function counted(words: string, planted: number, found: number): Held {
  const isRight = planted > 0 && Math.abs(found - planted) <= Math.max(SHARE * planted, 1);
  return { words, unit: 'count', by: 'all', planted, found, isRight };
}

function metricOf({ generators }: Pick<RunEvidence, 'generators'>, metric: WindowMetric, by: GeneratorName): Histogram {
  return mergeWindows(
    windowsOf(
      generators.filter((data) => data.generator === by),
      metric,
    ),
  );
}

function statisticOf(times: Histogram, statistic: number | 'mean'): number {
  return statistic === 'mean' ? times.mean : times.percentile(statistic);
}

function timesOf(books: BooksJson, kind: string): Histogram {
  const json = books.times[kind];
  return json === undefined ? new Histogram() : Histogram.fromJSON(json);
}
