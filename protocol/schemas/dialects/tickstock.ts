import { Type } from '@sinclair/typebox';
import { Symbols } from './parts.ts';

/** Earlier patterns of a symbol that a client can ask for, at most. */
const MAX_BACKLOG = 32;

/** Frames of a TickStock client, by `action`. Other fields are ignored. */
export const TICKSTOCK_CLIENT = {
  subscribe: Type.Object({
    action: Type.Literal('subscribe'),
    symbols: Symbols,
    min_confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Least confidence.' })),
    pattern_types: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 256, description: 'Only these types.' }),
    ),
    timeframes: Type.Optional(
      Type.Array(Type.Union([Type.Literal('1m'), Type.Literal('5m'), Type.Literal('15m'), Type.Literal('1h')]), {
        maxItems: 4,
        description: 'Only these time frames.',
      }),
    ),
    backlog: Type.Optional(
      Type.Integer({ minimum: 0, maximum: MAX_BACKLOG, description: 'Earlier patterns of each symbol to begin with.' }),
    ),
  }),
  unsubscribe: Type.Object({ action: Type.Literal('unsubscribe'), symbols: Symbols }),
  ping: Type.Object({ action: Type.Literal('ping') }),
};
