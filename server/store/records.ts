import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { Packr, RESERVE_START_SPACE } from 'msgpackr';
import type { PositionState } from '../../market/accounts/position.ts';
import type { ChangedAccount, ChangedOrder, DeskChange } from '../../market/orders/changes.ts';
import { OrderStateSchema, PositionStateSchema } from '../../market/snapshot.ts';
import { isClosed } from './closedOrders.ts';
import { JournalError } from './errors.ts';

/** What a record of the journal holds; the number stands in the file. */
export const RecordKind = {
  /** What the state is of; the first record. */
  ORIGIN: 1,
  /** What one input changed, and the events that it caused. */
  CHANGE: 2,
  /** The last known market. */
  MARKET: 3,
} as const;

const exact = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });

const OriginSchema = Type.Object({ instruments: Type.Array(Type.String()) }, exact);
/** What the state is of: names in order of their index. */
export type Origin = Static<typeof OriginSchema>;

const GroupSchema = Type.Object(
  {
    kind: Type.Unsafe<'OCO' | 'OUO'>(Type.Union([Type.Literal('OCO'), Type.Literal('OUO')])),
    legs: Type.Array(Type.Integer()),
  },
  exact,
);
const ChangedOrderSchema = Type.Unsafe<ChangedOrder>(
  Type.Object({ state: OrderStateSchema, group: Type.Optional(GroupSchema) }, exact),
);
const Bytes = Type.Unsafe<Buffer>(Type.Uint8Array());

const StoredOrderSchema = Type.Object(
  {
    orderId: Count,
    account: Type.String(),
    isClosed: Type.Boolean(),
    /** The order as {@link readOrder} reads it. */
    bytes: Bytes,
  },
  exact,
);
/** An order after a change; packed once for journal and index, and unpacked only when it is wanted. */
export type StoredOrder = Static<typeof StoredOrderSchema>;

const ChangedAccountSchema = Type.Object(
  {
    name: Type.String(),
    deposits: Type.Number(),
    cash: Type.Number(),
    positions: Type.Unsafe<readonly PositionState[]>(Type.Array(PositionStateSchema)),
  },
  exact,
);
const DeskSchema = Type.Object(
  {
    orderId: Count,
    executionId: Count,
    clockUs: Type.Number(),
    orders: Type.Array(StoredOrderSchema),
    accounts: Type.Unsafe<readonly ChangedAccount[]>(Type.Array(ChangedAccountSchema)),
  },
  exact,
);

const StoredEventSchema = Type.Object(
  {
    /** Key of the stream, for instance `order/dev`. */
    stream: Type.String(),
    seq: Type.Integer({ minimum: 1 }),
    /** When it reached the engine, µs since the epoch. */
    atUs: Type.Number(),
    /** The event as the hub keeps it, packed: few are ever read again. */
    bytes: Bytes,
  },
  exact,
);
/** An event of a stream, with its place in it. */
export type StoredEvent = Static<typeof StoredEventSchema>;

const AlertSchema = Type.Object(
  {
    alertId: Type.String(),
    account: Type.String(),
    symbol: Count,
    condition: Type.Unsafe<'above' | 'below' | 'changePercent'>(
      Type.Union([Type.Literal('above'), Type.Literal('below'), Type.Literal('changePercent')]),
    ),
    threshold: Type.String(),
    triggerPrice: Type.Integer(),
    isRise: Type.Boolean(),
  },
  exact,
);
/** An alert that waits. */
export type StoredAlert = Static<typeof AlertSchema>;

const AlertChangeSchema = Type.Object(
  {
    account: Type.String(),
    alertId: Type.String(),
    /** Absent: it waits no more. */ alert: Type.Optional(AlertSchema),
  },
  exact,
);
/** What became of an alert. */
export type AlertChange = Static<typeof AlertChangeSchema>;

const CorporateActionSchema = Type.Object(
  { symbol: Count, numerator: Count, denominator: Count, cashPerShare: Count },
  exact,
);

