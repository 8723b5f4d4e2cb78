import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { Value } from '@sinclair/typebox/value';
import Table from 'cli-table3';
import { BooksSchema } from '../loadtests/faulty/books.ts';
import { FAULTS } from '../loadtests/faulty/faults.ts';
import { type Held, hold } from '../loadtests/faulty/truth.ts';
import type { LoadChoice } from '../loadtests/gate/generators.ts';
import type { RunEvidence } from '../loadtests/judge/evidence.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { BASELINE, instrumentVerdict, isRight, SOUND, type TrustCase, trustCases } from '../loadtests/trust/cases.ts';
import { disturb, WRONG_CLOCK_US } from '../loadtests/trust/disturb.ts';
import {
  cellsOf,
  renewedMarkdown,
  TRUST_HEAD,
  type Trial,
  trustMarkdown,
  trustRows,
} from '../loadtests/trust/table.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { projectFile, runsFolder } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { commitOf } from './commit.ts';
import { entries } from './entries.ts';
import { CliError } from './errors.ts';
import { chooseLoad, LOADS } from './load.ts';
import { formatOption, wholeNumber } from './options.ts';
import { playGate } from './playGate.ts';
import { openProgress, type Progress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';

const EXIT_CODES = { pass: ExitCode.PASS, fail: ExitCode.FAIL, invalid: ExitCode.INVALID } as const;
/** What is played with each generator. */
const SCENARIOS = { swarm: 'trust', k6: 'trust-k6' } as const;
/** A run that only says that it can't tell, the machine having been late, is played again so often. */
const TRIES = 3;

/** `tapedeck trust`: proves the instrument by planting faults; every one must be found, named and measured. */
export function trustCommand() {
  return new Command('trust')
    .description('plant faults in front of a sound server and check that each is found, named and measured')
    .option('--sound <times>', 'how often the sound server is judged', wholeNumber({ minimum: 0, maximum: 1000 }), 20)
    .option('--only <names...>', 'only these cases')
    .option(
      '--scenario <name or file>',
      'what is played for each; default: trust, with k6 trust-k6, a third of its messages a second',
    )
    .addOption(
      new Option('--load <generator>', 'what makes the load; both: each case once with each')
        .choices([...LOADS, 'both'])
        .default('swarm' as const),
    )
    .addOption(formatOption())
    .option('--update-docs', 'put the lines of these cases into docs/trust.md')
    .action(async (options) => {
      const isJson = options.format === 'json';
      const progress = openProgress(isJson ? process.stderr : process.stdout);
      const loads = options.load === 'both' ? LOADS : [options.load];
      const trials: Trial[] = [];
      let interrupted = false;
      for (const asked of loads) {
        const scenario = loadScenario(options.scenario ?? SCENARIOS[asked]);
        const tapePath = await tapeFor({ tape: undefined, scenario, progress });
        const load = await chooseLoad(asked, progress);
        const done = await playAll({ cases: chosen(options.only, options.sound), scenario, tapePath, load, progress });
        trials.push(...done.trials);
        interrupted = done.interrupted;
        if (interrupted) break;
      }
      const verdict = instrumentVerdict(trials);
      const folder = runsFolder();
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'trust.md'), trustMarkdown(trials));
      if (options.updateDocs === true) updateDocs(trials, await commitOf(projectFile()));
      process.stdout.write(isJson ? `${JSON.stringify({ verdict, trials })}\n` : `${table(trials)}\n`);
      process.exitCode = interrupted ? ExitCode.INTERRUPTED : EXIT_CODES[verdict];
    });
}

interface Stage {
  readonly scenario: Scenario;
  readonly tapePath: string;
  readonly load: LoadChoice;
  readonly progress: Progress;
}

async function playAll({
  cases,
  ...stage
}: Stage & { readonly cases: readonly TrustCase[] }): Promise<{ trials: Trial[]; interrupted: boolean }> {
  const trials: Trial[] = [];
  let baseline: RunEvidence | undefined;
  for (const [at, planted] of cases.entries()) {
    const label = `${at + 1} of ${cases.length}, ${stage.load.kind}: ${planted.description}`;
    const played = await playDecided(planted, { ...stage, label, baseline });
    if (played === undefined) return { trials, interrupted: true };
    const { trial, evidence } = played;
    if (planted === BASELINE) baseline = evidence;
    trials.push(trial);
    const word = trial.right ? 'right' : trial.summary.verdict === 'invalid' ? "can't tell" : 'WRONG';
    stage.progress.say(`${word}  ${planted.name}: ${trial.summary.verdict}: ${trial.summary.why}`);
  }
  return { trials, interrupted: false };
}

