import { ENDPOINTS, type Endpoint } from '../../protocol/schemas/endpoints.ts';
import { frameExamples } from './frameExamples.ts';
import { type Json, type JsonObject, SchemaWriter } from './jsonSchema.ts';

const JSON_TYPE = 'application/json';
const MSGPACK_TYPE = 'application/msgpack';

/** What answers each command of the native stream, beside `error`. */
const ANSWERS: Readonly<Record<string, string>> = {
  auth: 'welcome',
  refresh: 'refreshed',
  subscribe: 'subscribed',
  unsubscribe: 'unsubscribed',
  ping: 'pong',
  get: 'result',
  'order.place': 'order.accepted',
  'order.placeList': 'order.accepted',
  'order.modify': 'order.accepted',
  'order.cancel': 'order.accepted',
  'alert.set': 'alert.accepted',
  'alert.clear': 'alert.cleared',
  'presence.set': 'presence.accepted',
};

/** One channel of the document: an endpoint in one codec. */
interface Channel {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly contentType: string;
  readonly subprotocol?: string;
}

const [NATIVE, ...DIALECTS] = ENDPOINTS;
const CHANNELS: readonly Channel[] = [
  { name: 'native', endpoint: NATIVE, contentType: JSON_TYPE, subprotocol: 'tapedeck.v1.json' },
  { name: 'native-msgpack', endpoint: NATIVE, contentType: MSGPACK_TYPE, subprotocol: 'tapedeck.v1.msgpack' },
  ...DIALECTS.map((endpoint) => ({ name: endpoint.dialect, endpoint, contentType: JSON_TYPE })),
];

/** The AsyncAPI 3 document of all WebSocket endpoints. @param version of tapedeck */
export function asyncApi(version: string): JsonObject {
  const schemas = new Map<string, Json>();
  const messages: Record<string, Json> = {};
  for (const channel of CHANNELS) Object.assign(messages, messagesOf(channel, schemas));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'tapedeck',
      version,
      description:
        'The WebSocket endpoints of the reference server, told from its side: it receives what clients send. Sequences, promises and limits are in [PROTOCOL.md](../../PROTOCOL.md). Generated: change protocol/schemas and run npm run generate.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: JSON_TYPE,
    servers: servers(),
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel.name, channelObject(channel)])),
    operations: Object.fromEntries(CHANNELS.flatMap(operationsOf)),
    components: { securitySchemes: SECURITY, schemas: Object.fromEntries(schemas), messages },
  };
}

const SECURITY: JsonObject = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A JWT in the `Authorization` header of the upgrade request.',
  },
  query: {
    type: 'httpApiKey',
    in: 'query',
    name: 'token',
    description: 'The same JWT in the URL, for clients that can set no header. It is never logged.',
  },
};

function servers(): JsonObject {
  const security = [{ $ref: '#/components/securitySchemes/bearer' }, { $ref: '#/components/securitySchemes/query' }];
  return {
    local: {
      host: '127.0.0.1:8000',
      protocol: 'ws',
      description: 'What `tapedeck serve` listens on when it is told nothing: loopback, without a secret.',
      security,
    },
    secure: {
      host: '{host}',
      protocol: 'wss',
      description: 'With a certificate. `auth` on the native stream is a third way to show a token.',
      variables: { host: { default: 'localhost:8443', description: 'name and port' } },
      security,
    },
  };
}

function messageName(channel: Channel, frame: string): string {
  return `${channel.name}.${frame}`;
}

/** The messages of a channel by their names; their schemas go into `schemas`, once for all codecs. */
function messagesOf(channel: Channel, schemas: Map<string, Json>): Record<string, Json> {
  const { endpoint, contentType } = channel;
  const writer = new SchemaWriter({
    place: '#/components/schemas',
    prefix: endpoint === NATIVE ? '' : `${endpoint.dialect}.`,
    into: schemas,
  });
  const examples = frameExamples(endpoint);
  return Object.fromEntries(
    (['client', 'server'] as const).flatMap((side) =>
      Object.entries(endpoint[side]).map(([frame, schema]) => {
        const example = examples[side].get(frame);
        const message: JsonObject = {
          name: frame,
          title: frame,
          contentType,
          payload: writer.define(endpoint === NATIVE || side === 'server' ? frame : `client.${frame}`, schema),
          ...(endpoint === NATIVE && hasId(schema) && { correlationId: { location: '$message.payload#/id' } }),
          ...(example !== undefined && contentType === JSON_TYPE && { examples: [{ payload: example }] }),
        };
        return [messageName(channel, frameKey(side, endpoint, frame)), message];
      }),
    ),
  );
}

