import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Broken } from './case.ts';

/** A frame as it came. */
export type Frame = Readonly<Record<string, unknown>>;

const MAX_SHOWN = 400;

/** A value as it is shown to people: JSON, cut where it gets long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** @throws Broken unless `holds` */
export function check(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Broken(expected, shown(came));
}

/** Compares plain JSON. @throws Broken when they differ */
export function same(came: unknown, expected: unknown, what: string): void {
  check(Value.Equal(came, expected), `${what} ${shown(expected)}`, came);
}

/** Compares the fields that are named, at any depth. @throws Broken when one differs */
export function has(came: unknown, expected: Frame, what: string): void {
  for (const [name, value] of Object.entries(expected)) {
    const got = field(came, name);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      has(got, Object.fromEntries(Object.entries(value)), `${what} with "${name}"`);
    } else check(Value.Equal(got, value), `${what} with "${name}" ${shown(value)}`, came);
  }
}

/** Reads a value of a shape. @throws Broken with the first field that isn't so */
export function read<S extends TSchema>(schema: S, value: unknown, what: string): Static<S> {
  if (Value.Check(schema, value)) return value;
  const first = Value.Errors(schema, value).First();
  const place = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
  throw new Broken(`${what}${place}: ${first?.message ?? 'another shape'}`, shown(value));
}

/** A field of anything, by its path; undefined where there is none. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.hasOwn(at, name) ? Object.entries(at).find(([key]) => key === name)?.[1] : undefined;
  }
  return at;
}

/** A field that must be a whole number. @throws Broken */
export function whole(value: unknown, ...path: readonly string[]): number {
  const got = field(value, ...path);
  check(typeof got === 'number' && Number.isSafeInteger(got), `a whole number in "${path.join('.')}"`, value);
  return got;
}

/** A field that must be a text. @throws Broken */
export function text(value: unknown, ...path: readonly string[]): string {
  const got = field(value, ...path);
  check(typeof got === 'string', `a text in "${path.join('.')}"`, value);
  return got;
}

/** A field that must be a list. @throws Broken */
export function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const got = field(value, ...path);
  check(Array.isArray(got), `a list in "${path.join('.')}"`, value);
  return got;
}
