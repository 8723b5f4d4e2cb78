import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { Value } from '@sinclair/typebox/value';
import { type ParseLimits, parseBounded } from '../../protocol/codecs/json.ts';
import { nearest } from '../../protocol/nearest.ts';
import type { HttpMessage } from '../../transport/types.ts';
import { HttpProblem } from './problem.ts';

/** Makes a reader of queries: each parameter at most once, none that the schema doesn't know; `token` is identity's. */
export function queryReader<S extends TObject>(schema: S): (query: string) => Static<S> {
  const check = TypeCompiler.Compile(schema);
  const names = Object.keys(schema.properties);
  return (query) => {
    const given = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(query)) {
      if (name === 'token') continue;
      if (given.has(name)) throw new HttpProblem('bad_message', `${JSON.stringify(name)} is given twice`);
      if (!names.includes(name)) throw unknownName('parameter', name, names);
      given.set(name, value);
    }
    const value: unknown = Value.Convert(schema, Object.fromEntries(given));
    if (check.Check(value)) return value;
    throw explain(schema, value, 'the query');
  };
}

/** Makes a reader of bodies: JSON of bounded size and depth that is as the schema says, without a field more. */
export function bodyReader<S extends TSchema>(schema: S): (request: HttpMessage, limits: ParseLimits) => Static<S> {
  const check = TypeCompiler.Compile(schema);
  const isWithout = Value.Check(schema, undefined);
  return (request, limits) => {
    if (isWithout) return checked(check, undefined);
    return checked(check, parseBody(request, limits));
  };
}

/** Reads JSON out of a query's value, by the same bounds. */
export function jsonReader<S extends TSchema>(schema: S): (text: string, limits: ParseLimits) => Static<S> {
  const check = TypeCompiler.Compile(schema);
  return (text, limits) => checked(check, parse(text, limits));
}

function checked<S extends TSchema>(check: TypeCheck<S>, value: unknown): Static<S> {
  if (check.Check(value)) return value;
  throw explain(check.Schema(), value, 'the body');
}

function parseBody({ body, headers }: HttpMessage, limits: ParseLimits): unknown {
  if (body === undefined) throw new HttpProblem('bad_message', 'a body is needed: an object as application/json');
  if (body === 'too_large') throw new HttpProblem('too_large', `a body is at most ${limits.maxFrameBytes} bytes`);
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new HttpProblem('unsupported_media_type', 'the body must be sent as content-type: application/json');
  }
  return parse(decodeUtf8(body), limits);
}

function parse(text: string, limits: ParseLimits): unknown {
  const parsed = parseBounded(text, limits);
  if (parsed.ok) return parsed.value;
  const { code, message } = parsed.refusal;
  throw new HttpProblem(code, message.replace(/^the frame/, 'the text').replace(/^a frame/, 'a text'));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new HttpProblem('bad_json', 'the body is not UTF-8');
  }
}

/** Why a value isn't as the schema says: the field, and what is wrong with it. */
function explain(schema: TSchema, value: unknown, whole: string): HttpProblem {
  const first = Value.Errors(meantBranch(schema, value), value).First();
  const path = first?.path.slice(1).replaceAll('/', '.') ?? '';
  if (first?.message === 'Unexpected property') return unknownName('field', path, namesOf(first.schema));
  return new HttpProblem('bad_message', `${quoted(path === '' ? whole : path)}: ${first?.message ?? 'is malformed'}`);
}

/** Of a union the branch that the value is most like, since "expected union" helps nobody. */
function meantBranch(schema: TSchema, value: unknown): TSchema {
  const branches: readonly TSchema[] = schema['anyOf'] ?? [];
  const faults = branches.map((branch) => [...Value.Errors(branch, value)].length);
  return branches[faults.indexOf(Math.min(...faults))] ?? schema;
}

function namesOf(schema: TSchema): readonly string[] {
  return Object.keys(Object(schema['properties']));
}

function unknownName(what: string, name: string, names: readonly string[]): HttpProblem {
  const near = nearest(name, names);
  const hint = near === undefined ? `there are ${names.join(', ') || 'none'}` : `did you mean ${JSON.stringify(near)}?`;
  return new HttpProblem('bad_message', `unknown ${what} ${quoted(name)}; ${hint}`);
}

/** At most 64 characters of a client's text. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text);
}
