import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMPARED_METRICS } from '../../protocol/schemas/comparison.ts';
import { projectFile } from '../../simulator/paths.ts';
import { seededRandom } from '../gate/random.ts';
import { armOrder } from './ratio.ts';
import { readRecorded, simulatedRun } from './simulated.ts';
import { byMetric, judgeBlocks, lookAtMachine, wholeVerdict } from './verdict.ts';

const FOLDER = projectFile('fixtures', 'compare');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const TRIALS = 1000;
const BLOCKS = 16;
const AA_BLOCKS = 6;
const TENTH = 1.1;
const options = { metrics: COMPARED_METRICS, minEffect: 1.05, gate: () => TENTH, seed: 1 };

function recorded(file: string) {
  return readRecorded(readFileSync(`${FOLDER}/${file}`, 'utf8')).blocks;
}

describe('a comparison made of recorded blocks', () => {
  it.each(FILES)('%s: should raise an alarm without a difference in at most 6.5 per cent of 1,000 trials', (file) => {
    const blocks = recorded(file);
    const random = seededRandom(20200316);
    let alarms = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const { aa, ab } = simulatedRun(blocks, { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random });
      // Any effect counts: the rule itself is tried, not what a minimum effect swallows.
      const rows = judgeBlocks(aa, ab, { ...options, minEffect: 1 + 1e-9 });
      if (rows.some(({ verdict }) => verdict === 'slower' || verdict === 'faster')) alarms += 1;
    }
    expect(alarms / TRIALS).toBeLessThanOrEqual(0.065);
  });

  it.each(FILES)('%s: should find a planted tenth in 9 of 10 cases of those it called detectable', (file) => {
    const blocks = recorded(file);
    const random = seededRandom(20200317);
    let [claimed, found] = [0, 0];
    for (let trial = 0; trial < TRIALS / 2; trial++) {
      const { aa, ab } = simulatedRun(blocks, { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random, planted: () => TENTH });
      for (const { detectable, verdict } of judgeBlocks(aa, ab, options)) {
        if (detectable === null || detectable > TENTH) continue;
        claimed += 1;
        if (verdict === 'slower') found += 1;
      }
    }
    expect(claimed).toBeGreaterThan(TRIALS / 10);
    expect(found / claimed).toBeGreaterThanOrEqual(0.9);
  });

  it.each(FILES)('%s: should find a planted tenth where the first look called it detectable', (file) => {
    const blocks = recorded(file);
    const random = seededRandom(20200318);
    let [claimed, found] = [0, 0];
    for (let trial = 0; trial < TRIALS / 4; trial++) {
      const { aa, ab } = simulatedRun(blocks, { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random, planted: () => TENTH });
      const look = lookAtMachine(aa, { ...options, pairs: BLOCKS / 2 });
      for (const { id, verdict } of judgeBlocks(aa, ab, options)) {
        if ((look.get(id)?.detectable ?? Number.POSITIVE_INFINITY) > Math.log(TENTH)) continue;
        claimed += 1;
        if (verdict === 'slower') found += 1;
      }
    }
    expect(claimed).toBeGreaterThan(TRIALS / 20);
    expect(found / claimed).toBeGreaterThanOrEqual(0.9);
  });
});

/** A machine of which only `noise` (of the logs) is known; all metrics move together. */
function steadyMachine(noise: number, seed: number) {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: 200 }, () => {
    const figures = COMPARED_METRICS.map((metric) => [metric, 1000 * Math.exp(noise * normal())]);
    return { startedAt: '', late: '', figures: Object.fromEntries(figures) };
  });
}

