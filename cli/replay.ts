import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ExitCode } from '../protocol/codes.ts';
import type { Schedule } from '../protocol/run.ts';
import { type CommandLog, CommandLogError, readCommandLog } from '../simulator/commandLog.ts';
import { type PacingProgress, type PacingSummary, runPaced } from '../simulator/pacing.ts';
import { type RepeatedRun, replayCommands } from '../simulator/repeat.ts';
import { LATE_AFTER_US, Replay } from '../simulator/replay.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeHeader, TapeReader } from '../simulator/tape/types.ts';
import { hostClock } from './clock.ts';
import { CliError } from './errors.ts';
import { decimalNumber } from './options.ts';
import { openProgress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';

const US_PER_S = 1_000_000;
/** Exchange time at which the session opens, in seconds of the day: what a time of day is counted from. */
const OPEN_TIME_OF_DAY_S = 9.5 * 3600;

/** `tapedeck replay`: plays a tape, or repeats a run from its command log. */
export function replayCommand() {
  return new Command('replay')
    .summary('play a tape by its own times, or repeat a run')
    .description(
      "Plays a tape: at the market's pace, a factor of it, or as fast as possible, and says what was played, how late, and its hash. With --commands it repeats a run of the server from its command log and compares the hashes.",
    )
    .option('--tape <file>', 'tape to play (default: the built-in universe, built once)')
    .option('--speed <factor>', "factor of the market's pace, or max (default: 1; with --hash: max)", speed)
    .option('--from <time>', "where to start: seconds after the session's open, HH:MM[:SS] exchange time, or ISO 8601")
    .option(
      '--duration <seconds>',
      'how much of the tape to play, in its own seconds',
      decimalNumber({ above: 0, maximum: 86_400 }),
    )
    .option('--hash', 'print the hash of the events and nothing else')
    .addOption(
      new Option('--commands <run>', "repeat a run: its folder, or its command log's file").conflicts([
        'speed',
        'from',
        'duration',
        'hash',
      ]),
    )
    .addOption(new Option('--format <format>', 'how to print the summary').choices(['text', 'json']).default('text'))
    .action((options) =>
      options.commands === undefined ? play(options) : repeat({ ...options, run: options.commands }),
    );
}

interface PlayOptions {
  readonly tape?: string | undefined;
  readonly speed?: number | undefined;
  readonly from?: string | undefined;
  readonly duration?: number | undefined;
  readonly hash?: true | undefined;
  readonly format: string;
}

async function play(options: PlayOptions): Promise<void> {
  const progress = openProgress(process.stderr);
  const scenario = loadScenario('default');
  const tape = openTape(await tapeFor({ tape: options.tape, scenario, progress }));
  try {
    const clock = hostClock(process.env);
    const schedule = { ...partOf(tape, options), startUs: clock.nowUs() };
    const replay = new Replay({ cursor: tape.cursor(schedule.fromEventUs), schedule });
    const summary = await interruptible((signal) =>
      runPaced({
        replay,
        clock,
        sink: () => undefined,
        signal,
        onProgress: (at) => progress.show(progressText(at, tape.header, schedule)),
        progressEveryMs: 100,
      }),
    );
    progress.done();
    printSummary({ summary, tape, schedule, options });
    if (summary.ended === 'aborted') process.exitCode = ExitCode.INTERRUPTED;
  } finally {
    tape.close();
  }
}

/** The part of the tape that the options ask for. */
function partOf(tape: TapeReader, options: PlayOptions): Omit<Schedule, 'startUs'> {
  const { header } = tape;
  const fromEventUs = options.from === undefined ? header.firstEventUs : fromTime(options.from, header);
  if (fromEventUs > header.lastEventUs) {
    const last = timeOfDay(header.lastEventUs, header);
    throw new CliError(`--from ${options.from}: tape ${tape.path} ends before, at ${last}`, ExitCode.USAGE);
  }
  const endUs = header.lastEventUs + 1;
  const toEventUs = Math.min(endUs, fromEventUs + (options.duration ?? Number.POSITIVE_INFINITY) * US_PER_S);
  const fastest = options.hash === true ? Number.POSITIVE_INFINITY : 1;
  return { fromEventUs, toEventUs, speed: options.speed ?? fastest };
}

function speed(text: string): number {
  return text === 'max' ? Number.POSITIVE_INFINITY : decimalNumber({ above: 0, maximum: 1_000_000 })(text);
}

function fromTime(text: string, header: TapeHeader): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return header.sessionOpenUs + Number(text) * US_PER_S;
  const clockTime = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text);
  if (clockTime !== null) {
    const [, hours, minutes, seconds = 0] = clockTime.map(Number);
    const ofDayS = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (Number.isNaN(seconds) ? 0 : seconds);
    return header.sessionOpenUs + Math.round((ofDayS - OPEN_TIME_OF_DAY_S) * US_PER_S);
  }
  const instantMs = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(instantMs)) return instantMs * 1_000;
  throw new CliError(
    `--from ${text}: give seconds after the open (90), exchange time (10:15) or ISO 8601 with its zone (${header.sessionDate}T14:15:00Z)`,
    ExitCode.USAGE,
  );
}

