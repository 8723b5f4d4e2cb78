import { describe, expect, it } from 'vitest';
import { COMPARED_METRICS, type Comparison } from '../../protocol/schemas/comparison.ts';
import type { Summary } from '../../protocol/schemas/summary.ts';
import { testComparison } from '../../reports/compare/testComparison.ts';
import { testSummary } from '../../reports/testSummary.ts';
import { seededRandom } from '../gate/random.ts';
import { targetNotes } from '../target/words.ts';
import { comparedRun, historyOf, type StoredRun, storedRun } from './history.ts';

const RUNS = 30;
const STEP_AT = 20;

/** A group of runs whose metrics are noisy by 10 %, each by itself; from {@link STEP_AT} on the p99 of ticks is `step` times as large. */
function equalRuns(random: () => number, step: number): StoredRun[] {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const figure = (): number => 1000 * Math.exp(0.1 * normal());
  return Array.from({ length: RUNS }, (_, at) => ({
    run: `run-${at}`,
    startedAt: new Date(Date.UTC(2026, 0, 1 + at)).toISOString(),
    commit: `c${at}`,
    scenario: 'default',
    load: 'swarm',
    machine: '2 x model',
    figures: {
      'tick.p50': figure(),
      'tick.p99': figure() * (at >= STEP_AT ? step : 1),
      'trigger.p99': figure(),
      'publish.p99': figure(),
      'process.p99': figure(),
      cpu: figure(),
      rss: figure(),
    },
  }));
}

/** The changes found in each of many histories. */
function simulated(
  histories: number,
  step: number,
): { readonly metric: string; readonly at: number; readonly p: number }[][] {
  const random = seededRandom(42);
  return Array.from({ length: histories }, (_, seed) =>
    historyOf(equalRuns(random, step), { metrics: COMPARED_METRICS, seed, leftOut: [] }).series.flatMap(
      ({ metric, changes }) => changes.map(({ at, p }) => ({ metric, at, p })),
    ),
  );
}

describe('historyOf', () => {
  it('should show a change in at most 5 % of the groups without one, over all seven metrics', () => {
    const histories = 400;
    const alarms = simulated(histories, 1).filter((changes) => changes.length > 0);
    expect(alarms.length / histories).toBeLessThanOrEqual(0.065);
    for (const { p } of alarms.flat()) expect(p).toBeLessThanOrEqual(0.05);
  });

  it('should find a step of 1.3 in one of seven metrics in most groups', () => {
    const histories = 100;
    const found = simulated(histories, 1.3).filter((changes) =>
      changes.some(({ metric, at }) => metric === 'tick.p99' && Math.abs(at - STEP_AT) <= 2),
    );
    expect(found.length / histories).toBeGreaterThanOrEqual(0.9);
  });

  it('should give all of the level to the one metric that is looked at', () => {
    // Eight runs: no order of them is as rare as a seventh of 5 %.
    const runs = equalRuns(seededRandom(1), 3).slice(STEP_AT - 4, STEP_AT + 4);
    const of = (metrics: typeof COMPARED_METRICS | readonly ['tick.p99']): number[] =>
      historyOf(runs, { metrics, seed: 1, leftOut: [] }).series.flatMap(({ changes }) => changes.map(({ at }) => at));
    expect(of(['tick.p99'])).toEqual([4]);
    expect(of(COMPARED_METRICS)).toEqual([]);
  });
});

