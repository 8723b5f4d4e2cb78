import { type Static, Type } from '@sinclair/typebox';

const exact = { additionalProperties: false } as const;

/** Rows of the table of targets, in the order in which reports print them. */
export const TARGET_IDS = [
  'connect',
  'tick',
  'process',
  'pattern',
  'publish',
  'trigger',
  'cadence',
  'reconnect',
  'resume',
  'heartbeat',
  'fairness',
  'clients',
  'symbols',
  'memory',
  'errors',
  'stability',
  'loss',
  'freshness',
  'uptime',
  'leak',
] as const;
export type TargetId = (typeof TARGET_IDS)[number];

/** What a row needs of the server; a lack that is declared makes the row not applicable, any other lack makes it fail. */
export const NEEDS = [
  'time',
  'inside',
  'patterns',
  'orders',
  'seq',
  'accounts',
  'compute',
  'stream',
  'polled',
  'soak',
  // Of servers that aren't ours: a time at which messages were due, numbers or a tape to audit them by, heartbeats, and a
  // process or metrics that tell memory.
  'due',
  'audit',
  'beats',
  'resources',
] as const;
export type Need = (typeof NEEDS)[number];

/** How a row's figure is made of its samples. */
export const STATISTICS = ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'count', 'ratio', 'min'] as const;

const UNITS = ['ms', 'count', 'x', 'share', 'MB', 'MB/h'] as const;

/** Of `leak`: what may grow in an hour. */
const GrowthSchema = Type.Object(
  {
    rssMb: Type.Number({ minimum: 0, description: 'growth of resident memory, MB an hour' }),
    handles: Type.Number({ minimum: 0, description: 'growth of open files and sockets, in an hour' }),
    timers: Type.Number({ minimum: 0, description: 'growth of active timers, in an hour' }),
  },
  exact,
);

export const TargetSchema = Type.Object(
  {
    id: Type.Union(
      TARGET_IDS.map((id) => Type.Literal(id)),
      { description: 'the metric' },
    ),
    /** What is measured, for the report. */
    title: Type.String({ description: 'what is measured, in words for the report' }),
    statistic: Type.Union(
      STATISTICS.map((statistic) => Type.Literal(statistic)),
      { description: 'the figure of the samples that is held against the bound' },
    ),
    comparison: Type.Union([Type.Literal('<'), Type.Literal('<='), Type.Literal('>='), Type.Literal('>')], {
      description: 'how the figure must stand to the bound',
    }),
    bound: Type.Number({ description: "a number, in the row's unit" }),
    unit: Type.Union(
      UNITS.map((unit) => Type.Literal(unit)),
      { description: 'the unit of the bound; a share is a part of 1' },
    ),
    /** And in this share of 1 s windows (those with samples). */
    windowShare: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'a share from 0 to 1 of the 1 s windows that keep the bound too',
      }),
    ),
    /** And never over this, in the row's unit. */
    never: Type.Optional(Type.Number({ description: 'a number that no sample may be over' })),
    /** Of `cadence`: each value is computed in less than this, by the server's own word. */
    computedInMs: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'milliseconds above 0 in which a value is computed (cadence)' }),
    ),
    /** Of `leak`: what besides the heap may grow, by how much in an hour. */
    growthPerHour: Type.Optional(GrowthSchema),
    minSamples: Type.Integer({ minimum: 0, description: 'a whole number: with fewer samples the row fails' }),
    needs: Type.Array(Type.Union(NEEDS.map((need) => Type.Literal(need))), {
      description: 'what the server must have for the row to apply',
    }),
    /** Whose samples: every client's, or the probes' alone. */
    source: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Literal('probes')], {
        description: "whose samples: every client's, or the probes' alone",
      }),
    ),
    /** The run ends early once the row's bound is broken in so many 1 s windows in a row. */
    abortAfterWindows: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'a whole number: the run ends once the bound is broken in so many 1 s windows in a row',
      }),
    ),
    /** What a broken bound does: fail the run, or be told. Default `fail`. */
    severity: Type.Optional(
      Type.Union([Type.Literal('fail'), Type.Literal('warn')], {
        description: 'whether a broken bound fails the run (default) or is only told',
      }),
    ),
  },
  exact,
);
export type Target = Static<typeof TargetSchema>;

/** A file of targets (`loadtests/targets/*.yaml`). */
export const TargetSetSchema = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String({ description: 'the name of the set' }),
    description: Type.String({ description: 'whose figures these are' }),
    targets: Type.Array(TargetSchema, { minItems: 1, description: 'the rows, each metric once' }),
  },
  exact,
);
export type TargetSet = Static<typeof TargetSetSchema>;
