import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSummary } from './read.ts';
import { testSummary } from './testSummary.ts';
import { writeReport } from './write.ts';

const root = mkdtempSync(join(tmpdir(), 'tapedeck-reports-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

describe('writeReport', () => {
  it('should write all four files into a folder that it makes, each of them whole', async () => {
    const summary = testSummary({ verdict: 'fail' });
    const files = await writeReport(join(root, 'runs', 'one'), summary);

    expect(readSummary(files.summary)).toEqual(summary);
    expect(readFileSync(files.summary, 'utf8')).toContain('\n  "verdict": "fail"');
    expect(readFileSync(files.html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/);
    expect(readFileSync(files.junit, 'utf8')).toContain('</testsuites>');
    expect(readFileSync(files.markdown, 'utf8')).toContain('npm run gate -- --scenario default');
  });

  it('should stay below 1 MB for a run of six hours with every violation listed', async () => {
    const short = testSummary({ verdict: 'fail' });
    const long = testSummary({ verdict: 'fail', seconds: 6 * 3600 });
    const listed = Array.from({ length: 5000 }, () => short.violations.listed).flat();
    const files = await writeReport(join(root, 'long'), {
      ...long,
      violations: { counts: { gap: listed.length }, listed },
    });

    expect(statSync(files.html).size).toBeLessThan(2 ** 20);
  });
});

describe('readSummary', () => {
  it("should read a run's folder as well as its file", async () => {
    const summary = testSummary();
    const files = await writeReport(join(root, 'two'), summary);

    expect(readSummary(join(root, 'two'))).toEqual(readSummary(files.summary));
  });

  it.each([
    ['cut.json', '{"schema": "tapedeck.summ', /cut\.json: no JSON/],
    ['list.json', '[]', /list\.json: no tapedeck summary/],
    [
      'other.json',
      JSON.stringify({ ...testSummary(), version: 2 }),
      /other\.json: a summary of version 2; .* version 1/,
    ],
    ['bent.json', JSON.stringify({ ...testSummary(), rows: [{ id: 'tick' }] }), /bent\.json: .*\/rows\/0\/title/],
  ])('should refuse %s in one line', (name, text, message) => {
    const path = written(name, text);

    expect(() => readSummary(path)).toThrow(message);
    expect(() => readSummary(path)).toThrow(/^[^\n]*$/);
  });

  it('should name a file that is missing', () => {
    expect(() => readSummary(join(root, 'nowhere'))).toThrow(/nowhere: can't be read; name a run's folder/);
  });
});
