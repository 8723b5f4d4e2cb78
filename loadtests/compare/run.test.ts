import { describe, expect, it } from 'vitest';
import { type Arm, COMPARED_METRICS } from '../../protocol/schemas/comparison.ts';
import { seededRandom } from '../gate/random.ts';
import { GRID_US } from './ks.ts';
import { armOrder } from './ratio.ts';
import { type Block, type CompareOptions, compare } from './run.ts';

/** Blocks of a machine whose noise (of the logs) is known, with B so many times slower. */
function machine(noise: number, slower = 1) {
  const random = seededRandom(7);
  const played: Arm[] = [];
  const playBlock = async (arm: Arm): Promise<Block> => {
    played.push(arm);
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const figure = 1000 * Math.exp(noise * normal) * (arm === 'b' ? slower : 1);
    return {
      startedAt: '2026-11-21T20:00:00.000Z',
      figures: {
        'tick.p50': figure,
        'tick.p99': figure,
        'trigger.p99': figure,
        'publish.p99': figure,
        'process.p99': figure,
        cpu: figure,
        rss: figure,
      },
      ticks: GRID_US.map((us) => (us < figure ? 0 : 1)),
      late: '',
      broken: '',
      interrupted: false,
    };
  };
  return { played, playBlock };
}

function options(given: Pick<CompareOptions, 'playBlock'> & Partial<CompareOptions>): CompareOptions {
  return {
    metrics: COMPARED_METRICS,
    minEffect: 1.05,
    gate: () => 1.1,
    seed: 1,
    aaBlocks: 6,
    blocks: 16,
    anyway: false,
    onNote: () => undefined,
    ...given,
  };
}

/** The coin gives B the first block of the first pair. */
const SEED_OF_B_FIRST =
  Array.from({ length: 64 }, (_, seed) => seed).find((seed) => armOrder(16, seed)[0] === 'b') ?? 0;

describe('compare', () => {
  it('should look at the machine first, then play both arms in turn, and call equal ones the same', async () => {
    const { played, playBlock } = machine(0.01);
    const { verdict, rows, blocks, shape, notes } = await compare(options({ playBlock }));
    expect(played.slice(0, 6)).toEqual(new Array(6).fill('a'));
    expect(played.slice(6).filter((arm) => arm === 'b')).toHaveLength(8);
    expect([verdict, rows.length, blocks.length]).toEqual(['same', COMPARED_METRICS.length, 22]);
    expect(shape?.gridUs).toEqual(GRID_US);
    expect(notes).toEqual([
      expect.stringMatching(/^A against itself: a slowdown is found in 9 of 10 runs from tick.p50/),
    ]);
  });

  it('should call B slower, with its ratio', async () => {
    const { verdict, why, rows, shape } = await compare(options({ playBlock: machine(0.02, 1.25).playBlock }));
    expect([verdict, why]).toEqual(['slower', expect.stringMatching(/^slower in tick.p50 \+2\d %/)]);
    expect(rows[0]?.ratio).toBeCloseTo(1.25, 1);
    expect(shape?.p).toBeLessThan(0.05);
  });

  it("should refuse gates that this machine can't tell, before it plays B, and say how many blocks it takes", async () => {
    const { played, playBlock } = machine(0.06);
    const { verdict, why, blocks } = await compare(options({ playBlock }));
    expect([verdict, played.includes('b'), blocks.length]).toEqual(["can't tell", false, 6]);
    expect(why).toMatch(/must be \d+ % .* the gate is 10 %; about \d+ blocks would do.*--anyway/);
  });

  it('should compare all the same where it is told to', async () => {
    const { played, playBlock } = machine(0.2, 4);
    const { verdict } = await compare(options({ playBlock, anyway: true }));
    expect([verdict, played.length]).toEqual(['slower', 22]);
  });

  it('should play blocks in which the machine was late again, as often as is bounded, then leave them out', async () => {
    const sound = machine(0.01);
    let late = 0;
    const playBlock = async (arm: Arm): Promise<Block> => {
      const block = await sound.playBlock(arm);
      late += 1;
      return late === 3 || late > 12 ? { ...block, late: "the machine's canary 300 ms" } : block;
    };
    const { verdict, blocks, rows } = await compare(options({ playBlock }));
    expect(blocks[2]).toMatchObject({ replays: 1, late: '' });
    expect(blocks.filter((block) => block.phase === 'ab').reduce((sum, block) => sum + block.replays, 0)).toBe(4);
    expect(verdict).toBe("can't tell");
    expect(rows[0]?.reason).toMatch(/pairs of blocks count, 6 are needed/);
  });

  it("should say can't tell, before it plays B, of a machine that is late all the time", async () => {
    const sound = machine(0.01);
    const playBlock = async (arm: Arm): Promise<Block> => ({ ...(await sound.playBlock(arm)), late: 'steal 40 %' });
    const { verdict, why } = await compare(options({ playBlock }));
    expect([verdict, why]).toEqual(["can't tell", expect.stringMatching(/^no block of A .* counts: steal 40 %; wait/)]);
    expect(sound.played).toEqual(new Array(8).fill('a'));
  });

  it('should fail an arm that breaks a promise, at once, and keep what was measured', async () => {
    const sound = machine(0.01);
    const playBlock = async (arm: Arm): Promise<Block> => {
      const block = await sound.playBlock(arm);
      return arm === 'b' ? { ...block, broken: 'loss (<= 0) measured 3' } : block;
    };
    const { verdict, why, blocks, interrupted } = await compare(options({ playBlock }));
    expect([verdict, interrupted]).toEqual(['fail', false]);
    expect(why).toBe("B broke a promise that isn't of time: loss (<= 0) measured 3");
    expect(blocks.at(-1)).toMatchObject({ arm: 'b', broken: 'loss (<= 0) measured 3' });
  });

  it.each(['', 'steal 40 %'])(
    'should say that no pair was played to its end where the first block of B failed: %s',
    async (late) => {
      const sound = machine(0.01);
      const playBlock = async (arm: Arm): Promise<Block> => {
        const block = await sound.playBlock(arm);
        return arm === 'b' ? { ...block, late, broken: 'loss (<= 0) measured 3' } : block;
      };
      const { rows, blocks } = await compare(options({ playBlock, seed: SEED_OF_B_FIRST }));
      expect(blocks.map(({ arm }) => arm).join('')).toBe('aaaaaab');
      for (const row of rows) {
        expect(row).toMatchObject({
          verdict: "can't tell",
          reason: 'no pair of blocks was played to its end',
          pairs: 0,
        });
      }
    },
  );

  it('should keep what was measured when it is interrupted', async () => {
    const sound = machine(0.01);
    const playBlock = async (arm: Arm): Promise<Block> => {
      const block = await sound.playBlock(arm);
      return { ...block, interrupted: sound.played.length === 10 };
    };
    const { verdict, interrupted, blocks } = await compare(options({ playBlock }));
    expect([verdict, interrupted, blocks.length]).toEqual(["can't tell", true, 9]);
  });
});
