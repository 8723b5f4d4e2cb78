import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { SERVER_FRAME_SCHEMAS } from '../../protocol/schemas/serverFrames.ts';

const schemas: ReadonlyMap<unknown, TSchema> = new Map(Object.entries<TSchema>(SERVER_FRAME_SCHEMAS));
const checks = new Map<unknown, TypeCheck<TSchema>>();

/** Says what in a frame of the native stream isn't as its schema says, fields beyond it included; undefined when nothing is. */
export function serverFrameFault(frame: Readonly<Record<string, unknown>>): string | undefined {
  const { type } = frame;
  const check = checks.get(type) ?? compile(type);
  if (check === undefined) return `no frame has the type ${JSON.stringify(type)}`;
  if (check.Check(frame)) return undefined;
  const fault = check.Errors(frame).First();
  return `${String(type)}${fault?.path ?? ''}: ${fault?.message ?? 'is not as its schema says'} in ${JSON.stringify(frame)}`;
}

function compile(type: unknown): TypeCheck<TSchema> | undefined {
  const schema = schemas.get(type);
  if (schema === undefined) return undefined;
  const check = TypeCompiler.Compile(closed(schema));
  checks.set(type, check);
  return check;
}

/** The schema with every object of it closed against further fields. */
export function closed(schema: TSchema): TSchema {
  const { properties, anyOf, items, patternProperties } = schema;
  return {
    ...schema,
    ...(properties !== undefined && { properties: closedEach(properties), additionalProperties: false }),
    ...(patternProperties !== undefined && { patternProperties: closedEach(patternProperties) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.map(closed) }),
    ...(items !== undefined && { items: closed(items) }),
  };
}

function closedEach(schemas: Readonly<Record<string, TSchema>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)]));
}
