import type { TObject, TSchema } from '@sinclair/typebox';
import {
  AccountQuerySchema,
  BarsQuerySchema,
  ModifyBodySchema,
  NewsBodySchema,
  NoBodySchema,
  NothingSchema,
  PatternsQuerySchema,
  PlaceAnyBodySchema,
  PollBodySchema,
  PollQuerySchema,
  QuotesQuerySchema,
  SystemBodySchema,
} from './http.ts';

/** One method of one path: what the server's router is made of, and the OpenAPI document. */
export interface HttpRoute<Query extends TObject = TObject, Body extends TSchema = TSchema> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With at most one `{name}`, its last part. */
  readonly path: string;
  /** One line: what it does. */
  readonly summary: string;
  /** `none`: answered to everybody. */
  readonly identity: 'none' | 'token';
  readonly scope?: 'market:read' | 'orders:write' | 'system:publish';
  readonly query: Query;
  /** `NoBodySchema` for none. */
  readonly body: Body;
}

/** Every route of the server, by its operation's name. */
export const HTTP_ROUTES = {
  getHealth: {
    method: 'GET',
    path: '/api/health',
    summary: 'Whether the server is well: 503 while it drains or its journal has failed.',
    identity: 'none',
    query: NothingSchema,
    body: NoBodySchema,
  },
  getSocketHealth: {
    method: 'GET',
    path: '/api/ws/health',
    summary: 'The WebSocket endpoints, and how many sockets each has.',
    identity: 'none',
    query: NothingSchema,
    body: NoBodySchema,
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    summary: "The server's numbers, in Prometheus' text format.",
    identity: 'none',
    query: NothingSchema,
    body: NoBodySchema,
  },
  getQuotes: {
    method: 'GET',
    path: '/api/quotes',
    summary: 'The state of symbols, as a `ticker` snapshot has it.',
    identity: 'token',
    scope: 'market:read',
    query: QuotesQuerySchema,
    body: NoBodySchema,
  },
  getBars: {
    method: 'GET',
    path: '/api/bars',
    summary: "A symbol's last closed bars, oldest first.",
    identity: 'token',
    scope: 'market:read',
    query: BarsQuerySchema,
    body: NoBodySchema,
  },
  getPatterns: {
    method: 'GET',
    path: '/api/patterns',
    summary: "A symbol's patterns that may still come true, oldest first.",
    identity: 'token',
    scope: 'market:read',
    query: PatternsQuerySchema,
    body: NoBodySchema,
  },
  getPositions: {
    method: 'GET',
    path: '/api/positions',
    summary: "An account's positions at their present value, closed ones included.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
  },
  getPortfolio: {
    method: 'GET',
    path: '/api/portfolio',
    summary: "An account's worth.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
  },
  listOrders: {
    method: 'GET',
    path: '/api/orders',
    summary: "An account's open orders, oldest first.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
  },
  placeOrder: {
    method: 'POST',
    path: '/api/orders',
    summary: 'Places an order, or a list of orders that are taken together or not at all.',
    identity: 'token',
    scope: 'orders:write',
    query: NothingSchema,
    body: PlaceAnyBodySchema,
  },
  getOrder: {
    method: 'GET',
    path: '/api/orders/{clientOrderId}',
    summary: "An order's state, working or not.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
  },
  modifyOrder: {
    method: 'PATCH',
    path: '/api/orders/{clientOrderId}',
    summary: 'Gives an order new terms; what is absent stays.',
    identity: 'token',
    scope: 'orders:write',
    query: AccountQuerySchema,
    body: ModifyBodySchema,
  },
  cancelOrder: {
    method: 'DELETE',
    path: '/api/orders/{clientOrderId}',
    summary: 'Cancels an order.',
    identity: 'token',
    scope: 'orders:write',
    query: AccountQuerySchema,
    body: NoBodySchema,
  },
  poll: {
    method: 'GET',
    path: '/api/poll',
    summary: 'Everything of streams after the places where the client stands.',
    identity: 'token',
    query: PollQuerySchema,
    body: NoBodySchema,
  },
  pollMany: {
    method: 'POST',
    path: '/api/poll',
    summary: 'The same, for more places than an address can hold.',
    identity: 'token',
    query: NothingSchema,
    body: PollBodySchema,
  },
  publishNews: {
    method: 'POST',
    path: '/api/news',
    summary: 'Publishes news to all who read them.',
    identity: 'token',
    scope: 'system:publish',
    query: NothingSchema,
    body: NewsBodySchema,
  },
  publishSystem: {
    method: 'POST',
    path: '/api/system',
    summary: 'Tells every client a notice.',
    identity: 'token',
    scope: 'system:publish',
    query: NothingSchema,
    body: SystemBodySchema,
  },
} as const satisfies Readonly<Record<string, HttpRoute>>;
export type OperationId = keyof typeof HTTP_ROUTES;
