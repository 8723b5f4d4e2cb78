import type { HttpMessage } from '../../transport/types.ts';
import { isLoopbackName, isOriginAllowed } from '../identity/request.ts';
import { HttpProblem, type HttpResponse } from './problem.ts';

/** Which pages may ask. */
export interface CorsRules {
  readonly allowedOrigins: readonly string[];
  readonly isDevelopment: boolean;
}

/** How long a browser may remember the answer to a preflight, s. */
const PREFLIGHT_MAX_AGE_S = 600;

/**
 * Refuses requests of pages that may not ask: without a secret the server takes everybody on this machine for its owner, and a
 * foreign page in the owner's browser is on this machine.
 *
 * @throws HttpProblem
 */
export function refuseForeign({ headers }: HttpMessage, rules: CorsRules): void {
  if (!mayAsk(headers, rules)) {
    throw new HttpProblem('forbidden', 'this origin is not allowed; add it to allowedOrigins');
  }
  // A foreign name that resolves to this machine is how a page without an Origin header would come in.
  if (rules.isDevelopment && !isLoopbackName(hostName(headers['host'] ?? ''))) {
    throw new HttpProblem('forbidden', 'without a secret this server answers to the names of loopback alone');
  }
}

/** Adds what a browser needs to let an allowed page see the answer. */
export function withCors({ headers }: HttpMessage, response: HttpResponse, rules: CorsRules): HttpResponse {
  const { origin } = headers;
  const allowed = origin !== undefined && mayAsk(headers, rules);
  const more = {
    vary: 'Origin, Authorization',
    ...(allowed && {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'ETag, Location, Retry-After, WWW-Authenticate',
    }),
  };
  return { ...response, headers: { ...response.headers, ...more } };
}

/** A server with a secret serves pages of its own, whose origin nobody has to list. */
function mayAsk({ origin, host = '' }: HttpMessage['headers'], rules: CorsRules): boolean {
  return isOriginAllowed(origin, rules) || (!rules.isDevelopment && isSameHost(origin, host));
}

/** Answers OPTIONS: what the path takes, and for a browser's preflight that the page may ask. */
export function preflight(methods: readonly string[]): HttpResponse {
  return {
    status: 204,
    headers: {
      allow: methods.join(', '),
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match',
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
    },
    body: '',
  };
}

function isSameHost(origin: string | undefined, host: string): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

function hostName(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}
