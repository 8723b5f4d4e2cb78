import { describe, expect, it } from 'vitest';
import { dealSymbols } from './plan.ts';
import { seededRandom } from './random.ts';

const symbols = Array.from({ length: 1000 }, (_, at) => `S${at}`);

describe('dealSymbols', () => {
  it('should give every symbol to somebody and nobody one twice', () => {
    const hands = dealSymbols(symbols, { hands: 100, each: 20 });

    expect(new Set(hands.flat()).size).toBe(1000);
    for (const hand of hands) expect(new Set(hand).size).toBe(20);
  });

  it('should give each hand its share of the hot ones', () => {
    const hands = dealSymbols(symbols, { hands: 100, each: 20 });

    for (const hand of hands) expect(hand.filter((symbol) => Number(symbol.slice(1)) < 200)).toHaveLength(4);
  });

  it('should stop at what there is', () => {
    expect(dealSymbols(['A', 'B', 'C'], { hands: 2, each: 20 }).map((hand) => new Set(hand).size)).toEqual([3, 3]);
  });
});

describe('seededRandom', () => {
  it('should repeat itself from a seed and differ from another', () => {
    const take = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, random);
    };

    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
    for (const value of take(3)) expect(value).toBeLessThan(1);
  });
});
