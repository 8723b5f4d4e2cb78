import { describe, expect, it } from 'vitest';
import { readEntry } from './entry.ts';

describe('readEntry', () => {
  it('should read the named parts of a path, decoded, and the query', () => {
    const entry = readEntry('/ws/stocks/:ticker', { path: '/ws/stocks/BRK%2FB', query: 'a=1&token=t' });

    expect(entry.parameters).toEqual({ ticker: 'BRK/B' });
    expect(entry.query.get('a')).toBe('1');
  });

  it('should keep a part that cannot be decoded, and have none where the pattern names none', () => {
    expect(readEntry('/ws/:userId', { path: '/ws/%E0%A4%A', query: '' }).parameters).toEqual({ userId: '%E0%A4%A' });
    expect(readEntry('/ws', { path: '/ws', query: '' }).parameters).toEqual({});
    expect('polluted' in readEntry('/:__proto__', { path: '/polluted', query: '' }).parameters).toBe(false);
  });
});
