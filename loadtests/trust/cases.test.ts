import { describe, expect, it } from 'vitest';
import { instrumentVerdict } from './cases.ts';

const right = { right: true, summary: { verdict: 'fail' } } as const;
const unsure = { right: false, summary: { verdict: 'invalid' } } as const;
const blind = { right: false, summary: { verdict: 'pass' } } as const;
const harsh = { right: false, summary: { verdict: 'fail' } } as const;

describe('the verdict on the instrument', () => {
  it.each([
    ['pass', [right, right]],
    ['invalid', [right, unsure]],
    ['fail', [right, unsure, blind]],
    ['fail', [harsh]],
  ] as const)('should be %s', (verdict, trials) => {
    expect(instrumentVerdict(trials)).toBe(verdict);
  });
});
