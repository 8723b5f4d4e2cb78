import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { open, type RootDatabase } from 'lmdb';
import type { ChangedOrder } from '../../market/orders/changes.ts';
import { ClosedOrders, isClosed } from './closedOrders.ts';
import { DurableState, type KeepRules } from './durableState.ts';
import { CellSchemas, pack, RecordKind, type StoredEvent, type StoredRecord, unpackAs } from './records.ts';
import type { JournalPlace } from './segments.ts';

const VERSION = 1;
const META = 'meta';
const MAP_BYTES = 1024 * 1024 * 1024;
/** Cells written in one go while the whole state is written: what the loop can spare between two turns. */
const CELLS_A_TURN = 500;

const exact = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Kinds = Type.Object({ order: Count, account: Count, position: Count, event: Count }, exact);
const MetaSchema = Type.Object(
  {
    version: Type.Literal(VERSION),
    place: Type.Object({ segment: Count, offset: Count, records: Count, crc: Count }, exact),
    rules: Type.Object({ historyEvents: Count, closedOrdersKept: Count }, exact),
    /** How many cells of each kind there are: none can be missing unseen. */
    cells: Kinds,
    closings: Count,
    marketUs: Type.Number(),
    orderId: Count,
    executionId: Count,
    clockUs: Type.Number(),
    halted: Type.Array(Count),
  },
  exact,
);
type Meta = Static<typeof MetaSchema>;
type Cells = Meta['cells'];

/** An order with the place of its closing among all, 0 while it lives. */
const OrderCellSchema = Type.Object({ order: CellSchemas.order, closing: Count }, exact);

