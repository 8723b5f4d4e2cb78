import { type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import type { PositionState } from './accounts/position.ts';
import { ChildrenFromSchema, ContingencySchema, PlaceOrderSchema } from './commandSchema.ts';
import { CONTROL_REFUSALS, REJECT_REASONS, TICK_REFUSALS } from './types.ts';

/** The version of the form below; another one isn't read. */
export const SNAPSHOT_VERSION = 2;

const exact = { additionalProperties: false } as const;
const Numbers = Type.Unsafe<readonly number[]>(Type.Array(Type.Number()));

/** Counts by reason; what never happened is absent. */
function counts<const Reason extends string>(reasons: readonly Reason[]): TUnsafe<Counts<Reason>> {
  const Count = Type.Optional(Type.Integer({ minimum: 1 }));
  return Type.Unsafe<Counts<Reason>>(Type.Object(Object.fromEntries(reasons.map((reason) => [reason, Count])), exact));
}
/** How often each of some things happened, those that never did left out. */
export type Counts<Reason extends string> = { readonly [Name in Reason]?: number };

/** Writes down counts as they are saved. */
export function saveCounts<Reason extends string>(
  kept: ReadonlyMap<Reason, number>,
  reasons: readonly Reason[],
): Counts<Reason> {
  const saved: { [Name in Reason]?: number } = {};
  for (const reason of reasons) {
    const count = kept.get(reason);
    if (count !== undefined) saved[reason] = count;
  }
  return saved;
}

/** Takes on saved counts. */
export function restoreCounts<Reason extends string>(
  kept: Map<Reason, number>,
  reasons: readonly Reason[],
  saved: Counts<Reason>,
): void {
  for (const reason of reasons) {
    const count = saved[reason];
    if (count !== undefined) kept.set(reason, count);
  }
}

function literals<const Value extends string>(values: readonly Value[]): TUnsafe<Value> {
  return Type.Unsafe<Value>(Type.Union(values.map((value) => Type.Literal(value))));
}

/** One order, live or closed and still remembered. */
export const OrderStateSchema = Type.Object(
  {
    orderId: Type.Integer(),
    terms: PlaceOrderSchema,
    status: literals([
      'PENDING',
      'ACCEPTED',
      'TRIGGERED',
      'PARTIALLY_FILLED',
      'FILLED',
      'CANCELED',
      'EXPIRED',
      'REJECTED',
    ]),
    quantity: Type.Number(),
    leavesQuantity: Type.Number(),
    filledValue: Type.Number(),
    rejectReason: Type.Optional(literals(REJECT_REASONS)),
    watch: literals(['last', 'bid', 'ask', 'mark']),
    triggerPrice: Type.Number(),
    peakPrice: Type.Number(),
    awaitsActivation: Type.Boolean(),
    isTriggered: Type.Boolean(),
    /** Absent for an order without an end. */
    expireTimeUs: Type.Optional(Type.Number()),
    /** The peak of its trail; 0 when it doesn't trail. */
    trailPeak: Type.Number(),
    toldStop: Type.Number(),
    contingency: Type.Optional(ContingencySchema),
    parentClientOrderId: Type.Optional(Type.String()),
    /** The parent that it waits for. */
    parentId: Type.Optional(Type.Integer()),
    /** When its own children begin, if it ever had any. */
    childrenFrom: Type.Optional(ChildrenFromSchema),
    judgedPrice: Type.Number(),
  },
  exact,
);
export type OrderState = Static<typeof OrderStateSchema>;

/** An account's books of one symbol. */
export const PositionStateSchema = Type.Object(
  {
    symbol: Type.Integer(),
    quantity: Type.Number(),
    cost: Type.Number(),
    realizedPnl: Type.Number(),
    lots: Type.Array(Type.Object({ quantity: Type.Number(), cost: Type.Number() }, exact)),
  },
  exact,
);

const AccountStateSchema = Type.Object(
  {
    name: Type.String(),
    deposits: Type.Number(),
    cash: Type.Number(),
    positions: Type.Unsafe<readonly PositionState[]>(Type.Array(PositionStateSchema)),
    /** Ids of its remembered closed orders, the one closed longest ago first. */
    closed: Type.Array(Type.Integer()),
  },
  exact,
);

/** Prices in ticks, quantities in lots, money in cash units, times in µs since the epoch; lists by symbol index where they are columns. */
const SnapshotSchema = Type.Object(
  {
    version: Type.Literal(SNAPSHOT_VERSION),
    /** The names of the instruments in order of their index. */
    instruments: Type.Array(Type.String()),
    tickers: Type.Object(
      {
        seq: Numbers,
        last: Numbers,
        lastSize: Numbers,
        bid: Numbers,
        ask: Numbers,
        bidSize: Numbers,
        askSize: Numbers,
        volume: Numbers,
        eventTimeUs: Numbers,
      },
      exact,
    ),
    clockUs: Type.Number(),
    halted: Type.Array(Type.Integer()),
    /** The last ids given. */
    orderId: Type.Integer(),
    executionId: Type.Integer(),
    /** What is left of each symbol's last sizes; empty when fills are whole. */
    liquidity: Type.Object({ last: Numbers, bid: Numbers, ask: Numbers }, exact),
    accounts: Type.Array(AccountStateSchema),
    /** By id. */
    orders: Type.Array(OrderStateSchema),
    groups: Type.Array(Type.Object({ kind: literals(['OCO', 'OUO']), legs: Type.Array(Type.Integer()) }, exact)),
    told: Type.Array(Type.Object({ symbol: Type.Integer(), window: Type.Integer(), dueUs: Type.Number() }, exact)),
    /** How often what was refused; absent when nothing was. */
    refused: Type.Optional(
      Type.Object(
        { ticks: counts(TICK_REFUSALS), commands: counts(REJECT_REASONS), controls: counts(CONTROL_REFUSALS) },
        exact,
      ),
    ),
    /** Cleaning, bars and windows, of an engine that makes them; where absent they begin anew. */
    data: Type.Optional(Type.Object({ cleaner: Type.Uint8Array(), bars: Type.Uint8Array() }, exact)),
  },
  exact,
);
/** The whole state of an engine as plain data. MessagePack and structured clones carry it as it is, JSON all but the bytes of `data`. */
export type EngineSnapshot = Static<typeof SnapshotSchema>;

/** A saved state that can't be taken on: one line that says where and why. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

let compiled: TypeCheck<typeof SnapshotSchema> | undefined;

/**
 * Reads what was saved, as JSON.parse gives it.
 *
 * @throws SnapshotError when it isn't a snapshot of this version
 */
export function readSnapshot(saved: unknown): EngineSnapshot {
  compiled ??= TypeCompiler.Compile(SnapshotSchema);
  if (compiled.Check(saved)) return saved;
  throw new SnapshotError(faultOf(compiled, saved));
}

function faultOf(check: TypeCheck<TSchema>, saved: unknown): string {
  const first = check.Errors(saved).First();
  return `the saved state of the engine can't be read: ${first?.path || 'it'} ${first?.message ?? 'is wrong'}; start from the tape instead`;
}
