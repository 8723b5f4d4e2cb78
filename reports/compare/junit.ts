import { createRequire } from 'node:module';
import type { Builder } from 'junit-report-builder';
import type { ComparedRow, Comparison } from '../../protocol/schemas/comparison.ts';
import { plain } from '../words.ts';
import { changeWords, powerWords, rangeWords } from './words.ts';

/** Its types promise a `default` that the CommonJS module doesn't have: required, it is what it says. */
const junit: Builder = createRequire(import.meta.url)('junit-report-builder');

/** A comparison as JUnit XML, one test case a metric: `slower` is a failure, `can't tell` an error. */
export function comparisonJunit(comparison: Comparison): string {
  const builder = junit.newBuilder().name('tapedeck');
  const suite = builder
    .testSuite()
    .name('tapedeck.compare')
    .timestamp(plain(comparison.startedAt))
    .time(comparison.durationS);
  suite.property('verdict', comparison.verdict);
  suite.property('why', plain(comparison.why));
  suite.property('command', plain(comparison.command));
  for (const row of comparison.rows) {
    const testCase = suite.testCase().className('tapedeck.compare').name(row.id).time(0);
    if (row.verdict === 'slower') testCase.failure(words(row), 'slower');
    else if (row.verdict === "can't tell") testCase.error(words(row), "can't tell");
    else if (row.verdict === 'not applicable') testCase.skipped();
    else testCase.standardOutput(words(row).replaceAll(']]>', ']] >'));
  }
  const isShown = comparison.rows.some((row) => row.verdict === comparison.verdict);
  if (!isShown) {
    const testCase = suite.testCase().className('tapedeck.compare').name('verdict of the comparison').time(0);
    if (comparison.verdict === 'fail') testCase.failure(plain(comparison.why), 'fail');
    else testCase.error(plain(comparison.why), comparison.verdict);
  }
  return builder.build();
}

function words(row: ComparedRow): string {
  const reason = row.reason === '' ? '' : `: ${row.reason}`;
  return plain(
    `${row.verdict}, ${changeWords(row.ratio)} (${rangeWords(row)}), detectable ${powerWords(row)}${reason}`,
  );
}
