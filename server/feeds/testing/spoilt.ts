import { fc } from '@fast-check/vitest';

/** A value of JSON with anything in place of some of its parts. */
export function spoilt(value: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) return fc.oneof(fc.jsonValue(), fc.tuple(...value.map(spoilt)));
  if (typeof value !== 'object' || value === null) return fc.oneof(fc.jsonValue(), fc.constant(value));
  const fields = Object.entries(value).map(([name, part]) => [name, fc.option(spoilt(part), { nil: undefined })]);
  return fc.oneof(fc.jsonValue(), fc.record(Object.fromEntries(fields)));
}
