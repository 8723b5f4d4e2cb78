import { createRequire } from 'node:module';
import type { Builder } from 'junit-report-builder';
import type { Row, Summary, Verdict } from '../protocol/schemas/summary.ts';
import { plain } from './words.ts';

/** Its types promise a `default` that the CommonJS module doesn't have: required, it is what it says. */
const junit: Builder = createRequire(import.meta.url)('junit-report-builder');

/**
 * Makes JUnit XML of a run, one test case a row: `fail` is a failure, `invalid` an error, `not applicable` skipped.
 * A verdict that no row shows (a generator that died, say) gets a test case of its own, so that no green file hides it.
 */
export function junitReport(summary: Summary): string {
  const name = `tapedeck.${plain(summary.scenario)}`;
  const builder = junit.newBuilder().name('tapedeck');
  const suite = builder.testSuite().name(name).timestamp(plain(summary.startedAt)).time(summary.durationS);
  suite.property('verdict', summary.verdict);
  suite.property('why', plain(summary.why));
  suite.property('seed', String(summary.seed));
  suite.property('commit', plain(summary.commit));
  suite.property('load', plain(summary.load));
  suite.property('command', plain(summary.command));
  const add = (title: string, verdict: Row['verdict'], words: string): void => {
    const testCase = suite.testCase().className(name).name(title).time(0);
    if (verdict === 'fail') testCase.failure(words, 'target');
    if (verdict === 'invalid') testCase.error(`invalid: ${words}`, 'invalid');
    if (verdict === 'not applicable') testCase.skipped();
    // Output goes into a CDATA section, whose end the builder doesn't escape.
    if (verdict === 'pass' || verdict === 'not applicable' || verdict === 'warn')
      testCase.standardOutput(words.replaceAll(']]>', ']] >'));
  };
  for (const row of summary.rows) add(plain(`${row.id}: ${row.title}`), row.verdict, rowWords(row));
  if (!isShown(summary.verdict, summary.rows)) add('verdict of the run', summary.verdict, plain(summary.why));
  return builder.build();
}

function isShown(verdict: Verdict, rows: readonly Row[]): boolean {
  return verdict === 'pass' || rows.some((row) => row.verdict === verdict);
}

function rowWords(row: Row): string {
  if (row.verdict === 'not applicable') return plain(row.reason);
  const reason = row.reason === '' ? '' : `: ${row.reason}`;
  return plain(`${row.target}; measured ${row.measured || 'nothing'} (${row.samples} samples)${reason}`);
}
