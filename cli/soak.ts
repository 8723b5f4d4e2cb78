import { randomBytes } from 'node:crypto';
import { join, relative } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { runSoak, type SoakOutcome } from '../loadtests/soak/run.ts';
import { loadState, type SoakState } from '../loadtests/soak/state.ts';
import type { PlayedLap } from '../loadtests/soak/wholeRun.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { Summary } from '../protocol/schemas/summary.ts';
import { printVerdict } from '../reports/terminal.ts';
import { VERDICT_WORDS } from '../reports/words.ts';
import { writeReport } from '../reports/write.ts';
import { mintToken } from '../server/identity.ts';
import { homeFolder, runsFolder } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { tapeDateOf } from '../simulator/scenarioTimes.ts';
import { hostClock } from './clock.ts';
import { commitOf } from './commit.ts';
import { entries } from './entries.ts';
import { CliError } from './errors.ts';
import { decimalNumber, formatOption, gathered, seedOf, wholeNumber } from './options.ts';
import { exitCodeOf } from './playGate.ts';
import { openProgress, type Progress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';

/** A lap is a twelfth of the soak unless told otherwise, s. */
const LAPS = 12;
const SHORTEST_LAP_S = 4;
const LONGEST_DEFAULT_LAP_S = 300;
const TOKEN_LIFE_S = 7_200;
const MB = 1024 * 1024;

interface SoakArguments {
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly lap?: number | undefined;
  readonly scenario: string;
  readonly targets?: string | undefined;
  readonly seed?: number | undefined;
  readonly resume?: string | undefined;
  readonly out?: string | undefined;
  readonly format: 'text' | 'json';
  readonly serverPreload?: readonly string[] | undefined;
}

/** `tapedeck soak`: hours of laps into one server, judged as one run, with the rows `uptime` and `leak`. */
export function soakCommand() {
  return new Command('soak')
    .summary('play for hours into one server: what leaks, what slows down, what dies')
    .description(
      'Plays laps of the market’s open, midday and close into one server that lives through all of them. After each lap all clients leave, and what the server holds is read. Ctrl-C keeps what was played; --resume goes on with it. Leaves with 0 for pass, 1 for fail, 3 for invalid, 130 when interrupted.',
    )
    .addOption(
      new Option('--hours <number>', 'how long, in hours, fractions allowed (default: 1)').argParser(
        decimalNumber({ above: 0, maximum: 1_000 }),
      ),
    )
    .addOption(
      new Option('--minutes <number>', 'the same in minutes')
        .argParser(decimalNumber({ above: 0, maximum: 60_000 }))
        .conflicts('hours'),
    )
    .option(
      '--lap <seconds>',
      `length of a lap as played, s (default: a twelfth of the soak, ${SHORTEST_LAP_S} to ${LONGEST_DEFAULT_LAP_S})`,
      wholeNumber({ minimum: SHORTEST_LAP_S, maximum: 3_600 }),
    )
    .option('--scenario <name or file>', 'load and cuts of a lap; its own part of the day is left out', 'soak')
    .option('--targets <name or file>', "the bounds to hold (the scenario's own by default)")
    .option('--seed <number>', "another seed than the scenario's", seedOf)
    .addOption(
      new Option('--resume <folder>', 'go on with the soak in this folder, with a new server').conflicts([
        'hours',
        'minutes',
        'lap',
        'targets',
        'seed',
        'out',
      ]),
    )
    .option('--out <folder>', 'where the report goes (reports/runs/<time>-soak by default)')
    .addOption(formatOption())
    .addOption(new Option('--server-preload <module>', 'load it into the server first').argParser(gathered).hideHelp())
    .action(soak);
}

async function soak(options: SoakArguments): Promise<void> {
  const resumed = options.resume === undefined ? undefined : loadState(options.resume);
  const scenario = loadScenario(resumed?.state.scenario ?? options.scenario);
  const state = resumed?.state ?? newState(options, scenario);
  if (state.serverDied !== '') {
    throw new CliError(`${options.resume}: ${state.serverDied}; that soak is over, begin another`, ExitCode.USAGE);
  }
  const folder = options.resume ?? options.out ?? join(runsFolder(), `${stamp()}-soak`);
  const progress = openProgress(options.format === 'json' ? process.stderr : process.stdout);
  const tapePath = await tapeFor({ tape: undefined, scenario, date: tapeDateOf(scenario), progress });
  const secret = randomBytes(32).toString('hex');
  const { soakHook, ...programs } = entries();
  progress.say(beginning(state, folder));
  const outcome = await withSignals(async (signal) =>
    runSoak({
      folder,
      state,
      laps: resumed?.laps ?? [],
      scenario: { ...scenario, seed: state.seed },
      targets: loadTargets(state.targets),
      tapePath,
      entries: programs,
      preload: [soakHook, ...(options.serverPreload ?? [])],
      clock: hostClock(process.env),
      secret,
      tokenFor: (account) =>
        mintToken({
          secret,
          user: account,
          account,
          scopes: ['market:read', 'orders:write', `account:${account}`],
          expiresInS: TOKEN_LIFE_S,
        }),
      commit: await commitOf(homeFolder()),
      command: commandOf(state),
      signal,
      writeReport,
      onProgress: progress.run,
      onLap: (lap, whole, now) => progress.say(lapLine(lap, whole, now)),
    }),
  );
  progress.done();
  tell(outcome, { folder, format: options.format, progress });
}

function newState(options: SoakArguments, scenario: { readonly seed: number; readonly targets: string }): SoakState {
  const durationS = options.minutes === undefined ? (options.hours ?? 1) * 3_600 : options.minutes * 60;
  const lapS = options.lap ?? Math.round(Math.min(LONGEST_DEFAULT_LAP_S, Math.max(SHORTEST_LAP_S, durationS / LAPS)));
  return {
    schema: 'tapedeck.soak',
    version: 1,
    scenario: options.scenario,
    targets: options.targets ?? scenario.targets,
    durationS,
    lapS,
    seed: options.seed ?? scenario.seed,
    startedAt: new Date().toISOString(),
    spentS: 0,
    servers: 0,
    laps: [],
    readings: [],
    serverDied: '',
  };
}

function beginning({ durationS, lapS, laps, spentS }: SoakState, folder: string): string {
  const where = relative('.', folder) || '.';
  if (laps.length === 0) return `soak: ${time(durationS)} in laps of ${lapS} s; ${where}`;
  return `soak: goes on after lap ${laps.length} with a new server, ${time(Math.max(0, durationS - spentS))} to go; ${where}`;
}

/** One line that stays for each lap. */
function lapLine(
  { lap, kind, summary }: PlayedLap,
  whole: Summary,
  { readings, spentS, durationS }: SoakState,
): string {
  const at = readings.at(-1);
  const tick = summary.rows.find(({ id }) => id === 'tick');
  const held =
    at === undefined ? '' : `, at rest heap ${mb(at.heapBytes)}, RSS ${mb(at.rssBytes)}, ${at.handles} handles`;
  const { sign } = VERDICT_WORDS[summary.verdict];
  const why = summary.verdict === 'pass' ? '' : `; ${summary.why}`;
  const left = time(Math.max(0, durationS - spentS));
  return `${sign} lap ${lap} ${kind}: ${summary.verdict}, tick ${tick?.measured ?? ''}${held}; so far ${whole.verdict}, ${left} left${why}`;
}

function tell(
  { summary, interrupted }: SoakOutcome,
  shown: { readonly folder: string; readonly format: 'text' | 'json'; readonly progress: Progress },
): void {
  const goOn = `tapedeck soak --resume ${relative('.', shown.folder) || '.'}`;
  if (summary === undefined) {
    throw new CliError(`interrupted before the first lap ended; go on with ${goOn}`, ExitCode.INTERRUPTED);
  }
  if (shown.format === 'json') process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    printVerdict(summary, {
      reportPath: relative('.', join(shown.folder, 'report.html')),
      out: (text) => process.stdout.write(text),
    });
  }
  if (interrupted) shown.progress.say(`interrupted; go on with ${goOn}`);
  process.exitCode = interrupted ? ExitCode.INTERRUPTED : exitCodeOf(summary.verdict);
}

/** The first Ctrl-C ends the lap, a second one the process. */
async function withSignals<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(ExitCode.INTERRUPTED);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await run(interrupt.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function commandOf({ durationS, lapS, scenario, targets, seed }: SoakState): string {
  const length = durationS >= 3_600 ? `--hours ${durationS / 3_600}` : `--minutes ${durationS / 60}`;
  return `tapedeck soak ${length} --lap ${lapS} --scenario ${scenario} --targets ${targets} --seed ${seed}`;
}

function stamp(): string {
  return new Date()
    .toISOString()
    .replace(/[:.]/g, '-')
    .replace(/-\d+Z$/, 'Z');
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}

function time(seconds: number): string {
  if (seconds >= 5_400) return `${(seconds / 3_600).toFixed(1)} h`;
  return seconds >= 100 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
}
