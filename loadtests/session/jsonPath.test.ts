import { describe, expect, it } from 'vitest';
import { JsonPathError, parseJsonPath, valueAt } from './jsonPath.ts';

const MESSAGE = { data: { items: [{ ts: 7 }, { ts: 8 }] }, '': 1 };

describe('a dotted path', () => {
  it.each([
    ['data.items[1].ts', MESSAGE, 8],
    ['[1][0]', [[1], [2]], 2],
    ['', 'text', 'text'],
    ['data.nowhere.ts', MESSAGE, undefined],
    ['data[0]', MESSAGE, undefined],
    ['data.items.length', MESSAGE, 2],
    ['constructor.name', MESSAGE, undefined],
    ['a.b', null, undefined],
  ])('should find by %j', (path, value, found) => {
    expect(valueAt(value, parseJsonPath(path))).toEqual(found);
  });

  it.each(['a..b', '.a', 'a.', 'a[x]', 'a[0', 'a[0]b', 'a]'])('should refuse %j in one line that names it', (path) => {
    expect(() => parseJsonPath(path)).toThrow(JsonPathError);
    expect(() => parseJsonPath(path)).toThrow(`path '${path}': `);
  });
});
