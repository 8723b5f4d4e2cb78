import { afterEach, describe, expect, it } from 'vitest';
import { type Scripted, startScripted } from '../testing/scripted.ts';
import { readOn, recovered } from './comingBack.ts';

/** Where the stream stands when a cursor is made. */
const HEAD = 1_000;
let server: Scripted | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Comes back to a server whose stream has gone on so far by each try, of a history so long; returns how often it was tried. */
async function tries(gone: readonly number[], history: number): Promise<number> {
  let count = 0;
  server = await startScripted(() => ({ id, since }, tell) => {
    const missed = gone[Math.min(count, gone.length - 1)] ?? 0;
    const isBack = since !== undefined;
    if (isBack) count++;
    const isRecovered = isBack && missed <= history;
    tell({ type: 'subscribed', id, channel: 'ticker', recovered: isRecovered });
    if (!isRecovered) tell({ type: 'snapshot', channel: 'ticker', symbol: 'X', seq: isBack ? HEAD + missed : HEAD });
  });
  const { context } = server;
  await recovered(context, () => readOn(context, 0));
  return count;
}

describe('coming back', () => {
  it('should be done once where the history reaches back', async () => {
    expect(await tries([5], 128)).toBe(1);
  });

  it('should be done again where a stall has carried the stream beyond a short history', async () => {
    expect(await tries([300, 129, 3], 128)).toBe(3);
  });

  it('should not get a state for the little that was missed', async () => {
    await expect(tries([5], 0)).rejects.toMatchObject({ expected: 'recovered true' });
  });

  it('should not get a state again and again', async () => {
    await expect(tries([300], 128)).rejects.toMatchObject({ expected: 'recovered true' });
  });
});
