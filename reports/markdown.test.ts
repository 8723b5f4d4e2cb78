import { describe, expect, it } from 'vitest';
import { hostileSummary } from './hostile.ts';
import { escapeMarkdown, markdownReport } from './markdown.ts';
import { testSummary } from './testSummary.ts';

/** Cells of each line of the report's table. */
function tableOf(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1));
}

describe('markdownReport', () => {
  it('should say verdict and why first, then the table, then the command', () => {
    const markdown = markdownReport(testSummary({ verdict: 'fail' }));

    expect(markdown).toMatch(/^### ❌ tapedeck, default: fail\n\n\*\*Why:\*\* loss \(&lt;= 0\) measured 3 gap/);
    expect(markdown).toMatch(/```sh\nnpm run gate -- --scenario default --seed 20200316 --load k6\n```\n$/);
    expect(markdown).toContain('**Broken promises:** 3 gap, 1 duplicate');
  });

  it.each(['pass', 'fail', 'invalid'] as const)(
    'should have a well-formed table with a line for each row: %s',
    (verdict) => {
      const summary = testSummary({ verdict });
      const table = tableOf(markdownReport(summary));

      expect(table).toHaveLength(summary.rows.length + 2);
      expect(new Set(table.map((cells) => cells.length))).toEqual(new Set([7]));
      expect(table[1]?.every((cell) => /^ :?-+:? $/.test(cell))).toBe(true);
      expect(table.slice(2).map((cells) => cells[0]?.replace(/^ \S+ /, '').trim())).toEqual(
        summary.rows.map((row) => row.verdict),
      );
    },
  );

  it('should keep its shape whatever the texts hold', () => {
    const summary = hostileSummary();
    const markdown = markdownReport(summary);
    const lines = markdown.split('\n');

    expect(new Set(tableOf(markdown).map((cells) => cells.length))).toEqual(new Set([7]));
    expect(markdown.replace(/^````sh[\s\S]*?^````$/m, '')).not.toMatch(
      /<script|<img|<!--|@everyone|(?<!\\)\]\(javascript/,
    );
    expect(lines.filter((line) => line.startsWith('#'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('````'))).toHaveLength(2);
  });
});

describe('escapeMarkdown', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['p99 < 5 & > 1', 'p99 &lt; 5 &amp; &gt; 1'],
    ['wrong_content *x* `y`', 'wrong\\_content \\*x\\* \\`y\\`'],
    ['two\nlines', 'two lines'],
    ['see #12', 'see #\u200b12'],
  ])('should take %j as plain words', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });
});
