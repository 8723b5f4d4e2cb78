import type { Static, TSchema } from '@sinclair/typebox';
import type { TypeCheck, ValueError } from '@sinclair/typebox/compiler';
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
  const [first, ...others] = [...check.Errors(value)];
  if (first === undefined) throw new Error(`${file}: refused without an error`);
  const line = lineOf(document, lines, first.path);
  const more = others.filter(({ path }) => path !== first.path).length;
  return {
    ok: false,
    message: `${file}:${line}: ${describe(first, check.Schema())}${more > 0 ? ` (and ${more} more)` : ''}`,
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

function describe(error: ValueError, root: TSchema): string {
  const field = fieldOf(error.path);
  if (error.message === 'Unexpected property') return `${field}: ${unknownField(error, root)}`;
  const expected = error.message.replace(/^Expected /, 'expected ').replace('required property', 'a value');
  const found = error.value === undefined ? 'nothing' : JSON.stringify(error.value);
  return `${field}: ${expected}, found ${found.length > 60 ? `${found.slice(0, 60)}...` : found}`;
}

function unknownField(error: ValueError, root: TSchema): string {
  const steps = error.path.split('/').slice(1);
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