/** Exchange time of an event as `HH:MM:SS.mmm`. */
function timeOfDay(eventUs: number, header: TapeHeader): string {
  const ofDayMs = (eventUs - header.sessionOpenUs) / 1_000 + OPEN_TIME_OF_DAY_S * 1_000;
  return new Date(Math.max(0, ofDayMs)).toISOString().slice(11, 23);
}

function progressText(at: PacingProgress, header: TapeHeader, schedule: Omit<Schedule, 'startUs'>): string {
  const share = (at.positionUs - schedule.fromEventUs) / (schedule.toEventUs - schedule.fromEventUs);
  const parts = [
    `${timeOfDay(at.positionUs, header).slice(0, 8)} (${(100 * share).toFixed(0)} %)`,
    `${whole(at.events)} events`,
    `${whole(perSecond(at.events, at.elapsedUs))}/s`,
  ];
  if (Number.isFinite(schedule.speed)) {
    parts.push(
      `late ${lateShare(at)}`,
      `${whole((schedule.toEventUs - at.positionUs) / schedule.speed / US_PER_S)} s left`,
    );
  }
  return parts.join(', ');
}

function printSummary(context: {
  readonly summary: PacingSummary;
  readonly tape: TapeReader;
  readonly schedule: Schedule;
  readonly options: PlayOptions;
}): void {
  const { summary, tape, schedule, options } = context;
  const { header } = tape;
  if (options.format === 'json') {
    const { fromEventUs, toEventUs } = schedule;
    // JSON knows no Infinity: as fast as possible is null.
    const paced = Number.isFinite(schedule.speed) ? schedule.speed : null;
    const part = { tape: tape.path, sha256: header.sha256, fromUs: fromEventUs, toUs: toEventUs, speed: paced };
    const rate = perSecond(summary.events, summary.elapsedUs);
    print(JSON.stringify({ ...part, ...summary, eventsPerSecond: rate, lateAfterUs: LATE_AFTER_US }));
    return;
  }
  if (options.hash === true && summary.ended === 'end') {
    print(summary.eventHash);
    return;
  }
  const { events, elapsedUs } = summary;
  const pace = Number.isFinite(schedule.speed) ? `${schedule.speed}x` : 'as fast as possible';
  const rows: [string, string][] = [
    ['tape', `${tape.path} (${header.origin.kind})`],
    ['played', `${timeOfDay(schedule.fromEventUs, header)} to ${timeOfDay(summary.positionUs, header)}, ${pace}`],
    ['events', `${whole(events)} in ${(elapsedUs / US_PER_S).toFixed(2)} s, ${whole(perSecond(events, elapsedUs))}/s`],
  ];
  if (Number.isFinite(schedule.speed)) {
    rows.push(
      ['late', `${whole(summary.late)} by over ${LATE_AFTER_US / 1_000} ms (${lateShare(summary)})`],
      [
        'lateness',
        `p50 ${ms(summary.latenessP50Us)}, p99 ${ms(summary.latenessP99Us)}, max ${ms(summary.latenessMaxUs)}`,
      ],
    );
  }
  rows.push(['event hash', summary.eventHash]);
  if (summary.ended === 'aborted') rows.push(['ended', 'interrupted']);
  print(rows.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n'));
}

async function repeat(options: {
  readonly run: string;
  readonly tape?: string | undefined;
  readonly format: string;
}): Promise<void> {
  const { log, reportedHash } = readRun(options.run);
  const tape = openTape(options.tape ?? log.header.tape.path);
  try {
    const progress = openProgress(process.stderr);
    const repeated = await interruptible((signal) =>
      replayCommands({
        log,
        tape,
        signal,
        onProgress: (inputs) => progress.show(`${whole(inputs)} of ${whole(log.inputs)} inputs`),
      }),
    );
    progress.done();
    printComparison(repeated, reportedHash, options.format);
  } catch (error) {
    throw error instanceof CommandLogError ? new CliError(error.message, ExitCode.BAD_DATA) : error;
  } finally {
    tape.close();
  }
}

const ReportedSchema = Type.Object({ tape: Type.Object({ runHash: Type.String() }) });

/** The command log of a run's folder, and the hash in its summary ('' where there is none). */
function readRun(run: string): { readonly log: CommandLog; readonly reportedHash: string } {
  const isFolder = existsSync(run) && statSync(run).isDirectory();
  const logPath = isFolder ? join(run, 'commands.ndjson') : run;
  if (!existsSync(logPath)) {
    throw new CliError(
      `--commands ${run}: there is no ${logPath}; name a run's folder (reports/runs/...) or a file of serve --command-log`,
      ExitCode.MISSING_INPUT,
    );
  }
  const summaryPath = join(run, 'summary.json');
  const reportedHash = isFolder && existsSync(summaryPath) ? readReported(summaryPath).tape.runHash : '';
  try {
    return { log: readCommandLog(logPath), reportedHash };
  } catch (error) {
    throw error instanceof CommandLogError ? new CliError(error.message, ExitCode.BAD_DATA) : error;
  }
}

function readReported(path: string): Static<typeof ReportedSchema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new CliError(`${path}: not readable as JSON`, ExitCode.BAD_DATA);
  }
  if (Value.Check(ReportedSchema, value)) return value;
  throw new CliError(`${path}: expected tape.runHash`, ExitCode.BAD_DATA);
}

