import type * as FastCheck from 'fast-check';

/** Makes values of JSON with anything in place of some of their parts. */
export function spoiler(fc: typeof FastCheck): (value: unknown) => FastCheck.Arbitrary<unknown> {
  const spoilt = (value: unknown): FastCheck.Arbitrary<unknown> => {
    if (Array.isArray(value)) return fc.oneof(fc.jsonValue(), fc.tuple(...value.map(spoilt)));
    if (typeof value !== 'object' || value === null) return fc.oneof(fc.jsonValue(), fc.constant(value));
    const fields = Object.entries(value).map(([name, part]) => [name, fc.option(spoilt(part), { nil: undefined })]);
    return fc.oneof(fc.jsonValue(), fc.record(Object.fromEntries(fields)));
  };
  return spoilt;
}
