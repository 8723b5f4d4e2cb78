import { type TSchema, Type } from '@sinclair/typebox';
import { ENDPOINTS, type Endpoint } from '../../protocol/schemas/endpoints.ts';

/** A union of more words than this is a `string` in a table; its words have a table of their own. */
const MAX_WORDS = 12;
const HEADER = ['| field | type | unit | meaning |', '|---|---|---|---|'];

/** The text of PROTOCOL.md with the tables of fields that the schemas ask for. @throws Error naming a heading without a table */
export function withFieldTables(markdown: string): string {
  const lines = markdown.split('\n');
  for (const [heading, schema] of tabledSchemas()) replaceTable(lines, heading, rowsOf(schema, ''));
  return lines.join('\n');
}

/** Every schema that has a table, by its heading: all frames of the native stream, what the server sends of the dialects, and their parts. */
function tabledSchemas(): Map<string, TSchema> {
  const schemas = new Map<string, TSchema>();
  for (const endpoint of ENDPOINTS) {
    const isNative = endpoint === ENDPOINTS[0];
    const frames = { ...(isNative && endpoint.client), ...endpoint.server };
    for (const [name, schema] of Object.entries<TSchema>(frames)) {
      collect(schema, frameHeading(endpoint, name), schemas);
    }
  }
  return schemas;
}

/** A dialect's frames are told apart from the native stream's of the same name. */
export function frameHeading({ dialect, title }: Endpoint, frame: string): string {
  return dialect === 'native' || dialect === 'ai-trading-v2' ? `\`${frame}\`` : `\`${frame}\` of ${title}`;
}

/** Gathers a schema and those it is made of that have a title. */
function collect(schema: TSchema, heading: string | undefined, into: Map<string, TSchema>): void {
  const title = heading ?? (isFrame(schema) ? undefined : schema.title);
  if (title !== undefined && !into.has(title)) into.set(title, schema);
  for (const inner of innerOf(schema)) collect(inner, undefined, into);
}

/** A frame within a frame has its own table already. */
function isFrame({ title, properties }: TSchema): boolean {
  return title !== undefined && properties?.type?.const === title;
}

function innerOf(schema: TSchema): TSchema[] {
  const { properties, anyOf, items, patternProperties } = schema;
  return [
    ...Object.values<TSchema>(properties ?? {}),
    ...(Array.isArray(anyOf) ? anyOf : []),
    ...(items === undefined ? [] : [items]),
    ...Object.values<TSchema>(patternProperties ?? {}),
  ];
}

function replaceTable(lines: string[], name: string, rows: readonly string[]): void {
  const heading = lines.indexOf(`#### ${name}`);
  if (heading < 0) throw new Error(`PROTOCOL.md has no heading "#### ${name}"`);
  const next = lines.findIndex((line, at) => at > heading && line.startsWith('#'));
  const start = lines.findIndex((line, at) => at > heading && line.startsWith('| field |'));
  if (start < 0 || (next >= 0 && start > next)) {
    throw new Error(`PROTOCOL.md:${heading + 1}: no table "| field | ..." under "${name}"`);
  }
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  lines.splice(start, end - start, ...HEADER, ...rows);
}

function rowsOf(schema: TSchema, prefix: string): string[] {
  const { fields, required } = fieldsOf(schema);
  return fields.flatMap(([name, field]) => {
    const path = prefix + name;
    const type = typeText(field) + (required.has(name) ? '' : ', optional');
    const row = rowOf([`\`${path}\``, type, String(field['x-unit'] ?? ''), field.description ?? '']);
    return isGroup(field) ? [row, ...rowsOf(field, `${path}.`)] : [row];
  });
}

function rowOf(cells: readonly string[]): string {
  return `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;
}

/** The fields of an object; of a union of objects all of them, each with what it may be in any. */
function fieldsOf(schema: TSchema): { readonly fields: [string, TSchema][]; readonly required: ReadonlySet<string> } {
  const kinds: TSchema[] = schema['anyOf'] ?? [schema];
  const fields = new Map<string, TSchema[]>();
  for (const { properties } of kinds) {
    for (const [name, field] of Object.entries<TSchema>(properties)) {
      fields.set(name, [...(fields.get(name) ?? []), field]);
    }
  }
  const merged = [...fields].map(([name, ways]): [string, TSchema] => [name, mergedField(ways)]);
  return { fields: merged, required: new Set<string>(kinds[0]?.['required'] ?? []) };
}

function mergedField(ways: readonly TSchema[]): TSchema {
  const [first, ...more] = ways;
  if (first === undefined) throw new Error('a field without a schema');
  if (more.every((way) => typeText(way) === typeText(first))) return first;
  const alternatives = ways.map(({ description: _, ...way }) => way);
  return Type.Union(alternatives, { description: first.description ?? '' });
}

function isGroup(schema: TSchema): boolean {
  return schema.title === undefined && schema['properties'] !== undefined;
}

/** A type in the words of PROTOCOL.md. */
function typeText(schema: TSchema): string {
  if (schema.title !== undefined) return `[${schema.title.toLowerCase()}](#${anchorOf(schema.title)})`;
  if (schema['const'] !== undefined) return `\`${JSON.stringify(schema['const'])}\``;
  if (Array.isArray(schema['anyOf'])) return unionText(schema['anyOf']);
  if (schema['patternProperties'] !== undefined) {
    return `map of ${Object.values<TSchema>(schema['patternProperties']).map(typeText).join(', ')}`;
  }
  if (schema['type'] === 'array') return `list of ${typeText(schema['items'])}`;
  if (schema['type'] === 'string' && String(schema['pattern']).startsWith('^-?[0-9]')) return 'decimal';
  return String(schema['type']);
}

function unionText(alternatives: readonly TSchema[]): string {
  if (alternatives.length > MAX_WORDS && alternatives.every((schema) => schema['const'] !== undefined)) return 'string';
  const texts = alternatives.map(typeText);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}
