import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { type Comparison, ComparisonSchema } from '../../protocol/schemas/comparison.ts';
import { COMPARISON_NAME } from '../files.ts';
import { comparisonJunit } from './junit.ts';
import { comparisonMarkdown } from './markdown.ts';
import { comparisonPage } from './page.ts';
import { testComparison } from './testComparison.ts';
import { comparisonText } from './text.ts';
import { writeComparison } from './write.ts';

const slower = testComparison();
const hostile: Comparison = {
  ...slower,
  why: '<script>alert(1)</script> | \u202e',
  arms: { a: '<b>a</b>', b: "b']]>" },
  command: "x '</code><script>'",
  notes: ['<img src=x>'],
};

describe('the report of a comparison', () => {
  it('should tell verdict, change, interval and what could be detected, for the terminal', () => {
    const text = comparisonText(slower, { reportPath: 'runs/x/report.html', colour: false });
    expect(text).toMatch(/✗ slower +cpu +40 µs +50 µs +\+25 % +\+21 % to \+29 % +0.008 +\+8.0 % \(gate \+10 %\)/);
    expect(text).toContain('✗ SLOWER  slower in cpu +25 %');
    expect(text).toContain('report  runs/x/report.html\nrepeat  node dist/cli/main.js compare --against main');
    expect(text).toContain('rss: here and now');
  });

  it('should make a table for a pull request, with nothing in it that a server could forge', () => {
    expect(comparisonMarkdown(slower)).toMatch(/^### ❌ tapedeck, B against A: slower\n\n\*\*Why:\*\* slower in cpu/);
    expect(comparisonMarkdown(slower)).toContain('| ❌ slower');
    expect(comparisonMarkdown(hostile)).not.toMatch(/<script>alert|\u202e|<img/);
  });

  it('should be green in JUnit only where nothing is slower or unclear', () => {
    const xml = comparisonJunit(slower);
    expect(xml.match(/<failure/g)).toHaveLength(1);
    expect(xml.match(/<error/g)).toHaveLength(1);
    expect(xml.match(/<skipped/g)).toHaveLength(1);
    const failed = comparisonJunit({ ...slower, verdict: 'fail', why: 'B broke a promise', rows: [] });
    expect(failed).toMatch(/name="verdict of the comparison"[\s\S]*<failure[^>]*B broke a promise/);
  });

  it('should draw the blocks as pairs and both distributions, each with its table, on a page that needs no other file', () => {
    const page = comparisonPage(slower);
    expect(page).toContain('id="blocks-cpu"');
    expect(page).toContain('id="shape"');
    expect(page.match(/<svg xmlns/g)?.length).toBeGreaterThan(2);
    expect(page.match(/<details>/g)?.length).toBeGreaterThan(2);
    expect(page).not.toMatch(/<script|<link|src="|url\(http/);
    expect(page.length).toBeLessThan(400_000);
    expect(comparisonPage(slower)).toBe(page);
    expect(comparisonPage(hostile)).not.toMatch(/<script>|<img|<b>a/);
  });

  it('should be told when there is nothing to draw', () => {
    const refused: Comparison = { ...slower, verdict: "can't tell", rows: [], blocks: [], shape: null };
    expect(comparisonPage(refused)).toContain('Can’t tell');
    expect(comparisonText(refused, { reportPath: 'x', colour: true })).toContain('CAN’T TELL');
  });

  it('should write figures that the schema knows, and the rest beside them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-comparison-'));
    await writeComparison(folder, slower);
    const read: unknown = JSON.parse(readFileSync(join(folder, COMPARISON_NAME), 'utf8'));
    expect(Value.Check(ComparisonSchema, read)).toBe(true);
    expect(read).toEqual(slower);
    for (const name of ['report.html', 'junit.xml', 'summary.md']) {
      expect(readFileSync(join(folder, name), 'utf8').length).toBeGreaterThan(100);
    }
    rmSync(folder, { recursive: true });
  });
});
