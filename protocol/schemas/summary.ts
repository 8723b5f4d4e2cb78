import { type Static, Type } from '@sinclair/typebox';
import { TARGET_IDS } from './targets.ts';

const Verdict = Type.Union([Type.Literal('pass'), Type.Literal('fail'), Type.Literal('invalid')]);
export type Verdict = Static<typeof Verdict>;

/** A histogram as it is kept: see `Histogram` of reports/histogram.ts. */
export const HistogramSchema = Type.Object({
  count: Type.Integer(),
  min: Type.Number(),
  max: Type.Number(),
  sum: Type.Number(),
  buckets: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()])),
});

/** The machine and the interpreter that a run was made on. */
export const HostSchema = Type.Object({
  node: Type.String(),
  platform: Type.String(),
  cpus: Type.Integer(),
  cpuModel: Type.String(),
  memoryBytes: Type.Number(),
});
export type Host = Static<typeof HostSchema>;

/** One row of the table of targets as judged. */
export const RowSchema = Type.Object({
  id: Type.Union(TARGET_IDS.map((id) => Type.Literal(id))),
  title: Type.String(),
  /** The bound in words, e.g. `p99 < 100 ms, in 99 % of windows, never over 500 ms`. */
  target: Type.String(),
  /** The measured figure in words, with its interval where it is a percentile. */
  measured: Type.String(),
  /** The figure in the row's unit; null when nothing was measured. */
  value: Type.Union([Type.Number(), Type.Null()]),
  bound: Type.Number(),
  unit: Type.String(),
  /** 95 % confidence interval of a percentile, in the row's unit. */
  interval: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
  samples: Type.Integer(),
  /** `warn`: not held, in a row that is only told. */
  verdict: Type.Union([Verdict, Type.Literal('not applicable'), Type.Literal('warn')]),
  /** Why the verdict is not `pass`, or what a reader should know; '' otherwise. */
  reason: Type.String(),
});
export type Row = Static<typeof RowSchema>;

/** One second of the run, for charts. Latencies in µs, null where nothing was measured. */
export const SecondSchema = Type.Object({
  second: Type.Integer(),
  tickP50Us: Type.Union([Type.Number(), Type.Null()]),
  tickP99Us: Type.Union([Type.Number(), Type.Null()]),
  tickMaxUs: Type.Union([Type.Number(), Type.Null()]),
  probeP99Us: Type.Union([Type.Number(), Type.Null()]),
  received: Type.Integer(),
  /** Events that the tape had due in this second. */
  due: Type.Integer(),
  connected: Type.Integer(),
  /** CPU of the server as a share of one core. */
  serverCpu: Type.Union([Type.Number(), Type.Null()]),
  serverRssBytes: Type.Union([Type.Number(), Type.Null()]),
  serverLoopDelayMaxUs: Type.Union([Type.Number(), Type.Null()]),
  serverRunQueueUs: Type.Union([Type.Number(), Type.Null()]),
  /** Time that the server spent in garbage collection, µs; absent in runs made before it was measured. */
  serverGcUs: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  /** The server's heap in use; absent as above. */
  serverHeapBytes: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  generatorLoopDelayMaxUs: Type.Number(),
  canaryMaxUs: Type.Number(),
  stealShare: Type.Number(),
  /** Why the machine or a generator was late in this second; empty when it wasn't. */
  late: Type.Array(Type.String()),
});
export type Second = Static<typeof SecondSchema>;

export const ViolationSchema = Type.Object({
  violation: Type.String(),
  generator: Type.String(),
  client: Type.Integer(),
  stream: Type.String(),
  expectedSeq: Type.Number(),
  seq: Type.Number(),
  /** Seconds since the tape's start. */
  atS: Type.Number(),
  detail: Type.String(),
});
export type Violation = Static<typeof ViolationSchema>;

/** How many rows {@link HeatSchema} has. */
export const HEAT_ROWS = 25;

/**
 * Latencies by time: what a heat map is drawn from. Row `r` of a column counts latencies from `100 µs * 10^(r/5)` on, up
 * to the next row's; the first row also has what is below it, the last what is above. Rows and columns of runs may be added.
 */
export const HeatSchema = Type.Object({
  metric: Type.Literal('tick'),
  /** Seconds of a column; the first begins at the tape's start. */
  binS: Type.Integer({ minimum: 1, maximum: 86_400 }),
  /** Counts by column, {@link HEAT_ROWS} each; an empty column is an empty list. */
  columns: Type.Array(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: HEAT_ROWS }), { maxItems: 300 }),
});
export type Heat = Static<typeof HeatSchema>;

/** `summary.json` of a run, version 1. */
export const SummarySchema = Type.Object({
  schema: Type.Literal('tapedeck.summary'),
  version: Type.Literal(1),
  verdict: Verdict,
  /** The verdict in one sentence. */
  why: Type.String(),
  scenario: Type.String(),
  description: Type.String(),
  startedAt: Type.String(),
  durationS: Type.Number(),
  seed: Type.Integer(),
  commit: Type.String(),
  /** The one command that repeats the run. */
  command: Type.String(),
  /** What made the load, and its version: `k6 v2.2.0`, `swarm`. */
  load: Type.String(),
  rows: Type.Array(RowSchema),
  seconds: Type.Array(SecondSchema),
  /** Whole-run histograms by metric, µs. */
  histograms: Type.Record(Type.String(), HistogramSchema),
  /** Absent in runs made before it was kept. */
  heat: Type.Optional(HeatSchema),
  violations: Type.Object({ counts: Type.Record(Type.String(), Type.Integer()), listed: Type.Array(ViolationSchema) }),
  /** Faults and phases on the time axis, seconds since the tape's start. */
  marks: Type.Array(
    Type.Object({
      fromS: Type.Number(),
      toS: Type.Number(),
      label: Type.String(),
      kind: Type.Union([Type.Literal('fault'), Type.Literal('phase')]),
    }),
  ),
  orders: Type.Object({
    placed: Type.Integer(),
    accepted: Type.Integer(),
    rejected: Type.Integer(),
    triggersExpected: Type.Integer(),
    triggersSeen: Type.Integer(),
    wrongTick: Type.Integer(),
  }),
  tape: Type.Object({
    path: Type.String(),
    origin: Type.String(),
    symbols: Type.Integer(),
    sha256: Type.String(),
    /** {@link EventHash} over the events played, hex. */
    eventHash: Type.String(),
    /** Hash over events, commands and effects as the server's engine saw them; '' where the server isn't ours. */
    runHash: Type.String(),
    eventsPlayed: Type.Integer(),
    fromUs: Type.Number(),
    toUs: Type.Number(),
    speed: Type.Number(),
  }),
  environment: Type.Object({
    ...HostSchema.properties,
    transport: Type.String(),
    clockErrorUs: Type.Number(),
  }),
  notes: Type.Array(Type.String()),
});
export type Summary = Static<typeof SummarySchema>;
