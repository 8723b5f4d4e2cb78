import { Type } from '@sinclair/typebox';

/** Name of a symbol. */
export const SymbolName = Type.String({ minLength: 1, maxLength: 128 });

/** Names of symbols, at least one. */
export const Symbols = Type.Array(SymbolName, { minItems: 1, maxItems: 10_000 });