function hasId(schema: { readonly [name: string]: unknown }): boolean {
  const { properties } = schema;
  return typeof properties === 'object' && properties !== null && 'id' in properties;
}

/** A frame's name within its channel; both sides may have one of the same name. */
function frameKey(side: 'client' | 'server', endpoint: Endpoint, frame: string): string {
  return side === 'client' && Object.hasOwn(endpoint.server, frame) ? `client.${frame}` : frame;
}

function keysOf({ endpoint }: Channel, side: 'client' | 'server'): string[] {
  return Object.keys(endpoint[side]).map((frame) => frameKey(side, endpoint, frame));
}

function channelObject(channel: Channel): JsonObject {
  const { endpoint, subprotocol } = channel;
  const keys = [...keysOf(channel, 'client'), ...keysOf(channel, 'server')];
  const { parameters } = endpoint;
  return {
    address: endpoint.address,
    title: subprotocol === undefined ? endpoint.title : `${endpoint.title}, ${subprotocol}`,
    description: endpoint.description.replaceAll('](#', '](../../PROTOCOL.md#'),
    messages: Object.fromEntries(
      keys.map((key) => [key, { $ref: `#/components/messages/${messageName(channel, key)}` }]),
    ),
    ...(parameters !== undefined && {
      parameters: Object.fromEntries(Object.entries(parameters).map(([name, description]) => [name, { description }])),
    }),
    bindings: { ws: handshake(channel) },
  };
}

function handshake({ endpoint, subprotocol }: Channel): JsonObject {
  const query = Object.entries({ token: 'the JWT', ...endpoint.query }).map(([name, description]) => {
    return [name, { type: 'string', description }];
  });
  const isDefault = subprotocol === 'tapedeck.v1.json';
  return {
    method: 'GET',
    query: { type: 'object', properties: Object.fromEntries(query) },
    ...(subprotocol !== undefined && {
      headers: {
        type: 'object',
        ...(!isDefault && { required: ['Sec-WebSocket-Protocol'] }),
        properties: {
          'Sec-WebSocket-Protocol': {
            type: 'string',
            const: subprotocol,
            description: isDefault ? 'the codec; without it this one is spoken' : 'the codec',
          },
        },
      },
    }),
    bindingVersion: '0.1.0',
  };
}

function operationsOf(channel: Channel): [string, Json][] {
  return channel.endpoint === NATIVE ? nativeOperations(channel) : dialectOperations(channel);
}

/** A command and its answers each; what comes unasked together. */
function nativeOperations(channel: Channel): [string, Json][] {
  const answers = new Set([...Object.values(ANSWERS), 'error']);
  const commands = keysOf(channel, 'client').map((command): [string, Json] => {
    const operation = {
      action: 'receive',
      channel: reference(channel),
      title: command,
      messages: [messageReference(channel, command)],
      reply: {
        channel: reference(channel),
        messages: [ANSWERS[command] ?? 'error', 'error'].map((answer) => messageReference(channel, answer)),
      },
    };
    return [`${channel.name}.${command}`, operation];
  });
  const events = keysOf(channel, 'server').filter((frame) => !answers.has(frame));
  return [...commands, [`${channel.name}.events`, sending(channel, events)]];
}

function dialectOperations(channel: Channel): [string, Json][] {
  const commands = keysOf(channel, 'client').map((command): [string, Json] => [
    `${channel.name}.${command}`,
    {
      action: 'receive',
      channel: reference(channel),
      title: command,
      messages: [messageReference(channel, command)],
    },
  ]);
  return [...commands, [`${channel.name}.events`, sending(channel, keysOf(channel, 'server'))]];
}

function sending(channel: Channel, frames: readonly string[]): JsonObject {
  return {
    action: 'send',
    channel: reference(channel),
    title: 'what the server tells',
    messages: frames.map((frame) => messageReference(channel, frame)),
  };
}

function reference({ name }: Channel): JsonObject {
  return { $ref: `#/channels/${name}` };
}

function messageReference({ name }: Channel, key: string): JsonObject {
  return { $ref: `#/channels/${name}/messages/${key}` };
}
