import { Histogram } from '../../reports/histogram.ts';
import type { RunEvidence } from './evidence.ts';
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
    return { ratio: 0, clients: 0, worst: -1, worstUs: 0, medianUs: 0, floorUs: FAIRNESS_FLOOR_US, words: 'nothing' };
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
    floorUs: FAIRNESS_FLOOR_US,
    words,
  };
}
