import Table from 'cli-table3';
import pc from 'picocolors';
import type { Row, Summary } from '../protocol/schemas/summary.ts';
import { formatCount, plain, VERDICT_WORDS, violationCount } from './words.ts';

/** Where and how a verdict is printed. */
export interface PrintOptions {
  /** Path of `report.html` as the reader may type it. */
  readonly reportPath: string;
  readonly out: (text: string) => void;
  /** Whether to colour; by default only on a terminal, and never with `NO_COLOR` set. */
  readonly colour?: boolean;
  /** Width in characters; by default the terminal's, 100 where there is none. */
  readonly columns?: number;
}

type Paint = ReturnType<typeof pc.createColors>;

/** Below this width lines break instead of words. */
const LEAST_COLUMNS = 60;
/** Wider tables are harder to read along. */
const MOST_COLUMNS = 140;

/** Prints the table of targets, the verdict with its reason, the report's path, and the command that repeats the run. */
export function printVerdict(summary: Summary, options: PrintOptions): void {
  const paint = pc.createColors(options.colour ?? (process.stdout.isTTY === true && !process.env['NO_COLOR']));
  const columns = options.columns ?? process.stdout.columns ?? 100;
  const width = Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, columns));
  const { word, sign } = VERDICT_WORDS[summary.verdict];
  const verdict = colourOf(paint, summary.verdict)(`${sign} ${word.toUpperCase()}`);
  const violations = violationCount(summary);
  const lines = [
    targetsTable(summary.rows, { paint, width }),
    '',
    ...hang(paint.bold(verdict), { text: plain(summary.why), indent: word.length + 4, width }),
    ...(violations === 0 ? [] : [`${formatCount(violations)} broken promises are listed in the report`]),
    '',
    `report  ${options.reportPath}`,
    `repeat  ${plain(summary.command)}`,
    '',
  ];
  options.out(`${lines.join('\n')}`);
}

/** A table's borders, all of them left out. */
export const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((place) => [place, '']),
);
const GAP = 2;

/** The rows as columns without borders; a row's reason stands below it, over the table's whole width. */
function targetsTable(rows: readonly Row[], { paint, width }: { paint: Paint; width: number }): string {
  const verdicts = rows.map(({ verdict }) => `${VERDICT_WORDS[verdict].sign} ${shortWord(verdict)}`);
  const samples = rows.map((row) => formatCount(row.samples));
  const verdictWidth = longest(['verdict', ...verdicts]);
  const idWidth = longest(['target', ...rows.map((row) => row.id)]);
  const samplesWidth = longest(['samples', ...samples]);
  const rest = width - verdictWidth - idWidth - samplesWidth - 4 * GAP;
  const measuredWidth = Math.min(longest(['measured', ...rows.map((row) => row.measured)]), Math.floor(rest / 2));
  const boundWidth = Math.min(longest(['must be', ...rows.map((row) => row.target)]), rest - measuredWidth);
  const table = new Table({
    chars: { ...NO_BORDERS, middle: ' '.repeat(GAP) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: [verdictWidth, idWidth, boundWidth, measuredWidth, samplesWidth],
    colAligns: ['left', 'left', 'left', 'left', 'right'],
    wordWrap: true,
  });
  table.push(['verdict', 'target', 'must be', 'measured', 'samples'].map((title) => paint.bold(title)));
  rows.forEach((row, at) => {
    const colour = colourOf(paint, row.verdict);
    table.push([
      colour(verdicts[at] ?? ''),
      paint.bold(row.id),
      plain(row.target),
      plain(row.measured) || '–',
      samples[at] ?? '',
    ]);
    if (row.reason !== '') {
      // The table leaves the gaps between spanned columns out, and breaks what is longer once more.
      const span = idWidth + boundWidth + measuredWidth + samplesWidth;
      for (const line of wrap(plain(row.reason), span)) table.push(['', { content: colour(line), colSpan: 4 }]);
    }
  });
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A heading with a text beside it, whose further lines stand below its first. */
function hang(head: string, { text, indent, width }: { text: string; indent: number; width: number }): string[] {
  const [first = '', ...others] = wrap(text, width - indent);
  return [`${head}  ${first}`, ...others.map((line) => ' '.repeat(indent) + line)];
}

function shortWord(verdict: Row['verdict']): string {
  return verdict === 'not applicable' ? 'n/a' : verdict;
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => plain(text).length));
}

function colourOf(paint: Paint, verdict: Row['verdict']): (text: string) => string {
  if (verdict === 'pass') return paint.green;
  if (verdict === 'fail') return paint.red;
  return verdict === 'invalid' || verdict === 'warn' ? paint.yellow : paint.dim;
}

/** Breaks a text between words into lines of at most `width` characters; longer words are cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((whole) => whole.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
