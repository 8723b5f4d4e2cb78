import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemSchema } from '../../protocol/schemas/httpAnswers.ts';
import { COMMON_PROBLEMS, HTTP_ROUTES, type HttpRoute, type OperationId } from '../../protocol/schemas/httpRoutes.ts';
import { closed } from '../testing/frameCheck.ts';
import { TestServer } from '../testing/testServer.ts';
import { type Answer, type Asked, ask } from './testing/httpClient.ts';

/** A request of a route, and what it is answered by. */
interface Sample {
  /** What follows the path; or in its place for a name. */
  readonly query?: string;
  readonly name?: string;
  readonly body?: unknown;
  readonly status: number;
}

const order = { symbol: 'S0', side: 'BUY', orderType: 'LIMIT', quantity: '5', limitPrice: '99.00' };
const trail = {
  ...{ symbol: 'S0', side: 'SELL', orderType: 'TRAILING_STOP_MARKET', quantity: '2', clientOrderId: 'trail' },
  trailingOffset: { kind: 'bp', value: '100' },
};
const everything = ['ticker', 'trade', 'bar.1m', 'pattern', 'order', 'execution', 'position', 'news', 'system'];

/** Requests in the order in which they are made, so that later ones find what earlier ones did. */
const SAMPLES: readonly (readonly [OperationId, Sample])[] = [
  ['getHealth', { status: 200 }],
  ['getSocketHealth', { status: 200 }],
  ['getMetrics', { status: 200 }],
  ['placeOrder', { body: { ...order, clientOrderId: 'a' }, status: 201 }],
  ['placeOrder', { body: { ...order, clientOrderId: 'a' }, status: 200 }],
  ['placeOrder', { body: { ...order, clientOrderId: 'b', orderType: 'MARKET', limitPrice: undefined }, status: 201 }],
  ['placeOrder', { body: trail, status: 201 }],
  [
    'placeOrder',
    {
      body: { contingency: 'OCO', orders: ['c', 'd'].map((clientOrderId) => ({ ...order, clientOrderId })) },
      status: 201,
    },
  ],
  ['placeOrder', { body: { ...order, clientOrderId: 'e', quantity: '0' }, status: 422 }],
  ['placeOrder', { body: { clientOrderId: 'e' }, status: 400 }],
  ['listOrders', { status: 200 }],
  ['getOrder', { name: 'a', status: 200 }],
  ['getOrder', { name: 'never', status: 404 }],
  ['modifyOrder', { name: 'a', body: { quantity: '6' }, status: 200 }],
  ['modifyOrder', { name: 'never', body: { quantity: '6' }, status: 404 }],
  ['cancelOrder', { name: 'a', status: 200 }],
  ['cancelOrder', { name: 'a', status: 422 }],
  ['getQuotes', { query: '?symbols=S0,S1', status: 200 }],
  ['getQuotes', { query: '?symbols=NONE', status: 404 }],
  ['getBars', { query: '?symbol=S0&forming=true', status: 200 }],
  ['getBars', { query: '?symbol=NONE', status: 404 }],
  ['getPatterns', { query: '?symbol=S0&early=true', status: 200 }],
  ['getPatterns', { query: '?symbol=NONE', status: 404 }],
  ['getPositions', { status: 200 }],
  ['getPortfolio', { status: 200 }],
  ['publishNews', { body: { headline: 'A shop opens', symbols: ['S0'] }, status: 201 }],
  ['publishNews', { body: { headline: 'A shop opens', symbols: ['NONE'] }, status: 404 }],
  ['publishSystem', { body: { message: 'Lunch' }, status: 201 }],
  ['publishSystem', { body: {}, status: 400 }],
  ['poll', { query: `?since=${sinceOf(everything, 0)}`, status: 200 }],
  ['poll', { query: `?since=${sinceOf([...everything, 'portfolio', 'position.value', 'presence'], -1)}`, status: 200 }],
  ['poll', { query: '?since=%7B%22order', status: 400 }],
  ['pollMany', { body: { since: {} }, status: 200 }],
  ['pollMany', { body: { since: 1 }, status: 400 }],
];

