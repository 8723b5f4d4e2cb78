import { describe, expect, it } from 'vitest';
import type { Bracket, Plateau } from '../../protocol/schemas/capacity.ts';
import { seededRandom } from '../gate/random.ts';
import { type SearchOptions, searchCapacity } from './search.ts';
import {
  generatorBoundSystem,
  memorySystem,
  plateau,
  queueSystem,
  type SyntheticSystem,
  softSystem,
} from './testing/systems.ts';
import { statusOf, tally } from './votes.ts';

const OPTIONS: SearchOptions = { from: 50, max: 20_000, resolution: 0.1, plays: 3 };
const TRIALS = 100;

async function search(system: Pick<SyntheticSystem, 'measure'>, options = OPTIONS) {
  return searchCapacity(options, { measure: async (load) => system.measure(load), mayPlay: () => 'yes' });
}

/** Trials out of a hundred in which the bracket holds the truth, with the widest bracket and the most plateaus of all. */
async function trials(make: (seed: number, capacity: number) => SyntheticSystem) {
  let right = 0;
  let plateaus = 0;
  const widths: number[] = [];
  for (let seed = 1; seed <= TRIALS; seed++) {
    const system = make(seed, 120 * 100 ** seededRandom(seed * 7919)());
    const found = await search(system);
    const { holds, breaks } = found.bracket;
    if (holds !== null && breaks !== null) {
      widths.push(breaks / holds);
      if (holds <= system.truth && system.truth <= breaks) right += 1;
    }
    plateaus += found.plateaus.length;
  }
  widths.sort((a, b) => a - b);
  return { right, medianWidth: widths[widths.length >> 1] ?? Number.NaN, plateaus: plateaus / TRIALS };
}

describe('the bracket of a search, on systems whose knee is known', () => {
  const kinds: Record<string, (seed: number, capacity: number) => SyntheticSystem> = {
    'a sharp knee': (seed, capacity) => queueSystem({ seed, noise: 0.1, capacity, serviceUs: 100 }),
    'a soft knee': (seed, capacity) => queueSystem({ seed, noise: 0.1, capacity, serviceUs: 20_000 }),
    'no knee, latency as the square of the load': (seed, truth) => softSystem({ seed, noise: 0.1, truth, power: 2 }),
    'a bound of memory': (seed, capacity) =>
      memorySystem({ seed, noise: 0.02, fixedBytes: 80e6, eachBytes: 4e9 / capacity, boundBytes: 4e9 }),
    'a noisy machine': (seed, capacity) =>
      queueSystem({ seed, noise: 0.2, capacity, serviceUs: 10_000, invalidShare: 0.1, falseShare: 0.02 }),
  };
  for (const [name, make] of Object.entries(kinds)) {
    it(`should hold the truth in 90 of ${TRIALS} trials or more: ${name}`, async () => {
      const { right, medianWidth, plateaus } = await trials(make);

      expect(right).toBeGreaterThanOrEqual(90);
      expect(medianWidth).toBeLessThan(1.3);
      expect(plateaus).toBeLessThan(30);
    });
  }

  it(`should say "at least" where the generator gives way first, in 90 of ${TRIALS} trials or more`, async () => {
    let right = 0;
    for (let seed = 1; seed <= TRIALS; seed++) {
      const limit = 120 * 100 ** seededRandom(seed)();
      const { bracket } = await search(generatorBoundSystem({ seed, noise: 0.03, limit }));
      const isLowerBound = bracket.end === 'generator' && bracket.breaks === null;
      if (isLowerBound && (bracket.holds ?? 0) > 0.7 * limit) right += 1;
    }
    expect(right).toBeGreaterThanOrEqual(90);
  });
});

