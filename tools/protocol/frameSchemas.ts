import type { Endpoint } from '../../protocol/schemas/endpoints.ts';
import { type Json, type JsonObject, SchemaWriter } from './jsonSchema.ts';

const SIDES = {
  client: "What a client sends. Fields that aren't listed are ignored.",
  server: 'What the server sends. Fields and values may be added within a version.',
};

/** A JSON Schema (draft 7) for all frames of one side of an endpoint. */
export function frameSchema(endpoint: Endpoint, side: 'client' | 'server'): JsonObject {
  const writer = new SchemaWriter({ place: '#/definitions' });
  const anyOf: Json[] = Object.entries(endpoint[side]).map(([name, schema]) => writer.define(name, schema));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `${endpoint.title}: frames of the ${side}`,
    description: `${SIDES[side]} Endpoint ${endpoint.address}. Generated: change protocol/schemas and run npm run generate.`,
    anyOf,
    definitions: writer.definitions,
  };
}
