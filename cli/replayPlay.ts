import { ExitCode } from '../protocol/codes.ts';
import type { Schedule } from '../protocol/run.ts';
import { type PacingProgress, type PacingSummary, runPaced } from '../simulator/pacing.ts';
import { timeOfDay } from '../simulator/play/place.ts';
import { LATE_AFTER_US, Replay } from '../simulator/replay.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeHeader, TapeReader } from '../simulator/tape/types.ts';
import { hostClock } from './clock.ts';
import { openProgress } from './progress.ts';
import { type PartOptions, partOf } from './replayPart.ts';
import { stoppable } from './signals.ts';
import { tapeFor } from './tapeFor.ts';
import { whole } from './tapeText.ts';

const US_PER_S = 1_000_000;

/** Options of `replay` into nothing. */
export interface PlayOptions extends PartOptions {
  readonly tape?: string | undefined;
  readonly speed?: number | undefined;
  readonly date?: string | undefined;
  readonly hash?: true | undefined;
  readonly format: string;
}

/** Plays a tape by its own times into nothing, and says how late. */
export async function play(options: PlayOptions): Promise<void> {
  const progress = openProgress(process.stderr);
  const scenario = loadScenario('default');
  const tape = openTape(await tapeFor({ tape: options.tape, date: options.date, scenario, progress }));
  try {
    const clock = hostClock(process.env);
    const schedule = { ...scheduleOf(tape, options), startUs: clock.nowUs() };
    const replay = new Replay({ cursor: tape.cursor(schedule.fromEventUs), schedule });
    const summary = await stoppable((signal) =>
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

/** When the part of the tape is due that the options ask for. */
function scheduleOf(tape: TapeReader, options: PlayOptions): Omit<Schedule, 'startUs'> {
  const { atUs, toUs } = partOf(tape, options);
  const fastest = options.hash === true ? Number.POSITIVE_INFINITY : 1;
  return { fromEventUs: atUs, toEventUs: toUs, speed: options.speed ?? fastest };
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

function perSecond(events: number, elapsedUs: number): number {
  return elapsedUs > 0 ? Math.round((events * US_PER_S) / elapsedUs) : 0;
}

function lateShare(counts: { readonly late: number; readonly events: number }): string {
  return `${counts.events === 0 ? '0.00' : ((100 * counts.late) / counts.events).toFixed(2)} %`;
}

function ms(us: number): string {
  return `${(us / 1_000).toFixed(2)} ms`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
