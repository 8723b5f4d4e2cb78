import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import { CsvFileError, type CsvReport, formatCsvProblem, ticker } from '../simulator/csv.ts';
import { loadHistory } from '../simulator/history.ts';
import { cacheFolder } from '../simulator/paths.ts';
import { buildTape, DEFAULT_UNIVERSE } from '../simulator/universe/build.ts';
import { loadDailyBars } from '../simulator/universe/daily.ts';
import { tapeFileName } from '../simulator/universe/ensure.ts';
import { CliError } from './errors.ts';
import { interruptible } from './interruptible.ts';
import { formatOption, seedOf, wholeNumber } from './options.ts';
import { openProgress } from './progress.ts';
import { describe, print, whole } from './tapeText.ts';
import { asWriteError, refuseOwnInput, refuseStdout } from './tapeWrite.ts';

/** `tapedeck tape build`: a tape of one session, made from real returns. */
export function buildCommand() {
  const symbols = wholeNumber({ minimum: 1, maximum: 10_000 });
  const events = wholeNumber({ minimum: 1, maximum: 1_000_000_000 });
  return new Command('build')
    .summary('build a tape of one session from real returns')
    .description(
      "Builds a tape of one regular session: symbols whose returns are drawn from real daily and monthly ones. The market's path meets the index's true open, high, low and close of the date. The same options give the same tape, byte for byte.",
    )
    .option(
      '--symbols <count>',
      `how many symbols, at most 10000 (default: ${DEFAULT_UNIVERSE.symbols}, with --daily those of the day)`,
      symbols,
    )
    .option('--seed <number>', 'seed of all that is drawn', seedOf, DEFAULT_UNIVERSE.seed)
    .option('--events <count>', 'trades and quotes together', events, DEFAULT_UNIVERSE.events)
    .option('--date <date>', "the session's date, a trading day (YYYY-MM-DD)", DEFAULT_UNIVERSE.sessionDate)
    .option(
      '--with-index [symbol]',
      `the index as one more symbol, told every second (its name unless given: ${INDEX_SYMBOL})`,
    )
    .option(
      '--daily <csv...>',
      'daily bars: date,symbol,open,high,low,close,volume; or a file per symbol, named by it. Each symbol meets its own bar of the date',
    )
    .option('--out <file>', "where the tape goes (default: the project's .cache, where other commands look)")
    .option('--index <csv>', 'daily index prices: date,open,high,low,close,volume (default: the S&P 500, 2000-2020)')
    .option('--stocks <csv>', 'monthly stock prices: symbol,date,price (default: five stocks, 2000-2010)')
    .addOption(formatOption())
    .action(build);
}

/** What the committed index is called at the exchange. */
const INDEX_SYMBOL = 'SPX';

interface BuildOptions {
  readonly symbols?: number | undefined;
  readonly seed: number;
  readonly events: number;
  readonly date: string;
  readonly withIndex?: string | true | undefined;
  readonly daily?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly index?: string | undefined;
  readonly stocks?: string | undefined;
  readonly format: 'text' | 'json';
}

async function build(options: BuildOptions): Promise<void> {
  const { seed, events, date: sessionDate } = options;
  const { symbols = DEFAULT_UNIVERSE.symbols } = options;
  const indexSymbol = indexSymbolOf(options);
  const universe = { symbols, seed, events, sessionDate, ...(indexSymbol === undefined ? {} : { indexSymbol }) };
  const path = choosePath(options, tapeFileName(universe));
  refuseStdout(path);
  refuseOwnInput(
    path,
    [options.index, options.stocks, ...(options.daily ?? [])].flatMap((file) => file ?? []),
  );
  const startedMs = performance.now();
  const progress = openProgress(process.stderr);
  try {
    const history = await loadHistory({
      ...(options.index === undefined ? {} : { indexPath: options.index }),
      ...(options.stocks === undefined ? {} : { stocksPath: options.stocks }),
    });
    const daily = options.daily && (await loadDailyBars({ paths: options.daily, date: sessionDate }));
    const reports = [...history.reports, ...(daily?.reports ?? [])];
    for (const report of reports) tellBadRows(report, progress.say);
    const known = daily && { daily, symbols: options.symbols ?? daily.bars.length };
    const header = await interruptible(
      (signal) =>
        buildTape({ ...universe, ...known, path, history, signal }, ({ doneEvents, share }) =>
          progress.show(`building ${path}: ${Math.floor(100 * share)} %, ${whole(doneEvents)} events`),
        ),
      'no tape was written',
    );
    progress.done();
    const seconds = (performance.now() - startedMs) / 1000;
    const sources = reports.map(({ path: file, rows: good, badRows }) => ({ file, rows: good, badRows }));
    print(options.format, { tape: path, bytes: statSync(path).size, seconds, read: sources, ...header }, () =>
      [`built in ${seconds.toFixed(1)} s`, describe(path, header)].join('\n'),
    );
  } catch (error) {
    progress.done();
    throw asCliError(error, path);
  }
}

function indexSymbolOf({ withIndex }: BuildOptions): string | undefined {
  if (withIndex === undefined || withIndex === true) return withIndex && INDEX_SYMBOL;
  if (ticker.parse(withIndex) !== undefined) return withIndex;
  throw new CliError(`--with-index ${withIndex}: is not ${ticker.expected}`, ExitCode.USAGE);
}

/** Where the tape goes. One from the user's own files must not lie in the cache under the built-in universe's name. */
function choosePath(options: BuildOptions, cachedName: string): string {
  if (options.out !== undefined) return options.out;
  if (options.index !== undefined || options.stocks !== undefined || options.daily !== undefined) {
    throw new CliError(
      '--index, --stocks and --daily need --out FILE: where the tape of your own prices goes',
      ExitCode.USAGE,
    );
  }
  return join(cacheFolder(), cachedName);
}

/** More than these are counted alone. */
const SHOWN_PROBLEMS = 20;

function tellBadRows(report: CsvReport, say: (line: string) => void): void {
  if (report.badRows === 0) return;
  for (const problem of report.problems.slice(0, SHOWN_PROBLEMS)) say(formatCsvProblem(problem));
  say(`${report.path}: ${report.badRows} bad rows refused, ${report.rows} good rows taken`);
}

function asCliError(error: unknown, path: string): unknown {
  if (error instanceof CsvFileError) {
    return new CliError(error.message, error.kind === 'missing' ? ExitCode.MISSING_INPUT : ExitCode.BAD_DATA);
  }
  return asWriteError(error, path);
}
