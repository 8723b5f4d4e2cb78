import { join } from 'node:path';
import type { Static, TSchema } from '@sinclair/typebox';
import type { TypeCheck } from '@sinclair/typebox/compiler';
import { open, type RootDatabase } from 'lmdb';
import type { PositionState } from '../../market/accounts/position.ts';
import { ClosedOrders } from './closedOrders.ts';
import { DurableState, type KeepRules } from './durableState.ts';
import { Batch, CHUNK_EVENTS, chunksOf } from './indexBatch.ts';
import {
  type AccountCell,
  type Cells,
  checks,
  INDEX_VERSION,
  type Meta,
  type OrderCell,
  readCell,
  writeCell,
} from './indexCells.ts';
import {
  type AlertChange,
  type Change,
  type EventChunk,
  RecordKind,
  type StoredAlert,
  type StoredEvent,
  type StoredOrder,
  type StoredRecord,
} from './records.ts';
import type { JournalPlace } from './segments.ts';

const META = 'meta';
const MAP_BYTES = 1024 * 1024 * 1024;
/** Cells written in one go while the whole state is written: what the loop can spare between two turns. */
const CELLS_A_TURN = 500;

/** A state as the index holds it, and up to where in the journal. */
export interface IndexedState {
  readonly state: DurableState;
  readonly place: JournalPlace;
}

/**
 * The state up to some place of the journal, in LMDB, so that a start needn't read what lies before. It follows the
 * journal at a distance and is never ahead of it; every value carries a checksum. When it is missing, damaged or of
 * other rules it is thrown away and written anew: the journal alone is the truth.
 */
