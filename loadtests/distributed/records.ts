import { type Static, Type } from '@sinclair/typebox';
import type { GeneratorName } from '../../protocol/run.ts';
import { NEEDS, TARGET_IDS, TargetSetSchema } from '../../protocol/schemas/targets.ts';
import { CODECS } from '../../protocol/serverUnderTest.ts';
import { ScheduleSchema } from '../session/planFile.ts';

/** By second since the tape's start: `[second, value]`, ascending. */
const Series = Type.Array(Type.Tuple([Type.Integer(), Type.Number()]));
const NamedSeries = Type.Array(Type.Tuple([Type.String(), Series]));
const HistogramRecord = Type.Object({
  count: Type.Integer({ minimum: 0 }),
  min: Type.Number(),
  max: Type.Number(),
  sum: Type.Number(),
  buckets: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()])),
});
const WindowsRecord = Type.Array(Type.Tuple([Type.Integer(), HistogramRecord]));
export type WindowsRecord = Static<typeof WindowsRecord>;

const GENERATORS: readonly GeneratorName[] = ['k6', 'swarm', 'probe'];
const Generator = Type.Union(GENERATORS.map((name) => Type.Literal(name)));
const Seed = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 });

/** What all parts of one run have in common, to the letter. */
export const RunIdentitySchema = Type.Object({
  scenario: Type.String(),
  seed: Seed,
  dialect: Type.String(),
  codec: Type.Union(CODECS.map((name) => Type.Literal(name))),
  schedule: ScheduleSchema,
  endUs: Type.Number(),
});
export type RunIdentity = Static<typeof RunIdentitySchema>;

const SegmentSchema = Type.Object({ index: Type.Integer({ minimum: 1 }), of: Type.Integer({ minimum: 1 }) });

/** How a generator's clock was set against the gate's. */
export const ClockRecordSchema = Type.Object({
  /** `same`: one kernel, one clock. `estimated`: by round trips. `stated`: a bound by whoever runs it (PTP, NTP). `none`: nobody knows. */
  method: Type.Union([Type.Literal('same'), Type.Literal('estimated'), Type.Literal('stated'), Type.Literal('none')]),
  /** What was added to its own clock to get the gate's, µs. */
  offsetUs: Type.Number(),
  /** Its clock was never further off than this, µs; null where nobody knows. */
  errorUs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  /** How fast it ran away from the gate's, millionths; 0 where that can't be told from the error. */
  driftPpm: Type.Number(),
  /** Estimates made over the run. */
  estimates: Type.Integer({ minimum: 0 }),
});
export type ClockRecord = Static<typeof ClockRecordSchema>;

/** `generator.json`, version 1: what one generator was, beside the lines that it wrote. */
export const GeneratorRecordSchema = Type.Object({
  schema: Type.Literal('tapedeck.generator'),
  version: Type.Literal(1),
  run: RunIdentitySchema,
  generator: Generator,
  /** Null where another tool cut the run into its parts (k6's own segments). */
  segment: Type.Union([SegmentSchema, Type.Null()]),
  /** File of its lines, in the same folder. */
  lines: Type.String({ pattern: '^[^/\\\\]+$' }),
  host: Type.Object({ name: Type.String(), cores: Type.Integer({ minimum: 1 }) }),
  clock: ClockRecordSchema,
  /** What its machine did to everybody on it. */
  canaryUs: Series,
  stealShare: Series,
  /** What went wrong with it, in words; '' when nothing did. */
  failed: Type.String(),
});
export type GeneratorRecord = Static<typeof GeneratorRecordSchema>;

/** `run.json`, version 1: all that the gate knows of a run besides what its generators wrote. */
export const RunRecordSchema = Type.Object({
  schema: Type.Literal('tapedeck.run'),
  version: Type.Literal(1),
  run: RunIdentitySchema,
  /** The scenario as read; its form is checked apart. */
  scenario: Type.Unknown(),
  targets: TargetSetSchema,
  tape: Type.Object({
    path: Type.String(),
    sha256: Type.String(),
    /** Whether the part from `fromUs` to `toUs` is what should have arrived; false where nobody knows what the server was fed. */
    isPlayed: Type.Boolean(),
    fromUs: Type.Number(),
    toUs: Type.Number(),
    /** From when on the server knew the trades that make its bars; null: from the tape's start. */
    barsFromUs: Type.Union([Type.Number(), Type.Null()]),
  }),
  isNumbered: Type.Boolean(),
  /** Every client that was planned, on whichever generator. */
  clients: Type.Array(
    Type.Object({
      client: Type.Integer({ minimum: 0 }),
      symbols: Type.Array(Type.String()),
      orders: Type.Integer({ minimum: 0 }),
    }),
  ),
  /** Generators that share the load; 1 where the gate made it alone. */
  segments: Type.Integer({ minimum: 1 }),
  /** Those whose lines lie in this folder. */
  generators: Type.Array(Type.Object({ generator: Generator, lines: Type.String(), failed: Type.String() })),
  inside: Type.Union([
    Type.Object({
      process: WindowsRecord,
      publish: WindowsRecord,
      /** By name, as in `InsideEvidence`. */
      series: Type.Record(Type.String(), Series),
    }),
    Type.Null(),
  ]),
  /** Of the gate's machine and its own processes, generators left out: their lines tell theirs. */
  lateness: Type.Object({
    canaryUs: Series,
    stealShare: Series,
    loopDelayUs: NamedSeries,
    slipUs: NamedSeries,
    runQueueUs: Series,
    clockErrorUs: Type.Number({ minimum: 0 }),
  }),
  cuts: Type.Array(Type.Object({ client: Type.Integer(), atUs: Type.Number() })),
  expectedHeads: Type.Array(Type.Tuple([Type.String(), Type.Integer()])),
  absent: Type.Array(Type.Tuple([Type.Union(NEEDS.map((need) => Type.Literal(need))), Type.String()])),
  /** Latencies of so many first seconds are not judged. */
  discardS: Type.Number({ minimum: 0 }),
  endedEarly: Type.Optional(
    Type.Object({
      row: Type.Union(TARGET_IDS.map((id) => Type.Literal(id))),
      seconds: Type.Array(Type.Integer()),
    }),
  ),
  serverDied: Type.String(),
  /** What of ours failed that isn't a generator; '' when nothing did. */
  failed: Type.String(),
  runHash: Type.String(),
  transport: Type.String(),
  notes: Type.Array(Type.String()),
});
export type RunRecord = Static<typeof RunRecordSchema>;

/** Names of the files that make a folder part of a run. */
export const RUN_FILE = 'run.json';
export const GENERATOR_FILE = 'generator.json';
/** In a gate's folder: one folder for each generator that joined it. */
export const SEGMENTS_FOLDER = 'segments';
