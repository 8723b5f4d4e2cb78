import Table from 'cli-table3';
import { markdownTable } from 'markdown-table';
import { codeBlock, escapeMarkdown } from '../markdown.ts';
import { NO_BORDERS, wrap } from '../terminal.ts';
import { formatUs, formatUtc, plain, VERDICT_WORDS } from '../words.ts';
import type { DiffSide, RunDiff } from './diff.ts';
import { DIFFERENCE_HEAD, figuresWords, intervalsWords, LATENCY_HEAD, ROW_HEAD, ratioWords } from './words.ts';

/** Two runs for a terminal. */
export function diffText(diff: RunDiff, columns = 100): string {
  const tables = [rowsOf(diff), latenciesOf(diff), differencesOf(diff)].filter(({ rows }) => rows.length > 0);
  return [
    `A  ${sideWords(diff.a)}`,
    `B  ${sideWords(diff.b)}`,
    ...tables.map(({ head, rows }) => `\n${textTable(head, rows, columns)}`),
    '',
    ...wrap(plain(diff.warning), columns),
    '',
  ].join('\n');
}

/** Two runs for a pull request. */
export function diffMarkdown(diff: RunDiff): string {
  const tables = [rowsOf(diff), latenciesOf(diff), differencesOf(diff)].filter(({ rows }) => rows.length > 0);
  const parts = [
    '### tapedeck: two runs side by side',
    `**A** ${escapeMarkdown(sideWords(diff.a))}\\\n**B** ${escapeMarkdown(sideWords(diff.b))}`,
    ...tables.map(({ head, rows }) =>
      markdownTable([[...head], ...rows.map((row) => row.map(escapeMarkdown))], { alignDelimiters: false }),
    ),
    escapeMarkdown(diff.warning),
    `Repeat A:\n\n${codeBlock(diff.a.command)}`,
    `Repeat B:\n\n${codeBlock(diff.b.command)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

interface Listing {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function rowsOf({ rows }: RunDiff): Listing {
  return {
    head: ROW_HEAD,
    rows: rows.map((row) => [
      row.id,
      figuresWords(row.a),
      figuresWords(row.b),
      ratioWords(row.ratio),
      intervalsWords(row.intervals),
    ]),
  };
}

function latenciesOf({ latencies }: RunDiff): Listing {
  return {
    head: LATENCY_HEAD,
    rows: latencies.flatMap(({ metric, percentiles }) =>
      percentiles.map(({ name, aUs, bUs, ratio }) => [
        `${metric} ${name}`,
        formatUs(aUs),
        formatUs(bUs),
        ratioWords(ratio),
      ]),
    ),
  };
}

function differencesOf({ differences }: RunDiff): Listing {
  return { head: DIFFERENCE_HEAD, rows: differences.map(({ name, a, b }) => [name, a, b]) };
}

function sideWords({ scenario, startedAt, commit, verdict, why }: DiffSide): string {
  const { word, sign } = VERDICT_WORDS[verdict];
  return plain(
    `${sign} ${word.toLowerCase()}, ${scenario}, ${formatUtc(Date.parse(startedAt) * 1000)}, commit ${commit}: ${why}`,
  );
}

const GAP = 2;
const LEAST_COLUMN = 8;

function textTable(head: readonly string[], rows: Listing['rows'], columns: number): string {
  const clean = rows.map((row) => row.map(plain));
  const wanted = head.map((title, at) => Math.max(title.length, ...clean.map((row) => row[at]?.length ?? 0)));
  const table = new Table({
    chars: { ...NO_BORDERS, middle: ' '.repeat(GAP) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: widthsWithin(wanted, columns - GAP * (head.length - 1)),
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  table.push([...head], ...clean);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest until all fit. */
function widthsWithin(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  while (widths.reduce((sum, width) => sum + width, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= LEAST_COLUMN) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