const checks = {
  meta: TypeCompiler.Compile(MetaSchema),
  order: TypeCompiler.Compile(OrderCellSchema),
  account: TypeCompiler.Compile(CellSchemas.account),
  position: TypeCompiler.Compile(CellSchemas.position),
  event: TypeCompiler.Compile(CellSchemas.event),
  market: TypeCompiler.Compile(CellSchemas.market),
  origin: TypeCompiler.Compile(CellSchemas.origin),
};

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
  #cells = { order: 0, account: 0, position: 0, event: 0 };
  #closings = 0;
  /** Of the closed orders that are remembered. */
  readonly #closingOf = new Map<number, number>();
  #lastOrderId = 0;
  readonly #known = new Set<string>();
  #rest: Pick<Meta, 'marketUs' | 'orderId' | 'executionId' | 'clockUs' | 'halted'> = {
    marketUs: 0,
    orderId: 0,
    executionId: 0,
    clockUs: 0,
    halted: [],
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
    for (const read of [this.#readOrders, this.#readAccounts, this.#readEvents]) {
      const fault = read(state, meta.cells);
      if (fault !== undefined) return fault;
    }
    state.origin = this.#cell('origin', checks.origin);
    state.market = this.#cell('market', checks.market);
    if (state.origin === undefined) return 'it lacks a value';
    const { marketUs, orderId, executionId, clockUs, halted } = meta;
    this.#rest = { marketUs, orderId, executionId, clockUs, halted };
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
        for (const record of records) this.#apply(record);
        this.#putMeta(place);
      })
      .catch(() => undefined);
  }

  /** Throws away what there is and writes the whole of `state`, some cells a turn. */
  async rebuild(state: DurableState, place: JournalPlace): Promise<void> {
    await this.#db.clearAsync();
    this.#cells = { order: 0, account: 0, position: 0, event: 0 };
    this.#closings = 0;
    this.#lastOrderId = 0;
    this.#known.clear();
    this.#closingOf.clear();
    this.#closed = new ClosedOrders(this.#rules.closedOrdersKept);
    const { marketUs, orderId, executionId, clockUs, halted, origin, market } = state;
    this.#rest = { marketUs, orderId, executionId, clockUs, halted: [...halted] };
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
    for (const orderId of [...state.orders.keys()].filter((id) => !closed.has(id)).sort((a, b) => a - b)) {
      const order = state.orders.get(orderId);
      if (order !== undefined) yield () => this.#putOrder(order, 'new');
    }
    for (const orderId of closed) {
      const order = state.orders.get(orderId);
      if (order !== undefined) yield () => this.#putOrder(order, 'new');
    }
    for (const [name, { deposits, cash, positions }] of state.accounts) {
      yield () => this.#putAccount({ name, deposits, cash, positions: [...positions.values()] });
    }
    for (const { events } of state.streams.values()) {
      for (const event of events) yield () => this.#putEvent(event, 'only');
    }
  }

  #apply(record: StoredRecord): void {
    if (record.kind === RecordKind.ORIGIN) this.#put('origin', record.origin);
    else if (record.kind === RecordKind.MARKET) {
      this.#put('market', record.market);
      this.#rest = { ...this.#rest, marketUs: record.market.marketUs, halted: record.market.halted };
    } else {
      const { marketUs, desk, events } = record.change;
      for (const event of events) this.#putEvent(event, 'next');
      this.#rest = { ...this.#rest, marketUs };
      if (desk === undefined) return;
      const { orderId, executionId, clockUs, orders, accounts } = desk;
      this.#rest = { ...this.#rest, marketUs, orderId, executionId, clockUs };
      for (const order of orders) this.#putOrder(order, order.state.orderId > this.#lastOrderId ? 'new' : 'known');
      this.#lastOrderId = Math.max(this.#lastOrderId, orderId);
      for (const account of accounts) this.#putAccount(account);
    }
  }

  #putOrder(order: ChangedOrder, as: 'new' | 'known'): void {
    const { orderId, terms } = order.state;
    const key = `o/${orderId}`;
    if (as === 'new') this.#cells.order++;
    let closing = this.#closingOf.get(orderId) ?? 0;
    if (closing === 0 && isClosed(order)) {
      closing = ++this.#closings;
      this.#closingOf.set(orderId, closing);
      const forgotten = this.#closed.add(terms.account, orderId);
      if (forgotten !== undefined) {
        this.#closingOf.delete(forgotten);
        void this.#db.remove(`o/${forgotten}`);
        this.#cells.order--;
      }
    }
    this.#put(key, { order, closing });
  }

  #putAccount(account: {
    readonly name: string;
    readonly deposits: number;
    readonly cash: number;
    readonly positions: readonly { readonly symbol: number }[];
  }): void {
    const { name, deposits, cash, positions } = account;
    this.#count('account', `a/${name}`);
    this.#put(`a/${name}`, { name, deposits, cash });
    for (const position of positions) {
      const key = `p/${position.symbol}/${name}`;
      this.#count('position', key);
      this.#put(key, position);
    }
  }

  #putEvent(event: StoredEvent, as: 'next' | 'only'): void {
    const { stream, seq } = event;
    this.#cells.event++;
    this.#put(`e/${seq}/${stream}`, event);
    const old = seq - Math.max(1, this.#rules.historyEvents);
    if (as === 'only' || old < 1) return;
    void this.#db.remove(`e/${old}/${stream}`);
    this.#cells.event--;
  }

  #count(kind: 'account' | 'position', key: string): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#cells[kind]++;
  }

  #putMeta(place: JournalPlace): void {
    const { historyEvents, closedOrdersKept } = this.#rules;
    const rules = { historyEvents, closedOrdersKept };
    const meta: Meta = { version: VERSION, place, rules, cells: this.#cells, closings: this.#closings, ...this.#rest };
    this.#put(META, meta);
  }

  #put(key: string, value: unknown): void {
    const bytes = pack(value);
    const cell = Buffer.allocUnsafe(bytes.length + 4);
    bytes.copy(cell, 4);
    cell.writeUInt32LE(crc32c(bytes, crc32c(key)), 0);
    void this.#db.put(key, cell);
  }

  readonly #readOrders = (state: DurableState, expected: Cells): string | undefined => {
    const closed: { readonly order: ChangedOrder; readonly closing: number }[] = [];
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
      const { orderId, terms } = order.state;
      state.putOrder(order);
      this.#closingOf.set(orderId, closing);
      this.#closed.add(terms.account, orderId);
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

  readonly #readEvents = (state: DurableState, expected: Cells): string | undefined => {
    const events: StoredEvent[] = [];
    for (const { key, value } of this.#db.getRange({ start: 'e/', end: 'e0' })) {
      const event = readCell(key, value, checks.event);
      if (event === undefined) return `the value of ${key} is damaged`;
      events.push(event);
    }
    events.sort((a, b) => a.seq - b.seq);
    for (const event of events) state.putEvent(event);
    return events.length === expected.event ? undefined : 'events are missing';
  };

  #cell<S extends TSchema>(key: string, check: TypeCheck<S>): Static<S> | undefined {
    const cell = this.#db.get(key);
    return cell === undefined ? undefined : readCell(key, cell, check);
  }
}

/** Reads a value and checks it; undefined when it is damaged or of another form. */
function readCell<S extends TSchema>(key: string, cell: Buffer, check: TypeCheck<S>): Static<S> | undefined {
  if (cell.length < 4) return undefined;
  const bytes = cell.subarray(4);
  return crc32c(bytes, crc32c(key)) === cell.readUInt32LE(0) ? unpackAs(check, bytes) : undefined;
}
