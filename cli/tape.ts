import { statSync } from 'node:fs';
import { Command, Option } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import { CsvFileError, type CsvReport, formatCsvProblem } from '../simulator/csv.ts';
import { loadHistory } from '../simulator/history.ts';
import { projectFile } from '../simulator/paths.ts';
import { openTape, verifyTape } from '../simulator/tape/reader.ts';
import type { TapeHeader } from '../simulator/tape/types.ts';
import { buildTape, DEFAULT_UNIVERSE } from '../simulator/universe/build.ts';
import { tapeFileName } from '../simulator/universe/ensure.ts';
import { CliError } from './errors.ts';
import { wholeNumber } from './options.ts';
import { openProgress } from './progress.ts';

/** `tapedeck tape`: builds tapes, tells what is in them, checks them. */
export function tapeCommand() {
  return new Command('tape')
    .summary('build, describe and check tapes')
    .description('Builds tapes from real price history, tells what is in a tape, checks that it is whole.')
    .addCommand(buildCommand())
    .addCommand(infoCommand())
    .addCommand(verifyCommand());
}

function buildCommand() {
  const symbols = wholeNumber({ minimum: 1, maximum: 10_000 });
  const seed = wholeNumber({ minimum: 0, maximum: 2 ** 32 - 1 });
  const events = wholeNumber({ minimum: 1, maximum: 1_000_000_000 });
  return new Command('build')
    .summary('build a tape of one session from real returns')
    .description(
      'Builds a tape of one regular session: symbols whose returns are drawn from real daily and monthly ones. The same options give the same tape, byte for byte.',
    )
    .option('--symbols <count>', 'how many symbols, at most 10000', symbols, DEFAULT_UNIVERSE.symbols)
    .option('--seed <number>', 'seed of all that is drawn', seed, DEFAULT_UNIVERSE.seed)
    .option('--events <count>', 'trades and quotes together', events, DEFAULT_UNIVERSE.events)
    .option('--date <date>', "the session's date, a weekday (YYYY-MM-DD)", DEFAULT_UNIVERSE.sessionDate)
    .option('--out <file>', "where the tape goes (default: the project's .cache, where other commands look)")
    .option('--index <csv>', 'daily index prices: date,open,high,low,close,volume (default: the S&P 500, 2000-2020)')
    .option('--stocks <csv>', 'monthly stock prices: symbol,date,price (default: five stocks, 2000-2010)')
    .addOption(formatOption())
    .action(build);
}

function infoCommand() {
  return new Command('info')
    .summary('tell what is in a tape')
    .description('Tells what is in a tape, from its header and index; the events are not read.')
    .argument('<file>', 'the tape')
    .addOption(formatOption())
    .action((file, { format }) => {
      const tape = openTape(file);
      tape.close();
      print(format, { tape: file, bytes: statSync(file).size, ...tape.header }, () => describe(file, tape.header));
    });
}

function verifyCommand() {
  return new Command('verify')
    .summary('read a whole tape and check it')
    .description(
      'Reads a whole tape and compares it with its checksums; leaves with 65 when it is altered or truncated.',
    )
    .argument('<file>', 'the tape')
    .addOption(formatOption())
    .action((file, { format }) => {
      const progress = openProgress(process.stderr);
      const header = verifyTape(file, (done) => progress.show(`${whole(done)} events read`));
      progress.done();
      const { events, sha256, eventHash } = header;
      print(format, { tape: file, sound: true, events, sha256, eventHash }, () =>
        [
          `${file}: sound`,
          ...rows([
            ['events', whole(events)],
            ['sha256', sha256],
            ['event hash', eventHash],
          ]),
        ].join('\n'),
      );
    });
}

interface BuildOptions {
  readonly symbols: number;
  readonly seed: number;
  readonly events: number;
  readonly date: string;
  readonly out?: string | undefined;
  readonly index?: string | undefined;
  readonly stocks?: string | undefined;
  readonly format: 'text' | 'json';
}

