import type { BarBuilder } from '../market/bars/builder.ts';
import type { BarSink } from '../market/bars/types.ts';
import type { TradingCalendar } from '../market/calendar/types.ts';
import { type CleaningRules, TradeFlag } from '../market/clean.ts';
import { MarketEngine } from '../market/engine.ts';
import { PatternFeed } from '../market/patterns/patternFeed.ts';
import { RunHash } from '../market/runHash.ts';
import { marketOptions } from '../market/servedMarket.ts';
import {
  type Command,
  type CommandOutcome,
  type Control,
  type CorporateAction,
  type Instrument,
  type MarketEvent,
  type Tick,
  TickKind,
} from '../market/types.ts';
import type { Clock } from '../protocol/clock.ts';
import { BarWork } from './barWork.ts';
import type { Feed } from './feeds/feed.ts';
import { HaltNotices } from './haltNotices.ts';
import type { Hub } from './hub/hub.ts';
import type { ServerMetrics } from './metrics.ts';
import type { Restored } from './openJournal.ts';
import type { Durability } from './store/durability.ts';

/** Commands that may wait for the engine; more are refused, so that a flood can't fill the memory. */
const MAX_QUEUED_COMMANDS = 10_000;
/** A tick that comes later than this after it was due counts as late, µs. */
const LATE_AFTER_US = 1_000;

/** Keeps the commands and controls of a run, so that it can be repeated. */
export interface CommandLog {
  /** Notes a command that the engine is about to take after `inputSeq` inputs. */
  readonly command: (inputSeq: number, command: Command) => void;
  /** Notes a control that the engine is about to take after `inputSeq` inputs. */
  readonly control: (inputSeq: number, control: Control) => void;
}

interface QueuedCommand {
  readonly command: Command;
  readonly receivedTimeUs: number;
  readonly done: (outcome: CommandOutcome) => void;
}

export interface EngineLoopOptions {
  readonly instruments: readonly Instrument[];
  /** When they trade; undefined: always. */
  readonly calendar?: TradingCalendar | undefined;
  /** Cash units of a new account; absent: the engine's default. */
  readonly startingCash: number | undefined;
  /** Closed orders of an account that are remembered; absent: the engine's default. */
  readonly closedOrdersKept?: number | undefined;
  readonly ratchetWindowUs: number;
  /** How ticks are cleaned; undefined: as a tape's. */
  readonly cleaning?: CleaningRules | undefined;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly metrics: ServerMetrics;
  readonly commandLog: CommandLog | undefined;
  /** Journals what inputs change, and says when that is safe; absent: nothing is journaled. */
  readonly durability?: Durability | undefined;
  /** A state to go on from; absent: a new market. */
  readonly restored?: Pick<Restored, 'snapshot' | 'marketUs' | 'actions'> | undefined;
  /** Calls back on the loop's next turn. */
  readonly soon: (callback: () => void) => void;
}

/** The one ordered stream of inputs into the engine: ticks and controls as they come, commands on the turn after they came. */
export class EngineLoop {
  readonly engine: MarketEngine;
  /** The engine's bars and windows. */
  readonly bars: BarBuilder;
  readonly patterns: PatternFeed;
  readonly #options: Omit<EngineLoopOptions, 'restored'>;
  readonly #runHash = new RunHash();
  readonly #times = { receivedTimeUs: 0, dueTimeUs: 0 };
  readonly #barWork: BarWork;
  #queue: QueuedCommand[] = [];
  #inputs = 0;
  #positionUs: number | null = null;
  /** The tick at work that the hub hasn't been told of yet. */
  #untold: Tick | undefined = undefined;
  #isClosed = false;
  #isWarming = false;
  readonly #halts: HaltNotices;
  /** Corporate actions that the journal has and a tape plays once more, until its first tick. */
  #known: readonly CorporateAction[];