function printComparison(repeated: RepeatedRun, reportedHash: string, format: string): void {
  const { loggedRunHash, runHash } = repeated;
  const same = runHash === loggedRunHash && (reportedHash === '' || reportedHash === runHash);
  if (!same) process.exitCode = ExitCode.FAIL;
  if (format === 'json') {
    print(JSON.stringify({ ...repeated, ...(reportedHash !== '' && { reportedRunHash: reportedHash }), same }));
    return;
  }
  const rows = [
    `inputs      ${whole(repeated.inputs)}: ${whole(repeated.ticks)} ticks, ${whole(repeated.commands)} commands, ${whole(repeated.controls)} clock inputs`,
    `event hash  ${repeated.eventHash}`,
    `run's hash  ${loggedRunHash}${reportedHash === '' || reportedHash === loggedRunHash ? '' : ` (its summary says ${reportedHash})`}`,
    `repeated    ${runHash}`,
    same ? 'same' : 'DIFFERENT',
  ];
  print(rows.join('\n'));
}

/** Runs what Ctrl-C ends in good order; a second Ctrl-C ends the process. */
async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.INTERRUPTED);
    controller.abort(new CliError('interrupted', ExitCode.INTERRUPTED));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await run(controller.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function perSecond(events: number, elapsedUs: number): number {
  return elapsedUs > 0 ? Math.round((events * US_PER_S) / elapsedUs) : 0;
}

function lateShare(counts: { readonly late: number; readonly events: number }): string {
  return `${counts.events === 0 ? '0.00' : ((100 * counts.late) / counts.events).toFixed(2)} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function ms(us: number): string {
  return `${(us / 1_000).toFixed(2)} ms`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
