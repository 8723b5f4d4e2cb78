import type { TSchema } from '@sinclair/typebox';
import { NoBodySchema } from '../../protocol/schemas/http.ts';
import { ProblemSchema } from '../../protocol/schemas/httpAnswers.ts';
import { COMMON_PROBLEMS, HTTP_ROUTES, type HttpAnswer, type HttpRoute } from '../../protocol/schemas/httpRoutes.ts';
import { type Json, type JsonObject, SchemaWriter } from './jsonSchema.ts';

const HEADERS: Readonly<Record<string, string>> = {
  ETag: 'Names this very answer; send it as `If-None-Match` and get 304 while nothing has changed.',
  Location: 'Path of the order.',
  Allow: 'The methods that the path takes.',
  'Retry-After': 'Whole seconds to wait at least.',
  'WWW-Authenticate': 'As RFC 6750 has it.',
};

/** Meaning of the statuses that are answered by a problem document. */
const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The query or the body is not as documented.',
  401: 'No token, or one that can not be accepted.',
  403: 'The token does not allow it, or the page that asks is of another origin.',
  404: 'No such symbol or order.',
  413: 'The body is over `maxFrameBytes`.',
  415: 'The body is not sent as `application/json`.',
  422: 'The engine refused the order, see `reason`.',
  429: 'Too many requests, or too many orders waiting.',
  503: 'The server drains, its journal has failed, or the keys of tokens can not be had now.',
};

/** The OpenAPI 3.1 document of the HTTP side. @param version of tapedeck */
export function openApi(version: string): JsonObject {
  const writer = new SchemaWriter({ place: '#/components/schemas' });
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries<HttpRoute>(HTTP_ROUTES)) {
    const methods = paths[route.path] ?? {};
    paths[route.path] = methods;
    methods[route.method.toLowerCase()] = operationOf(name, route, writer);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tapedeck',
      version,
      description:
        'The HTTP side of the reference server. GET paths take HEAD as well, all of them OPTIONS. What lies behind it is in [PROTOCOL.md](../../PROTOCOL.md#http). Generated: change protocol/schemas and run npm run generate.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [
      { url: 'http://127.0.0.1:8000', description: 'What `tapedeck serve` listens on when it is told nothing.' },
    ],
    security: [{ bearer: [] }, { query: [] }],
    paths,
    components: {
      schemas: writer.definitions,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        query: {
          type: 'apiKey',
          in: 'query',
          name: 'token',
          description: 'The same JWT, for clients that can set no header. It is never logged.',
        },
      },
    },
  };
}

function operationOf(name: string, route: HttpRoute, writer: SchemaWriter): JsonObject {
  const { summary, identity, scope, body, answers } = route;
  const isOpen = identity === 'none';
  const problems = isOpen ? [] : [...COMMON_PROBLEMS, ...route.problems];
  const responses = [
    ...Object.entries(answers).map(([status, answer]) => [status, answerObject(answer, writer)] as const),
    ...(route.answers[200]?.headers?.includes('ETag') === true
      ? [['304', { description: 'It has not changed.' }]]
      : []),
    ...problems.map((status) => [String(status), problemObject(status, writer)] as const),
  ];
  return {
    operationId: name,
    summary,
    ...(scope !== undefined && { description: `Needs the scope \`${scope}\`.` }),
    ...(isOpen && { security: [] }),
    parameters: parametersOf(route, writer),
    ...(body !== NoBodySchema && { requestBody: { required: true, content: jsonContent(body, writer) } }),
    responses: Object.fromEntries(responses),
  };
}

function answerObject({ meaning, body, headers = [] }: HttpAnswer, writer: SchemaWriter): JsonObject {
  return {
    description: meaning,
    ...(headers.length > 0 && { headers: headersOf(headers) }),
    content: body === undefined ? { 'text/plain': { schema: { type: 'string' } } } : jsonContent(body, writer),
  };
}

function problemObject(status: number, writer: SchemaWriter): JsonObject {
  const headers = status === 401 ? ['WWW-Authenticate'] : status === 429 || status === 503 ? ['Retry-After'] : [];
  return {
    description: PROBLEMS[status] ?? '',
    ...(headers.length > 0 && { headers: headersOf(headers) }),
    content: { 'application/problem+json': { schema: writer.schema(ProblemSchema) } },
  };
}

function headersOf(names: readonly string[]): JsonObject {
  const entries = names.map((name) => [name, { description: HEADERS[name] ?? '', schema: { type: 'string' } }]);
  return Object.fromEntries(entries);
}

function parametersOf({ path, query }: HttpRoute, writer: SchemaWriter): Json[] {
  const name = /\{(\w+)\}$/.exec(path)?.[1];
  const required = new Set<string>(query['required'] ?? []);
  const inQuery = Object.entries<TSchema>(query.properties).map(([parameter, schema]) => {
    const { description, ...bare } = schema;
    return {
      name: parameter,
      in: 'query',
      required: required.has(parameter),
      ...(description !== undefined && { description }),
      schema: writer.schema(bare),
    };
  });
  if (name === undefined) return inQuery;
  const description = 'Percent-encoded.';
  return [{ name, in: 'path', required: true, description, schema: { type: 'string' } }, ...inQuery];
}

function jsonContent(schema: TSchema, writer: SchemaWriter): JsonObject {
  return { 'application/json': { schema: writer.schema(schema) } };
}
