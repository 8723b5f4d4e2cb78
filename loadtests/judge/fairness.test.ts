import { describe, expect, it } from 'vitest';
import { Histogram } from '../../reports/histogram.ts';
import { seededRandom } from '../gate/random.ts';
import type { RunEvidence } from './evidence.ts';
import type { GeneratorData } from './merge.ts';
import { quiet, soundEvidence } from './testEvidence.ts';
import { judge } from './verdict.ts';

const SECONDS = 25;
const TICKS = 6;

interface Played {
  readonly seed: number;
  /** Every tick of these comes so much later. */
  readonly last?: { readonly clients: readonly number[]; readonly us: number };
  /** A second has a stall of the machine with this chance, of up to `us`. */
  readonly stalls?: { readonly share: number; readonly us: number };
  readonly ourLoopUs?: number;
  readonly clockErrorUs?: number;
  /** Of a quiet tape: ticks a second on average, in no order; default 6 in each of 25 s. */
  readonly sparse?: { readonly ticks: number; readonly seconds: number };
  /** A machine that wakes everybody late by this all the time, and once for longer. */
  readonly canary?: { readonly us: number; readonly onceUs: number };
}

/** 100 clients with some ticks a second each; what is due in a stall waits for its end. */
function played(options: Played): RunEvidence {
  const { seed, last, stalls = { share: 0, us: 0 }, ourLoopUs = 0, clockErrorUs = 0, canary } = options;
  const { ticks, seconds } = options.sparse ?? { ticks: TICKS, seconds: SECONDS };
  const random = seededRandom(seed);
  const stallUs = Array.from({ length: seconds }, (_, at) => {
    if (canary !== undefined) return at === Math.floor(seconds / 2) ? canary.onceUs : stalls.us;
    return random() < stalls.share ? random() * stalls.us : 0;
  });
  const evidence = soundEvidence();
  const [first] = evidence.generators as [GeneratorData];
  const clients = first.clients.map((client) => ({
    ...client,
    tickBySecond: stallUs.map((us, second) => {
      const histogram = new Histogram();
      const due = options.sparse === undefined ? ticks : Math.floor(random() * (2 * ticks + 1));
      for (let tick = 0; tick < due; tick++) {
        const own = last?.clients.includes(client.client) === true ? last.us : 0;
        const waits = Math.max(0, us - random() * 1e6);
        histogram.record(Math.round(1_000 + random() * 4_000 + own + waits));
      }
      return [second, histogram.toJSON()] as const;
    }),
  }));
  const busy = new Map(stallUs.map((_, second) => [second, Math.max(90_000, stalls.us)] as const));
  const loop = new Map(Array.from({ length: seconds }, (_, second) => [second, ourLoopUs] as const));
  const canaryUs = new Map(stallUs.map((us, second) => [second, us === stalls.us ? (canary?.us ?? us) : us] as const));
  const lateness = { ...quiet(), canaryUs, runQueueUs: busy, clockErrorUs, loopDelayUs: new Map([['swarm', loop]]) };
  return { ...evidence, generators: [{ ...first, clients }], lateness };
}

function fairRow(options: Played) {
  const found = judge(played(options)).rows.find(({ id }) => id === 'fairness');
  if (found === undefined) throw new Error('no row fairness');
  return found;
}

describe('fair', () => {
  it('should fail clients that come last in every second, though the machine was busy in each', () => {
    const row = fairRow({ seed: 1, last: { clients: [7, 27, 47, 67, 87], us: 60_000 } });

    expect(row).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/client \d*7 is served last: in 9 of 9 spans/),
    });
  });

  it('should not blame the target where a loop of ours may have held a client back', () => {
    expect(fairRow({ seed: 1, last: { clients: [7], us: 60_000 }, ourLoopUs: 70_000 }).verdict).toBe('invalid');
  });

  it('should not blame the target for clocks that are off as much', () => {
    expect(fairRow({ seed: 1, last: { clients: [7], us: 60_000 }, clockErrorUs: 60_000 }).verdict).toBe('invalid');
  });

  it('should never fail a sound target of few ticks on a machine that is a little late all the time', () => {
    const rows = Array.from({ length: 6 }, (_, seed) =>
      fairRow({
        seed,
        sparse: { ticks: 2, seconds: 200 },
        stalls: { share: 1, us: 150_000 },
        canary: { us: 8_000, onceUs: 2_100_000 },
      }),
    );

    expect(rows.map(({ verdict }) => verdict)).toEqual(rows.map(() => 'invalid'));
  });

  it('should never fail a sound target by stalls that strike whom they strike', () => {
    const rows = Array.from({ length: 120 }, (_, seed) =>
      fairRow({ seed, stalls: { share: (seed % 6) / 6, us: 100_000 + (seed % 5) * 200_000 } }),
    );

    expect(rows.filter(({ verdict }) => verdict === 'invalid').length).toBeGreaterThan(10);
    expect(rows.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });
});
