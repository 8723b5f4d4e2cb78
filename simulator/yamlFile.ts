import type { Static, TSchema } from '@sinclair/typebox';
import { type TypeCheck, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler';
import { Value } from '@sinclair/typebox/value';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { nearestFirst } from '../protocol/nearest.ts';

export type YamlResult<T> =
  | { readonly ok: true; readonly value: T }
  /** `message` is one line: `file:line: field: what was expected, what was found`. */
  | { readonly ok: false; readonly message: string };

/** Reads YAML by a compiled schema; a fault is told with its file, line and field. */
export function parseYaml<S extends TSchema>(options: {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;
  readonly check: TypeCheck<S>;
  /** What a schema can't say: the first thing wrong with a value of the right form, by its JSON pointer. */
  readonly rule?: (value: Static<S>) => { readonly pointer: string; readonly expected: string } | undefined;
}): YamlResult<Static<S>> {
  const { file, check } = options;
  const lines = new LineCounter();
  const document = parseDocument(options.text, { lineCounter: lines });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const reason = (fault.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
    return { ok: false, message: `${file}:${lines.linePos(fault.pos[0]).line}: not readable as YAML: ${reason}` };
  }
  const value: unknown = document.toJS();
  if (check.Check(value)) {
    const broken = options.rule?.(value);
    if (broken === undefined) return { ok: true, value };
    const line = lineOf(document, lines, broken.pointer);
    return { ok: false, message: `${file}:${line}: ${fieldOf(broken.pointer)}: expected ${broken.expected}` };
  }
  const [first, ...others] = [...check.Errors(value)].flatMap(insideUnion);
  if (first === undefined) throw new Error(`${file}: refused without an error`);
  const line = lineOf(document, lines, first.path);
  const more = others.filter(({ path }) => path !== first.path).length;
  return {
    ok: false,
    message: `${file}:${line}: ${describe(first, first.root ?? check.Schema())}${more > 0 ? ` (and ${more} more)` : ''}`,
  };
}

/** Line of the value at a JSON pointer, or of the nearest thing around it that is there. */
function lineOf(document: Document.Parsed, lines: LineCounter, pointer: string): number {
  const path = pointer.split('/').slice(1);
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function fieldOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.') || 'the file';
}

/** An error, and the schema on whose fields its path goes when that isn't the file's. */
interface PlacedError extends Pick<ValueError, 'path' | 'message' | 'value' | 'schema'> {
  /** Of the form of a union that was meant; `below` is the path of the value that has it. */
  readonly root?: TSchema;
  readonly below?: string;
}

/** What is wrong with a value of several forms: with the form that it was meant to have, where it says so by a field of its own. */
function insideUnion(error: ValueError): readonly PlacedError[] {
  if (error.type !== ValueErrorType.Union) return [error];
  const forms: unknown = child(error.schema, 'anyOf');
  const schemas: TSchema[] = Array.isArray(forms) ? forms : [];
  if (schemas.every((schema) => typeof schema['const'] === 'string')) return [oneOf(error, schemas)];
  const [teller, names] = tellingField(schemas);
  const told = child(error.value, teller);
  const meant = told === undefined ? undefined : schemas.find((schema) => constOf(schema, teller) === told);
  if (teller === '' || typeof error.value !== 'object') return [error];
  if (meant === undefined) {
    const [near] = typeof told === 'string' ? nearestFirst(told, names) : [];
    const hint = near === undefined ? '' : ` (nearest: ${near})`;
    return [
      { ...error, path: `${error.path}/${teller}`, value: told, message: `Expected one of ${names.join(', ')}${hint}` },
    ];
  }
  return [...Value.Errors(meant, error.value)].flatMap(insideUnion).map((inner) => ({
    ...inner,
    path: `${error.path}${inner.path}`,
    root: inner.root ?? meant,
    below: `${error.path}${inner.below ?? ''}`,
  }));
}

/** A word that is none of those that are known. */
function oneOf(error: PlacedError, schemas: readonly TSchema[]): PlacedError {
  const names = schemas.map((schema) => String(schema['const']));
  const [near] = typeof error.value === 'string' ? nearestFirst(error.value, names) : [];
  const hint = near === undefined || names.length < 3 ? '' : ` (nearest: ${near})`;
  return { ...error, message: `Expected one of ${names.join(', ')}${hint}` };
}

/** The field by which the forms of a union are told apart, and its values; '' when there is none. */
function tellingField(schemas: readonly TSchema[]): readonly [string, string[]] {
  const objects = schemas.filter((schema) => schema['type'] === 'object');
  const [first] = objects;
  for (const name of Object.keys(child(first, 'properties') ?? {})) {
    const names = objects.map((schema) => constOf(schema, name));
    if (names.every((value) => typeof value === 'string')) return [name, names];
  }
  return ['', []];
}

function constOf(schema: TSchema, name: string): unknown {
  return child(child(child(schema, 'properties'), name), 'const');
}

function describe(error: PlacedError, root: TSchema): string {
  const field = fieldOf(error.path);
  if (error.message === 'Unexpected property') return `${field}: ${unknownField(error, root)}`;
  const known = error.schema.description;
  const told = known === undefined || error.message.startsWith('Expected one of') ? error.message : `Expected ${known}`;
  const expected = told.replace(/^Expected /, 'expected ').replace('required property', 'a value');
  const found = error.value === undefined ? 'nothing' : JSON.stringify(error.value);
  return `${field}: ${expected}, found ${found.length > 60 ? `${found.slice(0, 60)}...` : found}`;
}

function unknownField(error: PlacedError, root: TSchema): string {
  const steps = error.path
    .slice(error.below?.length ?? 0)
    .split('/')
    .slice(1);
  const name = steps.pop() ?? '';
  const known = fieldsAt(root, steps);
  const [nearest] = nearestFirst(name, known);
  return nearest === undefined
    ? 'expected no such field'
    : `expected one of ${known.join(', ')} (nearest: ${nearest}), found ${name}`;
}

function fieldsAt(root: TSchema, steps: readonly string[]): string[] {
  let schema: unknown = root;
  for (const step of steps) schema = child(child(schema, 'properties'), step) ?? child(schema, 'items');
  const properties = child(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

function child(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
