import { type Static, Type } from '@sinclair/typebox';
import { HostSchema } from './summary.ts';

/** What a search for capacity raises until something gives way. */
export const VARIED = ['clients', 'symbols', 'rate', 'orders'] as const;
export type Varied = (typeof VARIED)[number];

/** Units of what is varied, for readers. */
export const VARIED_UNITS: Readonly<Record<Varied, string>> = {
  clients: 'clients',
  symbols: 'symbols',
  rate: 'events/s',
  orders: 'orders/s',
};

const Nullable = Type.Union([Type.Number(), Type.Null()]);
const Interval = Type.Tuple([Type.Number(), Nullable]);

/** One plateau: a run at one load, its first seconds discarded. Figures are null where nothing was seen. */
export const PlateauSchema = Type.Object({
  /** In the unit of what is varied: clients, symbols, events a second, orders a second. */
  load: Type.Integer(),
  /** `invalid`: it can't tell, and was made again. */
  outcome: Type.Union([Type.Literal('held'), Type.Literal('broken'), Type.Literal('invalid')]),
  /**
   * Of a broken one a server that died, clients that it didn't let in or didn't keep, another target, or a growing
   * backlog; of an invalid one who was late.
   */
  cause: Type.Union(
    (['none', 'death', 'connections', 'target', 'backlog', 'generator', 'machine', 'noise'] as const).map((cause) =>
      Type.Literal(cause),
    ),
  ),
  /** The outcome in one sentence. */
  why: Type.String(),
  /** Clients that it didn't let in or didn't keep, and how one of them was told; '' where none. */
  lostConnections: Type.String(),
  /** The target that broke; '' otherwise. */
  brokenTarget: Type.String(),
  p50Us: Nullable,
  p99Us: Nullable,
  /** The server's CPU, share of one core, mean over the seconds that count. */
  cpu: Nullable,
  rssBytes: Nullable,
  /** Messages that all clients read, a second. */
  messagesPerS: Type.Number(),
  /** Bytes of messages to all clients, a second. */
  bytesPerS: Nullable,
  /** Work a second that was done in time: messages read within the bound (clients), events (symbols, rate), orders answered. */
  workPerS: Type.Number(),
  /** Longest stand-still of the server's event loop in a second, the median of the seconds. */
  loopDelayUs: Nullable,
  /** The generator's busiest thread, share of one core. */
  generatorCpu: Nullable,
  /** Share of the machine's cores that were busy. */
  machineCpu: Nullable,
  /** Where its own report is; '' when none was written. */
  folder: Type.String(),
});
export type Plateau = Static<typeof PlateauSchema>;

/** How a search came to its end. */
export const SEARCH_ENDS = [
  'found',
  'all held',
  'least broke',
  'generator',
  'machine',
  'noise',
  'budget',
  'interrupted',
] as const;
export type SearchEnd = (typeof SEARCH_ENDS)[number];

const BracketSchema = Type.Object({
  /** The highest load that held each time it was played; null when none did. */
  holds: Nullable,
  /** The lowest load that broke each time it was played; null when none did: `holds` is a lower bound. */
  breaks: Nullable,
  /** From here on nothing can be told: the generator or the machine was at its end. */
  unclearFrom: Nullable,
  end: Type.Union(SEARCH_ENDS.map((end) => Type.Literal(end))),
  /** Both ends were played the number of times that was asked for. */
  isRepeated: Type.Boolean(),
  /** How it ended, in one sentence. */
  why: Type.String(),
});
export type Bracket = Static<typeof BracketSchema>;

const ParameterSchema = Type.Object({ value: Type.Number(), interval: Interval });

/** The Universal Scalability Law through the plateaus: X(N) = λN / (1 + σ(N - 1) + κN(N - 1)). */
const UslSchema = Type.Object({
  /** What X is: work for a second of the server's CPU, or work a second where the CPU was not seen. */
  response: Type.Union([Type.Literal('work per CPU second'), Type.Literal('work per second')]),
  lambda: ParameterSchema,
  sigma: ParameterSchema,
  kappa: ParameterSchema,
  /** Plateaus fitted. */
  plateaus: Type.Integer(),
  /** Standard deviation of what the curve leaves unexplained, as a share of X. */
  noise: Type.Number(),
  /** The load at which X is highest; null when κ is 0: it has no peak. */
  peak: Type.Union([ParameterSchema, Type.Null()]),
  /** The load at which one core of the server is full, by the curve; null when it never is or the CPU was not seen. */
  fullCore: Type.Union([ParameterSchema, Type.Null()]),
  /** The curve with its 95 % band: load, X, low, high. */
  curve: Type.Array(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()])),
});
export type UslResult = Static<typeof UslSchema>;

/** What may have given way first. */
const BOUNDS = [
  'death',
  'connections',
  'cpu',
  'memory',
  'bandwidth',
  'event loop',
  'generator',
  'machine',
  'not seen',
  'not reached',
] as const;

/** What gave way first. */
const BoundedSchema = Type.Object({
  by: Type.Union(BOUNDS.map((by) => Type.Literal(by))),
  why: Type.String(),
});
export type Bounded = Static<typeof BoundedSchema>;

/** How many instances a load takes. */
const SizingSchema = Type.Object({
  wanted: Type.Integer(),
  /** Instances needed, from the most that one may hold to what it was seen to hold; the upper one is the answer. */
  instances: Type.Tuple([Type.Integer(), Type.Integer()]),
  coresEach: Type.Integer(),
  loadEach: Type.Number(),
  /** Of all instances together; null where it wasn't seen. */
  memoryBytes: Nullable,
  /** Payload to clients, of all instances together. */
  bytesPerS: Nullable,
  /** The load wanted over the highest load that held. */
  extrapolation: Type.Number(),
  isGuess: Type.Boolean(),
  /** The answer in words. */
  text: Type.String(),
});
export type Sizing = Static<typeof SizingSchema>;

/** `capacity.json` of a search, version 1. */
export const CapacitySchema = Type.Object({
  schema: Type.Literal('tapedeck.capacity'),
  version: Type.Literal(1),
  vary: Type.Union(VARIED.map((name) => Type.Literal(name))),
  scenario: Type.String(),
  targets: Type.String(),
  startedAt: Type.String(),
  durationS: Type.Number(),
  seed: Type.Integer(),
  commit: Type.String(),
  /** The one command that repeats the search. */
  command: Type.String(),
  plateauS: Type.Number(),
  warmUpS: Type.Number(),
  /** The bound of a tick's latency, where p99 by load is drawn. */
  tickBoundUs: Type.Number(),
  bracket: BracketSchema,
  bounded: BoundedSchema,
  usl: Type.Union([UslSchema, Type.Null()]),
  /** Why there is no curve; '' when there is one. */
  uslLacks: Type.String(),
  sizing: Type.Union([SizingSchema, Type.Null()]),
  plateaus: Type.Array(PlateauSchema),
  /** The answer in sentences, as every report prints it. */
  answer: Type.Array(Type.String()),
  environment: HostSchema,
});
export type Capacity = Static<typeof CapacitySchema>;