describe('a machine whose disturbances last for two blocks', () => {
  it('should raise no more alarms than another', () => {
    let alarms = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const steady = steadyMachine(0.1, trial + 1).map(({ figures }) => figures['tick.p99'] ?? 0);
      // Each block shares half of what moves it with the next.
      const seen = steady.slice(1).map((figure, at) => figure * (steady[at] ?? 0));
      const blocksOf = (from: number, to: number) =>
        byMetric(seen.slice(from, to).map((figure) => ({ figures: { 'tick.p99': figure } })));
      const aa = { order: new Array<'a'>(AA_BLOCKS).fill('a'), figures: blocksOf(0, AA_BLOCKS) };
      const ab = { order: armOrder(BLOCKS, trial), figures: blocksOf(AA_BLOCKS, AA_BLOCKS + BLOCKS) };
      const rows = judgeBlocks(aa, ab, { ...options, metrics: ['tick.p99'], minEffect: 1 + 1e-9 });
      if (rows.some(({ verdict }) => verdict === 'slower' || verdict === 'faster')) alarms += 1;
    }
    expect(alarms / TRIALS).toBeLessThanOrEqual(0.065);
  });
});

describe('judgeBlocks', () => {
  const random = seededRandom(3);

  it('should say same on a steady machine, with the ratio, its interval and what could be detected', () => {
    const { aa, ab } = simulatedRun(steadyMachine(0.01, 1), { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random });
    const rows = judgeBlocks(aa, ab, options);
    expect(wholeVerdict(rows).verdict).toBe('same');
    for (const { ratio, interval, detectable } of rows) {
      expect(ratio).toBeCloseTo(1, 1);
      expect(interval?.[0]).toBeLessThan(ratio ?? 0);
      expect(interval?.[1]).toBeGreaterThan(ratio ?? 9);
      expect(detectable).toBeLessThan(TENTH);
    }
  });

  it('should name the metric that is slower, and the one that is faster', () => {
    const planted = (metric: string): number => (metric === 'cpu' ? 1.2 : metric === 'rss' ? 0.8 : 1);
    const { aa, ab } = simulatedRun(steadyMachine(0.01, 2), { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random, planted });
    const rows = judgeBlocks(aa, ab, options);
    const byId = new Map(rows.map((row) => [row.id, row]));
    expect(byId.get('cpu')).toMatchObject({ verdict: 'slower', ratio: expect.closeTo(1.2, 1) });
    expect(byId.get('rss')).toMatchObject({ verdict: 'faster', ratio: expect.closeTo(0.8, 1) });
    expect(wholeVerdict(rows)).toMatchObject({ verdict: 'slower', why: expect.stringMatching(/^slower in cpu \+\d+/) });
  });

  it("should ignore what is below the minimum effect, however sure, and say can't tell of a gate tighter than the machine", () => {
    const planted = (): number => 1.03;
    const sure = simulatedRun(steadyMachine(0.001, 4), { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random, planted });
    expect(wholeVerdict(judgeBlocks(sure.aa, sure.ab, options)).verdict).toBe('same');

    const noisy = simulatedRun(steadyMachine(0.3, 5), { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random });
    const whole = wholeVerdict(judgeBlocks(noisy.aa, noisy.ab, options));
    expect(whole.verdict).toBe("can't tell");
    expect(whole.why).toMatch(
      /a slowdown must be \d+ % to be found in 9 of 10 runs, and the gate is 10 %; about \d+ blocks/,
    );
  });

  it("should say can't tell where too few pairs count, and not applicable where nothing was seen", () => {
    const { aa, ab } = simulatedRun(steadyMachine(0.01, 6), { aaBlocks: AA_BLOCKS, blocks: BLOCKS, random });
    const figures = {
      ...ab.figures,
      cpu: ab.figures.cpu.map(() => null),
      'trigger.p99': ab.figures['trigger.p99'].map(() => null),
      rss: ab.figures.rss.map((f, at) => (at < 6 ? null : f)),
    };
    const seen = { ...aa, figures: { ...aa.figures, cpu: aa.figures.cpu.map(() => null) } };
    const rows = judgeBlocks(seen, { ...ab, figures }, options);
    expect(rows.find(({ id }) => id === 'cpu')).toMatchObject({ verdict: 'not applicable', pairs: 0 });
    expect(rows.find(({ id }) => id === 'trigger.p99')).toMatchObject({
      verdict: "can't tell",
      reason: '0 pairs of blocks count, 6 are needed',
    });
    expect(rows.find(({ id }) => id === 'rss')).toMatchObject({
      verdict: "can't tell",
      reason: '5 pairs of blocks count, 6 are needed',
    });
  });
});
