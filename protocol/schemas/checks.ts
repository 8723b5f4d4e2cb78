import { type Static, type TProperties, Type } from '@sinclair/typebox';

const exact = { additionalProperties: false } as const;
const check = <C extends string, P extends TProperties>(name: C, fields: P) =>
  Type.Object({ check: Type.Literal(name), ...fields }, exact);
const Seconds = Type.Number({ exclusiveMinimum: 0 });
const Name = Type.String({ minLength: 1 });

/** What can be checked of a back end under a scenario: a closed list, each a promise in one sentence. */
export const CheckSchema = Type.Union([
  /** Every event that the feed said, and that is sound, reaches every client: told, or covered by a later one. */
  check('no_loss', {}),
  /** No client is told an event twice. */
  check('no_duplicate', {}),
  /** Every client is told each symbol's events in their order. */
  check('in_order', {}),
  /** Every price told is one that the feed said, for the event that it said it of. */
  check('prices_of_feed', {}),
  /** At least so many ticks are refused, and none of those is told. */
  check('refuses_bad_ticks', { least: Type.Integer({ minimum: 1 }) }),
  /** Closed bars of a minute are those of the ticks that the feed said. */
  check('bars_match', {}),
  /** A hole in what the provider said is told to clients. */
  check('gap_marked', {}),
  /** So long after the last fault's end every client hears ticks again; s of the run. */
  check('recovered_within_s', { s: Seconds }),
  /** So long after the last provider's end no price is told as fresh; s of the run. */
  check('no_stale_as_fresh', { maxAgeS: Seconds }),
  /** A market order while the exchange is closed is refused as `market_closed`. */
  check('closed_market_refuses', {}),
  /** A market order in a halted symbol is refused as `symbol_halted`, one in another is taken. */
  check('halted_symbol_refuses', { symbol: Name, other: Name }),
  /** No trade of a halted symbol is told; trading goes on after. */
  check('halted_symbol_silent', { symbol: Name }),
  /** A day order ends at this instant on the exchange's clock. */
  check('day_order_ends_at', {
    time: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}$', description: 'a time like 2026-03-09 16:00' }),
  }),
  /** Day orders that rest at the close expire then. */
  check('day_orders_expire_at_close', {}),
  /** Stops that the price path crossed are filled at a price of the path. */
  check('stops_fill_on_path', { symbol: Name }),
  /** Every event of an order reaches its client once and in order, over cuts as well. */
  check('class_a_complete', {}),
  /** The fallback is in charge so long after the provider's failure; s of the run. */
  check('failover_within_s', { s: Seconds }),
  /** The provider is in charge again so long after its return; s of the run. */
  check('failback_within_s', { s: Seconds }),
  /** Every client is back so long after its cut; s of the run. */
  check('reconnected_within_s', { s: Seconds }),
  /** A client without WebSocket gets every event by polling. */
  check('polling_complete', {}),
  /** The feed keeps to the provider's limit: no more refused requests than this. */
  check('limit_respected', { maxRefused: Type.Integer({ minimum: 0 }) }),
  /** A client that stops reading is conflated or closed with 4008, never left behind silently. */
  check('slow_reader_told', {}),
  /** The server's memory grows by no more than this. */
  check('memory_bounded', { maxMb: Type.Number({ exclusiveMinimum: 0 }) }),
]);
export type ScenarioCheck = Static<typeof CheckSchema>;
