import { describe, expect, it } from 'vitest';
import type { Summary } from '../protocol/schemas/summary.ts';
import { hostileSummary } from './hostile.ts';
import { type PrintOptions, printVerdict } from './terminal.ts';
import { testSummary } from './testSummary.ts';

function print(summary: Summary, options: Partial<PrintOptions> = {}): string {
  let text = '';
  printVerdict(summary, {
    reportPath: 'reports/runs/one/report.html',
    out: (more) => {
      text += more;
    },
    colour: false,
    columns: 100,
    ...options,
  });
  return text;
}

describe('printVerdict', () => {
  it('should print each target with its figure and samples, then verdict, why, report and the one command', () => {
    const text = print(testSummary({ verdict: 'fail' }));

    expect(text).toMatch(/^verdict +target +must be +measured +samples\n/);
    expect(text).toMatch(/\n✓ pass +publish +p99 < 10 ms +p99 1\.31 ms \(1\.23 ms to 1\.41 ms\) +84,211\n/);
    expect(text).toMatch(
      /\n✗ fail +loss +<= 0 +3 gap, 1 duplicate +2,078,332\n +client 17, ticker:AAPL: expected 1041, got 1043\n/,
    );
    expect(text).toMatch(/\n– n\/a +memory .*\n +the target has no inside: the server runs elsewhere\n/);
    expect(text).toMatch(/\n✗ FAIL +loss \(<= 0\) measured 3 gap[\s\S]*4 broken promises/);
    expect(text).toMatch(
      /\nreport {2}reports\/runs\/one\/report\.html\nrepeat {2}npm run gate -- --scenario default --seed 20200316 --load k6\n$/,
    );
  });

  it.each([60, 80, 100, 140])('should keep within %i columns, but for what one copies', (columns) => {
    const summary = testSummary({ verdict: 'invalid' });
    const lines = print(summary, { columns }).split('\n');
    const long = lines.filter((line) => line.length > columns && !/^(report|repeat) /.test(line));

    expect(long).toEqual([]);
  });

  it('should lose no word of a long reason when it wraps', () => {
    const reason = `${'word '.repeat(60)}${'Q'.repeat(200)} end`;
    const summary = testSummary({ verdict: 'fail' });
    const rows = summary.rows.map((row) => (row.id === 'loss' ? { ...row, reason } : row));
    const text = print({ ...summary, rows }, { columns: 60 });

    expect(text.match(/word/g)).toHaveLength(60);
    expect(text.match(/Q/g)).toHaveLength(200);
  });

  it('should break a reason once, into lines that are full', () => {
    const words = Array.from({ length: 90 }, (_, at) => 'w'.repeat(1 + ((at * 7) % 9)));
    const summary = testSummary({ verdict: 'fail' });
    const rows = summary.rows.map((row) => (row.id === 'loss' ? { ...row, reason: words.join(' ') } : row));
    const lines = print({ ...summary, rows })
      .split('\n')
      .filter((line) => /^ +w[w ]*$/.test(line))
      .map((line) => line.trim());

    expect(lines.join(' ')).toBe(words.join(' '));
    for (const line of lines.slice(0, -1)) expect(line.length).toBeGreaterThan(100 - 9 - 9 - 10);
  });

  it('should colour only when told to', () => {
    expect(print(testSummary(), { colour: true })).toContain('\u001b[32m');
    expect(print(testSummary(), { colour: false })).not.toContain('\u001b');
  });

  it('should let no control character of a text through', () => {
    const text = print(hostileSummary());

    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
    expect(text).not.toMatch(/^# pwned/m);
  });
});
