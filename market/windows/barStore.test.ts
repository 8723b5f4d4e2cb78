import { describe, expect, it } from 'vitest';
import { BarStore } from './barStore.ts';

function storeOf(minutes: readonly number[]): BarStore {
  const store = new BarStore({ frame: 0, symbols: 2, capacity: 50 });
  for (const startMinute of minutes) store.fill(store.push(1), { startMinute, close: startMinute });
  return store;
}

function minutesOf(store: BarStore): number[] {
  const window = store.window(1);
  return Array.from({ length: window.length }, (_, back) => window.startUs(back) / 60_000_000).reverse();
}

describe('BarStore', () => {
  it('should keep the last bars of a symbol and forget the oldest', () => {
    const store = storeOf(Array.from({ length: 120 }, (_, at) => at));
    expect(minutesOf(store)).toEqual(Array.from({ length: 50 }, (_, at) => at + 70));
    expect(store.window(0).length).toBe(0);
  });

  it('should put a bar in between, moving the later ones', () => {
    const store = storeOf([1, 2, 5, 6]);
    expect(store.backOf(1, 4)).toBe(2);
    store.fill(store.insert(1, 2), { startMinute: 4, close: 4 });
    expect(minutesOf(store)).toEqual([1, 2, 4, 5, 6]);
    expect(store.window(1).close(2)).toBe(4);
  });

  it('should put a bar into a full window at the cost of the oldest, over the ring end', () => {
    const store = storeOf([...Array.from({ length: 51 }, (_, at) => at), 60, 61]);
    store.fill(store.insert(1, 2), { startMinute: 55, close: 55 });
    expect(minutesOf(store)).toEqual([...Array.from({ length: 47 }, (_, at) => at + 4), 55, 60, 61]);
  });

  it('should find where a bar stands or would stand', () => {
    const store = storeOf([1, 2, 5]);
    expect([0, 1, 3, 5, 9].map((minute) => store.backOf(1, minute))).toEqual([3, 2, 1, 0, 0]);
    expect([store.isAt(1, 2, 1), store.isAt(1, 3, 0), store.isAt(1, 1, 3)]).toEqual([true, false, false]);
  });
});
