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
] as const;
export type Need = (typeof NEEDS)[number];

export const TargetSchema = Type.Object(
  {
    id: Type.Union(TARGET_IDS.map((id) => Type.Literal(id))),
    /** What is measured, for the report. */
    title: Type.String(),
    statistic: Type.Union([
      Type.Literal('p99'),
      Type.Literal('max'),
      Type.Literal('count'),
      Type.Literal('ratio'),
      Type.Literal('min'),
    ]),
    comparison: Type.Union([Type.Literal('<'), Type.Literal('<='), Type.Literal('>='), Type.Literal('>')]),
    bound: Type.Number(),
    unit: Type.Union([
      Type.Literal('ms'),
      Type.Literal('count'),
      Type.Literal('x'),
      Type.Literal('share'),
      Type.Literal('MB'),
    ]),
    /** And in this share of 1 s windows (those with samples). */
    windowShare: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** And never over this, in the row's unit. */
    never: Type.Optional(Type.Number()),
    /** Of `cadence`: each value is computed in less than this, by the server's own word. */
    computedInMs: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    minSamples: Type.Integer({ minimum: 0 }),
    needs: Type.Array(Type.Union(NEEDS.map((need) => Type.Literal(need)))),
    /** Whose samples: every client's, or the probes' alone. */
    source: Type.Optional(Type.Union([Type.Literal('all'), Type.Literal('probes')])),
  },
  exact,
);
export type Target = Static<typeof TargetSchema>;

/** A file of targets (`loadtests/targets/*.yaml`). */
export const TargetSetSchema = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String(),
    description: Type.String(),
    targets: Type.Array(TargetSchema, { minItems: 1 }),
  },
  exact,
);
export type TargetSet = Static<typeof TargetSetSchema>;
