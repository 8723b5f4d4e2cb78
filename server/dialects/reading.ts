import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { parseBounded, type Refusal } from '../../protocol/codecs/json.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { ClientRequest } from './dialect.ts';

/** Reads what one kind of frame asks for; undefined when it asks for nothing. */
type FrameReader = (value: unknown) => ClientRequest | undefined;

/** Makes the reader of one kind of frame; one that isn't as its schema says is refused with its first fault. */
export function asking<S extends TSchema>(
  schema: S,
  ask: (frame: Static<S>) => ClientRequest | undefined,
): FrameReader {
  const check = TypeCompiler.Compile(schema);
  return (value) => {
    if (check.Check(value)) return ask(value);
    const fault = check.Errors(value).First();
    const field = fault === undefined || fault.path === '' ? 'the frame' : fault.path.slice(1).replaceAll('/', '.');
    return refuse('bad_message', `"${field}": ${fault?.message ?? 'is not as documented'}`);
  };
}

/** Makes the reader of a dialect whose frames are told apart by the text in one field, such as `action`. */
export function framesBy(
  field: string,
  readers: Readonly<Record<string, FrameReader>>,
): (text: string, limits: Limits) => ClientRequest | undefined {
  const hasName = TypeCompiler.Compile(Type.Object({ [field]: Type.String() }));
  const byName = new Map(Object.entries(readers));
  const known = [...byName.keys()].join(', ');
  return (text, limits) => {
    const parsed = parseBounded(text, limits);
    if (!parsed.ok) return parsed.refusal;
    const { value } = parsed;
    if (!hasName.Check(value)) return refuse('bad_message', `expected an object with a text in "${field}"`);
    const read = byName.get(value[field] ?? '');
    return read === undefined ? refuse('unknown_type', `unknown ${field}; there are ${known}`) : read(value);
  };
}

function refuse(code: Refusal['code'], message: string): Refusal {
  return { type: 'refusal', code, message };
}
