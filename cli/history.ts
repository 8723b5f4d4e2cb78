import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { comparedRun, historyOf, type StoredRun, storedRun } from '../loadtests/compare/history.ts';
import { ExitCode } from '../protocol/codes.ts';
import { COMPARED_METRICS, ComparisonSchema } from '../protocol/schemas/comparison.ts';
import type { History } from '../protocol/schemas/history.ts';
import { SummaryError } from '../reports/errors.ts';
import { COMPARISON_NAME, REPORT_NAMES } from '../reports/files.ts';
import { historyPage } from '../reports/history/page.ts';
import { historyBenchmark, historyMarkdown, historyText } from '../reports/history/text.ts';
import { readSummary } from '../reports/read.ts';
import { runsFolder } from '../simulator/paths.ts';
import { metricsOf } from './compareArms.ts';
import { CliError } from './errors.ts';
import { seedOf } from './options.ts';

const comparisonCheck = TypeCompiler.Compile(ComparisonSchema);

/** `tapedeck history`: where, over the stored runs, figures changed. */
export function historyCommand() {
  return new Command('history')
    .description('find where the figures of stored runs changed, and draw their trends')
    .argument('[folders...]', 'runs, or folders of runs (default: reports/runs)')
    .option('--metric <names...>', `what is looked at, of ${COMPARED_METRICS.join(', ')} (default: all)`)
    .option('--since <date>', 'only runs from this day on, like 2026-01-31 (UTC)', day)
    .option('--all', 'invalid runs too, in which the machine was late')
    .option('--seed <number>', 'for the permutations', seedOf, 1)
    .option('--out <file>', 'where the page of trends goes (default: history.html beside the runs)')
    .addOption(
      new Option('--format <format>', 'what is printed; benchmark: JSON for github-action-benchmark')
        .choices(['text', 'json', 'markdown', 'benchmark'])
        .default('text' as const),
    )
    .action((folders, options) => {
      const metrics = metricsOf(options.metric);
      const { runs, leftOut } = readRuns(folders.length === 0 ? [runsFolder()] : folders, options.all === true);
      const since = options.since ?? '';
      const kept = runs.filter(({ startedAt }) => startedAt >= since);
      if (kept.length === 0) {
        const place = folders.length === 0 ? relative('.', runsFolder()) || '.' : folders.join(', ');
        throw new CliError(`no run that counts in ${place}; ${wayOut(leftOut)}`, ExitCode.MISSING_INPUT);
      }
      const history = historyOf(kept, { metrics, seed: options.seed, leftOut });
      const out = options.out ?? join(folders[0] ?? runsFolder(), 'history.html');
      mkdirSync(dirname(out), { recursive: true });
      writeFileSync(out, historyPage(history));
      process.stdout.write(printed(history, options.format, relative('.', out)));
    });
}

/** What to do where no run counts, by why the first was left out. */
function wayOut(leftOut: History['leftOut']): string {
  const [first] = leftOut;
  if (first === undefined) return 'play one with "tapedeck gate"';
  const others = leftOut.length > 1 ? `, and ${leftOut.length - 1} more` : '';
  return `${first.run} is left out: ${first.why}${others}`;
}

function printed(history: History, format: 'text' | 'json' | 'markdown' | 'benchmark', pagePath: string): string {
  if (format === 'json') return `${JSON.stringify(history)}\n`;
  if (format === 'benchmark') return `${JSON.stringify(historyBenchmark(history), null, 2)}\n`;
  return format === 'markdown' ? historyMarkdown(history) : historyText(history, { pagePath });
}

/** Reads runs and folders of runs. @throws CliError for a folder that isn't there */
function readRuns(folders: readonly string[], all: boolean): { runs: StoredRun[]; leftOut: History['leftOut'] } {
  const runs: StoredRun[] = [];
  const leftOut: History['leftOut'] = [];
  for (const folder of folders.flatMap(runFolders)) {
    const run = basename(folder);
    try {
      const found = readRun(folder, all);
      if (typeof found === 'string') leftOut.push({ run, why: found });
      else runs.push(found);
    } catch (error) {
      if (!(error instanceof SummaryError)) throw error;
      leftOut.push({ run, why: error.message });
    }
  }
  return { runs, leftOut };
}

/** A folder of one run itself, or those of runs in it. */
function runFolders(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CliError(`no folder ${folder}; name a run's folder, or one of runs`, ExitCode.MISSING_INPUT);
  }
  if (isRun(folder)) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRun(join(folder, entry.name)))
    .map((entry) => join(folder, entry.name))
    .sort();
}

function isRun(folder: string): boolean {
  return [REPORT_NAMES.summary, COMPARISON_NAME].some(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined,
  );
}

/** A run of the history, or why it is none. */
function readRun(folder: string, all: boolean): StoredRun | string {
  const comparison = join(folder, COMPARISON_NAME);
  if (statSync(comparison, { throwIfNoEntry: false }) !== undefined) return readComparison(folder, comparison);
  const summary = readSummary(folder);
  if (summary.verdict === 'invalid' && !all) return 'invalid: the machine or a generator was late (--all takes it in)';
  return storedRun(basename(folder), summary);
}

function readComparison(folder: string, path: string): StoredRun | string {
  const parsed: unknown = parseJson(path);
  return comparisonCheck.Check(parsed) ? comparedRun(basename(folder), parsed) : `${path}: no comparison of version 1`;
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Give a day like 2026-01-31.');
}