function keyOf(channel: string): string {
  if (channel === 'presence') return 'news';
  if (channel === 'news' || channel === 'system') return '*';
  return /^(order|execution|position|portfolio)/.test(channel) ? 'dev' : 'S0';
}

function sinceOf(channels: readonly string[], seq: number): string {
  const places = channels.map((channel) => [channel, { epoch: 'EPOCH', seq: { [keyOf(channel)]: seq } }]);
  return encodeURIComponent(JSON.stringify(Object.fromEntries(places)));
}

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  for (let minute = 0; minute < 30; minute++) {
    const price = 10_000 + 100 * (minute % 5);
    server.feed.bar({ symbol: 0, open: price, high: price + 60, low: price - 60, close: price + 50 });
  }
  server.feed.trade({ symbol: 0, price: 10_000 });
  server.feed.quote({ symbol: 0, bid: 9_990, ask: 10_010 });
});
afterAll(() => server.stop());

function request(operation: OperationId, { query = '', name = '', body }: Sample): Promise<Answer> {
  const { method, path }: HttpRoute = HTTP_ROUTES[operation];
  const address = `${path.replace(/\{\w+\}$/, name)}${query.replaceAll('EPOCH', server.server.epoch)}`;
  const asked: Asked = body === undefined ? {} : { body };
  return ask(server, `${method} ${address}`, asked);
}

function faults(schema: TSchema, value: unknown): string[] {
  return [...Value.Errors(closed(schema), value)].map(({ path, message }) => `${path}: ${message}`).slice(0, 5);
}

describe('the OpenAPI document', () => {
  it('should be without a fault', async () => {
    const text = readFileSync(new URL('../../protocol/generated/openapi.json', import.meta.url), 'utf8');
    const { valid, errors } = await new Validator().validate(JSON.parse(text));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('should have each operation asked for below, for each of its answers', () => {
    const promised = Object.entries<HttpRoute>(HTTP_ROUTES).flatMap(([operation, { answers }]) => {
      return Object.keys(answers).map((status) => `${operation} ${status}`);
    });
    const asked = new Set(SAMPLES.map(([operation, { status }]) => `${operation} ${status}`));
    const unasked = promised.filter((answer) => !asked.has(answer));
    // Of a server that drains or has lost its journal; other tests have such.
    expect(unasked).toEqual(['getHealth 503', 'getSocketHealth 503']);
  });

  it('should say of every answer what it is, and nothing is in it beyond that', async () => {
    for (const [operation, sample] of SAMPLES) {
      const answer = await request(operation, sample);
      const { answers, problems, identity }: HttpRoute = HTTP_ROUTES[operation];
      const said = `${operation} ${sample.status}`;
      expect(`${operation} ${answer.status} ${answer.text.slice(0, 200)}`).toContain(said);
      const documented = answers[answer.status];
      if (documented === undefined) {
        expect([...COMMON_PROBLEMS, ...problems]).toContain(answer.status);
        expect(identity).toBe('token');
        expect([said, faults(ProblemSchema, answer.body)]).toEqual([said, []]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        continue;
      }
      if (documented.body !== undefined) expect([said, faults(documented.body, answer.body)]).toEqual([said, []]);
      for (const name of documented.headers ?? []) expect(answer.headers.get(name)).not.toBeNull();
    }
  });

  it('should hold every path and method that is served', async () => {
    const paths = new Map<string, string[]>();
    for (const { path, method } of Object.values<HttpRoute>(HTTP_ROUTES)) {
      const more = method === 'GET' ? [method, 'HEAD'] : [method];
      paths.set(path, [...(paths.get(path) ?? []), ...more]);
    }
    for (const [path, methods] of paths) {
      const answer = await ask(server, `OPTIONS ${path.replace(/\{\w+\}$/, 'x')}`);
      expect(answer.status).toBe(204);
      const allowed = answer.headers.get('allow')?.split(', ');
      expect(allowed?.sort()).toEqual([...methods, 'OPTIONS'].sort());
    }
    for (const path of ['/api', '/api/order', '/api/orders/', '/api/orders/a/b', '/api/quotes/x']) {
      expect(await ask(server, `GET ${path}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });
});
