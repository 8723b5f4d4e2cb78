import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { type Endpoint, endpointAt } from '../../protocol/schemas/endpoints.ts';

/** Compiled schemas by endpoint and type. */
const checks = new Map<Endpoint, Map<unknown, TypeCheck<TSchema>>>();

/**
 * Says what in a frame of the server isn't as its schema says, fields beyond it included; undefined when nothing is, or
 * when the path is no endpoint of PROTOCOL.md.
 */
export function serverFrameFault(path: string, frame: Readonly<Record<string, unknown>>): string | undefined {
  const endpoint = endpointAt(path);
  if (endpoint === undefined) return undefined;
  const { type } = frame;
  const check = checks.get(endpoint)?.get(type) ?? compile(endpoint, type);
  if (check === undefined) return `${endpoint.dialect} has no frame of type ${JSON.stringify(type)}`;
  if (check.Check(frame)) return undefined;
  const fault = check.Errors(frame).First();
  const place = `${endpoint.dialect} ${String(type)}${fault?.path ?? ''}`;
  return `${place}: ${fault?.message ?? 'is not as its schema says'} in ${JSON.stringify(frame)}`;
}

function compile(endpoint: Endpoint, type: unknown): TypeCheck<TSchema> | undefined {
  const schema = typeof type === 'string' ? endpoint.server[type] : undefined;
  if (schema === undefined) return undefined;
  const check = TypeCompiler.Compile(closed(schema));
  const ofEndpoint = checks.get(endpoint) ?? new Map<unknown, TypeCheck<TSchema>>();
  checks.set(endpoint, ofEndpoint.set(type, check));
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