const ChangeSchema = Type.Object(
  {
    /** Event time of the last tick taken, µs since the epoch; 0 before the first. */
    marketUs: Type.Number(),
    /** Absent when the input changed nothing of orders and accounts. */
    desk: Type.Optional(DeskSchema),
    /** Absent when the input changed no alert. */
    alerts: Type.Optional(Type.Array(AlertChangeSchema)),
    /** The corporate action that the input was, if it was one. */
    action: Type.Optional(CorporateActionSchema),
    events: Type.Array(StoredEventSchema),
  },
  exact,
);
/** What one input changed. */
export type Change = Static<typeof ChangeSchema>;

const EventChunkSchema = Type.Object(
  {
    stream: Type.String(),
    first: Type.Integer({ minimum: 1 }),
    atUs: Type.Array(Type.Number()),
    bytes: Type.Array(Bytes),
  },
  exact,
);
/** Events of one stream that follow one another, as the index keeps them. */
export type EventChunk = Static<typeof EventChunkSchema>;

const Column = Type.Unsafe<readonly number[]>(Type.Array(Type.Number()));
const MarketSchema = Type.Object(
  {
    marketUs: Type.Number(),
    /** Indices of the halted symbols. */
    halted: Type.Array(Count),
    tickers: Type.Object(
      {
        seq: Column,
        last: Column,
        lastSize: Column,
        bid: Column,
        ask: Column,
        bidSize: Column,
        askSize: Column,
        volume: Column,
        eventTimeUs: Column,
      },
      exact,
    ),
  },
  exact,
);
/** The last known market, columns by symbol index. */
export type Market = Static<typeof MarketSchema>;

export const CellSchemas = {
  order: StoredOrderSchema,
  account: Type.Omit(ChangedAccountSchema, ['positions'], exact),
  position: PositionStateSchema,
  events: EventChunkSchema,
  alerts: Type.Array(AlertSchema),
  actions: Type.Array(CorporateActionSchema),
  market: MarketSchema,
  origin: OriginSchema,
};

const checks = {
  order: TypeCompiler.Compile(ChangedOrderSchema),
  origin: TypeCompiler.Compile(OriginSchema),
  change: TypeCompiler.Compile(ChangeSchema),
  market: TypeCompiler.Compile(MarketSchema),
};

/** A record as it is read. */
export type StoredRecord =
  | { readonly kind: typeof RecordKind.ORIGIN; readonly origin: Origin }
  | { readonly kind: typeof RecordKind.CHANGE; readonly change: Change }
  | { readonly kind: typeof RecordKind.MARKET; readonly market: Market };

const STATE =
  'orderId terms status quantity leavesQuantity filledValue watch triggerPrice peakPrice awaitsActivation isTriggered trailPeak toldStop judgedPrice';
const ORDER_DATA =
  'account orderId clientOrderId symbol side orderType status quantity leavesQuantity cumulativeQuantity';
const TERMS = 'kind account clientOrderId symbol side type quantity';
/**
 * Keys of the objects that there are most of, in their order, so that they needn't stand in every record: a quarter of the
 * bytes, a sixth of the time to read. Part of the form that the journal's version names. Any other object carries its keys.
 */
const SHAPES = [
  'marketUs desk events',
  'marketUs events',
  'orderId executionId clockUs accounts orders',
  'orderId account isClosed bytes',
  'name deposits cash positions',
  'name deposits cash',
  'symbol quantity cost realizedPnl lots',
  'quantity cost',
  'stream seq atUs bytes',
  'stream first atUs bytes',
  'order closing',
  'state',
  'state group',
  'kind legs',
  STATE,
  `${STATE} contingency`,
  `${STATE} contingency parentClientOrderId parentId`,
  TERMS,
  `${TERMS} limitPrice`,
  `${TERMS} triggerPrice`,
  `${TERMS} triggerPrice limitPrice`,
  `${TERMS} trailingOffset`,
  'kind value',
  'frame',
  'frame orderId',
  'type account reason tickSeq eventTimeUs receivedTimeUs data seq sentTimeUs',
  'type account reason tickSeq eventTimeUs dueTimeUs receivedTimeUs data seq sentTimeUs',
  'type account tickSeq eventTimeUs receivedTimeUs data seq sentTimeUs',
  'type account tickSeq eventTimeUs dueTimeUs receivedTimeUs data seq sentTimeUs',
  `${ORDER_DATA} limitPrice`,
  `${ORDER_DATA} averagePrice`,
  'executionId orderId clientOrderId symbol side lastPrice lastQuantity leavesQuantity',
].map((keys) => keys.split(' '));

