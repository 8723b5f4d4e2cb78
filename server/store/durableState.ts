import type { PositionState } from '../../market/accounts/position.ts';
import { type EngineSnapshot, SNAPSHOT_VERSION } from '../../market/snapshot.ts';
import type { CorporateAction } from '../../market/types.ts';
import { ClosedOrders } from './closedOrders.ts';
import { EventLog } from './eventLog.ts';
import {
  type AlertChange,
  type Change,
  type Market,
  type Origin,
  RecordKind,
  readOrder,
  type StoredAlert,
  type StoredEvent,
  type StoredOrder,
  type StoredRecord,
} from './records.ts';

/** An account's books, by symbol index. */
export interface StoredAccount {
  deposits: number;
  cash: number;
  readonly positions: Map<number, PositionState>;
}

/** How much is kept. */
export interface KeepRules {
  /** Events of a stream. */
  readonly historyEvents: number;
  /** Closed orders of an account. */
  readonly closedOrdersKept: number;
}

/** Everything that survives the process, put together from records in their order. */
export class DurableState {
  readonly orders = new Map<number, StoredOrder>();
  readonly accounts = new Map<string, StoredAccount>();
  /** Alerts that wait, by account and name, in the order in which they were set. */
  readonly alerts = new Map<string, Map<string, StoredAlert>>();
  readonly streams = new Map<string, EventLog>();
  origin: Origin | undefined = undefined;
  market: Market | undefined = undefined;
  marketUs = 0;
  orderId = 0;
  executionId = 0;
  clockUs = 0;
  halted: readonly number[] = [];
  /** Corporate actions taken since the last tick: whoever plays on behind that tick meets them again. */
  actions: readonly CorporateAction[] = [];
  readonly #rules: KeepRules;
  readonly #closed: ClosedOrders;

  constructor(rules: KeepRules) {
    this.#rules = rules;
    this.#closed = new ClosedOrders(rules.closedOrdersKept);
  }

  /** Takes the next record. */
  apply(record: StoredRecord): void {
    if (record.kind === RecordKind.ORIGIN) this.origin = record.origin;
    else if (record.kind === RecordKind.CHANGE) this.#change(record.change);
    else {
      this.market = record.market;
      this.#moveTo(record.market.marketUs);
      this.halted = record.market.halted;
    }
  }

  /** Takes an order as it is now. */
  putOrder(order: StoredOrder): void {
    const { orderId, account, isClosed } = order;
    const before = this.orders.get(orderId);
    this.orders.set(orderId, order);
    if (!isClosed || before?.isClosed === true) return;
    const forgotten = this.#closed.add(account, orderId);
    if (forgotten !== undefined) this.orders.delete(forgotten);
  }

  /** The account's books, new when it has none. */
  account(name: string): StoredAccount {
    let account = this.accounts.get(name);
    if (account === undefined) {
      account = { deposits: 0, cash: 0, positions: new Map() };
      this.accounts.set(name, account);
    }
    return account;
  }

  /** Takes the next event of its stream. */
  putEvent(event: StoredEvent): void {
    this.stream(event.stream).add(event);
  }

  /** Takes what became of an alert. */
  putAlert({ account, alertId, alert }: AlertChange): void {
    const own = this.alerts.get(account) ?? new Map<string, StoredAlert>();
    this.alerts.set(account, own);
    own.delete(alertId);
    if (alert !== undefined) own.set(alertId, alert);
  }

  /** The stream's newest events, none when it is new. */
  stream(name: string): EventLog {
    let log = this.streams.get(name);
    if (log === undefined) {
      log = new EventLog(this.#rules.historyEvents);
      this.streams.set(name, log);
    }
    return log;
  }

  /** Ids of all remembered closed orders, each account's in the order in which they closed. */
  closedOrders(): number[] {
    return [...this.accounts.keys()].flatMap((name) => this.#closed.of(name));
  }

  /** Cuts every stream's history to its limit. To be called when all records are applied. */
  finish(): void {
    for (const log of this.streams.values()) log.trim();
  }

  /** The engine's state. Ticker numbers go on `seqGap` behind the saved ones, since later ones may have been told. */
  snapshot(instruments: readonly string[], seqGap: number): EngineSnapshot {
    const orders = [...this.orders.values()].map(readOrder);
    orders.sort((a, b) => a.state.orderId - b.state.orderId);
    const names = [...this.accounts.keys()];
    const zeros = instruments.map(() => 0);
    const { seq = zeros, ...prices } = this.market?.tickers ?? {};
    const empty = { last: zeros, lastSize: zeros, bid: zeros, ask: zeros, bidSize: zeros, askSize: zeros };
    return {
      version: SNAPSHOT_VERSION,
      instruments: [...instruments],
      tickers: { ...empty, volume: zeros, eventTimeUs: zeros, ...prices, seq: seq.map((last) => last + seqGap) },
      clockUs: this.clockUs,
      halted: [...this.halted],
      orderId: this.orderId,
      executionId: this.executionId,
      liquidity: { last: [], bid: [], ask: [] },
      accounts: names.map((name) => {
        const { deposits, cash, positions } = this.account(name);
        return { name, deposits, cash, positions: [...positions.values()], closed: this.#closed.of(name) };
      }),
      orders: orders.map(({ state }) => state),
      groups: orders.flatMap(({ state, group }) => {
        if (group === undefined || group.legs[0] !== state.orderId) return [];
        return [{ ...group, legs: [...group.legs] }];
      }),
      told: [],
    };
  }

  #moveTo(marketUs: number): void {
    if (marketUs !== this.marketUs) this.actions = [];
    this.marketUs = marketUs;
  }

  #change({ marketUs, desk, alerts, action, events }: Change): void {
    this.#moveTo(marketUs);
    if (action !== undefined) this.actions = [...this.actions, action];
    for (const alert of alerts ?? []) this.putAlert(alert);
    for (const event of events) this.putEvent(event);
    if (desk === undefined) return;
    const { orderId, executionId, clockUs, orders, accounts } = desk;
    Object.assign(this, { orderId, executionId, clockUs });
    for (const order of orders) this.putOrder(order);
    for (const { name, deposits, cash, positions } of accounts) {
      const account = this.account(name);
      account.deposits = deposits;
      account.cash = cash;
      for (const position of positions) account.positions.set(position.symbol, position);
    }
  }
}
