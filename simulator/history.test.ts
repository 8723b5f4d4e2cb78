import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { loadHistory } from './history.ts';
import { projectFile } from './paths.ts';
import { inFolder } from './tape/testTicks.ts';

const ManifestSchema = Type.Object({
  version: Type.Literal(1),
  files: Type.Array(
    Type.Object(
      {
        file: Type.String(),
        description: Type.String(),
        origin: Type.String(),
        upstream: Type.String(),
        package: Type.String(),
        packageVersion: Type.String(),
        licence: Type.Literal('BSD-3-Clause'),
        bytes: Type.Integer(),
        sha256: Type.String(),
      },
      { additionalProperties: false },
    ),
  ),
});

describe('fixtures/history', () => {
  it('should hold exactly the files of its manifest, as it describes them', () => {
    const folder = projectFile('fixtures', 'history');
    const manifest = Value.Parse(ManifestSchema, JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));

    for (const entry of manifest.files) {
      const bytes = readFileSync(join(folder, entry.file));
      expect(bytes.length).toBe(entry.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry.sha256);
      const source = projectFile('node_modules', entry.package, 'data', entry.file);
      expect(bytes.equals(readFileSync(source))).toBe(true);
    }
    const files = manifest.files.map((entry) => entry.file);
    expect(readdirSync(folder).sort()).toEqual([...files, 'README.md', 'manifest.json'].sort());
  });
});

describe('loadHistory', () => {
  it('should read the committed files without a bad row', async () => {
    const history = await loadHistory();

    expect(history.reports.map(({ rows, badRows }) => [rows, badRows])).toEqual([
      [5105, 0],
      [560, 0],
    ]);
    expect(history.index.at(-1)).toMatchObject({ date: '2020-04-17', close: 2874.560059 });
    expect(history.stocks.map((stock) => [stock.symbol, stock.months.length])).toEqual([
      ['MSFT', 123],
      ['AMZN', 123],
      ['IBM', 123],
      ['GOOG', 68],
      ['AAPL', 123],
    ]);
    expect(history.sources.map(({ file, licence }) => [file, licence])).toEqual([
      ['fixtures/history/sp500-2000.csv', 'BSD-3-Clause'],
      ['fixtures/history/stocks.csv', 'BSD-3-Clause'],
    ]);
  });

  it('should refuse rows that contradict themselves or the row before', () =>
    inFolder(async (folder) => {
      const indexPath = join(folder, 'index.csv');
      const real = readFileSync(projectFile('fixtures', 'history', 'sp500-2000.csv'), 'utf8')
        .split('\n')
        .slice(0, 301);
      const bad = ['2001-03-14,10,9,8,9,9,5', '2001-03-15,10,12,11,12,12,5', '2000-01-03,10,12,9,11,11,5'];
      writeFileSync(indexPath, [...real, ...bad].join('\n'));

      const [report] = (await loadHistory({ indexPath })).reports;

      expect(report).toMatchObject({ rows: 300, badRows: 3 });
      expect(report?.problems.map(({ line, column }) => [line, column])).toEqual([
        [302, 'high'],
        [303, 'low'],
        [304, 'date'],
      ]);
    }));

  it('should refuse a history that is too short', () =>
    inFolder(async (folder) => {
      const indexPath = join(folder, 'index.csv');
      writeFileSync(indexPath, 'date,open,high,low,close,volume\n2001-03-14,10,12,8,9,5\nx,1,1,1,1,1\n');

      await expect(loadHistory({ indexPath })).rejects.toThrow('1 good and 1 bad rows; at least 250 days are needed');
    }));
});
