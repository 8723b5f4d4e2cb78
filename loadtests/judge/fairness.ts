import { Histogram } from '../../reports/histogram.ts';
import type { RunEvidence } from './evidence.ts';
import { EXPLAINS_SHARE, generatorLateIn, LATE_SHARE } from './lateness.ts';
import { ms } from './timing.ts';

/** Latencies below this are all the same to a client: the ratio is taken above it. */
export const FAIRNESS_FLOOR_US = 5_000;
/** A client with fewer ticks than this says nothing about its tail. */
const LEAST_TICKS = 100;

export interface Fairness {
  readonly ratio: number;
  readonly clients: number;
  readonly worst: number;
  /** The worst client's p99 and the median client's, µs. */
  readonly worstUs: number;
  readonly medianUs: number;
  /** Half of the median client's ticks come within this, µs. */
  readonly medianP50Us: number;
  readonly floorUs: number;
  readonly words: string;
}

/** Each client's median and p99 of tick latency over the seconds that `keep` keeps, best served at p99 first; clients of few ticks left out. */
export function tickTails(
  evidence: Pick<RunEvidence, 'generators'>,
  keep: (second: number) => boolean,
): { readonly client: number; readonly p50Us: number; readonly p99Us: number }[] {
  const tails: { client: number; p50Us: number; p99Us: number }[] = [];
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      const ticks = new Histogram();
      for (const [second, histogram] of client.tickBySecond)
        if (keep(second)) ticks.merge(Histogram.fromJSON(histogram));
      if (ticks.count < LEAST_TICKS) continue;
      tails.push({ client: client.client, p50Us: ticks.percentile(50), p99Us: ticks.percentile(99) });
    }
  }
  return tails.sort((a, b) => a.p99Us - b.p99Us);
}

/** The worst client's p99 of tick latency against the median client's, over the seconds that `keep` keeps. */
export function fairness(evidence: RunEvidence, keep: (second: number) => boolean): Fairness {
  const tails = tickTails(evidence, keep);
  const worst = tails[tails.length - 1];
  const median = tails[Math.floor((tails.length - 1) / 2)];
  if (worst === undefined || median === undefined) {
    return {
      ratio: 0,
      clients: 0,
      worst: -1,
      worstUs: 0,
      medianUs: 0,
      medianP50Us: 0,
      floorUs: FAIRNESS_FLOOR_US,
      words: 'nothing',
    };
  }
  const ratio = Math.max(worst.p99Us, FAIRNESS_FLOOR_US) / Math.max(median.p99Us, FAIRNESS_FLOOR_US);
  const told = ({ p50Us, p99Us }: typeof worst): string => `p50 ${ms(p50Us)}, p99 ${ms(p99Us)}`;
  const words = `${ratio.toFixed(2)}x (client ${worst.client} ${told(worst)}; median client ${told(median)})`;
  return {
    ratio,
    clients: tails.length,
    worst: worst.client,
    worstUs: worst.p99Us,
    medianUs: median.p99Us,
    medianP50Us: median.p50Us,
    floorUs: FAIRNESS_FLOOR_US,
    words,
  };
}

/** Less likely than this, over all clients together, isn't chance. */
const CHANCE = 1e-4;

/** A client that comes after the others whatever the machine does. */
export interface ServedLast {
  readonly client: number;
  /** Seconds in which even its fastest tick took too long, of those in which no process of ours can be why. */
  readonly seconds: number;
  readonly of: number;
  /** Share of all clients' ticks in these seconds that took so long. */
  readonly share: number;
}

/**
 * Finds a client that lateness doesn't explain: what strikes a second strikes the others' ticks too. Where all are served
 * alike, even a client's fastest tick takes too long at most as often as any tick of that second; how often it does,
 * over all seconds, is held against that by Chernoff's bound.
 *
 * @param all every client's tails, of which some are over `bound` times the median one's
 */
export function servedLast(evidence: RunEvidence, all: Fairness, bound: number): ServedLast | undefined {
  const overUs = bound * Math.max(all.medianP50Us, all.floorUs);
  const tailUs = bound * Math.max(all.medianUs, all.floorUs);
  const late = new Set(
    tickTails(evidence, () => true).flatMap(({ client, p99Us }) => (p99Us > tailUs ? [client] : [])),
  );
  let found: ServedLast | undefined;
  const clients = evidence.generators.reduce((sum, data) => sum + data.clients.length, 0);
  for (const data of evidence.generators) {
    const total = new Map<number, { ticks: number; over: number }>();
    for (const { tickBySecond } of data.clients) {
      for (const [second, json] of tickBySecond) {
        const histogram = Histogram.fromJSON(json);
        const known = total.get(second) ?? { ticks: 0, over: 0 };
        total.set(second, { ticks: known.ticks + histogram.count, over: known.over + histogram.countAbove(overUs) });
      }
    }
    for (const { client, tickBySecond } of data.clients.filter((one) => late.has(one.client))) {
      const votes = { seconds: 0, of: 0, expected: 0 };
      for (const [second, json] of tickBySecond) {
        const { min } = Histogram.fromJSON(json);
        const boundUs = (EXPLAINS_SHARE * Math.max(min, overUs)) / LATE_SHARE;
        if (generatorLateIn(evidence.lateness, second, boundUs)) continue;
        const { ticks, over } = total.get(second) ?? { ticks: 1, over: 1 };
        votes.of += 1;
        votes.expected += over / ticks;
        if (min > overUs) votes.seconds += 1;
      }
      if (chanceOf(votes) * clients < CHANCE && votes.seconds > (found?.seconds ?? 0))
        found = { client, seconds: votes.seconds, of: votes.of, share: votes.expected / votes.of };
    }
  }
  return found;
}

/** Chernoff's bound on seeing so many or more where so many are expected. */
function chanceOf({ seconds, expected }: { readonly seconds: number; readonly expected: number }): number {
  if (seconds <= expected) return 1;
  return Math.exp(seconds - expected - seconds * Math.log(seconds / expected));
}
