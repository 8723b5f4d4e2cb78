import { OrderDesk } from './orders/desk.ts';
import { TickerState } from './tickers.ts';
import {
  CASH_SCALE,
  type Command,
  type CommandOutcome,
  type Instrument,
  type MarketEvent,
  type OrderView,
  type PortfolioView,
  type PositionView,
  type Tick,
  type TickRefusal,
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
}

/**
 * The deterministic heart: ticks and commands in, order events, positions and portfolios out. It has no clock, draws no
 * chance and does no I/O, so one stream of input gives one stream of events. A tick that reaches no order and makes no
 * new extreme costs O(1) and allocates nothing.
 */
export class MarketEngine {
  readonly tickers: TickerState;
  readonly #desk: OrderDesk;
  readonly #refusedTicks = new Map<TickRefusal, number>();
  #isBusy = false;

  constructor(options: MarketEngineOptions) {
    const { instruments, sink, startingCash = DEFAULT_STARTING_CASH } = options;
    const { ratchetWindowUs = DEFAULT_RATCHET_WINDOW_US } = options;
    instruments.forEach(({ index, symbol }, at) => {
      if (index !== at) throw new RangeError(`instrument ${symbol} has index ${index} at place ${at}`);
    });
    this.tickers = new TickerState(instruments.length);
    this.#desk = new OrderDesk({ instruments, tickers: this.tickers, sink, startingCash, ratchetWindowUs });
  }

  /** Takes one tick and works it to its end. Returns false when it was refused: it changed nothing and is counted in {@link refusedTicks}. */
  onTick(tick: Tick): boolean {
    if (this.#isBusy) throw new Error('the engine was fed from its own sink');
    const fault = this.tickers.fault(tick);
    if (fault !== undefined) {
      this.#refusedTicks.set(fault, (this.#refusedTicks.get(fault) ?? 0) + 1);
      return false;
    }
    this.tickers.apply(tick);
    const { kind, symbol } = tick;
    if (this.#desk.working.isQuiet(kind, symbol)) return true;
    this.#isBusy = true;
    try {
      this.#desk.work(kind, symbol);
    } finally {
      this.#isBusy = false;
    }
    return true;
  }

  /** Takes one command. What it causes leaves through the sink before this returns. */
  onCommand(command: Command): CommandOutcome {
    if (this.#isBusy) throw new Error('the engine was fed from its own sink');
    this.#isBusy = true;
    try {
      return command.kind === 'place' ? this.#desk.place(command) : this.#desk.cancel(command);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Refused ticks by reason. */
  get refusedTicks(): ReadonlyMap<TickRefusal, number> {
    return this.#refusedTicks;
  }

  /** The state of an order, open or closed; undefined when the account never placed it. */
  order(account: string, clientOrderId: string): OrderView | undefined {
    return this.#desk.accounts.get(account)?.orders.get(clientOrderId)?.view();
  }

  /** The account's open orders, oldest first. */
  workingOrders(account: string): OrderView[] {
    const working = this.#desk.accounts.get(account)?.working.values() ?? [];
    return [...working].map((order) => order.view());
  }

  /** The account's positions, closed ones included, in order of the first fill; none for an account never named. */
  positions(account: string): PositionView[] {
    return this.#desk.accounts.get(account)?.positions(this.tickers) ?? [];
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
}
