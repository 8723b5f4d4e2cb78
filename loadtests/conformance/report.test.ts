import { describe, expect, it } from 'vitest';
import { report } from './report.ts';
import type { Result } from './run.ts';

const PASS: Result = {
  name: 'native.ping.is-answered',
  dialect: 'native',
  paragraph: 'ping',
  status: 'pass',
  expected: 'is answered',
  came: 'just that',
  durationMs: 3,
};
const RESULTS: readonly Result[] = [
  PASS,
  { ...PASS, name: 'native.ping.has-an-id', status: 'broken', expected: 'an id', came: 'two\nlines ]]> \u0007 <x>' },
  { ...PASS, name: 'http.poll.from-the-head', dialect: 'http', status: 'skip', came: 'needs #1' },
];

describe('report', () => {
  it('should write TAP: a plan, a line for each case, what was expected, what came, and the paragraph', () => {
    expect(report(RESULTS, 'tap')).toBe(`TAP version 14
1..3
ok 1 - native.ping.is-answered
  ---
  expected: "is answered"
  came: "just that"
  paragraph: "PROTOCOL.md#ping"
  duration_ms: 3
  ...
not ok 2 - native.ping.has-an-id
  ---
  expected: "an id"
  came: "two lines ]]> \ufffd <x>"
  paragraph: "PROTOCOL.md#ping"
  duration_ms: 3
  ...
ok 3 - http.poll.from-the-head # SKIP needs \\#1
# pass 1
# broken 1
# skip 1
`);
  });

  it('should write JUnit: a suite for each dialect, whatever a server sent', () => {
    const xml = report(RESULTS, 'junit');

    expect(xml).toContain('<testsuite name="conform.native" tests="2" failures="1" errors="0" skipped="0"');
    expect(xml).toContain('<testsuite name="conform.http" tests="1" failures="0" errors="0" skipped="1"');
    expect(xml).toContain('PROTOCOL.md#ping');
    expect(xml).not.toContain('\u0007');
    expect(xml).not.toContain('<x>');
  });

  it('should write JSON with the counts', () => {
    const value: unknown = JSON.parse(report(RESULTS, 'json'));

    expect(value).toMatchObject({ pass: 1, broken: 1, skip: 1 });
    expect(value).toHaveProperty('results.1.paragraph', 'PROTOCOL.md#ping');
  });
});
