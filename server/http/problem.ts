import { ERROR_CODES, type ErrorCode } from '../../protocol/codes.ts';

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What may be said of an error beside its code and message. */
interface ProblemMore {
  /** For `order_rejected`: the engine's reason. */
  readonly reason?: string;
  readonly clientOrderId?: string;
  /** ms after which another try may succeed. */
  readonly retryAfterMs?: number;
}

/** A request that isn't done, thrown by routes: one line for the client. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ErrorCode;
  readonly more: ProblemMore;

  constructor(code: ErrorCode, message: string, more: ProblemMore = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_json: 400,
  bad_message: 400,
  unknown_type: 400,
  unknown_channel: 400,
  unknown_symbol: 404,
  unknown_order: 404,
  unknown_alert: 404,
  unauthenticated: 401,
  bad_token: 401,
  token_expired: 401,
  forbidden: 403,
  too_many_symbols: 400,
  too_many_alerts: 400,
  too_many_subscribers: 503,
  too_large: 413,
  too_deep: 400,
  not_found: 404,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  rate_limited: 429,
  order_rejected: 422,
  shutting_down: 503,
  internal: 503,
};

/** What a retry should wait when nobody knows better, ms. */
const RETRY_AFTER_MS = 1_000;

/** Writes an error as a problem document (RFC 9457), with `code` and `retryable` as an `error` frame has them. */
export function problemOf({ code, message, more }: HttpProblem): HttpResponse {
  const status = more.reason === 'unknown_order' ? 404 : STATUS[code];
  const { retryable } = ERROR_CODES[code];
  const { retryAfterMs = retryable ? RETRY_AFTER_MS : 0, ...rest } = more;
  const title = code.replaceAll('_', ' ');
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': challengeOf(code) }),
      ...(retryable && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`,
      status,
      detail: message,
      code,
      retryable,
      ...(retryable && { retryAfterMs }),
      ...rest,
    }),
  };
}

/** What RFC 6750 wants a client to be told. */
function challengeOf(code: ErrorCode): string {
  return code === 'unauthenticated' ? 'Bearer' : 'Bearer error="invalid_token"';
}
