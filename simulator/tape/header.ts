import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { findHaltFault } from './halts.ts';
import type { TapeHeader } from './types.ts';

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const decimals = Type.Integer({ minimum: 0, maximum: 12 });
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

// Fields that a later program of the same version adds are not ours to refuse: the schemas are open.

const InstrumentSchema = Type.Object({
  symbol: Type.String({ minLength: 1, maxLength: 32 }),
  index: count,
  priceDecimals: decimals,
  quantityDecimals: decimals,
  previousClose: count,
});

const SourceSchema = Type.Object({ file: Type.String(), sha256, licence: Type.String() });

const HaltSchema = Type.Object({
  symbol: count,
  haltUs: count,
  resumeUs: Type.Optional(count),
  reason: Type.String({ minLength: 1, maxLength: 200 }),
});

const HeaderSchema = Type.Object({
  version: Type.Literal(1),
  name: Type.String(),
  seed: count,
  origin: Type.Object({
    kind: Type.Union([Type.Literal('derived'), Type.Literal('recorded')]),
    description: Type.String(),
    sources: Type.Array(SourceSchema),
    // Goes into a command line that people are told: what is no plain option stays out.
    buildOptions: Type.Optional(Type.String({ pattern: '^[-. A-Za-z0-9]{1,200}$' })),
    edited: Type.Optional(Type.Literal(true)),
  }),
  instruments: Type.Array(InstrumentSchema, { minItems: 1, maxItems: 32_768 }),
  sessionDate: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  sessionOpenUs: count,
  sessionCloseUs: count,
  halts: Type.Optional(Type.Array(HaltSchema)),
  firstEventUs: count,
  lastEventUs: count,
  events: count,
  trades: count,
  quotes: count,
  sha256,
  eventHash: Type.String({ pattern: '^[0-9a-f]{16}$' }),
});

/** Reads a header from its JSON, or answers why it is none. */
export function parseHeader(text: string): TapeHeader | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'has a header that is no JSON';
  }
  if (!Value.Check(HeaderSchema, value)) {
    const first = Value.Errors(HeaderSchema, value).First();
    return `has a header with a bad field ${first?.path ?? '/'} (${first?.message ?? 'unknown'})`;
  }
  const misplaced = value.instruments.find((instrument, index) => instrument.index !== index);
  if (misplaced) return `has instrument ${misplaced.symbol} in the wrong place of its symbol table`;
  return findHaltFault(value.halts ?? [], value.instruments.length) ?? value;
}
