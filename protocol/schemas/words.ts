import { type Static, type StringOptions, type TProperties, type TSchema, Type } from '@sinclair/typebox';

/**
 * The words that frames are described with. Every field has a meaning, in Markdown whose links lead into PROTOCOL.md,
 * and a unit where it has one, as `x-unit`. From both come the tables of PROTOCOL.md and the generated documents.
 */
interface Note {
  readonly description: string;
  readonly 'x-unit'?: string;
}

function note(meaning: string, unit?: string): Note {
  return { description: meaning, ...(unit !== undefined && { 'x-unit': unit }) };
}

/** Any text. */
export function text(meaning: string, options: StringOptions = {}) {
  return Type.String({ ...note(meaning), ...options });
}

/** A whole number from 0 on that a double holds exactly. */
export function integer(meaning: string, unit?: string) {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...note(meaning, unit) });
}

/** A finite number. */
export function number(meaning: string, unit?: string) {
  return Type.Number(note(meaning, unit));
}

/** A plain decimal number as text. */
export function decimal(meaning: string, unit: string) {
  return Type.String({ pattern: '^-?[0-9]{1,15}([.][0-9]{1,12})?$', ...note(meaning, unit) });
}

/** A point in time, whole µs since the epoch. */
export function timeUs(meaning: string) {
  return integer(meaning, 'µs since the epoch');
}

export function flag(meaning: string) {
  return Type.Boolean(note(meaning));
}

/** One of some words; the static type knows them. */
export function words<const Words extends readonly string[]>(values: Words, meaning?: string) {
  return Type.Unsafe<Words[number]>(wordsUnion(values, meaning));
}

/** One of the words known today; more may come, so that the static type is any text. */
export function openWords(values: readonly string[], meaning: string) {
  return Type.Unsafe<string>(wordsUnion(values, meaning));
}

function wordsUnion(values: readonly string[], meaning?: string): TSchema {
  return Type.Union(
    values.map((value) => Type.Literal(value)),
    meaning === undefined ? {} : note(meaning),
  );
}

export function list<Item extends TSchema>(item: Item, meaning?: string) {
  return Type.Array(item, meaning === undefined ? {} : note(meaning));
}

/** The schema, or null; what it means is said of both. */
export function orNull<Schema extends TSchema>(schema: Schema) {
  const { description = '', 'x-unit': unit, ...bare }: TSchema = schema;
  return Type.Unsafe<Static<Schema> | null>(Type.Union([Type.Unsafe(bare), Type.Null()], note(description, unit)));
}

/** Values by key. */
export function mapOf<Value extends TSchema>(value: Value, meaning: string) {
  return Type.Record(Type.String(), value, note(meaning));
}

/** An object without a name of its own. */
export function group<Fields extends TProperties>(meaning: string, fields: Fields) {
  return Type.Object(fields, note(meaning));
}

/** A named object that several frames carry; it has a table of its own in PROTOCOL.md under this name. */
export function part<Fields extends TProperties>(name: string, fields: Fields) {
  return Type.Object(fields, { title: name });
}

/** A part with what it means in this place. */
export function said<Schema extends TSchema>(schema: Schema, meaning: string): Schema {
  return { ...schema, description: meaning };
}

/** A frame, told by its `type`. */
export function frame<const Name extends string, Fields extends TProperties>(name: Name, fields: Fields) {
  return Type.Object({ type: Type.Literal(name), ...fields }, { title: name });
}
