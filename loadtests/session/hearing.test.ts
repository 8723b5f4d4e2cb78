import { describe, expect, it } from 'vitest';
import { Hearing } from './hearing.ts';

/** What a client heard that was subscribed at these seconds, was cut, and read messages that state the second, or another. */
function heardAt(
  ...steps: readonly (number | readonly [readAt: number, stated: number] | `${'+' | 'cut '}${number}`)[]
) {
  const hearing = new Hearing();
  for (const step of steps) {
    if (typeof step === 'string') {
      const atUs = Number(step.replace('cut', '')) * 1e6;
      if (step.startsWith('cut')) hearing.onClosed(atUs);
      else hearing.onSubscribed(atUs);
    } else {
      const [readAt, stated] = typeof step === 'number' ? [step, step] : step;
      hearing.onMessage(stated * 1e6, readAt * 1e6);
    }
  }
  return hearing.line();
}

describe('what was heard of a stream', () => {
  it('should be its last message, the longest time without one, and what proves that others should have heard', () => {
    expect(heardAt('+0', 0.1, 2, 2.2, 2.7, 3.1, 3.3)).toEqual({
      lastDueUs: 3.3e6,
      proven: { firstDueUs: 2e6, lastDueUs: 3.3e6 },
    });
    expect(heardAt('+0', 0.1, 2, 4, 9, 11)).toEqual({
      lastDueUs: 11e6,
      silence: { fromUs: 4e6, untilUs: 9e6 },
      proven: { firstDueUs: 2e6, lastDueUs: 11e6, unheardUs: 5e6 },
    });
  });

  it('should begin three seconds after the subscription, though nothing comes', () => {
    expect(heardAt()).toBeUndefined();
    expect(heardAt('+0')).toEqual({ lastDueUs: 3e6 });
    expect(heardAt('+0', 20)).toEqual({ lastDueUs: 20e6, silence: { fromUs: 3e6, untilUs: 20e6 } });
    // Back for all but this one.
    expect(heardAt('+0', 2, 4, 'cut 5', '+6')).toMatchObject({ lastDueUs: 9e6 });
  });

  it('should know a time away from a silence', () => {
    expect(heardAt('+0', 2, 3, 'cut 3.1', '+9', 9.5, 13)).toEqual({
      lastDueUs: 13e6,
      silence: { fromUs: 12e6, untilUs: 13e6 },
      proven: { firstDueUs: 3e6, lastDueUs: 13e6, unheardUs: 10e6 },
    });
  });

  it('should count a silence to the cut that ends it', () => {
    expect(heardAt('+0', 2, 4, 'cut 11', '+12', 12.2)).toMatchObject({ silence: { fromUs: 4e6, untilUs: 11e6 } });
  });

  it('should prove nothing by a price that is told to whoever comes, with its own time or that of the day', () => {
    const stayed = heardAt('+0', 1, 2, 30, 31);
    for (const now of [15.1, 2] as const) {
      const cameBack = heardAt('+0', 1, 2, 'cut 3', '+15', [15.1, now], [15.2, now], 30, 31);
      expect(cameBack?.proven?.unheardUs).toBe(stayed?.proven?.unheardUs);
    }
  });

  it('should take no time for true that lies ahead', () => {
    expect(heardAt('+0', 2, 3, [4, 3_600], 5)).toMatchObject({ lastDueUs: 5e6, proven: { lastDueUs: 5e6 } });
  });
});
