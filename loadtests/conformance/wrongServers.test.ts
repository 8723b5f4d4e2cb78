import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformServer, startConformServer } from '../../cli/conformServer.ts';
import { chooseCases } from './cases.ts';
import { type Result, runCases } from './run.ts';
import { DRAIN_MUTATIONS, MUTATIONS } from './testing/mutations.ts';
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

describe('a wrong server that is told to stop', () => {
  it('should be caught by the case that names the rule, and a sound one by none', async () => {
    const server = await startConformServer();
    const wrongs = [...Object.entries(DRAIN_MUTATIONS), ['', { caughtBy: 'native.drain.*', wrong: {} }] as const];
    const restart = onceAll(wrongs.length, () => server.target.restart?.());
    const outcomes = await Promise.all(
      wrongs.map(async ([what, { caughtBy, wrong }]) => {
        const front = await startWrongServer(server.target.base, wrong);
        const target = { ...server.target, base: front.base, restart };
        const results = await runCases({ cases: chooseCases({ only: [caughtBy] }), target, required: [], parallel: 8 });
        await front.stop();
        return [what, results] as const;
      }),
    );
    await server.stop();

    const sound = outcomes.at(-1)?.[1] ?? [];
    expect(sound.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(sound.length).toBeGreaterThanOrEqual(6);
    for (const [what, results] of outcomes.slice(0, -1)) {
      expect(
        results.map(({ name, status }) => `${name} ${status}`),
        what,
      ).toEqual([`${DRAIN_MUTATIONS[what]?.caughtBy} broken`]);
      expect(ranOutOfTime(results[0]), `${what}: ${results[0]?.came}`).toBe(false);
    }
  });
});

/** Does something once, when so many have asked for it. */
function onceAll(count: number, act: () => Promise<void> | undefined): () => Promise<void> {
  let waiting = 0;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const done = begun.then(act);
  return async () => {
    if (++waiting === count) begin();
    await done;
  };
}

function ranOutOfTime(result: Result | undefined): boolean {
  return result?.came.startsWith('nothing of the kind') === true;
}
