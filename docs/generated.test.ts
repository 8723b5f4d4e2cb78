import { readdirSync, readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../protocol/schemas/endpoints.ts';
import { CLIENT_FRAME_SCHEMAS } from '../protocol/schemas/frames.ts';
import { SERVER_FRAME_SCHEMAS } from '../protocol/schemas/serverFrames.ts';
import { closed } from '../server/testing/frameCheck.ts';
import { projectFile } from '../simulator/paths.ts';
import { generatedDocuments } from '../tools/protocol/documents.ts';
import { withFieldTables } from '../tools/protocol/fieldTables.ts';
import { frameExamples } from '../tools/protocol/frameExamples.ts';
import type { JsonObject } from '../tools/protocol/jsonSchema.ts';

const FOLDER = 'protocol/generated';
/** What to do when one of these tests fails after a change of the schemas. */
const WAY_OUT = 'run npm run generate and commit what it writes';
const documents = generatedDocuments();

describe('the generated documents', () => {
  it.each([...documents])(`should be what the schemas say, else ${WAY_OUT}: %s`, (path, text) => {
    expect(readFileSync(projectFile(path), 'utf8')).toBe(text);
  });

  it('should be all that lies in their folder', () => {
    const lying = readdirSync(projectFile(FOLDER)).map((name) => `${FOLDER}/${name}`);
    expect(lying.sort()).toEqual([...documents.keys()].sort());
  });

  it('should hold an AsyncAPI document without a fault', async () => {
    const { document, diagnostics } = await new Parser().parse(documents.get(`${FOLDER}/asyncapi.json`) ?? '');
    const faults = diagnostics.filter(({ severity }) => severity <= 1);
    expect(faults).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    const addresses = document
      ?.channels()
      .all()
      .map((channel) => channel.address());
    expect(new Set(addresses)).toEqual(new Set(ENDPOINTS.map(({ address }) => address)));
  });
});

describe('the tables of fields in PROTOCOL.md', () => {
  it(`should be what the schemas say, else ${WAY_OUT}`, () => {
    const markdown = readFileSync(projectFile('PROTOCOL.md'), 'utf8');
    expect(markdown).toBe(withFieldTables(markdown));
  });

  it('should have a meaning for every field, and a unit where its name ends in one', () => {
    const fields = [...Object.entries(CLIENT_FRAME_SCHEMAS), ...Object.entries(SERVER_FRAME_SCHEMAS)].flatMap(
      ([name, schema]) => fieldsOf(schema, name),
    );
    expect(fields.length).toBeGreaterThan(300);
    const bare = fields.filter(([path, { description }]) => !path.endsWith('.type') && !description);
    expect(bare.map(([path]) => path)).toEqual([]);
    const unmeasured = fields.filter(
      ([path, field]) => /(Us|Ms|Price|[qQ]uantity)$/.test(path) && field['x-unit'] === undefined,
    );
    expect(unmeasured.map(([path]) => path)).toEqual([]);
  });
});

describe('the examples of PROTOCOL.md', () => {
  const sides = ENDPOINTS.flatMap((endpoint) =>
    (['client', 'server'] as const).map((side) => ({ dialect: endpoint.dialect, side, endpoint })),
  );

  it.each(sides)('should be as the schemas say, and show every frame: $dialect, $side', ({ endpoint, side }) => {
    const examples = frameExamples(endpoint)[side];
    const faults = Object.entries<TSchema>(endpoint[side]).flatMap(([name, schema]) => {
      const example = examples.get(name);
      return example === undefined ? [`no example of ${name}`] : faultsOf(schema, example);
    });
    expect(faults).toEqual([]);
  });
});

function faultsOf(schema: TSchema, example: JsonObject): string[] {
  const check = TypeCompiler.Compile(closed(schema));
  return [...check.Errors(example)].map(({ path, message }) => `${path}: ${message} in ${JSON.stringify(example)}`);
}

/** The fields of a schema and of all that it is made of, with their paths. */
function fieldsOf(schema: TSchema, path: string): [string, TSchema][] {
  const { properties, anyOf, items } = schema;
  const own = Object.entries<TSchema>(properties ?? {}).map(([name, field]): [string, TSchema] => [
    `${path}.${name}`,
    field,
  ]);
  const inner = own.flatMap(([name, field]) => fieldsOf(field, name));
  const alternatives = Array.isArray(anyOf) ? anyOf.flatMap((way: TSchema) => fieldsOf(way, path)) : [];
  return [...own, ...inner, ...alternatives, ...(items === undefined ? [] : fieldsOf(items, path))];
}
