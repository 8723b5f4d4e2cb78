import { fc, it } from '@fast-check/vitest';
import { parse } from 'csv-parse/sync';
import { describe, expect } from 'vitest';
import { FieldSplitter } from './fields.ts';

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Cuts bytes that come in chunks of the given sizes. */
function cut(bytes: Buffer, sizes: readonly number[] = []): Line[] {
  const lines: Line[] = [];
  const splitter = new FieldSplitter({ name: 'test.csv', delimiter: ',' });
  const take = (fields: Parameters<Parameters<FieldSplitter['push']>[1]>[0]): void => {
    const cells = Array.from({ length: fields.count }, (_, index) => fields.text(index));
    lines.push({ line: fields.line, cells: fields.isBroken ? ['broken'] : cells });
  };
  let at = 0;
  for (const size of sizes) {
    splitter.push(Buffer.from(bytes.subarray(at, at + size)), take);
    at += size;
  }
  splitter.push(Buffer.from(bytes.subarray(at)), take);
  splitter.end(take);
  return lines;
}

const cell = fc.string({ unit: fc.constantFrom('a', '1', '.', 'é', ' ', ',', '"'), maxLength: 5 });
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });

function csvOf(rows: readonly (readonly string[])[]): Buffer {
  const quote = (text: string) => (/[",]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text);
  return Buffer.from(rows.map((row) => row.map(quote).join(',')).join('\n'));
}

describe('lines and fields', () => {
  it.prop([table])('should be those that csv-parse finds', (rows) => {
    const bytes = csvOf(rows);

    const cells = cut(bytes).map((line) => line.cells);

    expect(cells).toEqual(parse(bytes, { relax_column_count: true }));
    expect(cells).toEqual(rows);
  });

  it.prop([table, fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 })])(
    'should not depend on where chunks end',
    (rows, sizes) => {
      const bytes = csvOf(rows);

      expect(cut(bytes, sizes)).toEqual(cut(bytes));
    },
  );

  it('should count blank lines, take CR LF, and skip a byte order mark', () => {
    expect(cut(Buffer.from('\ufeffa,b\r\n\r\n\nc,\r\n'))).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 4, cells: ['c', ''] },
    ]);
  });

  it('should call a line broken whose quote is not closed, and go on', () => {
    expect(cut(Buffer.from('a,"b\nc,d\n'))).toEqual([
      { line: 1, cells: ['broken'] },
      { line: 2, cells: ['c', 'd'] },
    ]);
  });

  it('should refuse a line of over 1 MB', () => {
    expect(() => cut(Buffer.alloc(1_100_000, 'x'))).toThrow('test.csv:1: a line of over 1 MB; this is no text of rows');
  });
});
