import type { BuyingPowerRule } from './accounts/buyingPower.ts';
import type { Commission } from './accounts/commission.ts';
import type { CostBasis } from './accounts/position.ts';
import type { CleaningRefusal } from './clean.ts';
import { MarketData, type MarketDataOptions } from './marketData.ts';
import { DeskChanges } from './orders/changes.ts';
import { priceChangeOf, refuseAction } from './orders/corporate.ts';
import { OrderDesk } from './orders/desk.ts';
import type { Liquidity } from './orders/liquidity.ts';
import { restoreDesk, saveDesk } from './orders/saved.ts';
import type { WorkingOrders } from './orders/workingOrders.ts';
import { count, Refused } from './refused.ts';
import { type EngineSnapshot, SNAPSHOT_VERSION, SnapshotError } from './snapshot.ts';
import { isPrice, TickerState } from './tickers.ts';
import {
  CASH_SCALE,
  type Command,
  type CommandOutcome,
  type Control,
  type ControlRefusal,
  type CorporateAction,
  type Instrument,
  type MarketEvent,
  type OrderView,
  type PortfolioView,
  type PositionView,
  type RejectReason,
  type SessionCalendar,
  type Tick,
  TickKind,
  type TradeBar,
} from './types.ts';

/** What an account starts with by default: ten million of the currency, in cash units. */
export const DEFAULT_STARTING_CASH = 10_000_000 * CASH_SCALE;
/** Ratchets of a trailing stop are told at most once in this span of event time. */
export const DEFAULT_RATCHET_WINDOW_US = 100_000;

export interface MarketEngineOptions {
  /** `instruments[i].index` is `i`. */
  readonly instruments: readonly Instrument[];
  /** Gets every event, at once and in the order in which they arise. It may read the engine, not feed it. */
  readonly sink: (event: MarketEvent) => void;
  /** Cash units that an account starts with when it is first named (default {@link DEFAULT_STARTING_CASH}). */
  readonly startingCash?: number;
  /** Span of event time in which an order's ratchets are told once (default {@link DEFAULT_RATCHET_WINDOW_US}). */
  readonly ratchetWindowUs?: number;
  /** When orders work: absent, it is always the regular session, and DAY orders are refused. */
  readonly calendar?: SessionCalendar;
  /** Whether a fill is whole whatever the tick's size (default), or no more than that. */
  readonly fills?: 'whole' | 'tick_size';
  /** Default: a buy's value against the cash. */
  readonly buyingPower?: BuyingPowerRule;
  /** How the cost of what is sold is found (default `average`). */
  readonly costBasis?: CostBasis;
  /** Default: none. */
  readonly commission?: Commission;
  /** Closed orders that each account remembers for their `clientOrderId`, the last ones (default 10,000). */
  readonly closedOrdersKept?: number;
  /** Cleaning by its rules, bars and windows (default: none, and ticks are checked by {@link TickerState.fault} alone). */
  readonly data?: MarketDataOptions;
}

/**
 * The deterministic heart: ticks and commands in, order events, positions and portfolios out. It has no clock, draws no
 * chance and does no I/O, so one stream of input gives one stream of events. A tick that reaches no order and makes no
 * new extreme costs O(1) and allocates nothing.
 */
export class MarketEngine {
  readonly tickers: TickerState;
  /** Bars and windows, when asked for. It feeds on the engine's inputs. */
  readonly data: MarketData | undefined;
  readonly #instruments: readonly Instrument[];
  readonly #desk: OrderDesk;
  /** The desk's, at hand for every tick. */
  readonly #working: WorkingOrders;
  readonly #liquidity: Liquidity;
  readonly #refused = new Refused();
  #isBusy = false;

  constructor(options: MarketEngineOptions) {
    const { instruments, sink, startingCash = DEFAULT_STARTING_CASH } = options;
    const { ratchetWindowUs = DEFAULT_RATCHET_WINDOW_US, calendar, fills = 'whole' } = options;
    const { buyingPower = { kind: 'cash' }, costBasis, commission, closedOrdersKept } = options;
    instruments.forEach(({ index, symbol }, at) => {
      if (index !== at) throw new RangeError(`instrument ${symbol} has index ${index} at place ${at}`);
    });
    this.#instruments = instruments;
    this.tickers = new TickerState(instruments.length);
    this.data = options.data === undefined ? undefined : new MarketData(this.tickers, options.data);
    const accountRules = {
      ...(costBasis !== undefined && { costBasis }),
      ...(commission !== undefined && { commission }),
      ...(closedOrdersKept !== undefined && { closedOrdersKept }),
    };
    const { tickers } = this;
    const parts = { instruments, tickers, sink, calendar, fills, buyingPower, accountRules };
    this.#desk = new OrderDesk({ ...parts, startingCash, ratchetWindowUs });
    this.#working = this.#desk.working;
    this.#liquidity = this.#desk.liquidity;
  }

