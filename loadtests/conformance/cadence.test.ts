import { afterEach, describe, expect, it } from 'vitest';
import { cadence } from './cadence.ts';
import { type Scripted, startScripted } from './testing/scripted.ts';

let server: Scripted | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Judges beats at these times, ms, against an interval of a second. */
async function judge(times: readonly number[]): Promise<number> {
  server = await startScripted(() => ({ id }, tell) => {
    tell({ type: 'done', id });
    for (const at of times) tell({ type: 'beat', at });
  });
  const socket = await server.context.openNative();
  await socket.ask({ type: 'begin' });
  const frames = await cadence(socket, {
    matches: ({ type }) => type === 'beat',
    what: 'a beat',
    everyMs: 1_000,
    timeMs: ({ at }) => Number(at),
  });
  return frames.length;
}

describe('a cadence', () => {
  it('should be found right in two intervals that are', async () => {
    expect(await judge([0, 1_010, 1_990])).toBe(3);
  });

  it('should be found right where a stall has stretched an interval and shortened the next', async () => {
    expect(await judge([0, 1_900, 2_050, 3_000, 4_000, 6_500, 7_020, 8_000])).toBe(8);
  });

  it.each([
    ['twice as often', [0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500]],
    ['each twice', [0, 0, 1_000, 1_000, 2_000, 2_000, 3_000, 3_000]],
    ['half as often', [0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000]],
  ])('should be found wrong: %s', async (_, times) => {
    await expect(judge(times)).rejects.toMatchObject({ expected: 'a beat every 1000 ms' });
  });
});
