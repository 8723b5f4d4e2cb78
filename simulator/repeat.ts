import { MarketEngine } from '../market/engine.ts';
import { RunHash } from '../market/runHash.ts';
import { marketOptions, NO_BAR_SINK } from '../market/servedMarket.ts';
import type { Tick } from '../market/types.ts';
import { type CommandLog, CommandLogError, type LoggedInput } from './commandLog.ts';
import { FaultedTicks } from './faults/faultedTicks.ts';
import { EventHash } from './tape/eventHash.ts';
import type { TapeReader } from './tape/types.ts';
import { calendarOf } from './tapeCalendar.ts';
import { hostTimers, type Timers } from './timers.ts';

/** Inputs between two turns of the event loop. */
const INPUTS_PER_TURN = 20_000;

/** A run that was repeated from its command log. */
export interface RepeatedRun {
  readonly inputs: number;
  readonly ticks: number;
  readonly commands: number;
  /** Clock inputs, halts and the like. */
  readonly controls: number;
  /** EventHash over the ticks, hex. */
  readonly eventHash: string;
  /** RunHash over ticks, commands, controls and events, hex. */
  readonly runHash: string;
  /** What the live run wrote at its end. */
  readonly loggedRunHash: string;
}

/**
 * Repeats a live run: the log's part of the tape and its commands, in the live order, through a new engine.
 *
 * @throws CommandLogError when the tape isn't the one that the run played, or has too few events
 * @throws TapeError when the tape is altered
 * @throws the signal's reason when it is aborted
 */
export async function replayCommands(options: {
  readonly log: CommandLog;
  readonly tape: TapeReader;
  readonly signal?: AbortSignal;
  readonly onProgress?: (inputs: number) => void;
  readonly timers?: Timers;
}): Promise<RepeatedRun> {
  const { log, tape, timers = hostTimers } = options;
  if (tape.header.sha256 !== log.header.tape.sha256) {
    throw new CommandLogError(
      `${log.path}:1: the run played a tape with sha256 ${log.header.tape.sha256}, ${tape.path} has ${tape.header.sha256}; name the run's own with --tape`,
    );
  }
  const repetition = new Repetition(log, tape);
  while (!repetition.run(INPUTS_PER_TURN)) {
    options.onProgress?.(repetition.inputs);
    await new Promise<void>((resolve) => timers.soon(resolve));
    options.signal?.throwIfAborted();
  }
  return repetition.result();
}

class Repetition {
  inputs = 0;
  readonly #log: CommandLog;
  readonly #tape: TapeReader;
  readonly #engine: MarketEngine;
  readonly #runHash = new RunHash();
  readonly #eventHash = new EventHash();
  readonly #nextTick: () => Tick | undefined;
  /** Commands and controls taken from the log. */
  #logged = 0;
  #controls = 0;

  constructor(log: CommandLog, tape: TapeReader) {
    const { fromUs, toUs, startingCash, closedOrdersKept, ratchetWindowUs } = log.header;
    this.#log = log;
    this.#tape = tape;
    const { instruments } = tape.header;
    const rules = { instruments, calendar: calendarOf(tape.header), startingCash, closedOrdersKept, ratchetWindowUs };
    this.#engine = new MarketEngine({
      ...marketOptions(rules, NO_BAR_SINK),
      sink: (event) => this.#runHash.event(event),
    });
    const cursor = tape.cursor(fromUs);
    const nextTick = (): Tick | undefined => (cursor.peekTimeUs() < toUs && cursor.next() ? cursor.tick : undefined);
    const { scenario } = log.header;
    this.#nextTick =
      scenario === undefined ? nextTick : new FaultedTicks({ scenario, header: tape.header, fromUs, nextTick }).next;
  }

  /** Takes up to `count` inputs; true when all are taken. */
  run(count: number): boolean {
    const end = Math.min(this.#log.inputs, this.inputs + count);
    while (this.inputs < end) {
      const next = this.#log.logged[this.#logged];
      if (next?.inputSeq === this.inputs) {
        this.#take(next);
        this.#logged += 1;
      } else {
        this.#tick();
      }
      this.inputs += 1;
    }
    return this.inputs === this.#log.inputs;
  }

  result(): RepeatedRun {
    return {
      inputs: this.inputs,
      ticks: this.inputs - this.#logged,
      commands: this.#logged - this.#controls,
      controls: this.#controls,
      eventHash: this.#eventHash.digest(),
      runHash: this.#runHash.digest(),
      loggedRunHash: this.#log.runHash,
    };
  }

  #take(input: LoggedInput): void {
    if (input.kind === 'command') {
      this.#runHash.command(input.command);
      this.#engine.onCommand(input.command);
    } else {
      this.#runHash.control(input.control);
      this.#engine.onControl(input.control);
      this.#controls += 1;
    }
  }

  #tick(): void {
    const tick = this.#nextTick();
    if (tick === undefined) {
      const ticks = this.inputs - this.#logged;
      throw new CommandLogError(
        `${this.#log.path}: the run took ${this.#log.inputs} inputs, ${this.#tape.path} ends after ${ticks} ticks`,
      );
    }
    this.#runHash.tick(tick);
    this.#eventHash.add(tick);
    this.#engine.onTick(tick);
  }
}
