import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { PROVIDER_NAMES } from '../providers/names.ts';

const exact = { additionalProperties: false } as const;

/**
 * A moment of the market: a time of the exchange's clock (`10:05`, `15:59:30`), or so long after or before the open or the
 * close of the regular session (`open+30s`, `close-5min`).
 */
const CLOCK_PATTERN =
  '^((?:[01]?\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d)?|(?:open|close)(?:[+-]\\d+(?:\\.\\d+)?(?:ms|s|min|h))?)$';
export const MarketMomentSchema = Type.String({
  pattern: CLOCK_PATTERN,
  description: 'a time like 10:05, 15:59:30, open+30s or close-5min',
});

const AtSchema = Type.Union([Type.Number({ minimum: 0 }), MarketMomentSchema], {
  description: 'seconds after the start, or a time like 10:05, open+30s or close-5min',
});
const Decimal = Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: '^\\d+(\\.\\d+)?$' })], {
  description: 'a price above 0',
});
const WhenSchema = Type.Union(
  [
    Type.Object({ events: Type.Integer({ minimum: 1 }) }, exact),
    Type.Object({ symbol: Type.String({ minLength: 1 }), below: Decimal }, exact),
    Type.Object({ symbol: Type.String({ minLength: 1 }), above: Decimal }, exact),
    Type.Object(
      { symbol: Type.String({ minLength: 1 }), fallsBy: Type.Number({ exclusiveMinimum: 0, maximum: 1 }) },
      exact,
    ),
  ],
  { description: 'events: N, or a symbol with one of below, above (a price) or fallsBy (a share)' },
);

const Share = Type.Number({ exclusiveMinimum: 0, maximum: 1 });
const SymbolsSchema = Type.Union(
  [Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }), Type.Object({ share: Share }, exact)],
  { description: 'a list of symbols, or share: 0 to 1 of all' },
);
export type FaultSymbols = Static<typeof SymbolsSchema>;

const Ms = Type.Number({ minimum: 0, maximum: 600_000 });
const shaped = <N extends string, P extends TProperties>(distribution: N, fields: P) =>
  Type.Object({ distribution: Type.Literal(distribution), ...fields }, exact);
/** How long something takes, ms; every form has an upper bound. */
const DurationSchema = Type.Union(
  [
    Ms,
    shaped('uniform', { from: Ms, to: Ms }),
    shaped('exponential', { mean: Type.Number({ exclusiveMinimum: 0 }), max: Ms }),
    shaped('pareto', {
      least: Type.Number({ exclusiveMinimum: 0 }),
      alpha: Type.Number({ exclusiveMinimum: 0 }),
      max: Ms,
    }),
  ],
  { description: 'ms, or distribution: uniform (from, to), exponential (mean, max) or pareto (least, alpha, max)' },
);
export type FaultDuration = Static<typeof DurationSchema>;

const ForS = Type.Number({ exclusiveMinimum: 0 });
/** When a fault begins; neither: with the scenario. */
const begin = { at: Type.Optional(AtSchema), when: Type.Optional(WhenSchema) };
/** Without `forS` it lasts to the end. */
const lasting = { ...begin, forS: Type.Optional(ForS) };
const onEvents = { ...lasting, symbols: Type.Optional(SymbolsSchema) };
const bounded = { ...begin, forS: ForS, symbols: Type.Optional(SymbolsSchema) };
export const ProviderSchema = Type.Union(
  PROVIDER_NAMES.map((name) => Type.Literal(name)),
  { description: `one of ${PROVIDER_NAMES.join(', ')}` },
);
/** The provider whose connections it is about; absent: all. */
const on = { on: Type.Optional(ProviderSchema) };
const onLink = { ...lasting, ...on };
const kind = <K extends string, P extends TProperties>(name: K, fields: P) =>
  Type.Object({ kind: Type.Literal(name), ...fields }, exact);

