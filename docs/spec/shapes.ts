import { codeOf, type Table } from './document.ts';

/** A type as the document's tables write it. */
export type Type =
  | { readonly kind: 'integer' | 'number' | 'string' | 'decimal' | 'boolean' | 'null' }
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'list' | 'map'; readonly of: Type }
  | { readonly kind: 'any'; readonly of: readonly Type[] }
  | { readonly kind: 'table'; readonly anchor: string }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Field> };

export interface Field {
  readonly type: Type;
  readonly isOptional: boolean;
}

/** The fields of one frame or part of a frame. */
export interface Shape {
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

/** All shapes of a document by the anchor of their heading. */
export type Shapes = ReadonlyMap<string, Shape>;

/** Reads every table whose first column is `field`. @throws Error for a type that isn't in the vocabulary */
export function readShapes(tables: readonly Table[]): Shapes {
  const shapes = new Map<string, Shape>();
  for (const { anchor, heading, header, rows } of tables) {
    if (header[0] !== 'field' || header[1] !== 'type') continue;
    if (shapes.has(anchor)) throw new Error(`two tables of fields under "${heading}"`);
    shapes.set(anchor, { name: heading, fields: fieldsOf(rows, '') });
  }
  return shapes;
}

function fieldsOf(rows: readonly (readonly string[])[], prefix: string): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [cell, text = ''] of rows) {
    const path = codeOf(cell);
    if (!path.startsWith(prefix)) continue;
    const name = path.slice(prefix.length);
    if (name.includes('.')) continue;
    const isOptional = text.endsWith(', optional');
    const typeText = isOptional ? text.slice(0, -', optional'.length) : text;
    const type: Type =
      typeText === 'object' ? { kind: 'object', fields: fieldsOf(rows, `${path}.`) } : readType(typeText);
    fields.set(name, { type, isOptional });
  }
  return fields;
}

function readType(text: string): Type {
  const alternatives = text.split(/, | or /);
  if (alternatives.length > 1) return { kind: 'any', of: alternatives.map(readType) };
  const nested = /^(list|map) of (.+)$/.exec(text);
  if (nested !== null) return { kind: nested[1] === 'list' ? 'list' : 'map', of: readType(nested[2] ?? '') };
  const link = /^\[[^\]]+\]\(#([a-z-]+)\)$/.exec(text);
  if (link !== null) return { kind: 'table', anchor: link[1] ?? '' };
  const literal = /^`"([^"]+)"`$/.exec(text);
  if (literal !== null) return { kind: 'literal', value: literal[1] ?? '' };
  switch (text) {
    case 'integer':
    case 'number':
    case 'string':
    case 'decimal':
    case 'boolean':
    case 'null':
      return { kind: text };
    default:
      throw new Error(`unknown type "${text}"`);
  }
}

/** Compares values with documented shapes, and remembers which fields it has seen. */
export class ShapeCheck {
  readonly #shapes: Shapes;
  /** `anchor.path` of every documented field that was there in some value. */
  readonly seen = new Set<string>();

  constructor(shapes: Shapes) {
    this.#shapes = shapes;
  }

  /** Names what of `value` isn't as the table at `anchor` says; nothing when all is. */
  problems(value: unknown, anchor: string): string[] {
    const shape = this.#shapes.get(anchor);
    if (shape === undefined) return [`"${anchor}" has no table of fields`];
    return this.#fields(value, shape.fields, anchor);
  }

  #fields(value: unknown, fields: ReadonlyMap<string, Field>, path: string): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no object`];
    const entries = new Map(Object.entries(value));
    const undocumented = [...entries.keys()].filter((name) => !fields.has(name));
    const problems = undocumented.map((name) => `${path}.${name} is sent but not documented`);
    for (const [name, { type, isOptional }] of fields) {
      const at = `${path}.${name}`;
      if (!entries.has(name)) {
        if (!isOptional) problems.push(`${at} is documented but not sent`);
        continue;
      }
      this.seen.add(at);
      problems.push(...this.#value(entries.get(name), type, at));
    }
    return problems;
  }

  #value(value: unknown, type: Type, path: string): string[] {
    switch (type.kind) {
      case 'object':
        return this.#fields(value, type.fields, path);
      case 'table':
        return this.problems(value, type.anchor);
      case 'any': {
        const tries = type.of.map((alternative) => this.#value(value, alternative, path));
        return tries.some((problems) => problems.length === 0) ? [] : (tries[0] ?? []);
      }
      case 'list':
        if (!Array.isArray(value)) return [`${path} is no list`];
        return value.flatMap((item: unknown, at) => this.#value(item, type.of, `${path}[${at}]`));
      case 'map':
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no map`];
        return Object.entries(value).flatMap(([key, item]) => this.#value(item, type.of, `${path}[${key}]`));
      case 'literal':
        return value === type.value ? [] : [`${path} is ${JSON.stringify(value)}, not one of those documented`];
      default:
        return isPlain(value, type.kind) ? [] : [`${path} is ${JSON.stringify(value)}, not: ${type.kind}`];
    }
  }
}

function isPlain(value: unknown, kind: 'integer' | 'number' | 'string' | 'decimal' | 'boolean' | 'null'): boolean {
  switch (kind) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'null':
      return value === null;
    case 'decimal':
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
    default:
      return typeof value === kind;
  }
}

/** `anchor.path` of every field that a document's tables name. */
export function fieldPaths(shapes: Shapes): string[] {
  return [...shapes].flatMap(([anchor, { fields }]) => pathsOf(fields, anchor));
}

function pathsOf(fields: ReadonlyMap<string, Field>, prefix: string): string[] {
  return [...fields].flatMap(([name, { type }]) => {
    const path = `${prefix}.${name}`;
    return type.kind === 'object' ? [path, ...pathsOf(type.fields, path)] : [path];
  });
}
