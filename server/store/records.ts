import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { Packr } from 'msgpackr';
import type { ChangedOrder, DeskChange } from '../../market/orders/changes.ts';
import { OrderStateSchema, PositionStateSchema } from '../../market/snapshot.ts';
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
const ChangedAccountSchema = Type.Object(
  {
    name: Type.String(),
    deposits: Type.Number(),
    cash: Type.Number(),
    positions: Type.Array(PositionStateSchema),
  },
  exact,
);
const DeskChangeSchema = Type.Unsafe<DeskChange>(
  Type.Object(
    {
      orderId: Count,
      executionId: Count,
      clockUs: Type.Number(),
      orders: Type.Array(ChangedOrderSchema),
      accounts: Type.Array(ChangedAccountSchema),
    },
    exact,
  ),
);

const StoredEventSchema = Type.Object(
  {
    /** Key of the stream, for instance `order/dev`. */
    stream: Type.String(),
    seq: Type.Integer({ minimum: 1 }),
    /** When it reached the engine, µs since the epoch. */
    atUs: Type.Number(),
    /** The event as the hub keeps it. */
    event: Type.Unsafe<object>(Type.Object({}, { additionalProperties: true })),
  },
  exact,
);
/** An event of a stream, with its place in it. */
export type StoredEvent = Static<typeof StoredEventSchema>;

const ChangeSchema = Type.Object(
  {
    /** Event time of the last tick taken, µs since the epoch; 0 before the first. */
    marketUs: Type.Number(),
    /** Absent when the input changed nothing of orders and accounts. */
    desk: Type.Optional(DeskChangeSchema),
    events: Type.Array(StoredEventSchema),
  },
  exact,
);
/** What one input changed. */
export type Change = Static<typeof ChangeSchema>;

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
  order: ChangedOrderSchema,
  account: Type.Omit(ChangedAccountSchema, ['positions'], exact),
  position: PositionStateSchema,
  event: StoredEventSchema,
  market: MarketSchema,
  origin: OriginSchema,
};

const checks = {
  origin: TypeCompiler.Compile(OriginSchema),
  change: TypeCompiler.Compile(ChangeSchema),
  market: TypeCompiler.Compile(MarketSchema),
};

/** A record as it is read. */
export type StoredRecord =
  | { readonly kind: typeof RecordKind.ORIGIN; readonly origin: Origin }
  | { readonly kind: typeof RecordKind.CHANGE; readonly change: Change }
  | { readonly kind: typeof RecordKind.MARKET; readonly market: Market };

// Plain maps: each record is read alone, whatever came before it.
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Bytes of a value; valid for good. */
export function pack(value: unknown): Buffer {
  return packr.pack(value);
}

/** Reads what {@link pack} wrote and checks its form; undefined when it hasn't that form. */
export function unpackAs<S extends TSchema>(check: TypeCheck<S>, bytes: Buffer): Static<S> | undefined {
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch {
    return undefined;
  }
  return check.Check(value) ? value : undefined;
}

/**
 * Reads a record's payload.
 *
 * @throws JournalError with file and offset when this version doesn't know such a record: its checksum was right
 */
export function readStored(record: {
  readonly kind: number;
  readonly payload: Buffer;
  readonly file: string;
  readonly offset: number;
}): StoredRecord {
  const { kind, payload } = record;
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
