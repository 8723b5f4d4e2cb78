import { describe, expect, it } from 'vitest';
import { segmentsOf, vusFor } from '../k6/lib/vus.ts';
import { clientsOfSegment, parseSegment } from './segment.ts';

function clients(count: number): Parameters<typeof clientsOfSegment>[0] {
  return Array.from({ length: count }, (_, client) => ({
    client,
    url: 'ws://127.0.0.1:1/',
    account: `acct-${client}`,
    symbols: [],
    channels: [],
    connectAtUs: 0,
    orders: [],
  }));
}

describe('segments', () => {
  it('should give each client to exactly one of them', () => {
    for (const of of [1, 2, 3, 7, 16]) {
      const all = Array.from({ length: of }, (_, at) => clientsOfSegment(clients(100), { index: at + 1, of })).flat();

      expect(all.map(({ client }) => client).sort((a, b) => a - b)).toEqual(clients(100).map(({ client }) => client));
    }
  });

  it('should read what a user writes, and nothing else', () => {
    expect(parseSegment('2/4')).toEqual({ index: 2, of: 4 });
    for (const text of ['0/4', '5/4', '2', '2/0', '2/4/1', '-1/4', ' 2/4', '2/4e1']) {
      expect(parseSegment(text), text).toBeUndefined();
    }
  });
});

describe('VUs of k6', () => {
  it('should be enough, and for several instances a multiple of them', () => {
    expect([1, 25, 26, 100].map((count) => vusFor(count))).toEqual([1, 1, 2, 4]);
    expect([1, 26, 100, 110].map((count) => vusFor(count, 4))).toEqual([4, 4, 4, 8]);
  });

  it('should name the variable that says no count of instances', () => {
    expect(segmentsOf({})).toBe(1);
    expect(segmentsOf({ TAPEDECK_SEGMENTS: '4' })).toBe(4);
    expect(() => segmentsOf({ TAPEDECK_SEGMENTS: 'four' })).toThrow("TAPEDECK_SEGMENTS is 'four'");
  });
});
