import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformServer, startConformServer } from '../../cli/conformServer.ts';
import { chooseCases } from './cases.ts';
import { type Result, runCases } from './run.ts';
import { DRAIN_MUTATIONS, MUTATIONS } from './testing/mutations.ts';
import { startWrongServer, type Wrong } from './testing/wrongServer.ts';

/** Longer than any case's: a slow machine makes them late, not wrong. */
const PATIENCE_MS = 240_000;
/** Silence is what came in so many times the time that a sound server took for all, and in so much at least. */
const SILENCE_FACTOR = 3;
const LEAST_SILENCE_MS = 1_000;

let sound: ConformServer;
/** What the front without a fault made of each case, by its name. */
const atSound = new Map<string, Result>();

beforeAll(async () => {
  sound = await startConformServer();
  const names = new Set(Object.values(MUTATIONS).map(({ caughtBy }) => caughtBy));
  for (const result of await judge({}, { only: [...names] })) atSound.set(result.name, result);
}, PATIENCE_MS);
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

describe.concurrent('a wrong server', { timeout: PATIENCE_MS }, () => {
  it.each(Object.entries(MUTATIONS))('should be caught: %s', async (_, { caughtBy, wrong, isSilence = false }) => {
    const timeoutMs = Math.max(LEAST_SILENCE_MS, SILENCE_FACTOR * (atSound.get(caughtBy)?.durationMs ?? 0));
    const [result, ...more] = await judge(wrong, { only: [caughtBy], ...(isSilence && { timeoutMs }) });

    expect(more).toEqual([]);
    expect(result).toMatchObject({ name: caughtBy, status: 'broken' });
    // A case that runs out of time would seem to catch anything.
    expect(ranOutOfTime(result), result?.came).toBe(isSilence);
  });
});

describe('the same front without a fault', () => {
  it('should be found sound by each of these cases', () => {
    const mutations = Object.values(MUTATIONS);
    const names = new Set(mutations.map(({ caughtBy }) => caughtBy));

    expect(mutations.length).toBeGreaterThanOrEqual(30);
    expect([...atSound.keys()].sort()).toEqual([...names].sort());
    expect([...atSound.values()].filter(({ status }) => status !== 'pass')).toEqual([]);
  });
});

describe('a wrong server that is told to stop', { timeout: PATIENCE_MS }, () => {
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