export class StateIndex {
  readonly #db: RootDatabase<Buffer, string>;
  readonly #rules: KeepRules;
  #closed: ClosedOrders;
  #cells = { order: 0, account: 0, position: 0, events: 0, alerts: 0 };
  #closings = 0;
  /** Of the closed orders that are remembered. */
  readonly #closingOf = new Map<number, number>();
  #lastOrderId = 0;
  readonly #known = new Set<string>();
  /** First and last number of each chunk of events, by stream, oldest first. */
  readonly #chunks = new Map<string, { readonly first: number; readonly last: number }[]>();
  readonly #alerts = new Map<string, Map<string, StoredAlert>>();
  #rest: Pick<Meta, 'marketUs' | 'orderId' | 'executionId' | 'clockUs' | 'halted' | 'actions'> = {
    marketUs: 0,
    orderId: 0,
    executionId: 0,
    clockUs: 0,
    halted: [],
    actions: [],
  };

  /** @throws Error when LMDB can't open the folder */
  constructor(folder: string, rules: KeepRules) {
    this.#rules = rules;
    this.#closed = new ClosedOrders(rules.closedOrdersKept);
    this.#db = open({ path: join(folder, 'index'), encoding: 'binary', mapSize: MAP_BYTES });
  }

  /** Reads everything; a text says why it can't be used. */
  read(): IndexedState | string {
    const meta = this.#cell(META, checks.meta);
    if (meta === undefined) return 'there is none';
    const { historyEvents, closedOrdersKept } = meta.rules;
    if (historyEvents !== this.#rules.historyEvents || closedOrdersKept !== this.#rules.closedOrdersKept) {
      return 'it was kept by other limits';
    }
    const state = new DurableState(this.#rules);
    for (const read of [this.#readOrders, this.#readAccounts, this.#readAlerts, this.#readEvents]) {
      const fault = read(state, meta.cells);
      if (fault !== undefined) return fault;
    }
    state.origin = this.#cell('origin', checks.origin);
    state.market = this.#cell('market', checks.market);
    if (state.origin === undefined) return 'it lacks a value';
    const { marketUs, orderId, executionId, clockUs, halted, actions } = meta;
    this.#rest = { marketUs, orderId, executionId, clockUs, halted, actions };
    Object.assign(state, this.#rest);
    this.#cells = { ...meta.cells };
    this.#closings = meta.closings;
    this.#lastOrderId = orderId;
    return { state, place: meta.place };
  }

  /** Follows the journal: `records` are flushed, and `place` is behind the last of them. Never rejects: what isn't kept is read from the journal. */
  follow(records: readonly StoredRecord[], place: JournalPlace): void {
    void this.#db
      .batch(() => {
        const batch = new Batch();
        for (const record of records) this.#apply(record, batch);
        this.#write(batch);
        this.#putMeta(place);
      })
      .catch(() => undefined);
  }

  /** Throws away what there is and writes the whole of `state`, some cells a turn. */
  async rebuild(state: DurableState, place: JournalPlace): Promise<void> {
    await this.#db.clearAsync();
    this.#cells = { order: 0, account: 0, position: 0, events: 0, alerts: 0 };
    this.#closings = 0;
    this.#lastOrderId = 0;
    this.#known.clear();
    this.#chunks.clear();
    this.#alerts.clear();
    this.#closingOf.clear();
    this.#closed = new ClosedOrders(this.#rules.closedOrdersKept);
    const { marketUs, orderId, executionId, clockUs, halted, actions, origin, market } = state;
    this.#rest = { marketUs, orderId, executionId, clockUs, halted: [...halted], actions: [...actions] };
    if (origin !== undefined) this.#put('origin', origin);
    if (market !== undefined) this.#put('market', market);
    let cells = 0;
    for (const write of this.#writes(state)) {
      write();
      if (++cells % CELLS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#putMeta(place);
    await this.#db.flushed;
  }

  /** Waits for what is on its way, then closes. */
  async close(): Promise<void> {
    await this.#db.flushed;
    await this.#db.close();
  }

  *#writes(state: DurableState): Iterable<() => void> {
    const closed = new Set(state.closedOrders());
    const live = [...state.orders.keys()].filter((id) => !closed.has(id)).sort((a, b) => a - b);
    for (const orderId of [...live, ...closed]) {
      const order = state.orders.get(orderId);
      if (order === undefined) continue;
      yield () => {
        this.#cells.order++;
        this.#putOrder(order, this.#close(order));
      };
    }
    for (const [name, { deposits, cash, positions }] of state.accounts) {
      yield () => this.#putAccount({ name, deposits, cash });
      for (const position of positions.values()) yield () => this.#putPosition(name, position);
    }
    for (const [account, alerts] of state.alerts) {
      this.#alerts.set(account, new Map(alerts));
      yield () => this.#putAlerts(account);
    }
    for (const [stream, log] of state.streams) {
      for (const events of chunksOf(stream, log)) yield () => this.#putEvents(stream, events);
    }
  }

  /** Notes what the cells will be, so that what changes often is written once. */
  #apply(record: StoredRecord, batch: Batch): void {
    if (record.kind === RecordKind.ORIGIN) this.#put('origin', record.origin);
    else if (record.kind === RecordKind.MARKET) {
      batch.market = record.market;
      this.#moveTo(record.market.marketUs);
      this.#rest.halted = [...record.market.halted];
    } else {
      const { marketUs, desk, alerts, action, events } = record.change;
      this.#moveTo(marketUs);
      if (action !== undefined) this.#rest.actions.push(action);
      batch.add(events);
      for (const alert of alerts ?? []) this.#noteAlert(alert, batch);
      if (desk !== undefined) this.#noteDesk(desk, batch);
    }
  }

  /** By the rule of {@link DurableState}. */
  #moveTo(marketUs: number): void {
    if (marketUs !== this.#rest.marketUs) this.#rest.actions = [];
    this.#rest.marketUs = marketUs;
  }

  #noteDesk({ orderId, executionId, clockUs, orders, accounts }: NonNullable<Change['desk']>, batch: Batch): void {
    Object.assign(this.#rest, { orderId, executionId, clockUs });
    for (const order of orders) {
      if (order.orderId > this.#lastOrderId) this.#cells.order++;
      const closing = this.#close(order, batch);
      batch.orders.set(order.orderId, { order, closing });
    }
    this.#lastOrderId = Math.max(this.#lastOrderId, orderId);
    for (const { name, deposits, cash, positions } of accounts) {
      batch.accounts.set(name, { name, deposits, cash });
      for (const position of positions) batch.positions.set(`${position.symbol}/${name}`, { name, position });
    }
  }

  #noteAlert({ account, alertId, alert }: AlertChange, batch: Batch): void {
    const own = this.#alerts.get(account) ?? new Map<string, StoredAlert>();
    this.#alerts.set(account, own);
    own.delete(alertId);
    if (alert !== undefined) own.set(alertId, alert);
    batch.alerts.add(account);
  }

  #write({ market, orders, accounts, positions, alerts, events }: Batch): void {
    if (market !== undefined) this.#put('market', market);
    for (const { order, closing } of orders.values()) this.#putOrder(order, closing);
    for (const account of accounts.values()) this.#putAccount(account);
    for (const { name, position } of positions.values()) this.#putPosition(name, position);
    for (const account of alerts) this.#putAlerts(account);
    for (const [stream, ones] of events) {
      for (let at = 0; at < ones.length; at += CHUNK_EVENTS) this.#putEvents(stream, ones.slice(at, at + CHUNK_EVENTS));
    }
  }

  /** The place of the order's closing among all, 0 while it lives; forgets the order that is too old for it. */
  #close({ orderId, account, isClosed }: StoredOrder, batch?: Batch): number {
    const known = this.#closingOf.get(orderId) ?? 0;
    if (known !== 0 || !isClosed) return known;
    const closing = ++this.#closings;
    this.#closingOf.set(orderId, closing);
    const forgotten = this.#closed.add(account, orderId);
    if (forgotten !== undefined) {
      this.#closingOf.delete(forgotten);
      batch?.orders.delete(forgotten);
      void this.#db.remove(`o/${forgotten}`);
      this.#cells.order--;
    }
    return closing;
  }

  #putOrder(order: StoredOrder, closing: number): void {
    this.#put(`o/${order.orderId}`, { order, closing });
  }

  #putAccount(account: AccountCell): void {
    this.#count('account', `a/${account.name}`);
    this.#put(`a/${account.name}`, account);
  }

  #putPosition(name: string, position: PositionState): void {
    const key = `p/${position.symbol}/${name}`;
    this.#count('position', key);
    this.#put(key, position);
  }

  #putAlerts(account: string): void {
    const alerts = [...(this.#alerts.get(account)?.values() ?? [])];
    this.#count('alerts', `l/${account}`);
    this.#put(`l/${account}`, alerts);
  }

  /** Writes events that follow one another, and removes the chunks that are too old for them. */
  #putEvents(stream: string, events: readonly StoredEvent[]): void {
    const first = events[0]?.seq ?? 0;
    const last = first + events.length - 1;
    const chunk: EventChunk = {
      stream,
      first,
      atUs: events.map(({ atUs }) => atUs),
      bytes: events.map(({ bytes }) => bytes),
    };
    this.#put(`e/${first}/${stream}`, chunk);
    this.#cells.events++;
    const chunks = this.#chunks.get(stream) ?? [];
    this.#chunks.set(stream, chunks);
    chunks.push({ first, last });
    const oldest = last - Math.max(1, this.#rules.historyEvents);
    while ((chunks[0]?.last ?? last) <= oldest) {
      void this.#db.remove(`e/${chunks.shift()?.first}/${stream}`);
      this.#cells.events--;
    }
  }

  #count(kind: 'account' | 'position' | 'alerts', key: string): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#cells[kind]++;
  }

  #putMeta(place: JournalPlace): void {
    const { historyEvents, closedOrdersKept } = this.#rules;
    const rules = { historyEvents, closedOrdersKept };
    const meta: Meta = {
      version: INDEX_VERSION,
      place,
      rules,
      cells: this.#cells,
      closings: this.#closings,
      ...this.#rest,
    };
    this.#put(META, meta);
  }

  #put(key: string, value: unknown): void {
    void this.#db.put(key, writeCell(key, value));
  }

  readonly #readOrders = (state: DurableState, expected: Cells): string | undefined => {
    const closed: OrderCell[] = [];
    let found = 0;
    for (const { key, value } of this.#db.getRange({ start: 'o/', end: 'o0' })) {
      const cell = readCell(key, value, checks.order);
      if (cell === undefined) return `the value of ${key} is damaged`;
      found++;
      if (cell.closing === 0) state.putOrder(cell.order);
      else closed.push(cell);
    }
    closed.sort((a, b) => a.closing - b.closing);
    for (const { order, closing } of closed) {
      const { orderId, account } = order;
      state.putOrder(order);
      this.#closingOf.set(orderId, closing);
      this.#closed.add(account, orderId);
    }
    return found === expected.order ? undefined : 'orders are missing';
  };

  readonly #readAccounts = (state: DurableState, expected: Cells): string | undefined => {
    let accounts = 0;
    for (const { key, value } of this.#db.getRange({ start: 'a/', end: 'a0' })) {
      const cell = readCell(key, value, checks.account);
      if (cell === undefined) return `the value of ${key} is damaged`;
      Object.assign(state.account(cell.name), { deposits: cell.deposits, cash: cell.cash });
      this.#known.add(key);
      accounts++;
    }
    let positions = 0;
    for (const { key, value } of this.#db.getRange({ start: 'p/', end: 'p0' })) {
      const cell = readCell(key, value, checks.position);
      if (cell === undefined) return `the value of ${key} is damaged`;
      state.account(key.slice(key.indexOf('/', 2) + 1)).positions.set(cell.symbol, cell);
      this.#known.add(key);
      positions++;
    }
    return accounts === expected.account && positions === expected.position ? undefined : 'accounts are missing';
  };

  readonly #readAlerts = (state: DurableState, expected: Cells): string | undefined => {
    let found = 0;
    for (const { key, value } of this.#db.getRange({ start: 'l/', end: 'l0' })) {
      const alerts = readCell(key, value, checks.alerts);
      if (alerts === undefined) return `the value of ${key} is damaged`;
      const account = key.slice(2);
      this.#known.add(key);
      this.#alerts.set(account, new Map(alerts.map((alert) => [alert.alertId, alert])));
      for (const alert of alerts) state.putAlert({ account, alertId: alert.alertId, alert });
      found++;
    }
    return found === expected.alerts ? undefined : 'alerts are missing';
  };

  readonly #readEvents = (state: DurableState, expected: Cells): string | undefined => {
    const chunks: EventChunk[] = [];
    for (const { key, value } of this.#db.getRange({ start: 'e/', end: 'e0' })) {
      const chunk = readCell(key, value, checks.events);
      if (chunk === undefined || chunk.atUs.length !== chunk.bytes.length) return `the value of ${key} is damaged`;
      chunks.push(chunk);
    }
    chunks.sort((a, b) => a.first - b.first);
    for (const { stream, first, atUs, bytes } of chunks) {
      const log = state.stream(stream);
      for (const [at, one] of bytes.entries()) log.add({ seq: first + at, atUs: atUs[at] ?? 0, bytes: one });
      const places = this.#chunks.get(stream) ?? [];
      this.#chunks.set(stream, places);
      places.push({ first, last: first + bytes.length - 1 });
    }
    return chunks.length === expected.events ? undefined : 'events are missing';
  };

  #cell<S extends TSchema>(key: string, check: TypeCheck<S>): Static<S> | undefined {
    const cell = this.#db.get(key);
    return cell === undefined ? undefined : readCell(key, cell, check);
  }
}
