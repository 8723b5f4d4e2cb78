import { describe, expect, it } from 'vitest';
import { type PatternFilter, passes } from './filter.ts';
import type { PatternEvent } from './types.ts';

const EVENT: PatternEvent = {
  type: 'double_top',
  kind: 'chart',
  symbol: 3,
  frame: 1,
  minutes: 5,
  early: false,
  direction: 'down',
  confidence: 0.6,
  price: 1_000,
  invalidationPrice: 1_100,
  formation: { fromUs: 0, toUs: 0, barCount: 1, bars: [], pivots: [] },
  earlier: [],
  successRate: { successes: 1, settled: 2, rate: 0.5 },
};

describe('passes', () => {
  it.each<[PatternFilter, boolean]>([
    [{}, true],
    [{ types: ['double_top'] }, true],
    [{ types: ['doji'] }, false],
    [{ kinds: ['candlestick'] }, false],
    [{ symbols: [3] }, true],
    [{ symbols: [] }, false],
    [{ frames: [0, 1] }, true],
    [{ frames: [0] }, false],
    [{ directions: ['up', 'neutral'] }, false],
    [{ minConfidence: 0.6 }, true],
    [{ minConfidence: 0.61 }, false],
    [{ minConfidence: 0.9, minConfidenceOf: { double_top: 0.5 } }, true],
    [{ minConfidenceOf: { double_top: 0.7 } }, false],
    [{ minSuccessRate: 0.5 }, true],
    [{ minSuccessRate: 0.51 }, false],
  ])('should hold %j against a pattern: %s', (filter, expected) => {
    expect(passes(EVENT, filter)).toBe(expected);
  });

  it('should let early forms pass only if asked for', () => {
    expect(passes({ ...EVENT, early: true }, {})).toBe(false);
    expect(passes({ ...EVENT, early: true }, { early: true })).toBe(true);
  });

  it('should not let an unknown success rate pass for a good one', () => {
    const unknown = { ...EVENT, successRate: { successes: 0, settled: 0, rate: undefined } };
    expect(passes(unknown, { minSuccessRate: 0 })).toBe(false);
    expect(passes(unknown, {})).toBe(true);
  });
});