describe('which runs are of one series', () => {
  const own: Summary = { ...testSummary(), load: 'swarm (built in), 2 cores, dialect native', notes: [] };
  const seriesOf = (...runs: readonly (StoredRun | string)[]): number =>
    new Set(
      historyOf(
        runs.filter((run): run is StoredRun => typeof run !== 'string'),
        { metrics: COMPARED_METRICS, seed: 1, leftOut: [] },
      ).series.map(({ scenario, load, machine }) => JSON.stringify([scenario, load, machine])),
    ).size;

  function foreign(what: { readonly url: string } | { readonly command: string }, pid: number): StoredRun {
    const underTest = 'url' in what ? { kind: 'url' as const, ...what } : { kind: 'command' as const, ...what };
    const notes = ['first', ...targetNotes(underTest, { dialect: 'paiid', pid })];
    return storedRun('run', { ...own, load: 'swarm (built in), dialect paiid', notes });
  }

  it('should hold foreign servers apart by the address or the command that the notes tell, whatever their pid', () => {
    const one = foreign({ url: 'ws://127.0.0.1:8001/ws' }, 11);
    const other = foreign({ url: 'ws://127.0.0.1:8002/ws' }, 11);
    const started = foreign({ command: 'node a.js --dialect x, dialect y, fed by z\n {port}' }, 11);
    const ours = storedRun('run', { ...own, load: 'swarm (built in), dialect paiid' });
    expect(seriesOf(one, other, started, ours)).toBe(4);
    expect(seriesOf(one, foreign({ url: 'ws://127.0.0.1:8001/ws' }, 12))).toBe(1);
    expect(one.load).toBe('swarm (built in), dialect paiid, server ws://127.0.0.1:8001/ws');
    expect(started.load).toMatch(/, server node a.js --dialect x, dialect y, fed by z\n \{port\}$/);
  });

  it('should hold dialects, codecs and feeds apart, and take a run from before dialects were named as native', () => {
    const loads = ['dialect native', 'dialect native, msgpack', 'dialect paiid', 'dialect native, fed by polygon'];
    const runs = loads.map((load) => storedRun('run', { ...own, load: `swarm (built in), 2 cores, ${load}` }));
    expect(seriesOf(...runs)).toBe(4);
    expect(seriesOf(storedRun('new', own), storedRun('old', { ...own, load: 'swarm (built in), 4 cores' }))).toBe(1);
    const merged = { ...own, load: '2 generators merged, dialect native, 2 cores here' };
    expect(storedRun('run', merged).load).toBe('2 generators merged, dialect native');
  });

  it("should hold k6's own scripts apart by the server they were told of", () => {
    const k6 = (url: string): StoredRun =>
      storedRun('run', { ...own, load: 'k6', command: `k6 run -e TAPEDECK_URL=${url} -e TAPEDECK_CLIENTS=5 mixed.ts` });
    expect(k6('ws://a:1/s').load).toBe('k6, dialect native, server ws://a:1/s');
  });

  describe('of comparisons', () => {
    const base = { ...testComparison(), arms: { a: 'main (0123456789ab)', b: 'the working tree (ba9876543210+)' } };
    const compared = (changed: Partial<Comparison>): StoredRun | string => comparedRun('run', { ...base, ...changed });

    it("should take B's medians where B is a build of ours, and say why not where it isn't", () => {
      expect(compared({})).toMatchObject({ commit: 'ba9876543210+', figures: { 'tick.p99': 9550, 'tick.p50': null } });
      const asked = { a: 'ws://127.0.0.1:1/ws', b: 'this build (unknown)' };
      expect(compared({ arms: asked, command: `tapedeck compare --a ${asked.a}` })).toMatchObject({
        commit: 'unknown',
      });
      for (const b of ['ws://other:8000/v1/stream', 'node theirs.js {port}', 'node theirs.js (ba9876543210)']) {
        expect(compared({ arms: { a: 'this build (ba9876543210)', b } })).toBe(
          `a comparison whose B is no build of ours: ${b}`,
        );
      }
      expect(compared({ blocks: [] })).toMatch(/never came to B/);
    });

    it('should hold them apart by dialect and feed, and from gates of the same scenario', () => {
      const asked = { a: "node 'old' --dialect tickstock", b: 'this build (ba9876543210)' };
      const quoted = "tapedeck compare --a 'node '\\''old'\\'' --dialect tickstock' --blocks 16";
      const native = compared({ arms: asked, command: `${quoted} --seed 1` });
      const paiid = compared({ arms: asked, command: `${quoted} --dialect paiid --seed 1` });
      const fed = compared({ arms: asked, command: `${quoted} --fed-by polygon --seed 1` });
      const gate = storedRun('run', {
        ...own,
        scenario: base.scenario,
        environment: { ...own.environment, ...base.environment },
      });
      expect(seriesOf(native, paiid, fed, gate)).toBe(4);
      expect(seriesOf(native, compared({}), compared({ command: `${quoted} --fed-by tape` }))).toBe(1);
      expect(native).toMatchObject({ load: 'swarm (built in), in blocks, dialect native' });
      expect(fed).toMatchObject({ load: 'swarm (built in), in blocks, dialect native, fed by polygon' });
    });
  });
});
