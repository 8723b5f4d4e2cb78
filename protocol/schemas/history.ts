import { type Static, Type } from '@sinclair/typebox';
import { COMPARED_METRICS } from './comparison.ts';

const MetricId = Type.Union(COMPARED_METRICS.map((id) => Type.Literal(id)));

/** One stored run's figure. */
const HistoryPoint = Type.Object({
  /** Name of the run's folder. */
  run: Type.String(),
  startedAt: Type.String(),
  commit: Type.String(),
  /** In the metric's unit. */
  value: Type.Number(),
});
export type HistoryPoint = Static<typeof HistoryPoint>;

/** A place from which on the figures are others. */
const HistoryChange = Type.Object({
  /** Index of the first point after it. */
  at: Type.Integer(),
  run: Type.String(),
  commit: Type.String(),
  /** What comes after it over what was before: the median of the pairwise ratios, up to the neighbouring changes. */
  ratio: Type.Number(),
  /** 95 % interval of the ratio. */
  interval: Type.Tuple([Type.Number(), Type.Number()]),
  /** Chance of so clear a change in runs that are all alike. */
  p: Type.Number(),
});
export type HistoryChange = Static<typeof HistoryChange>;

/** One metric over the runs that can be held side by side: of one scenario, load and machine. */
const HistorySeries = Type.Object({
  metric: MetricId,
  scenario: Type.String(),
  load: Type.String(),
  machine: Type.String(),
  points: Type.Array(HistoryPoint),
  changes: Type.Array(HistoryChange),
});
export type HistorySeries = Static<typeof HistorySeries>;

/** What `tapedeck history --format json` prints, version 1. */
export const HistorySchema = Type.Object({
  schema: Type.Literal('tapedeck.history'),
  version: Type.Literal(1),
  series: Type.Array(HistorySeries),
  /** Runs that were left out, with the reason. */
  leftOut: Type.Array(Type.Object({ run: Type.String(), why: Type.String() })),
});
export type History = Static<typeof HistorySchema>;
