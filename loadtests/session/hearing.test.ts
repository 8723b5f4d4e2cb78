import { describe, expect, it } from 'vitest';
import { Hearing } from './hearing.ts';

/** What a client heard: at these seconds, with closes between. */
function heardAt(...seconds: readonly (number | 'closed')[]) {
  const hearing = new Hearing();
  for (const at of seconds) {
    if (at === 'closed') hearing.onClosed();
    else hearing.onMessage(at * 1e6);
  }
  return hearing.line();
}

describe('what was heard of a stream', () => {
  it('should be its first and last message, and the longest time between two', () => {
    expect(heardAt()).toBeUndefined();
    expect(heardAt(1, 1.2, 1.7)).toEqual({ firstDueUs: 1e6, lastDueUs: 1.7e6 });
    expect(heardAt(1, 4, 9, 11)).toEqual({
      firstDueUs: 1e6,
      lastDueUs: 11e6,
      unheardUs: 5e6,
      silence: { fromUs: 4e6, untilUs: 9e6 },
    });
  });

  it('should know a time away from a silence', () => {
    expect(heardAt(1, 'closed', 9, 11)).toEqual({
      firstDueUs: 1e6,
      lastDueUs: 11e6,
      unheardUs: 8e6,
      silence: { fromUs: 9e6, untilUs: 11e6 },
    });
  });

  it('should take a price that is told once more for the one that it was', () => {
    // A server that tells whoever comes the last price, though the market is quiet.
    const [stayed, cameBack] = [heardAt(1, 30), heardAt(1, 'closed', 1, 'closed', 1, 30)];
    expect(cameBack).toMatchObject({ unheardUs: stayed?.unheardUs });
    expect(heardAt(1, 3, 2, 4)).toMatchObject({ firstDueUs: 1e6, lastDueUs: 4e6, unheardUs: 2e6 });
  });
});
