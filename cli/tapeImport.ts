import { statSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import { ImportError } from '../simulator/importers/errors.ts';
import { type ImportProgress, type ImportReport, importTape } from '../simulator/importers/import.ts';
import {
  COLUMN_ROLES,
  type ColumnRole,
  FORMAT_NAMES,
  type FormatName,
  type Layout,
  type LayoutOptions,
} from '../simulator/importers/layout.ts';
import { isSymbolName } from '../simulator/importers/symbols.ts';
import type { CalendarName } from '../simulator/importers/tapeSession.ts';
import { checkZone, TimeReader } from '../simulator/importers/times.ts';
import { CliError } from './errors.ts';
import { interruptible } from './interruptible.ts';
import type { OutputFormat } from './options.ts';
import { openProgress, type Progress } from './progress.ts';
import { describe, print, whole } from './tapeText.ts';
import { asWriteError, refuseStdout } from './tapeWrite.ts';

const US_PER = { s: 1e6, m: 60e6, h: 3_600e6, d: 86_400e6 } as const;
/** What is taken for what is told of so many files; the rest is in the summary. */
const TOLD_TEXTS = 20;

/** The columns that `--column` can name. */
const NAMED_ROLES = COLUMN_ROLES.slice(0, 10);

/** `tapedeck tape import`: makes a tape of the user's own archives. */
export function importCommand() {
  return new Command('import')
    .summary('make a tape of archives: Binance, Polygon, tardis.dev, LEAN, any CSV')
    .description(
      'Makes a tape of archives as they are published, plain, gzip or zip. Trades are taken as they are, bars become trades. Bad rows are listed in rejects.csv. The same files and options give the same tape, byte for byte.',
    )
    .argument('<files...>', 'files, folders (with all below) and patterns (quoted: "data/**/*.zip")')
    .requiredOption('--out <file>', 'where the tape goes')
    .addOption(
      new Option('--format <format>', 'what the files hold')
        .choices(['auto' as const, ...FORMAT_NAMES])
        .default('auto' as const),
    )
    .option('--symbol <name>', "the symbol of files that don't say", symbolName)
    .option('--symbols <names>', 'only these, with commas between', commaList)
    .option('--from <time>', 'only events from here on (2024-01-02 or 2024-01-02T14:30:00Z)', instant)
    .option('--to <time>', 'only events before', instant)
    .option(
      '--column <role=name>',
      "name a CSV's column: time, date, symbol, price, size, open, ... (repeatable)",
      column,
    )
    .option('--no-guess', "refuse a CSV whose columns aren't all named")
    .option('--bar <length>', 'length of bars where the files leave it open: 1s, 1m, 1h, 1d', barLength)
    .option('--timezone <zone>', 'where times without a zone were written', zone, 'UTC')
    .addOption(
      new Option('--calendar <calendar>', "the market's hours (auto: us for US equities, else 24x7)")
        .choices(['auto', 'us', '24x7'] as const)
        .default('auto' as const),
    )
    .option('--max-bad <share>', 'stop when more of the rows are bad', share, 0.01)
    .option('--rejects <file>', 'where bad rows are listed (default: rejects.csv beside the tape)')
    .option('--licence <text>', "the archives' licence, kept in the tape's origin", 'not stated')
    .addOption(
      new Option('--summary <format>', 'how to print the summary')
        .choices(['text', 'json'] as const)
        .default('text' as const),
    )
    .action((files, options) => run(files, options));
}

interface CommandOptions {
  readonly out: string;
  readonly format: FormatName | 'auto';
  readonly symbol?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly column?: LayoutOptions['columns'] | undefined;
  readonly guess: boolean;
  readonly bar?: number | undefined;
  readonly timezone: string;
  readonly calendar: CalendarName | 'auto';
  readonly maxBad: number;
  readonly rejects?: string | undefined;
  readonly licence: string;
  readonly summary: OutputFormat;
}

async function run(inputs: readonly string[], options: CommandOptions): Promise<void> {
  const { out, format, symbol, symbols, from, to, calendar, rejects, licence, summary } = options;
  refuseStdout(out);
  const startedMs = performance.now();
  const progress = openProgress(process.stderr);
  const tell = textTeller(progress);
  try {
    const report = await interruptible(
      (signal) =>
        importTape(
          {
            ...{ inputs, out, format, symbol, symbols, fromUs: from, toUs: to, calendar, rejects, licence, signal },
            ...{ columns: options.column ?? {}, mayGuess: options.guess, barUs: options.bar, zone: options.timezone },
            maxBadShare: options.maxBad,
          },
          { onProgress: (at) => show(at, progress, startedMs), onText: tell.take },
        ),
      'no tape was written',
    );
    progress.done();
    tell.rest();
    const seconds = (performance.now() - startedMs) / 1000;
    if (report.rejectsPath !== undefined) {
      progress.say(`${whole(report.rejected)} bad rows refused, listed in ${report.rejectsPath}`);
    }
    print(summary, { tape: out, bytes: statSync(out).size, seconds, ...report }, () =>
      summaryText(out, report, seconds),
    );
  } catch (error) {
    progress.done();
    throw asCliError(error, out);
  }
}

/** Says what files are taken for: each of the first, then how many more there were. */
function textTeller(progress: Progress) {
  let texts = 0;
  return {
    take: ({ name, layout }: { readonly name: string; readonly layout: Layout }): void => {
      texts++;
      const guess = layout.kind === 'table' ? layout.guess : undefined;
      if (texts > TOLD_TEXTS) return;
      progress.say(
        `${name}: taken as ${layout.title}${guess === undefined ? '' : `, guessed: ${guess} (--no-guess refuses)`}`,
      );
    },
    rest: (): void => {
      if (texts > TOLD_TEXTS) progress.say(`and ${whole(texts - TOLD_TEXTS)} more files`);
    },
  };
}

function show(at: ImportProgress, progress: Progress, startedMs: number): void {
  if (at.phase === 'writing') {
    const done = Math.floor((100 * at.doneEvents) / at.events);
    progress.show(`writing: ${done} %, ${whole(at.doneEvents)} of ${whole(at.events)} events`);
    return;
  }
  // Before the first rows there is nothing to tell.
  if (at.rows === 0) return;
  const seconds = (performance.now() - startedMs) / 1000;
  const done = Math.floor((100 * at.readBytes) / Math.max(1, at.totalBytes));
  const rate = whole(at.rows / Math.max(seconds, 0.001));
  progress.show(`reading: ${done} %, file ${at.fileNumber} of ${at.files}, ${whole(at.rows)} rows, ${rate}/s`);
}

function summaryText(out: string, report: ImportReport, seconds: number): string {
  const { rows, taken, filtered, rejected, formats, outOfOrder, calendar, header } = report;
  const lines = [
    `imported in ${seconds.toFixed(1)} s`,
    ...formats.map((entry) => row('read', `${entry.title}: ${whole(entry.rows)} rows, files: ${whole(entry.texts)}`)),
    row('rows', `${whole(rows)}: ${whole(taken)} taken, ${whole(filtered)} left out, ${whole(rejected)} bad`),
    row('order', outOfOrder === 0 ? 'as in the files' : `sorted: ${whole(outOfOrder)} events lay behind a later one`),
    row('calendar', calendar === 'us' ? "New York's sessions" : 'around the clock'),
  ];
  return [...lines, describe(out, header)].join('\n');
}

function row(name: string, value: string): string {
  return `${name.padEnd(11)} ${value}`;
}

function asCliError(error: unknown, out: string): unknown {
  if (!(error instanceof ImportError)) return asWriteError(error, out);
  const codes = { usage: ExitCode.USAGE, missing: ExitCode.MISSING_INPUT, bad: ExitCode.BAD_DATA } as const;
  return new CliError(error.message, codes[error.kind]);
}

function symbolName(text: string): string {
  if (isSymbolName(text)) return text;
  throw new InvalidArgumentError('Give 1 to 32 printable ASCII characters without spaces.');
}

function commaList(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

function instant(text: string): number {
  const bytes = Buffer.from(text);
  const timeUs = /^\d{4}-/.test(text) ? new TimeReader({ unit: 'auto' }).read(bytes, 0, bytes.length) : Number.NaN;
  if (!Number.isNaN(timeUs)) return timeUs;
  throw new InvalidArgumentError(
    'Give a date or an instant, such as 2024-01-02 or 2024-01-02T14:30:00Z (UTC without a zone).',
  );
}

function column(text: string, before: Partial<Record<ColumnRole, string>> | undefined) {
  const [role = '', ...rest] = text.split('=');
  const known = NAMED_ROLES.find((name) => name === role);
  const name = rest.join('=');
  if (known !== undefined && name !== '') return { ...before, [known]: name };
  throw new InvalidArgumentError(`Give ROLE=COLUMN, with ROLE one of ${NAMED_ROLES.join(', ')}.`);
}

function barLength(text: string): number {
  const [, count, unit] = /^(\d{1,4})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && Number(count) > 0 && (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd')) {
    return Number(count) * US_PER[unit];
  }
  throw new InvalidArgumentError('Give a number with s, m, h or d, such as 1m.');
}

function share(text: string): number {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number.NaN;
  if (value <= 1) return value;
  throw new InvalidArgumentError('Give a percentage from 0% to 100%, such as 1%.');
}

function zone(text: string): string {
  try {
    return checkZone(text);
  } catch (error) {
    throw error instanceof ImportError ? new InvalidArgumentError(error.message) : error;
  }
}
