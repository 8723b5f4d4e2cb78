import { describe, expect, it } from 'vitest';
import { hostileSummary } from './hostile.ts';
import { junitReport } from './junit.ts';
import { testSummary } from './testSummary.ts';

/** Element names in the order in which they open; throws when the text isn't well-formed XML. */
function parseXml(xml: string): string[] {
  const legal = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
  if (!legal.test(xml)) throw new Error('a character that XML forbids');
  const open: string[] = [];
  const names: string[] = [];
  const token =
    /<\?xml[^?]*\?>|<!\[CDATA\[[\s\S]*?\]\]>|<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="(?:[^"&<]|&(?:amp|lt|gt|quot|apos|#x?[\da-fA-F]+);)*")*)\s*(\/?)>|(?:[^<&]|&(?:amp|lt|gt|quot|apos|#x?[\da-fA-F]+);)+/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (match === null) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 60)}`);
    const [, closed, opened, , empty] = match;
    if (closed !== undefined && open.pop() !== closed) throw new Error(`</${closed}> closes nothing`);
    if (opened === undefined) continue;
    names.push(opened);
    if (empty !== '/') open.push(opened);
  }
  if (open.length > 0) throw new Error(`<${open.join('> <')}> left open`);
  return names;
}

function count(names: readonly string[], name: string): number {
  return names.filter((one) => one === name).length;
}

describe('junitReport', () => {
  it.each(['pass', 'fail', 'invalid'] as const)('should have one test case a row, counts that agree: %s', (verdict) => {
    const summary = testSummary({ verdict });
    const xml = junitReport(summary);
    const names = parseXml(xml);
    const rows = (wanted: string): number => summary.rows.filter((row) => row.verdict === wanted).length;

    expect(count(names, 'testcase')).toBe(summary.rows.length);
    expect(count(names, 'failure')).toBe(rows('fail'));
    expect(count(names, 'error')).toBe(rows('invalid'));
    expect(count(names, 'skipped')).toBe(rows('not applicable'));
    expect(xml).toContain(
      `<testsuites name="tapedeck" tests="${summary.rows.length}" failures="${rows('fail')}" errors="${rows('invalid')}" skipped="${rows('not applicable')}">`,
    );
  });

  it('should tell target, figure, samples and reason of what broke', () => {
    expect(junitReport(testSummary({ verdict: 'fail' }))).toContain(
      '<failure message="&lt;= 0; measured 3 gap, 1 duplicate (2078332 samples): client 17, ticker:AAPL: expected 1041, got 1043" type="target"',
    );
    expect(junitReport(testSummary({ verdict: 'invalid' }))).toContain('<error message="invalid: p99 &lt; 100 ms');
  });

  it('should not be green when no row shows why the run is not', () => {
    const died = { ...testSummary(), verdict: 'fail', why: 'the server died with signal SIGSEGV' } as const;
    const starved = { ...testSummary(), verdict: 'invalid', why: 'k6 ran out of memory' } as const;

    expect(junitReport(died)).toContain('<failure message="the server died with signal SIGSEGV"');
    expect(junitReport(starved)).toContain('<error message="invalid: k6 ran out of memory"');
    expect(count(parseXml(junitReport(starved)), 'testcase')).toBe(testSummary().rows.length + 1);
  });

  it('should be XML whatever the texts hold', () => {
    const names = parseXml(junitReport(hostileSummary()));

    expect([...new Set(names)].sort()).toEqual(
      [...new Set(parseXml(junitReport(testSummary({ verdict: 'fail' }))))].sort(),
    );
  });
});