/** Faults on what the feed says of the market. */
const FEED_FAULTS = [
  /** Each event is lost with this chance. */
  kind('drop', { ...onEvents, share: Share }),
  /** Each event comes so much later; the order stays. */
  kind('delay', { ...onEvents, byMs: DurationSchema }),
  /** Each event comes up to so much later; the order stays. */
  kind('jitter', { ...onEvents, upToMs: Ms }),
  /** Each event is said once more with this chance: right behind, or so much later. */
  kind('duplicate', { ...onEvents, share: Share, laterMs: Type.Optional(DurationSchema) }),
  /** Events change places within so long a window. */
  kind('reorder', {
    ...onEvents,
    windowMs: Type.Number({ exclusiveMinimum: 0, maximum: 600_000 }),
    share: Type.Optional(Share),
  }),
  /** Prices are wrong with this chance (default: all). */
  kind('corrupt_price', {
    ...onEvents,
    share: Type.Optional(Share),
    price: Type.Union(
      [
        Type.Literal('zero'),
        Type.Literal('negative'),
        Type.Object({ factor: Type.Number({ exclusiveMinimum: 0 }) }, exact),
        Type.Object({ decimals: Type.Integer({ minimum: -6, maximum: 6 }) }, exact),
      ],
      { description: 'zero, negative, factor: F, or decimals: places by which the point slips' },
    ),
  }),
  /** The provider's clock is off: times shown lie so far ahead (above 0) or behind (below 0). */
  kind('stale_clock', { ...onEvents, byS: Type.Number({ minimum: -86_400, maximum: 86_400 }) }),
  /** Nothing comes, and what happened meanwhile is lost. */
  kind('gap', bounded),
  /** Nothing comes, and then all at once. */
  kind('burst', bounded),
  /** Trading stops; with `forS` it resumes. */
  kind('halt', { ...onEvents, reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) }),
  /** Prices fall by a share of themselves and come back, all of it (default) or a part. */
  kind('flash_crash', {
    ...bounded,
    depth: Type.Number({ exclusiveMinimum: 0, maximum: 0.99 }),
    bottomAt: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 })),
    recovers: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  }),
] as const;

/** Faults on the connections to a provider. */
const LINK_FAULTS = [
  /** Data stops; pings and answers go on. */
  kind('silent', onLink),
  /** Nothing is sent and nothing read; the sockets stay. */
  kind('half_open', onLink),
  /** This share of the open sockets (default: all) is cut by a reset, or with a close code. */
  kind('cut', {
    ...begin,
    ...on,
    share: Type.Optional(Share),
    code: Type.Optional(Type.Integer({ minimum: 1000, maximum: 4999 })),
  }),
  /** Every request is over the limit: 429, or the provider's own words. */
  kind('rate_limit', onLink),
  /** Every key is wrong. */
  kind('refuse_auth', onLink),
  /** Ends the sockets with the fullest buffers. */
  kind('kick_slow', { ...begin, ...on }),
  /** Refuses connections and cuts those that are open. */
  kind('down', onLink),
  /** HTTP answers with an HTML page and status 200. */
  kind('wrong_content_type', onLink),
  /** This share of the frames (default: all) arrives without its second half. */
  kind('truncate', { ...onLink, share: Type.Optional(Share) }),
  /** This share of the frames (default: all) arrives as two. */
  kind('split', { ...onLink, share: Type.Optional(Share) }),
  /** Every delivery takes so much longer. */
  kind('latency', { ...onLink, byMs: Ms }),
] as const;

/** A fault of a scenario: when, for how long, on what, and which. */
export const FaultSchema = Type.Union([...FEED_FAULTS, ...LINK_FAULTS]);
export type Fault = Static<typeof FaultSchema>;
export type FaultKind = Fault['kind'];

const FEED_KINDS: ReadonlySet<string> = new Set(FEED_FAULTS.map((schema) => schema.properties.kind.const));

/** A fault on what the feed says, not on its connections. */
export type FeedFault = Static<(typeof FEED_FAULTS)[number]>;
/** A fault on the connections to a provider. */
export type LinkFault = Static<(typeof LINK_FAULTS)[number]>;

/** Whether a fault is one on what the feed says, not on its connections. */
export function isFeedFault(fault: Fault): fault is FeedFault {
  return FEED_KINDS.has(fault.kind);
}
