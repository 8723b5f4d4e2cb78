import { type Static, Type } from '@sinclair/typebox';
import { HostSchema } from './summary.ts';

/** What is compared, in the order in which it is told. In all of them more is worse. */
export const COMPARED_METRICS = [
  'tick.p50',
  'tick.p99',
  'trigger.p99',
  'publish.p99',
  'process.p99',
  'cpu',
  'rss',
] as const;
const MetricId = Type.Union(COMPARED_METRICS.map((id) => Type.Literal(id)));
export type ComparedMetric = Static<typeof MetricId>;

/** A compared metric in words, and the unit in which its figures are kept. */
export const COMPARED: Readonly<Record<ComparedMetric, { readonly title: string; readonly unit: 'us' | 'bytes' }>> = {
  'tick.p50': { title: "due time to the client's read, half of the messages", unit: 'us' },
  'tick.p99': { title: "due time to the client's read, 99 % of the messages", unit: 'us' },
  'trigger.p99': { title: "crossing tick's due time to the client's read, 99 % of the triggers", unit: 'us' },
  'publish.p99': { title: "event's creation to its last socket write, 99 % of the events", unit: 'us' },
  'process.p99': { title: 'arrival to all engine work done, 99 % of the inputs', unit: 'us' },
  cpu: { title: "server's CPU for a message that a client read", unit: 'us' },
  rss: { title: "server's resident memory", unit: 'bytes' },
};

export const ARMS = ['a', 'b'] as const;
const Arm = Type.Union(ARMS.map((arm) => Type.Literal(arm)));
/** One of the two that are compared: `a` is what was, `b` what is judged. */
export type Arm = Static<typeof Arm>;

const MetricVerdict = Type.Union([
  Type.Literal('slower'),
  Type.Literal('faster'),
  Type.Literal('same'),
  Type.Literal("can't tell"),
  Type.Literal('not applicable'),
]);
export type MetricVerdict = Static<typeof MetricVerdict>;

const ComparisonVerdict = Type.Union([
  Type.Literal('slower'),
  Type.Literal('faster'),
  Type.Literal('same'),
  Type.Literal("can't tell"),
  /** An arm broke a promise that isn't of time. */
  Type.Literal('fail'),
]);
export type ComparisonVerdict = Static<typeof ComparisonVerdict>;

const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);

/** One metric as judged. Ratios are B's figure over A's: above 1, B is slower. */
const ComparedRow = Type.Object({
  id: MetricId,
  verdict: MetricVerdict,
  /** Why, in words; '' where the figures say it. */
  reason: Type.String(),
  /** Medians over the blocks, in the metric's unit. */
  a: NumberOrNull,
  b: NumberOrNull,
  ratio: NumberOrNull,
  /** 95 % interval of the ratio; null where the pairs don't bound it. */
  interval: Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()]),
  /** Chance of such a difference without one, adjusted for all metrics judged. */
  p: NumberOrNull,
  /** The least slowdown, as a ratio, that this run finds in 9 of 10 cases. */
  detectable: NumberOrNull,
  /** The slowdown, as a ratio, that must be found. */
  gate: Type.Number(),
  /** Blocks after which a slowdown of the gate's size would be found; null where even many don't do. */
  blocksNeeded: NumberOrNull,
  pairs: Type.Integer(),
});
export type ComparedRow = Static<typeof ComparedRow>;

const ComparedBlock = Type.Object({
  /** `aa`: of the look at the machine; `ab`: of the comparison. */
  phase: Type.Union([Type.Literal('aa'), Type.Literal('ab')]),
  arm: Arm,
  startedAt: Type.String(),
  /** How often it was played again, because the machine was late. */
  replays: Type.Integer(),
  /** Why it doesn't count; '' where it does. */
  late: Type.String(),
  /** The promise that it broke; '' where none. */
  broken: Type.String(),
  figures: Type.Record(Type.String(), NumberOrNull),
});
export type ComparedBlock = Static<typeof ComparedBlock>;

/** `comparison.json` of a comparison, version 1. */
export const ComparisonSchema = Type.Object({
  schema: Type.Literal('tapedeck.comparison'),
  version: Type.Literal(1),
  verdict: ComparisonVerdict,
  /** The verdict in one sentence. */
  why: Type.String(),
  arms: Type.Object({ a: Type.String(), b: Type.String() }),
  scenario: Type.String(),
  startedAt: Type.String(),
  durationS: Type.Number(),
  seed: Type.Integer(),
  command: Type.String(),
  load: Type.String(),
  /** Smaller differences don't count, as a ratio. */
  minEffect: Type.Number(),
  rows: Type.Array(ComparedRow),
  /** Both distributions of tick latency, and how far they are apart; null where they weren't seen. */
  shape: Type.Union([
    Type.Object({
      /** The largest distance of the two mean distribution functions. */
      distance: Type.Number(),
      /** Chance of such a distance without a difference. */
      p: Type.Number(),
      gridUs: Type.Array(Type.Number()),
      /** Share of the messages at or below each point of the grid. */
      a: Type.Array(Type.Number()),
      b: Type.Array(Type.Number()),
    }),
    Type.Null(),
  ]),
  blocks: Type.Array(ComparedBlock),
  environment: HostSchema,
  notes: Type.Array(Type.String()),
});
export type Comparison = Static<typeof ComparisonSchema>;
