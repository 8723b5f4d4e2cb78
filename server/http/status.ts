import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import type { FeedHealth } from '../feeds/health.ts';
import { type BoundRoute, bind, json } from './route.ts';

/** What `/api/health` says. */
export interface Health {
  /** `ok`; `draining` (HTTP 503): take no new clients here; `failed` (HTTP 503): the journal can't be written, nothing is acknowledged. */
  readonly status: 'ok' | 'draining' | 'failed';
  readonly uptimeS: number;
  readonly version: string;
  /** Epoch of the streams' sequence numbers. */
  readonly epoch: string;
  readonly symbols: number;
  /** Open sockets. */
  readonly clients: number;
  readonly feed: {
    readonly state: 'none' | 'waiting' | 'playing' | 'ended';
    /** Event time (µs since the epoch) of the last tick taken; null before the first. */
    readonly position: number | null;
  } & Partial<FeedHealth>;
  /** Build of the transport's binary. */
  readonly transport: string;
  /** Absent without a journal; `reason` says why it failed and the way out. */
  readonly journal?: { readonly status: 'ok' } | { readonly status: 'failed'; readonly reason: string };
}

/** One WebSocket endpoint, as `/api/ws/health` lists it. */
export interface SocketEndpoint {
  /** Name of its dialect. */
  readonly dialect: string;
  readonly paths: readonly string[];
  readonly subprotocols: readonly string[];
  /** Its open sockets whose user is known. */
  readonly clients: number;
}

/** Where what is told of the server comes from. */
export interface StatusSources {
  readonly health: () => Health;
  readonly endpoints: () => readonly SocketEndpoint[];
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
}

/** The routes that load balancers and scrapers ask, who have no token: they tell nothing of any account. */
export function statusRoutes({ health, endpoints, metrics }: StatusSources) {
  const statusOf = ({ status }: Health): number => (status === 'ok' ? 200 : 503);
  return {
    getHealth: bind(HTTP_ROUTES.getHealth, () => json(statusOf(health()), health())),
    getSocketHealth: bind(HTTP_ROUTES.getSocketHealth, () => {
      const { status, clients } = health();
      return json(statusOf(health()), { status, clients, endpoints: endpoints() });
    }),
    getMetrics: bind(HTTP_ROUTES.getMetrics, async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' },
      body: await metrics.text(),
    })),
  } satisfies Readonly<Record<string, BoundRoute>>;
}