describe('searchCapacity', () => {
  const breaksFrom = (limit: number) => ({
    truth: limit,
    measure: (load: number): Plateau =>
      load >= limit ? plateau({ load, outcome: 'broken', cause: 'target', why: 'tick broke' }) : plateau({ load }),
  });

  it('should double, play the first break again, bisect, and play both ends three times', async () => {
    const { bracket, plateaus } = await search(breaksFrom(170), { from: 50, max: 1000, resolution: 0.1, plays: 3 });

    expect(plateaus.map(({ load }) => load)).toEqual([50, 100, 200, 200, 141, 168, 183, 168, 168, 183, 183]);
    expect(bracket).toMatchObject({
      holds: 168,
      breaks: 183,
      end: 'found',
      isRepeated: true,
      why: 'at 183: tick broke',
    });
  });

  it('should go down where the first load breaks already, and say so where one does', async () => {
    expect((await search(breaksFrom(7))).bracket).toMatchObject({ holds: 6, breaks: 7, end: 'found' });
    expect((await search(breaksFrom(1))).bracket).toMatchObject({ holds: null, breaks: 1, end: 'least broke' });
  });

  it("should not say that the least load broke where it couldn't be told", async () => {
    for (const cause of ['generator', 'machine', 'noise'] as const) {
      const full = { measure: (load: number) => plateau({ load, outcome: 'invalid', cause, why: 'full' }) };
      const { bracket } = await search(full);

      expect(bracket).toMatchObject({ holds: null, breaks: null, end: cause });
      expect(bracket.why).toContain('full');
    }
  });

  it('should not say that the least load broke where its plateaus disagreed', async () => {
    let plays = 0;
    const flips = {
      measure: (load: number): Plateau =>
        load > 1 || ++plays === 2 ? plateau({ load, outcome: 'broken', cause: 'target' }) : plateau({ load }),
    };
    const { bracket } = await search(flips, { ...OPTIONS, from: 1 });

    expect(bracket).toMatchObject({ holds: null, breaks: 2, end: 'noise', why: 'plateaus at 1 disagreed' });
  });

  it('should end at the highest load that may be played where that holds', async () => {
    const { bracket, plateaus } = await search(breaksFrom(1e9), { ...OPTIONS, max: 300 });

    expect(plateaus.map(({ load }) => load)).toEqual([50, 100, 200, 300, 300, 300]);
    expect(bracket).toMatchObject({ holds: 300, breaks: null, end: 'all held', isRepeated: true });
  });

  it('should keep a load at which plateaus disagreed inside the bracket', async () => {
    let plays = 0;
    const flips = {
      measure: (load: number): Plateau => {
        if (load === 200) plays += 1;
        const broken = load > 200 || (load === 200 && plays === 2);
        return broken ? plateau({ load, outcome: 'broken', cause: 'target' }) : plateau({ load });
      },
    };
    const { bracket } = await search(flips, { from: 50, max: 400, resolution: 0.1, plays: 3 });

    expect(bracket.holds).toBeLessThan(200);
    expect(bracket.breaks).toBeGreaterThan(200);
  });

  it('should begin the bracket below, and end it above, all loads at which plateaus disagreed', async () => {
    const kinds = [
      (seed: number) => queueSystem({ seed, noise: 0.2, capacity: 900, serviceUs: 10_000, falseShare: 0.1 }),
      (seed: number) => softSystem({ seed, noise: 0.4, truth: 900, power: 1 }),
    ];
    let disagreeing = 0;
    for (const make of kinds) {
      for (let seed = 1; seed <= TRIALS; seed++) {
        const { bracket, plateaus } = await search(make(seed));
        const mixed = [...tally(plateaus)].flatMap(([load, votes]) => (statusOf(votes) === 'mixed' ? load : []));
        disagreeing += mixed.length;
        for (const load of mixed) {
          expect(bracket.holds ?? 0, `seed ${seed}`).toBeLessThan(load);
          expect(bracket.breaks ?? Number.POSITIVE_INFINITY, `seed ${seed}`).toBeGreaterThan(load);
        }
      }
    }

    expect(disagreeing).toBeGreaterThan(TRIALS);
  });

  it('should narrow both gaps where a low load broke once, and name that load', async () => {
    let plays = 0;
    const once = {
      measure: (load: number): Plateau =>
        load === 100 && ++plays === 1
          ? plateau({ load, outcome: 'broken', cause: 'target', why: 'a hiccup' })
          : breaksFrom(700).measure(load),
    };
    const { bracket, plateaus } = await search(once);

    expect(plateaus.slice(0, 4).map(({ load }) => load)).toEqual([50, 100, 100, 200]);
    expect(bracket).toMatchObject({ end: 'found', isRepeated: true });
    expect(bracket.holds).toBeGreaterThan(90);
    expect(bracket.holds).toBeLessThan(100);
    expect(bracket.breaks).toBeGreaterThanOrEqual(700);
    expect(bracket.breaks).toBeLessThan(770);
    expect(bracket.why).toBe(`at ${bracket.breaks}: tick broke; plateaus at 100 disagreed`);
  });

  it("should say that it can't tell above where plateaus at the highest load disagreed", async () => {
    let plays = 0;
    const flips = {
      measure: (load: number): Plateau =>
        load === 100 && ++plays === 2 ? plateau({ load, outcome: 'broken', cause: 'target' }) : plateau({ load }),
    };
    const { bracket } = await search(flips, { from: 100, max: 100, resolution: 0.1, plays: 3 });

    expect(bracket).toMatchObject({ breaks: null, unclearFrom: 100, end: 'noise', why: 'plateaus at 100 disagreed' });
    expect(bracket.holds).toBeGreaterThan(80);
  });

  it('should never take an invalid plateau for a broken one: three of them end the search', async () => {
    const late = {
      measure: (load: number): Plateau =>
        load > 100 ? plateau({ load, outcome: 'invalid', cause: 'noise', why: 'steal' }) : plateau({ load }),
    };
    const { bracket, plateaus } = await search(late);

    expect(plateaus.map(({ load }) => load)).toEqual([50, 100, 200, 200, 200]);
    expect(bracket).toMatchObject({ holds: 100, breaks: null, unclearFrom: 200, end: 'noise' });
    expect(bracket.why).toBe('3 plateaus at 200 were invalid, the last: steal');
  });

  it('should stop for the budget with what it has', async () => {
    let left = 3;
    const found = await searchCapacity(OPTIONS, {
      measure: async (load) => breaksFrom(150).measure(load),
      mayPlay: () => (left-- > 0 ? 'yes' : 'budget'),
    });
    const expected: Partial<Bracket> = { holds: 100, breaks: 200, end: 'budget', isRepeated: false };

    expect(found.bracket).toMatchObject(expected);
  });
});
