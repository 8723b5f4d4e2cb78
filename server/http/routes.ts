/** A request as the transport hands it over: lower-case header names, the query without its `?`. */
interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

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
  };
  /** Build of the transport's binary. */
  readonly transport: string;
  /** Absent without a journal; `reason` says why it failed and the way out. */
  readonly journal?: { readonly status: 'ok' } | { readonly status: 'failed'; readonly reason: string };
}

/** Where the answers come from. */
export interface HttpSources {
  readonly health: () => Health;
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

const NO_STORE = { 'cache-control': 'no-store' };

/** Makes the handler of all HTTP paths: `/api/health` and `/metrics`; errors are RFC 9457 problem documents. */
export function createHttpHandler(sources: HttpSources): HttpHandler {
  const routes = new Map<string, () => Promise<HttpResponse>>([
    ['/api/health', async () => answerHealth(sources.health())],
    ['/metrics', async () => answerMetrics(sources.metrics)],
  ]);
  return async ({ method, path }) => {
    const route = routes.get(path);
    if (route === undefined) {
      const known = [...routes.keys()].join(', ');
      return problem({ status: 404, title: 'Not found', detail: `Nothing is served at ${path}; there are: ${known}` });
    }
    if (method !== 'GET' && method !== 'HEAD') {
      const answer = problem({
        status: 405,
        title: 'Method not allowed',
        detail: `${path} takes GET and HEAD, not ${method}`,
      });
      return { ...answer, headers: { ...answer.headers, allow: 'GET, HEAD' } };
    }
    const response = await route();
    return method === 'HEAD' ? { ...response, body: '' } : response;
  };
}

function answerHealth(health: Health): HttpResponse {
  return {
    status: health.status === 'ok' ? 200 : 503,
    headers: { 'content-type': 'application/json', ...NO_STORE },
    body: JSON.stringify(health),
  };
}

async function answerMetrics(metrics: HttpSources['metrics']): Promise<HttpResponse> {
  return { status: 200, headers: { 'content-type': metrics.contentType, ...NO_STORE }, body: await metrics.text() };
}

/** A problem document (RFC 9457). */
export function problem(parts: {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}): HttpResponse {
  return {
    status: parts.status,
    headers: { 'content-type': 'application/problem+json', ...NO_STORE },
    body: JSON.stringify({ type: 'about:blank', ...parts }),
  };
}
