import type { TradingCalendar } from '../../market/calendar/types.ts';
import type { Control, Tick } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Schedule } from '../../protocol/run.ts';
import { type CommandLogHeader, CommandLogWriter } from '../../simulator/commandLog.ts';
import { FaultedReplay } from '../../simulator/faults/faultedReplay.ts';
import { createFeedFaults } from '../../simulator/faults/feedFaults.ts';
import { FaultPlan, type FaultScenario } from '../../simulator/faults/plan.ts';
import { MinuteEnds } from '../../simulator/minuteEnds.ts';
import { runPaced } from '../../simulator/pacing.ts';
import { HaltTrack } from '../../simulator/play/haltTrack.ts';
import type { HaltChange } from '../../simulator/play/types.ts';
import { Replay, type TickSink } from '../../simulator/replay.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';
import { calendarOf } from '../../simulator/tapeCalendar.ts';
import type { EmbeddedFeedConfig } from '../config.ts';
import type { EngineRules, Feed, FeedState, OpenCommandLog } from './feed.ts';

type TellControl = Parameters<Feed['play']>[1];

/** The simulator in the server's own process: a tape, played to a schedule, with the faults of a scenario. */
export class EmbeddedFeed implements Feed {
  readonly #tape: TapeReader;
  readonly #faults: { readonly scenario: FaultScenario; readonly plan: FaultPlan } | undefined;
  #config: EmbeddedFeedConfig;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #schedule: Schedule;
  #state: FeedState = 'waiting';

  /**
   * @throws TapeError when there is no such tape, or it can't be used
   * @throws ScenarioError when there is no such scenario, or it can't be used with this tape
   */
  constructor(config: EmbeddedFeedConfig, clock: Clock) {
    const scenario = config.faults === undefined ? undefined : loadScenario(config.faults);
    this.#tape = openTape(config.tapePath);
    this.#config = config;
    this.#clock = clock;
    this.#schedule = this.#scheduleFrom(0);
    if (scenario === undefined) return;
    const { header } = this.#tape;
    // However often the run is resumed, faults count their seconds from where it began.
    const originUs = this.#part().fromUs;
    this.#faults = { scenario, plan: new FaultPlan({ scenario, header, originUs, schedule: () => this.#schedule }) };
  }

  get instruments(): Feed['instruments'] {
    return this.#tape.header.instruments;
  }