  /**
   * Makes an engine that goes on from a saved state as the one that saved it would have. The options have to be the same;
   * they aren't part of the state.
   *
   * @throws SnapshotError when the state is of other instruments, or of bars that the options don't make so
   */
  static restore(options: MarketEngineOptions, snapshot: EngineSnapshot): MarketEngine {
    const names = options.instruments.map(({ symbol }) => symbol);
    if (names.length !== snapshot.instruments.length || names.some((name, at) => name !== snapshot.instruments[at])) {
      const counts = `${snapshot.instruments.length} of them, not these ${names.length}`;
      throw new SnapshotError(`the saved state is of other instruments (${counts}); start from the tape instead`);
    }
    const engine = new MarketEngine(options);
    engine.tickers.restore(snapshot.tickers);
    restoreDesk(engine.#desk, snapshot);
    engine.#refused.restore(snapshot);
    engine.#restoreData(snapshot);
    return engine;
  }

  /** The whole state between two inputs, as plain data. */
  snapshot(): EngineSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      instruments: this.#instruments.map(({ symbol }) => symbol),
      tickers: this.tickers.state(),
      ...saveDesk(this.#desk),
      ...this.#refused.state(),
      ...(this.data !== undefined && { data: this.data.save() }),
    };
  }

  /** Begins to gather what events change. Whoever gathers notes every event from the sink. */
  gatherChanges(): DeskChanges {
    return new DeskChanges(this.#desk);
  }

  /** Takes one tick and works it to its end. Returns false when it was refused, which changes nothing and is counted in {@link refusedTicks}, or amended a bar alone. */
  onTick(tick: Tick): boolean {
    if (this.#isBusy) throw fedFromSink();
    const { data } = this;
    if (data === undefined) {
      if (!this.#applyAlone(tick)) return false;
    } else {
      this.#isBusy = true;
      const verdict = data.onTick(tick);
      this.#isBusy = false;
      if (verdict !== 'taken') return false;
    }
    this.#liquidity.renew(tick);
    // What follows is apart, so that the compiler puts the way of a quiet tick into one piece of code.
    if (!this.#working.isQuiet(tick)) this.#work(tick);
    return true;
  }

  /**
   * Takes one bar where no trades are known, as one tick that walks from its open to its close: what lies on the way
   * is filled at the price at which it lies, what the open has gapped beyond at the open. Returns false when it was refused.
   */
  onBar(bar: TradeBar): boolean {
    if (this.#isBusy) throw fedFromSink();
    const { symbol, eventTimeUs, open, high, low, close, volume } = bar;
    const rest = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
    const tick = { kind: TickKind.TRADE, symbol, eventTimeUs, price: open, size: volume, ...rest };
    const isSound = isPrice(low) && isPrice(high) && low <= Math.min(open, close) && high >= Math.max(open, close);
    const fault = this.tickers.fault(tick) ?? (isSound && isPrice(close) ? undefined : 'bad_price');
    if (fault !== undefined) {
      count(this.#refused.ticks, fault);
      return false;
    }
    this.tickers.apply(tick);
    this.#liquidity.renew(tick);
    const isRegular = this.#desk.hours.isRegular(symbol);
    const isLowFirst = open - low <= high - open;
    const path = isLowFirst ? [open, low, high, close] : [open, high, low, close];
    this.#isBusy = true;
    try {
      this.#desk.work(tick.kind, symbol, isRegular);
      path.forEach((to, at) => {
        this.#desk.walk(symbol, { from: path[at - 1] ?? to, to }, isRegular);
      });
    } finally {
      this.#isBusy = false;
    }
    return true;
  }

  /** Takes one command. What it causes leaves through the sink before this returns. A refused one is counted in {@link refusedCommands}. */
  onCommand(command: Command): CommandOutcome {
    if (this.#isBusy) throw fedFromSink();
    this.#isBusy = true;
    try {
      const outcome = this.#desk.take(command);
      if (outcome.kind === 'rejected') count(this.#refused.commands, outcome.reason);
      return outcome;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Takes the clock, a halt or its end, or a corporate action. Returns why it was refused, counted in {@link refusedControls}, or undefined when it was taken. */
  onControl(control: Control): ControlRefusal | undefined {
    if (this.#isBusy) throw fedFromSink();
    this.#isBusy = true;
    try {
      const refusal = this.#control(control);
      if (refusal !== undefined) count(this.#refused.controls, refusal);
      return refusal;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Refused ticks by reason. */
  get refusedTicks(): ReadonlyMap<CleaningRefusal, number> {
    if (this.data === undefined) return this.#refused.ticks;
    const all = new Map(this.data.cleaner.refused);
    // Bars as input aren't cleaned, they are counted here.
    for (const [reason, times] of this.#refused.ticks) all.set(reason, (all.get(reason) ?? 0) + times);
    return all;
  }

  /** Refused commands by reason. */
  get refusedCommands(): ReadonlyMap<RejectReason, number> {
    return this.#refused.commands;
  }

  /** Refused controls by reason. */
  get refusedControls(): ReadonlyMap<ControlRefusal, number> {
    return this.#refused.controls;
  }

  /** The last clock input, µs since the epoch; 0 before the first. */
  get clockUs(): number {
    return this.#desk.hours.clockUs;
  }

  isHalted(symbol: number): boolean {
    return this.#desk.hours.isHalted(symbol);
  }

  /** The state of an order, open or closed; undefined when the account never placed it, or so long ago that it is forgotten. */
  order(account: string, clientOrderId: string): OrderView | undefined {
    return this.#desk.accounts.get(account)?.orders.get(clientOrderId)?.view();
  }

  /** The account's live orders, children that wait for their parent included, oldest first. */
  workingOrders(account: string): OrderView[] {
    const working = this.#desk.accounts.get(account)?.working.values() ?? [];
    return [...working].map((order) => order.view());
  }

  /** The account's positions, closed ones included, in order of the first fill; none for an account never named. */
  positions(account: string): PositionView[] {
    return this.#desk.accounts.get(account)?.positions(this.tickers) ?? [];
  }

  /** The account's position in one symbol; undefined before its first fill. */
  position(account: string, symbol: number): PositionView | undefined {
    return this.#desk.accounts.get(account)?.positionView(symbol, this.tickers);
  }

  /** The account's cash and worth; for an account never named all 0. */
  portfolio(account: string): PortfolioView {
    const empty = { account, cash: 0, equity: 0, realizedPnl: 0, unrealizedPnl: 0, deposits: 0 };
    return this.#desk.accounts.get(account)?.portfolio(this.tickers) ?? empty;
  }

  /** Every account that has placed an order, in order of the first. */
  accounts(): string[] {
    return [...this.#desk.accounts.keys()];
  }

  /** What the account's working orders reserve of its buying power, in cash units; 0 by the rule `cash`. */
  reserved(account: string): number {
    return this.#desk.accounts.get(account)?.reservations.total ?? 0;
  }

  /** What the account may still spend by the engine's rule, in cash units; for an account never named 0. */
  buyingPower(account: string): number {
    const known = this.#desk.accounts.get(account);
    return known === undefined ? 0 : this.#desk.buyingPower.of(known);
  }

  #restoreData({ data }: EngineSnapshot): void {
    if (data === undefined) return;
    if (this.data === undefined)
      throw new SnapshotError('the saved state holds bars, and this engine makes none; give it the same options');
    try {
      this.data.restore(data);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SnapshotError(`the saved bars are of other options (${error.message}); start from the tape instead`);
    }
  }

  /** Applies a tick to the last known market where no bars are made; false when it is refused. */
  #applyAlone(tick: Tick): boolean {
    const fault = this.tickers.fault(tick);
    if (fault === undefined) this.tickers.apply(tick);
    else count(this.#refused.ticks, fault);
    return fault === undefined;
  }

  /** Does what the tick just applied calls for. */
  #work({ kind, symbol }: Tick): void {
    this.#isBusy = true;
    try {
      this.#desk.work(kind, symbol, this.#desk.hours.isRegular(symbol));
    } finally {
      this.#isBusy = false;
    }
  }

  #control(control: Control): ControlRefusal | undefined {
    const { hours } = this.#desk;
    if (control.kind === 'clock') {
      const fault = hours.clockFault(control.timeUs);
      if (fault !== undefined) return fault;
      hours.clockUs = control.timeUs;
      this.data?.onClock(control.timeUs);
      this.#desk.expire(control.timeUs);
      return undefined;
    }
    const instrument = this.#instruments[control.symbol];
    if (instrument === undefined || Object.is(control.symbol, -0)) return 'unknown_symbol';
    if (control.kind === 'halt') hours.halt(control.symbol);
    else if (control.kind === 'resume') hours.resume(control.symbol);
    else return this.#adjust(control, instrument);
    return undefined;
  }

  #adjust(action: CorporateAction, instrument: Instrument): ControlRefusal | undefined {
    const refusal = refuseAction(action);
    if (refusal !== undefined) return refusal;
    const { symbol } = action;
    this.data?.bars.adjust(action, instrument);
    const oldPrice = this.tickers.last[symbol] as number;
    for (const account of this.#desk.accounts.values()) account.adjust(action, oldPrice);
    if (action.numerator !== action.denominator) {
      this.tickers.split(symbol, action);
      this.#liquidity.exhaust(symbol);
    }
    this.#desk.adjust(symbol, priceChangeOf(action, instrument));
    return undefined;
  }
}

function fedFromSink(): Error {
  return new Error('the engine was fed from its own sink');
}
