import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformServer, startConformServer } from '../../cli/conformServer.ts';
import { chooseCases } from './cases.ts';
import { type Result, runCases } from './run.ts';
import { MUTATIONS } from './testing/mutations.ts';
import { startWrongServer, type Wrong } from './testing/wrongServer.ts';

/** Enough for each case whose promise is only missed by waiting: a sound server keeps those at once. */
const SILENCE_MS = 2_000;

let sound: ConformServer;

beforeAll(async () => {
  sound = await startConformServer();
});
afterAll(() => sound.stop());

/** Runs cases against the sound server behind a front. */
async function judge(wrong: Wrong, options: { readonly only: readonly string[]; readonly timeoutMs?: number }) {
  const { only, timeoutMs } = options;
  const front = await startWrongServer(sound.target.base, wrong);
  try {
    const cases = chooseCases({ only }).map((one) => (timeoutMs === undefined ? one : { ...one, timeoutMs }));
    const required = cases.map(({ dialect }) => dialect);
    return await runCases({ cases, target: { ...sound.target, base: front.base }, required, parallel: 8 });
  } finally {
    await front.stop();
  }
}

describe.concurrent('a wrong server', () => {
  it.each(Object.entries(MUTATIONS))('should be caught: %s', async (_, { caughtBy, wrong, isSilence = false }) => {
    const [result, ...more] = await judge(wrong, { only: [caughtBy], ...(isSilence && { timeoutMs: SILENCE_MS }) });

    expect(more).toEqual([]);
    expect(result).toMatchObject({ name: caughtBy, status: 'broken' });
    // A case that runs out of time would seem to catch anything.
    expect(ranOutOfTime(result), result?.came).toBe(isSilence);
  });
});

describe('the same front without a fault', () => {
  it('should be found sound by each of these cases', async () => {
    const mutations = Object.values(MUTATIONS);
    const silent = mutations.filter(({ isSilence }) => isSilence).map(({ caughtBy }) => caughtBy);
    const others = [...new Set(mutations.map(({ caughtBy }) => caughtBy))].filter((name) => !silent.includes(name));

    const results = [
      ...(await judge({}, { only: others })),
      ...(await judge({}, { only: silent, timeoutMs: SILENCE_MS })),
    ];

    expect(mutations.length).toBeGreaterThanOrEqual(30);
    expect(results.map(({ name }) => name).sort()).toEqual([...others, ...silent].sort());
    expect(results.filter(({ status }) => status !== 'pass')).toEqual([]);
  });
});

function ranOutOfTime(result: Result | undefined): boolean {
  return result?.came.startsWith('nothing of the kind') === true;
}