  constructor({ restored, ...options }: EngineLoopOptions) {
    this.#options = options;
    this.#known = restored?.actions ?? [];
    this.#halts = new HaltNotices({
      halted: restored?.snapshot.halted ?? [],
      nameOf: (symbol) => options.instruments[symbol]?.symbol ?? '',
    });
    const { instruments, calendar, startingCash, closedOrdersKept, ratchetWindowUs, cleaning, hub } = options;
    const times = this.#times;
    this.patterns = new PatternFeed({
      symbols: instruments.length,
      sink: () => hub.onPattern(this.patterns.engine.describe(), this.#barWork.times),
      next: {
        barClosed: (symbol, frame) => hub.onBar({ symbol, frame, back: 0, isCorrection: false }, this.#barWork.times),
        barCorrected: (symbol, frame, back) => hub.onBar({ symbol, frame, back, isCorrection: true }, times),
        gap: () => undefined,
      },
    });
    const { clock, metrics } = options;
    this.#barWork = new BarWork({
      symbols: instruments.length,
      times,
      next: this.patterns,
      clock,
      soon: options.soon,
      closingStartUs: () => this.bars.formingStartUs(0),
      onSlice: () => {
        options.durability?.commit();
        hub.flushAll();
      },
      onDone: ({ receivedTimeUs }) => metrics.observeProcessUs(clock.nowUs() - receivedTimeUs),
    });
    const sink: BarSink = {
      barClosed: (symbol, frame) => {
        if (!this.#isWarming) this.#barWork.barClosed(symbol, frame);
      },
      barCorrected: (symbol, frame, back) => {
        if (!this.#isWarming) this.#barWork.barCorrected(symbol, frame, back);
      },
      gap: () => undefined,
    };
    const engineOptions = {
      ...marketOptions({ instruments, calendar, startingCash, closedOrdersKept, ratchetWindowUs, cleaning }, sink),
      sink: (event: MarketEvent) => this.#onEvent(event),
    };
    this.engine =
      restored === undefined ? new MarketEngine(engineOptions) : MarketEngine.restore(engineOptions, restored.snapshot);
    if (restored !== undefined && restored.marketUs > 0) this.#positionUs = restored.marketUs;
    options.durability?.connect({
      changes: this.engine.gatherChanges(),
      tickers: this.engine.tickers,
      marketUs: () => this.#positionUs ?? 0,
      release: (entries) => hub.release(entries),
    });
    const { data } = this.engine;
    if (data === undefined) throw new Error('the engine was made without bars');
    this.bars = data.bars;
    this.patterns.connect(this.bars);
    hub.connect({ bars: this.bars, tickers: this.engine.tickers, settle: () => this.#barWork.settle() });
  }

  /**
   * Fills windows and pattern state from what the market did before the part that is played; `play` gives its ticks to the
   * sink and returns the time up to which they go, µs. Nothing is told, no ticker changes, no number is spent.
   */
  warm(play: NonNullable<Feed['warm']>): void {
    const { bars, patterns } = this;
    this.#isWarming = true;
    const take = (tick: Tick): void => {
      if (tick.kind === TickKind.TRADE && (tick.flags & TradeFlag.NOT_LAST) === 0) bars.onTrade(tick);
      else bars.onClock(tick.eventTimeUs);
    };
    const untilUs = play(take, (bar) => bars.onBar(bar));
    if (untilUs !== undefined) bars.onClock(untilUs);
    this.#isWarming = false;
    patterns.connect(bars);
  }

  /** Inputs taken so far, and the hash over them and all that came of them. */
  get end(): { readonly inputs: number; readonly runHash: string } {
    return { inputs: this.#inputs, runHash: this.#runHash.digest() };
  }

  /** Event time of the last tick, µs; null before the first. */
  get positionUs(): number | null {
    return this.#positionUs;
  }

  /** Why it takes no commands any more, one line; undefined while it does. */
  get failure(): string | undefined {
    return this.#options.durability?.failure;
  }

  /** Whether all that was taken is safe, or nothing is journaled. */
  get isSafe(): boolean {
    const { durability } = this.#options;
    return durability === undefined || durability.isSafe;
  }

  /** Calls back once all that was taken is safe, so that it may be told; at once when it is, or when nothing is journaled. */
  whenSafe(done: () => void): void {
    const { durability } = this.#options;
    if (durability === undefined || durability.failure !== undefined) done();
    else durability.whenSafe(done);
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
    if (this.#halts.isPending) this.#tellHalts();
    if (this.#barWork.isPending) this.#barWork.before(tick.eventTimeUs);
    this.#times.receivedTimeUs = receivedTimeUs;
    this.#times.dueTimeUs = dueTimeUs;
    this.#runHash.tick(tick);
    this.#inputs++;
    this.#untold = tick;
    if (this.engine.onTick(tick)) {
      this.#tellTick();
      this.#positionUs = tick.eventTimeUs;
      if (this.#known.length > 0) this.#known = [];
      metrics.ticks++;
      if (dueTimeUs !== 0 && receivedTimeUs - dueTimeUs > LATE_AFTER_US) metrics.lateTicks++;
    } else {
      this.#untold = undefined;
      metrics.countRefusedTick(this.#refusalOf(tick));
    }
    this.#options.durability?.commit();
    metrics.observeProcessUs(clock.nowUs() - receivedTimeUs);
    if (hub.isFull) hub.flush();
  };

  /** Takes the clock, a halt or its end, or a corporate action. `dueTimeUs` is 0 for a feed without a schedule. */
  readonly control = (control: Control, dueTimeUs: number): void => {
    if (this.#isClosed) return;
    const { clock, metrics, hub, commandLog, durability } = this.#options;
    if (control.kind === 'corporate_action' && this.#isKnown(control)) return;
    const isHalt = control.kind === 'halt' || control.kind === 'resume';
    if (this.#halts.isPending && !(isHalt && this.#halts.mayJoin(control.kind))) this.#tellHalts();
    const receivedTimeUs = clock.nowUs();
    if (control.kind === 'clock') this.#barWork.before(control.timeUs);
    else this.#barWork.settle();
    this.#times.receivedTimeUs = receivedTimeUs;
    this.#times.dueTimeUs = dueTimeUs;
    commandLog?.control(this.#inputs, control);
    this.#runHash.control(control);
    this.#inputs++;
    const isTaken = this.engine.onControl(control) === undefined;
    if (control.kind === 'clock') hub.onClock(control.timeUs);
    if (isHalt && isTaken) this.#noteHalt(control.kind, control.symbol);
    if (control.kind === 'corporate_action' && isTaken) {
      this.patterns.relearn(control.symbol);
      durability?.actionTaken(control);
      // The tickers are on the new scale.
      durability?.saveMarket(receivedTimeUs, metrics.ticks);
    }
    durability?.commit();
    metrics.observeProcessUs(clock.nowUs() - receivedTimeUs);
    if (hub.isFull) hub.flush();
  };

  /**
   * Queues a command for the next turn; `done` gets its outcome before its events are written.
   *
   * @returns false when the queue is full or the loop closed: the command isn't taken
   */
  submit(command: Command, done: (outcome: CommandOutcome) => void): boolean {
    if (this.#isClosed || this.failure !== undefined || this.#queue.length >= MAX_QUEUED_COMMANDS) return false;
    if (this.#queue.length === 0) this.#options.soon(this.#onTurn);
    this.#queue.push({ command, receivedTimeUs: this.#options.clock.nowUs(), done });
    this.#options.metrics.queuedCommands = this.#queue.length;
    return true;
  }

  /** Works what is queued and takes nothing more. */
  close(): void {
    this.#barWork.settle();
    this.#onTurn();
    this.#isClosed = true;
  }

  readonly #onTurn = (): void => {
    const { metrics, hub } = this.#options;
    if (this.#halts.isPending) this.#tellHalts();
    const queue = this.#queue;
    this.#queue = [];
    metrics.queuedCommands = 0;
    for (const queued of queue) this.#take(queued);
    hub.flush();
  };

  #noteHalt(code: 'halt' | 'resume', symbol: number): void {
    const isFirst = !this.#halts.isPending;
    if (!this.#halts.add(code, symbol) || !isFirst) return;
    this.#options.soon(() => {
      if (this.#halts.isPending) this.#tellHalts();
      this.#options.hub.flush();
    });
  }

  /** Journals the market with its halts, which no event tells, and tells everyone, before anything else happens. */
  #tellHalts(): void {
    const { durability, clock, metrics, hub } = this.#options;
    durability?.saveMarket(clock.nowUs(), metrics.ticks);
    hub.publishSystem(this.#halts.take());
  }

  /** Whether the journal has the action already, and a tape played on behind its last tick comes to it again. */
  #isKnown(action: CorporateAction): boolean {
    const [first, ...rest] = this.#known;
    if (first === undefined || !isSameAction(first, action)) return false;
    this.#known = rest;
    return true;
  }

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
    const { durability } = this.#options;
    if (durability === undefined) done(outcome);
    else durability.commit(() => done(outcome));
  }

  /** Why the engine didn't take the tick; one that came late may have amended a bar. */
  #refusalOf(tick: Tick): string {
    if ((tick.flags & TradeFlag.NOT_LAST) !== 0) return 'not_last';
    return this.engine.tickers.fault(tick) ?? 'too_late';
  }

  #onEvent(event: MarketEvent): void {
    const { hub, metrics } = this.#options;
    this.#tellTick();
    this.#runHash.event(event);
    this.#options.durability?.note(event);
    if (event.kind === 'execution') {
      metrics.executions++;
      hub.onMarketEvent(event, this.#times, this.engine.position(event.account, event.symbol));
    } else {
      if (event.reason === 'triggered') metrics.triggers++;
      hub.onMarketEvent(event, this.#times);
    }
  }

  /** The tick goes out before the events that it causes. */
  #tellTick(): void {
    const tick = this.#untold;
    if (tick === undefined) return;
    this.#untold = undefined;
    this.#options.hub.onTick(tick, this.engine.tickers, this.#times);
  }
}

function isSameAction(one: CorporateAction, other: CorporateAction): boolean {
  return (
    one.symbol === other.symbol &&
    one.numerator === other.numerator &&
    one.denominator === other.denominator &&
    one.cashPerShare === other.cashPerShare
  );
}