interface CaseStage extends Stage {
  readonly label: string;
  readonly baseline: RunEvidence | undefined;
}

/** Plays a case until its run is decided, or often enough; undefined when interrupted. */
async function playDecided(planted: TrustCase, stage: CaseStage) {
  for (let tries = 1; ; tries++) {
    const played = await playCase(planted, stage);
    if (played === undefined || played.trial.right || played.trial.summary.verdict !== 'invalid' || tries === TRIES)
      return played;
  }
}

async function playCase(
  planted: TrustCase,
  { scenario, tapePath, load, progress, label, baseline }: CaseStage,
): Promise<{ trial: Trial; evidence: RunEvidence } | undefined> {
  const out = join(runsFolder(), `trust-${planted.name}-${load.kind}`);
  const books = join(out, 'planted.json');
  const { disturbed, fault: name } = planted;
  const disturbing: { stop: () => void }[] = [];
  mkdirSync(out, { recursive: true });
  const { summary, outcome } = await playGate({
    scenario,
    targets: loadTargets(scenario.targets),
    tapePath,
    load,
    command: `npm run trust -- --only ${planted.name}`,
    out,
    ...(name === undefined ? {} : { front: { file: entries().faulty, args: ['--fault', name, '--books', books] } }),
    ...(disturbed === undefined ? {} : { onLoadStarted: (pid) => void disturbing.push(disturb(pid, disturbed)) }),
    ...(disturbed === 'wrong clock' ? { loadClockAheadUs: WRONG_CLOCK_US } : {}),
    onProgress: (state) => progress.show(`${label}: ${state.detail}, ${state.secondsLeft} s left`),
  });
  for (const one of disturbing) one.stop();
  if (outcome.interrupted) return undefined;
  const { verdict, why, rows } = summary;
  const { evidence } = outcome;
  const held = name === undefined ? [] : numbersOf(name, { books, evidence, baseline });
  const right = isRight(planted, summary) && held.every((number) => number.isRight);
  return { trial: { planted, load: load.kind, summary: { verdict, why, rows }, right, held }, evidence };
}

/** The planted numbers and those found; none without a sound server to hold them against. */
function numbersOf(
  name: string,
  found: { readonly books: string; readonly evidence: RunEvidence; readonly baseline: RunEvidence | undefined },
): Held[] {
  const { evidence, baseline } = found;
  if (baseline === undefined) return [];
  const books: unknown = JSON.parse(readFileSync(found.books, 'utf8'));
  if (!Value.Check(BooksSchema, books)) throw new CliError(`${found.books}: no books of a front`, ExitCode.BAD_DATA);
  return (FAULTS[name]?.truths ?? []).flatMap((truth) => hold(truth, { books, evidence, baseline }));
}

/** The cases asked for; a planted fault brings the sound server along that its numbers are held against. */
function chosen(only: readonly string[] | undefined, soundTimes: number): TrustCase[] {
  const all = [...trustCases(), ...Array.from({ length: soundTimes }, () => SOUND)];
  if (only === undefined) return all;
  const known = new Set(all.map((one) => one.name));
  const unknown = only.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new CliError(`unknown case '${unknown}'; known are ${[...known].join(', ')}`, ExitCode.USAGE);
  }
  const asked = all.filter((one) => only.includes(one.name));
  const needsBaseline = asked.some(({ fault = '' }) => (FAULTS[fault]?.truths.length ?? 0) > 0);
  return needsBaseline && !asked.includes(BASELINE) ? [BASELINE, ...asked] : asked;
}

function table(trials: readonly Trial[]): string {
  const printed = new Table({ head: TRUST_HEAD, style: { head: [], border: [] }, wordWrap: true });
  for (const row of trustRows(trials)) printed.push(cellsOf(row));
  return printed.toString();
}

const MARKS = { from: '<!-- table -->\n', to: '<!-- /table -->' };

/** Puts the table into the page, between its marks, with its origin. */
function updateDocs(trials: readonly Trial[], commit: string): void {
  const page = projectFile('docs', 'trust.md');
  const text = readFileSync(page, 'utf8');
  const [before, rest = ''] = text.split(MARKS.from);
  const after = rest.slice(rest.indexOf(MARKS.to));
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`;
  const origin = `Measured ${new Date().toISOString().slice(0, 10)} at ${commit} on ${machine}, Node ${process.version}.`;
  writeFileSync(
    page,
    `${before}${MARKS.from}${origin}\n\n${renewedMarkdown(rest.slice(0, rest.indexOf(MARKS.to)), trials)}${after}`,
  );
}
