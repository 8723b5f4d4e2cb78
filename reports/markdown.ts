import { markdownTable } from 'markdown-table';
import type { Row, Summary, Violation } from '../protocol/schemas/summary.ts';
import { explainedBy } from './explain.ts';
import { formatCount, formatUtc, intervalWords, measuredWords, plain, VERDICT_WORDS, violationCount } from './words.ts';

/** Signs that GitHub, GitLab and mail show alike; the word stands beside each. */
const SIGNS: Readonly<Record<Row['verdict'], string>> = {
  pass: '✅',
  fail: '❌',
  invalid: '⚠️',
  warn: '🔶',
  'not applicable': '➖',
};

/** Makes the run's Markdown for a pull request: verdict, why, table of targets, facts, the command that repeats it. */
export function markdownReport(summary: Summary): string {
  const parts = [
    `### ${SIGNS[summary.verdict]} tapedeck, ${escapeMarkdown(summary.scenario)}: ${VERDICT_WORDS[summary.verdict].word.toLowerCase()}`,
    `**Why:** ${escapeMarkdown(summary.why)}`,
    targetsTable(summary.rows),
    ...violationsLine(summary),
    factsLine(summary),
    `Repeat it:\n\n${codeBlock(summary.command)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function targetsTable(rows: readonly Row[]): string {
  const head = ['', 'target', 'must be', 'measured', '95 % interval', 'samples', 'reason'];
  const lines = rows.map((row) => [
    `${SIGNS[row.verdict]} ${row.verdict}`,
    `**${escapeMarkdown(row.id)}** ${escapeMarkdown(row.title)}`,
    escapeMarkdown(row.target),
    escapeMarkdown(measuredWords(row)),
    escapeMarkdown(intervalWords(row)),
    formatCount(row.samples),
    escapeMarkdown(row.reason),
  ]);
  return markdownTable([head, ...lines], { align: ['l', 'l', 'l', 'l', 'l', 'r', 'l'], alignDelimiters: false });
}

function violationsLine(summary: Summary): string[] {
  if (violationCount(summary) === 0) return [];
  const kinds = Object.entries(summary.violations.counts).filter(([, count]) => count > 0);
  const words = kinds.map(([kind, count]) => `${formatCount(count)} ${escapeMarkdown(kind)}`);
  const some = summary.violations.listed
    .slice(0, MOST_LISTED)
    .map((violation) => violationItem(violation, summary.marks));
  const where = some.length === 0 ? '' : ` The first ${some.length}, all in \`report.html\`:`;
  return [`**Broken promises:** ${words.join(', ')}.${where}`, ...(some.length === 0 ? [] : [some.join('\n')])];
}

/** Violations told one by one. */
const MOST_LISTED = 5;

function violationItem(violation: Violation, marks: Summary['marks']): string {
  const { atS, stream, client, generator, expectedSeq, seq } = violation;
  const kind = violation.violation.replaceAll('_', ' ');
  const words = `${atS.toFixed(3)} s: ${kind}, ${stream || 'no stream'}, client ${client} (${generator}), expected ${expectedSeq}, got ${seq}`;
  const explained = explainedBy(atS, marks)?.label;
  return `- ${escapeMarkdown(`${words}; ${explained === undefined ? 'unexplained' : `beside: ${explained}`}`)}`;
}

function factsLine(summary: Summary): string {
  const { tape, environment } = summary;
  return [
    `${formatUtc(Date.parse(summary.startedAt) * 1000)}`,
    `${summary.durationS.toFixed(0)} s`,
    `load by ${escapeMarkdown(summary.load)}`,
    `seed ${summary.seed}`,
    `commit ${escapeMarkdown(summary.commit)}`,
    `${formatCount(tape.eventsPlayed)} events of ${formatCount(tape.symbols)} symbols`,
    `${environment.cpus} × ${escapeMarkdown(environment.cpuModel)}`,
    `Node ${escapeMarkdown(environment.node)}`,
  ].join(' · ');
}

/** Makes a text safe inside a Markdown paragraph or table cell: no markup, no column break, no mention, no issue link. */
export function escapeMarkdown(text: string): string {
  return plain(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replace(/@(?=\w)/g, '@\u200b')
    .replace(/#(?=\d)/g, '#\u200b');
}

/** A code block for a shell: its fence is longer than any run of backticks inside. */
export function codeBlock(code: string): string {
  const text = plain(code);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${text}\n${fence}`;
}
