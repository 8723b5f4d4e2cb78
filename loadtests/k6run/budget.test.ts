import { describe, expect, it } from 'vitest';
import { checkBudget } from './budget.ts';

describe('checkBudget', () => {
  it('should allow up to 10,000 messages/s a core, inclusive', () => {
    expect(checkBudget({ messagesPerS: 10_000, cores: 1 })).toEqual({ kind: 'within', budgetPerS: 10_000 });
    expect(checkBudget({ messagesPerS: 30_000, cores: 3 }).kind).toBe('within');
  });

  it('should refuse more in one line with both figures and the way out', () => {
    expect(checkBudget({ messagesPerS: 200_000.4, cores: 2 })).toEqual({
      kind: 'over',
      budgetPerS: 20_000,
      why: 'k6 would have to read 200,000 messages/s and measures honestly up to 20,000 on 2 cores: take fewer clients or symbols, or --load swarm',
    });
  });
});
