import { describe, expect, it } from 'vitest';
import { Position } from './position.ts';

describe('Position by FIFO', () => {
  it('should realise the oldest lots first, whole or in part, rounding half to even', () => {
    const position = new Position(0, 'fifo');
    position.open(3, 301);
    position.open(2, 240);
    position.close(2, 260);
    expect(position.state()).toMatchObject({
      quantity: 3,
      cost: 340,
      realizedPnl: 59,
      lots: [
        { quantity: 1, cost: 100 },
        { quantity: 2, cost: 240 },
      ],
    });
    position.close(2, 260);
    expect(position.state()).toMatchObject({
      quantity: 1,
      cost: 120,
      realizedPnl: 99,
      lots: [{ quantity: 1, cost: 120 }],
    });
    position.close(1, 130);
    expect(position.state()).toMatchObject({ quantity: 0, cost: 0, realizedPnl: 109, lots: [] });
  });

  it('should do so for a short as well', () => {
    const position = new Position(0, 'fifo');
    position.open(-2, -200);
    position.open(-2, -240);
    position.close(3, -300);
    expect(position.state()).toMatchObject({ quantity: -1, cost: -120, realizedPnl: 20 });
  });
});

describe('Position by average cost', () => {
  it('should realise a part of the total cost', () => {
    const position = new Position(0, 'average');
    position.open(3, 301);
    position.open(2, 240);
    position.close(2, 260);
    expect(position.state()).toEqual({ symbol: 0, quantity: 3, cost: 325, realizedPnl: 44, lots: [] });
  });
});

describe.each(['average', 'fifo'] as const)('a split of a position by %s', (basis) => {
  it('should keep the cost and scale the quantity', () => {
    const position = new Position(0, basis);
    position.open(3, 300);
    position.open(2, 250);
    expect(position.split({ numerator: 4, denominator: 1 }, () => Number.NaN)).toBe(0);
    expect(position.state()).toMatchObject({ quantity: 20, cost: 550, realizedPnl: 0 });
  });

  it.each([1, -1])('should close what is no whole lot any more (sign %d)', (sign) => {
    const position = new Position(0, basis);
    position.open(3 * sign, 300 * sign);
    position.open(4 * sign, 470 * sign);
    // Seven by two is three and a half: a half of a new lot is one old one.
    const asked: number[] = [];
    const cash = position.split({ numerator: 1, denominator: 2 }, (rest) => {
      asked.push(rest);
      return 120 * sign;
    });
    expect([cash, asked]).toEqual([120 * sign, [sign]]);
    const { quantity, cost, realizedPnl, lots } = position.state();
    // A seventh of all by average; by FIFO a quarter of the newest, half to even.
    const [left, gained] = basis === 'average' ? [660, 10] : [652, 2];
    expect([quantity, cost, realizedPnl]).toEqual([3 * sign, left * sign, gained * sign]);
    if (basis === 'average') return;
    expect(lots.reduce((sum, lot) => sum + lot.quantity, 0)).toBe(quantity);
    expect(lots.reduce((sum, lot) => sum + lot.cost, 0)).toBe(cost);
  });

  it('should close a position that falls below one lot', () => {
    const position = new Position(0, basis);
    position.open(1, 100);
    position.split({ numerator: 1, denominator: 10 }, () => 90);
    expect(position.state()).toMatchObject({ quantity: 0, cost: 0, realizedPnl: -10, lots: [] });
  });
});
