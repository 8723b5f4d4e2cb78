import type { ClientLine } from '../../protocol/run.ts';
import { Histogram, type HistogramJson } from '../../reports/histogram.ts';
import { type RunEvidence, secondOf } from './evidence.ts';
import { EXPLAINS_SHARE, LATE_SHARE, lateIn } from './lateness.ts';
import { ms } from './timing.ts';

/** Latencies below this are all the same to a client: the ratio is taken above it. */
export const FAIRNESS_FLOOR_US = 5_000;
/** A client with fewer ticks than this says nothing about its tail. */
export const LEAST_TICKS = 100;

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
/** A stall may reach over the end of a second, and be one event in two: only so many seconds together are a witness. */
const WITNESS_S = 3;
/** A second with less than this share of a client's usual ticks has a part of it alone. */
const WHOLE_SHARE = 1 / 4;

/** A client that comes after the others whatever the machine does. */
export interface ServedLast {
  readonly client: number;
  /** Spans of {@link WITNESS_S} seconds in which each of its ticks took too long, of those in which no process of ours can be why. */
  readonly late: number;
  readonly spans: number;
  /** Share of all clients' ticks in these spans that took so long. */
  readonly share: number;
}

/**
 * Finds a client that lateness doesn't explain: what strikes a span of time strikes the others' ticks too. Where all are
 * served alike, every tick of a client in a span takes too long at most as often as any tick of that span; how often it
 * does, over all spans, is held against that by Chernoff's bound.
 *
 * @param all every client's tails, of which some are over `bound` times the median one's
 */
export function servedLast(evidence: RunEvidence, all: Fairness, bound: number): ServedLast | undefined {
  const overUs = bound * Math.max(all.medianP50Us, all.floorUs);
  const tailUs = bound * Math.max(all.medianUs, all.floorUs);
  const worst = tickTails(evidence, () => true).filter(({ p99Us }) => p99Us > tailUs);
  const p50Us = new Map(worst.map((tail) => [tail.client, tail.p50Us]));
  const clients = evidence.generators.reduce((sum, data) => sum + data.clients.length, 0);
  // What others show counts the target's own waits as well; our processes and clocks strike whom they like.
  const ours = { ...evidence.lateness, runQueueUs: new Map<number, number>() };
  let found: ServedLast | undefined;
  for (const data of evidence.generators) {
    const everybody = new Spans(overUs);
    for (const { tickBySecond } of data.clients) for (const [second, json] of tickBySecond) everybody.add(second, json);
    for (const client of data.clients) {
      const usualUs = p50Us.get(client.client);
      if (usualUs === undefined) continue;
      const boundUs = (EXPLAINS_SHARE * Math.max(overUs, usualUs)) / LATE_SHARE;
      const own = new Spans(overUs);
      for (const [second, json] of wholeSeconds(client, evidence))
        if (lateIn(ours, second, boundUs).length === 0) own.add(second, json);
      const votes = own.against(everybody);
      if (chanceOf(votes) * clients < CHANCE && votes.late > (found?.late ?? 0))
        found = { client: client.client, late: votes.late, spans: votes.spans, share: votes.expected / votes.spans };
    }
  }
  return found;
}

/** Ticks in spans of {@link WITNESS_S} seconds, and those of them that took too long. */
class Spans {
  readonly #overUs: number;
  readonly #spans = new Map<number, { ticks: number; over: number }>();

  constructor(overUs: number) {
    this.#overUs = overUs;
  }

  add(second: number, json: HistogramJson): void {
    const histogram = Histogram.fromJSON(json);
    const at = Math.floor(second / WITNESS_S);
    const { ticks, over } = this.#spans.get(at) ?? { ticks: 0, over: 0 };
    this.#spans.set(at, { ticks: ticks + histogram.count, over: over + histogram.countAbove(this.#overUs) });
  }

  /** In how many spans every tick was late, and in how many it would have been at the most if they were drawn from `others`. */
  against(others: Spans): { readonly late: number; readonly spans: number; readonly expected: number } {
    let late = 0;
    let spans = 0;
    let expected = 0;
    for (const [at, { ticks, over }] of this.#spans) {
      const all = others.#spans.get(at);
      if (all === undefined || ticks === 0) continue;
      spans += 1;
      if (over === ticks) late += 1;
      expected += all.over / all.ticks;
    }
    return { late, spans, expected };
  }
}

/** A client's seconds without those in which it came back, or that hold a part of a second alone. */
function wholeSeconds(client: ClientLine, { schedule }: RunEvidence): ClientLine['tickBySecond'] {
  const counts = client.tickBySecond.map(([, { count }]) => count).sort((a, b) => a - b);
  const usual = counts[Math.floor(counts.length / 2)] ?? 0;
  const away = client.resumes.map(({ closedUs, resumedUs }) => [
    secondOf(schedule, closedUs),
    secondOf(schedule, resumedUs) + 1,
  ]);
  return client.tickBySecond.filter(
    ([second, { count }]) =>
      count >= usual * WHOLE_SHARE && !away.some(([from = 0, to = 0]) => second >= from && second <= to),
  );
}

/** Chernoff's bound on seeing so many or more where so many are expected. */
function chanceOf({ late, expected }: { readonly late: number; readonly expected: number }): number {
  if (late <= expected) return 1;
  return Math.exp(late - expected - late * Math.log(late / expected));
}