async function build(options: BuildOptions): Promise<void> {
  const { symbols, seed, events, date: sessionDate } = options;
  const universe = { symbols, seed, events, sessionDate };
  const path = choosePath(options, tapeFileName(universe));
  const startedMs = performance.now();
  const progress = openProgress(process.stderr);
  try {
    const history = await loadHistory({
      ...(options.index === undefined ? {} : { indexPath: options.index }),
      ...(options.stocks === undefined ? {} : { stocksPath: options.stocks }),
    });
    for (const report of history.reports) tellBadRows(report, progress.say);
    const header = await interruptible((signal) =>
      buildTape({ ...universe, path, history, signal }, ({ doneEvents, share }) =>
        progress.show(`building ${path}: ${Math.floor(100 * share)} %, ${whole(doneEvents)} events`),
      ),
    );
    progress.done();
    const seconds = (performance.now() - startedMs) / 1000;
    const sources = history.reports.map(({ path: file, rows: good, badRows }) => ({ file, rows: good, badRows }));
    print(options.format, { tape: path, bytes: statSync(path).size, seconds, read: sources, ...header }, () =>
      [`built in ${seconds.toFixed(1)} s`, describe(path, header)].join('\n'),
    );
  } catch (error) {
    progress.done();
    throw asCliError(error, path);
  }
}

/** Where the tape goes. One from the user's own files must not lie in the cache under the built-in universe's name. */
function choosePath(options: BuildOptions, cachedName: string): string {
  if (options.out !== undefined) return options.out;
  if (options.index !== undefined || options.stocks !== undefined) {
    throw new CliError('--index and --stocks need --out FILE: where the tape of your own prices goes', ExitCode.USAGE);
  }
  return projectFile('.cache', cachedName);
}

/** More than these are counted alone. */
const SHOWN_PROBLEMS = 20;

function tellBadRows(report: CsvReport, say: (line: string) => void): void {
  if (report.badRows === 0) return;
  for (const problem of report.problems.slice(0, SHOWN_PROBLEMS)) say(formatCsvProblem(problem));
  say(`${report.path}: ${report.badRows} bad rows refused, ${report.rows} good rows taken`);
}

async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abort = new AbortController();
  const onSignal = (): void => abort.abort(new CliError('interrupted; no tape was written', ExitCode.INTERRUPTED));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function asCliError(error: unknown, path: string): unknown {
  if (error instanceof CsvFileError) {
    return new CliError(error.message, error.kind === 'missing' ? ExitCode.MISSING_INPUT : ExitCode.BAD_DATA);
  }
  if (error instanceof RangeError) return new CliError(error.message, ExitCode.USAGE);
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return new CliError(
      `tape ${path}: can't be written (${error.code}); choose another place with --out`,
      ExitCode.USAGE,
    );
  }
  return error;
}

function describe(path: string, header: TapeHeader): string {
  const { size } = statSync(path);
  const spanS = (header.lastEventUs - header.firstEventUs) / 1e6;
  return rows([
    ['tape', path],
    ['size', `${(size / 1e6).toFixed(1)} MB, ${(size / header.events).toFixed(1)} bytes an event`],
    ['format', `version ${header.version}`],
    ['origin', `${header.origin.kind}: ${header.origin.description}`],
    ...header.origin.sources.map(
      ({ file, licence, sha256 }) => ['source', `${file} (${licence}, sha256 ${sha256.slice(0, 16)}...)`] as const,
    ),
    ['seed', String(header.seed)],
    ['session', `${header.sessionDate}, ${utc(header.sessionOpenUs)} to ${utc(header.sessionCloseUs)} UTC`],
    ['span', `${utc(header.firstEventUs)} to ${utc(header.lastEventUs)} UTC`],
    ['events', `${whole(header.events)} (${whole(header.trades)} trades, ${whole(header.quotes)} quotes)`],
    ['rate', `${whole(header.events / Math.max(spanS, 1e-6))} events/s in the mean`],
    ['symbols', symbolsLine(header)],
    ['sha256', header.sha256],
    ['event hash', header.eventHash],
  ]).join('\n');
}

function symbolsLine({ instruments }: TapeHeader): string {
  const first = instruments.slice(0, 8).map((instrument) => instrument.symbol);
  return `${whole(instruments.length)}: ${first.join(' ')}${instruments.length > first.length ? ' ...' : ''}`;
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.map(([name, value]) => `${name.padEnd(11)} ${value}`);
}

function utc(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(11, 23);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function formatOption() {
  return new Option('--format <format>', 'how to print').choices(['text', 'json'] as const).default('text' as const);
}

function print(format: 'text' | 'json', value: object, text: () => string): void {
  process.stdout.write(`${format === 'json' ? JSON.stringify(value) : text()}\n`);
}