// Each record is read alone, whatever came before it: the list is never added to.
const shaped = new Packr({ structures: SHAPES, maxSharedStructures: SHAPES.length, mapsAsObjects: true });
const plain = new Packr({ useRecords: false });

// Packed values are slices of buffers of this size: large enough that few are made, small enough that a slice which is kept keeps little.
shaped.useBuffer(Buffer.allocUnsafeSlow(32 * 1024));

/** Bytes of what {@link SHAPES} knows the keys of, behind so many that are left free; valid for good. */
export function pack(value: unknown, freeBytes = 0): Buffer {
  return shaped.pack(value, RESERVE_START_SPACE | freeBytes);
}

/** Bytes of an object of any keys; valid for good. */
export function packAny(value: unknown): Buffer {
  return plain.pack(value);
}

/** Reads what {@link pack} wrote and checks its form; undefined when it hasn't that form. */
export function unpackAs<S extends TSchema>(check: TypeCheck<S>, bytes: Buffer): Static<S> | undefined {
  return unpackBy(shaped, check, bytes);
}

/** Reads what {@link packAny} wrote: where shapes are known, the numbers 64 to 127 stand for them. */
export function unpackAnyAs<S extends TSchema>(check: TypeCheck<S>, bytes: Buffer): Static<S> | undefined {
  return unpackBy(plain, check, bytes);
}

function unpackBy<S extends TSchema>(packr: Packr, check: TypeCheck<S>, bytes: Buffer): Static<S> | undefined {
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch {
    return undefined;
  }
  return check.Check(value) ? value : undefined;
}

/** A change as it is journaled: orders are packed by themselves. */
export function storedDesk(desk: DeskChange): NonNullable<Change['desk']> {
  const { orderId: lastOrderId, executionId, clockUs, accounts } = desk;
  return {
    orderId: lastOrderId,
    executionId,
    clockUs,
    accounts: [...accounts],
    orders: desk.orders.map((order): StoredOrder => {
      const { orderId, terms } = order.state;
      return { orderId, account: terms.account, isClosed: isClosed(order), bytes: pack(order) };
    }),
  };
}

/** Unpacks an order. @throws JournalError when this version doesn't know its form: its checksum was right */
export function readOrder({ orderId, bytes }: StoredOrder): ChangedOrder {
  const order = unpackAs(checks.order, bytes);
  if (order !== undefined) return order;
  throw new JournalError(`the journal holds order ${orderId} in a form that this version doesn't know`);
}

/**
 * Reads a record's payload; what it returns keeps a copy.
 *
 * @throws JournalError with file and offset when this version doesn't know such a record: its checksum was right
 */
export function readStored(record: {
  readonly kind: number;
  readonly payload: Buffer;
  readonly file: string;
  readonly offset: number;
}): StoredRecord {
  const { kind } = record;
  // A view would keep the whole segment in memory for one order.
  const payload = Buffer.from(record.payload);
  if (kind === RecordKind.CHANGE) {
    const change = unpackAs(checks.change, payload);
    if (change !== undefined) return { kind, change };
  } else if (kind === RecordKind.MARKET) {
    const market = unpackAs(checks.market, payload);
    if (market !== undefined) return { kind, market };
  } else if (kind === RecordKind.ORIGIN) {
    const origin = unpackAs(checks.origin, payload);
    if (origin !== undefined) return { kind, origin };
  }
  throw new JournalError(
    `${record.file}: the record at offset ${record.offset} is whole, but of a form that this version doesn't know; start with the version that wrote it, or with another folder`,
  );
}