  get calendar(): TradingCalendar | undefined {
    return calendarOf(this.#tape.header);
  }

  get state(): FeedState {
    return this.#state;
  }

  readonly warm = (sink: (tick: Tick) => void): number => {
    const { fromUs } = this.#part();
    const cursor = this.#tape.cursor();
    while (cursor.peekTimeUs() < fromUs && cursor.next()) sink(cursor.tick);
    return fromUs;
  };

  readonly play = async (
    sink: (tick: Tick, dueTimeUs: number) => void,
    control: (control: Control, dueTimeUs: number) => void,
  ): Promise<void> => {
    const schedule = this.#scheduleFrom(this.#config.startAtUs ?? this.#clock.nowUs());
    this.#schedule = schedule;
    const replay = new Replay({ cursor: this.#tape.cursor(schedule.fromEventUs), schedule });
    const minutes = this.#minutes(replay, control);
    const { signal } = this.#stop;
    signal.addEventListener('abort', () => minutes.stop());
    this.#state = 'playing';
    try {
      minutes.start();
      await runPaced({ replay, clock: this.#clock, sink: minutes.before(this.#halting(sink, control)), signal });
      await minutes.end();
    } finally {
      minutes.stop();
      this.#state = 'ended';
      this.#tape.close();
    }
  };

  /** The ends of minutes, and the scenario's faults if there are any. */
  #minutes(replay: Replay, control: TellControl): Pick<MinuteEnds, 'before' | 'start' | 'stop' | 'end'> {
    const options = { replay, clock: this.#clock, toUs: this.#part().toUs, sink: control };
    if (this.#faults === undefined) return new MinuteEnds(options);
    const faults = createFeedFaults({
      ...this.#faults,
      header: this.#tape.header,
      schedule: replay.schedule,
      onHalt: (change, times) => control(controlOf(change), times.dueTimeUs),
    });
    return new FaultedReplay({ ...options, faults });
  }

  /** Tells the tape's own halts, each before the first event after it. */
  #halting(sink: TickSink, control: TellControl): TickSink {
    const { halts } = this.#tape.header;
    if (halts === undefined) return sink;
    const track = new HaltTrack(halts);
    let dueUs = 0;
    const tell = (change: HaltChange): void => control(controlOf(change), dueUs);
    let isBegun = false;
    return (tick, dueTimeUs) => {
      dueUs = dueTimeUs;
      if (!isBegun) {
        isBegun = true;
        track.begin(this.#part().fromUs, tell);
      }
      if (tick.eventTimeUs >= track.nextUs) track.advance(tick.eventTimeUs, tell);
      sink(tick, dueTimeUs);
    };
  }

  readonly resumeAfter = (eventTimeUs: number): void => {
    const { fromUs } = this.#part();
    const { startAtUs, speed } = this.#config;
    const resumedUs = eventTimeUs + 1;
    if (resumedUs <= fromUs) return;
    const skippedUs = speed === Number.POSITIVE_INFINITY ? 0 : (resumedUs - fromUs) / speed;
    const schedule = startAtUs === undefined ? {} : { startAtUs: startAtUs + skippedUs };
    this.#config = { ...this.#config, ...schedule, fromUs: resumedUs };
  };

  readonly stop = (): void => {
    if (this.#state === 'waiting') {
      this.#state = 'ended';
      this.#tape.close();
    }
    this.#stop.abort();
  };

  /**
   * Opens the log that lets `tapedeck replay --commands` repeat this run.
   *
   * @throws CommandLogError when the file can't be written
   */
  readonly openCommandLog = async (path: string, rules: EngineRules): Promise<OpenCommandLog> => {
    const { speed, seed = this.#tape.header.seed, tapePath } = this.#config;
    const { startingCash, closedOrdersKept, ratchetWindowUs } = rules;
    const writer = await CommandLogWriter.open(path, {
      tape: { path: tapePath, sha256: this.#tape.header.sha256 },
      ...this.#part(),
      speed: speed === Number.POSITIVE_INFINITY ? null : speed,
      seed,
      ratchetWindowUs,
      ...(startingCash !== undefined && { startingCash }),
      ...(closedOrdersKept !== undefined && { closedOrdersKept }),
      ...(this.#faults !== undefined && { scenario: faultsOf(this.#faults.scenario) }),
    });
    return {
      command: (inputSeq, command) => writer.command(inputSeq, command),
      control: (inputSeq, control) => writer.control(inputSeq, control),
      close: (end) => writer.close(end),
    };
  };

  #scheduleFrom(startUs: number): Schedule {
    const { fromUs, toUs } = this.#part();
    return { startUs, fromEventUs: fromUs, toEventUs: toUs, speed: this.#config.speed };
  }

  #part(): { readonly fromUs: number; readonly toUs: number } {
    const { firstEventUs, lastEventUs } = this.#tape.header;
    // The end is exclusive, and times are whole.
    const { fromUs = firstEventUs, toUs = lastEventUs + 1 } = this.#config;
    return { fromUs, toUs };
  }
}

function controlOf({ symbol, isHalted }: HaltChange): Control {
  return { kind: isHalted ? 'halt' : 'resume', symbol };
}

/** What a repetition must know of a scenario. */
function faultsOf({
  name,
  seed,
  tape: { speed, date },
  faults = [],
}: FaultScenario): NonNullable<CommandLogHeader['scenario']> {
  return { name, seed, tape: { speed, ...(date !== undefined && { date }) }, faults };
}
