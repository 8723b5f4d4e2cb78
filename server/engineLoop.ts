import { MarketEngine } from '../market/engine.ts';
import { RunHash } from '../market/runHash.ts';
import type { Command, CommandOutcome, Instrument, MarketEvent, Tick } from '../market/types.ts';
import type { Clock } from '../protocol/clock.ts';
import type { Hub } from './hub/hub.ts';
import type { ServerMetrics } from './metrics.ts';

/** Commands that may wait for the engine; more are refused, so that a flood can't fill the memory. */
const MAX_QUEUED_COMMANDS = 10_000;
/** A tick that comes later than this after it was due counts as late, µs. */
const LATE_AFTER_US = 1_000;

/** Keeps the commands of a run, so that it can be repeated. */
export interface CommandLog {
  /** Notes a command that the engine is about to take after `inputSeq` inputs. */
  readonly command: (inputSeq: number, command: Command) => void;
}

interface QueuedCommand {
  readonly command: Command;
  readonly receivedTimeUs: number;
  readonly done: (outcome: CommandOutcome) => void;
}

export interface EngineLoopOptions {
  readonly instruments: readonly Instrument[];
  /** Cash units of a new account; absent: the engine's default. */
  readonly startingCash: number | undefined;
  readonly ratchetWindowUs: number;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly metrics: ServerMetrics;
  readonly commandLog: CommandLog | undefined;
  /** Calls back on the loop's next turn. */
  readonly soon: (callback: () => void) => void;
}

/** The one ordered stream of inputs into the engine: ticks as they come, commands on the turn after they came. */
export class EngineLoop {
  readonly engine: MarketEngine;
  readonly #options: EngineLoopOptions;
  readonly #runHash = new RunHash();
  readonly #times = { receivedTimeUs: 0, dueTimeUs: 0 };
  #queue: QueuedCommand[] = [];
  #inputs = 0;
  #positionUs: number | null = null;
  /** The tick at work that the hub hasn't been told of yet. */
  #untold: Tick | undefined = undefined;
  #isClosed = false;

  constructor(options: EngineLoopOptions) {
    this.#options = options;
    this.engine = new MarketEngine({
      instruments: options.instruments,
      sink: (event) => this.#onEvent(event),
      ratchetWindowUs: options.ratchetWindowUs,
      ...(options.startingCash !== undefined && { startingCash: options.startingCash }),
    });
  }

  /** Inputs taken so far, and the hash over them and all that came of them. */
  get end(): { readonly inputs: number; readonly runHash: string } {
    return { inputs: this.#inputs, runHash: this.#runHash.digest() };
  }

  /** Event time of the last tick, µs; null before the first. */
  get positionUs(): number | null {
    return this.#positionUs;
  }

  /** Whether it takes nothing more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes one tick and works it to its end. `dueTimeUs` is 0 for a feed without a schedule. Allocates nothing for a tick that reaches no order. */
  readonly tick = (tick: Tick, dueTimeUs: number): void => {
    if (this.#isClosed) return;
    const { clock, metrics, hub } = this.#options;
    const receivedTimeUs = clock.nowUs();
    this.#times.receivedTimeUs = receivedTimeUs;
    this.#times.dueTimeUs = dueTimeUs;
    this.#runHash.tick(tick);
    this.#inputs++;
    this.#untold = tick;
    if (this.engine.onTick(tick)) {
      this.#tellTick();
      this.#positionUs = tick.eventTimeUs;
      metrics.ticks++;
      if (dueTimeUs !== 0 && receivedTimeUs - dueTimeUs > LATE_AFTER_US) metrics.lateTicks++;
    } else {
      this.#untold = undefined;
      metrics.countRefusedTick(this.engine.tickers.fault(tick) ?? 'unknown');
    }
    metrics.observeProcessUs(clock.nowUs() - receivedTimeUs);
    if (hub.isFull) hub.flush();
  };

  /**
   * Queues a command for the next turn; `done` gets its outcome before its events are written.
   *
   * @returns false when the queue is full or the loop closed: the command isn't taken
   */
  submit(command: Command, done: (outcome: CommandOutcome) => void): boolean {
    if (this.#isClosed || this.#queue.length >= MAX_QUEUED_COMMANDS) return false;
    if (this.#queue.length === 0) this.#options.soon(this.#onTurn);
    this.#queue.push({ command, receivedTimeUs: this.#options.clock.nowUs(), done });
    this.#options.metrics.queuedCommands = this.#queue.length;
    return true;
  }

  /** Works what is queued and takes nothing more. */
  close(): void {
    this.#onTurn();
    this.#isClosed = true;
  }

  readonly #onTurn = (): void => {
    const { metrics, hub } = this.#options;
    const queue = this.#queue;
    this.#queue = [];
    metrics.queuedCommands = 0;
    for (const queued of queue) this.#take(queued);
    hub.flush();
  };

  #take({ command, receivedTimeUs, done }: QueuedCommand): void {
    const { commandLog, metrics, clock } = this.#options;
    this.#times.receivedTimeUs = receivedTimeUs;
    this.#times.dueTimeUs = 0;
    commandLog?.command(this.#inputs, command);
    this.#runHash.command(command);
    this.#inputs++;
    const outcome = this.engine.onCommand(command);
    metrics.observeProcessUs(clock.nowUs() - receivedTimeUs);
    if (outcome.kind === 'taken' && command.kind === 'place') metrics.orders++;
    if (outcome.kind === 'rejected') metrics.countRejectedOrder(outcome.reason);
    done(outcome);
  }

  #onEvent(event: MarketEvent): void {
    const { hub, metrics } = this.#options;
    this.#tellTick();
    this.#runHash.event(event);
    if (event.kind === 'execution') metrics.executions++;
    else if (event.reason === 'triggered') metrics.triggers++;
    hub.onMarketEvent(event, this.#times);
  }

  /** The tick goes out before the events that it causes. */
  #tellTick(): void {
    const tick = this.#untold;
    if (tick === undefined) return;
    this.#untold = undefined;
    this.#options.hub.onTick(tick, this.engine.tickers, this.#times);
  }
}
