import { describe, expect, it } from 'vitest';
import type { EndLine } from '../../protocol/run.ts';
import { addGenerator, mergeLines, newGeneratorData } from './merge.ts';

const END: EndLine = {
  kind: 'end',
  generator: 'swarm',
  violations: { gap: 3, duplicate: 2 },
  violationMessages: { gap: 40 },
  dueTimeErrorUs: 0,
  clockOffsetUs: 0,
  clockErrorUs: 0,
};
const { violationMessages: _, ...EACH_ONE } = END;

describe('violations of several ends', () => {
  it('should stand for as many messages as each end says, one each where it says nothing', () => {
    const { violationCounts, violationMessages } = mergeLines('swarm', [END, EACH_ONE]);

    expect(Object.fromEntries(violationCounts)).toEqual({ gap: 6, duplicate: 4 });
    expect(Object.fromEntries(violationMessages ?? [])).toEqual({ gap: 43, duplicate: 4 });
  });

  it('should be the same whether one generator told them or two', () => {
    const union = newGeneratorData('swarm');
    for (const line of [EACH_ONE, END]) addGenerator(union, mergeLines('swarm', [line]));
    const one = mergeLines('swarm', [END, EACH_ONE]);

    expect(union.violationCounts).toEqual(one.violationCounts);
    expect(union.violationMessages).toEqual(one.violationMessages);
  });
});
