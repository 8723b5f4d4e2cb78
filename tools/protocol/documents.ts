import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ENDPOINTS } from '../../protocol/schemas/endpoints.ts';
import { ScenarioSchema } from '../../protocol/schemas/scenario.ts';
import { TargetSetSchema } from '../../protocol/schemas/targets.ts';
import { asyncApi } from './asyncapi.ts';
import { frameSchema } from './frameSchemas.ts';
import type { JsonObject } from './jsonSchema.ts';
import { openApi } from './openapi.ts';

const ROOT = new URL('../../', import.meta.url);
const FOLDER = 'protocol/generated';

/** Every generated document: its path within the project and its text. */
export function generatedDocuments(): Map<string, string> {
  const documents = new Map<string, JsonObject>([
    ['asyncapi.json', asyncApi(packageVersion())],
    ['openapi.json', openApi(packageVersion())],
  ]);
  for (const endpoint of ENDPOINTS) {
    for (const side of ['client', 'server'] as const) {
      documents.set(`${endpoint.dialect}.${side}.schema.json`, frameSchema(endpoint, side));
    }
  }
  documents.set('targets.schema.json', fileSchema('tapedeck targets', TargetSetSchema));
  documents.set('scenario.schema.json', fileSchema('tapedeck scenario', ScenarioSchema));
  const texts = [...documents].map(([name, document]): [string, string] => {
    return [`${FOLDER}/${name}`, `${JSON.stringify(document, null, 2)}\n`];
  });
  return new Map(texts);
}

/** The JSON Schema of a YAML file, by which editors complete and check it. */
function fileSchema(title: string, schema: object): JsonObject {
  // What makes it TypeBox's lies under symbols, which JSON doesn't know.
  const plain: JsonObject = JSON.parse(JSON.stringify(schema));
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...plain };
}

function packageVersion(): string {
  const text = readFileSync(new URL('package.json', ROOT), 'utf8');
  return Value.Parse(Type.Object({ version: Type.String() }), JSON.parse(text)).version;
}
