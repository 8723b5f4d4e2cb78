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
import {
  AcceptedOrderSchema,
  BarsSchema,
  HealthSchema,
  OrderSchema,
  OrdersSchema,
  PatternsSchema,
  PollAnswerSchema,
  PortfolioSchema,
  PositionsSchema,
  PublishedSchema,
  QuotesSchema,
  SocketHealthSchema,
} from './httpAnswers.ts';

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
  /** What it answers when all goes well, by status; the rest are problem documents of {@link HttpRoute.problems}. */
  readonly answers: Readonly<Record<number, HttpAnswer>>;
  /** Statuses of its problem documents beside those that every request may get. */
  readonly problems: readonly number[];
}

export interface HttpAnswer {
  readonly meaning: string;
  /** Of a body in JSON; absent: text. */
  readonly body?: TSchema;
  /** Headers that belong to it. */
  readonly headers?: readonly ('ETag' | 'Location')[];
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
    answers: {
      200: { meaning: 'All is well.', body: HealthSchema },
      503: { meaning: 'It drains, or its journal has failed.', body: HealthSchema },
    },
    problems: [],
  },
  getSocketHealth: {
    method: 'GET',
    path: '/api/ws/health',
    summary: 'The WebSocket endpoints, and how many sockets each has.',
    identity: 'none',
    query: NothingSchema,
    body: NoBodySchema,
    answers: {
      200: { meaning: 'All is well.', body: SocketHealthSchema },
      503: { meaning: 'It drains, or its journal has failed.', body: SocketHealthSchema },
    },
    problems: [],
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    summary: "The server's numbers, in Prometheus' text format.",
    identity: 'none',
    query: NothingSchema,
    body: NoBodySchema,
    answers: { 200: { meaning: "Prometheus' text format." } },
    problems: [],
  },
  getQuotes: {
    method: 'GET',
    path: '/api/quotes',
    summary: 'The state of symbols, as a `ticker` snapshot has it.',
    identity: 'token',
    scope: 'market:read',
    query: QuotesQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The quotes.', body: QuotesSchema, headers: ['ETag'] } },
    problems: [404],
  },
  getBars: {
    method: 'GET',
    path: '/api/bars',
    summary: "A symbol's last closed bars, oldest first.",
    identity: 'token',
    scope: 'market:read',
    query: BarsQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The bars.', body: BarsSchema, headers: ['ETag'] } },
    problems: [404],
  },
  getPatterns: {
    method: 'GET',
    path: '/api/patterns',
    summary: "A symbol's patterns that may still come true, oldest first.",
    identity: 'token',
    scope: 'market:read',
    query: PatternsQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The patterns.', body: PatternsSchema, headers: ['ETag'] } },
    problems: [404],
  },
  getPositions: {
    method: 'GET',
    path: '/api/positions',
    summary: "An account's positions at their present value, closed ones included.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The positions.', body: PositionsSchema } },
    problems: [],
  },
  getPortfolio: {
    method: 'GET',
    path: '/api/portfolio',
    summary: "An account's worth.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The portfolio.', body: PortfolioSchema } },
    problems: [],
  },
  listOrders: {
    method: 'GET',
    path: '/api/orders',
    summary: "An account's open orders, oldest first.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The orders.', body: OrdersSchema } },
    problems: [],
  },
  placeOrder: {
    method: 'POST',
    path: '/api/orders',
    summary: 'Places an order, or a list of orders that are taken together or not at all.',
    identity: 'token',
    scope: 'orders:write',
    query: NothingSchema,
    body: PlaceAnyBodySchema,
    answers: {
      200: { meaning: 'The `clientOrderId` was known: the state of that order.', body: AcceptedOrderSchema },
      201: { meaning: 'It was taken.', body: AcceptedOrderSchema, headers: ['Location'] },
    },
    problems: [413, 415, 422],
  },
  getOrder: {
    method: 'GET',
    path: '/api/orders/{clientOrderId}',
    summary: "An order's state, working or not.",
    identity: 'token',
    query: AccountQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The order.', body: OrderSchema } },
    problems: [404],
  },
  modifyOrder: {
    method: 'PATCH',
    path: '/api/orders/{clientOrderId}',
    summary: 'Gives an order new terms; what is absent stays.',
    identity: 'token',
    scope: 'orders:write',
    query: AccountQuerySchema,
    body: ModifyBodySchema,
    answers: { 200: { meaning: 'The order with its new terms.', body: AcceptedOrderSchema } },
    problems: [404, 413, 415, 422],
  },
  cancelOrder: {
    method: 'DELETE',
    path: '/api/orders/{clientOrderId}',
    summary: 'Cancels an order.',
    identity: 'token',
    scope: 'orders:write',
    query: AccountQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'The order as it ended.', body: AcceptedOrderSchema } },
    problems: [404, 422],
  },
  poll: {
    method: 'GET',
    path: '/api/poll',
    summary: 'Everything of streams after the places where the client stands.',
    identity: 'token',
    query: PollQuerySchema,
    body: NoBodySchema,
    answers: { 200: { meaning: 'What there is, perhaps nothing.', body: PollAnswerSchema } },
    problems: [404],
  },
  pollMany: {
    method: 'POST',
    path: '/api/poll',
    summary: 'The same, for more places than an address can hold.',
    identity: 'token',
    query: NothingSchema,
    body: PollBodySchema,
    answers: { 200: { meaning: 'What there is, perhaps nothing.', body: PollAnswerSchema } },
    problems: [404, 413, 415],
  },
  publishNews: {
    method: 'POST',
    path: '/api/news',
    summary: 'Publishes news to all who read them.',
    identity: 'token',
    scope: 'system:publish',
    query: NothingSchema,
    body: NewsBodySchema,
    answers: { 201: { meaning: 'It is published.', body: PublishedSchema } },
    problems: [404, 413, 415],
  },
  publishSystem: {
    method: 'POST',
    path: '/api/system',
    summary: 'Tells every client a notice.',
    identity: 'token',
    scope: 'system:publish',
    query: NothingSchema,
    body: SystemBodySchema,
    answers: { 201: { meaning: 'It is told.', body: PublishedSchema } },
    problems: [413, 415],
  },
} as const satisfies Readonly<Record<string, HttpRoute>>;

/** Statuses of problem documents that every request with an identity may get. */
export const COMMON_PROBLEMS = [400, 401, 403, 429, 503] as const;
export type OperationId = keyof typeof HTTP_ROUTES;
