import { crc32c } from '@node-rs/crc32';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { CellSchemas, pack, unpackAs } from './records.ts';

/** Version of the index's form; another one is thrown away. */
export const INDEX_VERSION = 3;

const exact = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Kinds = Type.Object({ order: Count, account: Count, position: Count, events: Count, alerts: Count }, exact);
const MetaSchema = Type.Object(
  {
    version: Type.Literal(INDEX_VERSION),
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
    actions: CellSchemas.actions,
  },
  exact,
);
/** How far the index is, and what there is of everything once. */
export type Meta = Static<typeof MetaSchema>;
export type Cells = Meta['cells'];

/** An order with the place of its closing among all, 0 while it lives. */
const OrderCellSchema = Type.Object({ order: CellSchemas.order, closing: Count }, exact);

/** Compiled checks of the values, by kind. */
export const checks = {
  meta: TypeCompiler.Compile(MetaSchema),
  order: TypeCompiler.Compile(OrderCellSchema),
  account: TypeCompiler.Compile(CellSchemas.account),
  position: TypeCompiler.Compile(CellSchemas.position),
  events: TypeCompiler.Compile(CellSchemas.events),
  alerts: TypeCompiler.Compile(CellSchemas.alerts),
  market: TypeCompiler.Compile(CellSchemas.market),
  origin: TypeCompiler.Compile(CellSchemas.origin),
};

export type OrderCell = Static<typeof OrderCellSchema>;
/** An account's books but for its positions. */
export type AccountCell = Static<typeof CellSchemas.account>;

const CHECKSUM_BYTES = 4;

/** Bytes of a value under its key, with a checksum over both. */
export function writeCell(key: string, value: unknown): Buffer {
  const cell = pack(value, CHECKSUM_BYTES);
  cell.writeUInt32LE(crc32c(cell.subarray(CHECKSUM_BYTES), crc32c(key)), 0);
  return cell;
}

/** Reads a value and checks it; undefined when it is damaged or of another form. */
export function readCell<S extends TSchema>(key: string, cell: Buffer, check: TypeCheck<S>): Static<S> | undefined {
  if (cell.length < CHECKSUM_BYTES) return undefined;
  const bytes = cell.subarray(CHECKSUM_BYTES);
  return crc32c(bytes, crc32c(key)) === cell.readUInt32LE(0) ? unpackAs(check, bytes) : undefined;
}
