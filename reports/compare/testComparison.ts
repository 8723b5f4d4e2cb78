import type { ComparedBlock, ComparedRow, Comparison } from '../../protocol/schemas/comparison.ts';

const GRID_US = [100, 200, 400, 800, 1600, 3200, 6400];

/** A comparison whose B takes a quarter more CPU, for the tests of its reports. */
export function testComparison(): Comparison {
  const order = ['a', 'b', 'b', 'a', 'b', 'a', 'a', 'b', 'a', 'b', 'b', 'a'] as const;
  const blocks = order.map(
    (arm, at): ComparedBlock => ({
      phase: 'ab',
      arm,
      startedAt: '2026-11-21T20:00:00.000Z',
      replays: at === 3 ? 1 : 0,
      late: '',
      broken: '',
      figures: { 'tick.p99': 9000 + 100 * at, cpu: arm === 'a' ? 40 + at / 10 : 50 + at / 10, rss: 160e6 },
    }),
  );
  const row = { pairs: 6, gate: 1.1, blocksNeeded: 12, reason: '' };
  const rows: ComparedRow[] = [
    {
      ...row,
      id: 'tick.p99',
      verdict: 'same',
      a: 9500,
      b: 9600,
      ratio: 1.01,
      interval: [0.98, 1.04],
      p: 0.6,
      detectable: 1.07,
    },
    {
      ...row,
      id: 'publish.p99',
      verdict: 'not applicable',
      a: null,
      b: null,
      ratio: null,
      interval: null,
      p: null,
      detectable: null,
      blocksNeeded: null,
      pairs: 0,
      reason: 'not seen from outside the server',
    },
    {
      ...row,
      id: 'cpu',
      verdict: 'slower',
      a: 40,
      b: 50,
      ratio: 1.25,
      interval: [1.21, 1.29],
      p: 1 / 128,
      detectable: 1.08,
    },
    {
      ...row,
      id: 'rss',
      verdict: "can't tell",
      a: 160e6,
      b: 160e6,
      ratio: 1,
      interval: [0.7, 1.4],
      p: 1,
      detectable: 2.4,
      blocksNeeded: null,
      reason: 'here and now a slowdown must be 140 % to be found in 9 of 10 runs, and the gate is 10 %',
    },
  ];
  return {
    schema: 'tapedeck.comparison',
    version: 1,
    verdict: 'slower',
    why: 'slower in cpu +25 % (+21 % to +29 %)',
    arms: { a: 'main (0123456789ab)', b: 'the working tree (ba9876543210+)' },
    scenario: 'compare',
    startedAt: '2026-11-21T20:00:00.000Z',
    durationS: 170,
    seed: 1,
    command: 'node dist/cli/main.js compare --against main --blocks 12 --min-effect 5% --seed 1',
    load: 'swarm (built in)',
    minEffect: 1.05,
    rows,
    shape: {
      distance: 0.04,
      p: 0.4,
      gridUs: GRID_US,
      a: [0, 0.1, 0.3, 0.6, 0.9, 0.99, 1],
      b: [0, 0.1, 0.28, 0.57, 0.88, 0.99, 1],
    },
    blocks,
    environment: { node: 'v20.20.0', platform: 'linux', cpus: 2, cpuModel: 'a model', memoryBytes: 8e9 },
    notes: ['A against itself: a slowdown is found in 9 of 10 runs from tick.p99 7 %, cpu 8 %'],
  };
}
