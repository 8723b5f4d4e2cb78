import { HTTP_ROUTES, type OperationId } from '../../protocol/schemas/httpRoutes.ts';
import type { HttpMessage, TransportResponse } from '../../transport/types.ts';
import type { StatusFrom } from '../config.ts';
import { tokenOf, withTimeout } from '../identity/request.ts';
import type { Claims } from '../identity.ts';
import { isLoopback } from '../listen.ts';
import { accountRoutes } from './accounts.ts';
import { type CorsRules, preflight, refuseForeign, withCors } from './cors.ts';
import { marketRoutes } from './market.ts';
import { orderRoutes } from './orders.ts';
import { Polls } from './poll.ts';
import { HttpProblem, type HttpResponse, problemOf } from './problem.ts';
import { publishRoutes } from './publish.ts';
import type { BoundRoute, HttpServices } from './route.ts';
import { type StatusSources, statusRoutes } from './status.ts';
import { UserRates } from './userRates.ts';

/** How often users who have been quiet are forgotten, µs. */
const FORGET_EVERY_US = 10_000_000;
const NOBODY: Claims = { user: '', account: '', scopes: [], expiresAtUs: 0 };

export interface HttpOptions {
  readonly services: HttpServices;
  readonly status: StatusSources;
  readonly allowedOrigins: readonly string[];
  readonly statusFrom: StatusFrom;
  /** Counts a request of an address; 0, or ms after which it may ask again. */
  readonly addressWaitMs: (address: string, nowUs: number) => number;
}

/** What a path takes, by method. */
type Methods = ReadonlyMap<string, OperationId>;

/** The HTTP side of a server: the routes of {@link HTTP_ROUTES} and nothing else. Errors are problem documents (RFC 9457). */
export class HttpSide {
  readonly #options: HttpOptions;
  readonly #polls: Polls;
  readonly #users: UserRates;
  readonly #bound: Readonly<Record<OperationId, BoundRoute>>;
  readonly #paths: ReadonlyMap<string, Methods>;
  #isDraining = false;
  #nextForgetUs = 0;

  constructor(options: HttpOptions) {
    const { services, status } = options;
    const { requestsPerSecond: perSecond, requestBurst: burst } = services.limits;
    this.#options = options;
    this.#users = new UserRates({ perSecond, burst });
    this.#polls = new Polls(services);
    this.#bound = {
      ...statusRoutes(status),
      ...marketRoutes(services),
      ...accountRoutes(services),
      ...orderRoutes(services),
      ...this.#polls.routes,
      ...publishRoutes(services),
    };
    this.#paths = pathsOf(HTTP_ROUTES);
  }

  /** Answers a request; `gone` resolves when nobody waits for the answer any more. */
  readonly handle = async (request: HttpMessage, gone: Promise<unknown>): Promise<TransportResponse> => {
    const response = notModified(request, await this.#answer(request, gone));
    return { ...withCors(request, response, this.#corsRules), isHead: request.method === 'HEAD' };
  };

  /** To be called some times a second: answers polls that have waited for something. */
  sweep(nowUs: number): void {
    this.#polls.sweep(nowUs);
    if (nowUs < this.#nextForgetUs) return;
    this.#nextForgetUs = nowUs + FORGET_EVERY_US;
    this.#users.sweep(nowUs);
  }

  /** Answers the polls that wait, and from now on only who asks how the server is. */
  drain(): void {
    this.#isDraining = true;
    this.#polls.drain();
  }

  get #corsRules(): CorsRules {
    const { services, allowedOrigins } = this.#options;
    return { allowedOrigins, isDevelopment: services.identity.isDevelopment };
  }

  async #answer(request: HttpMessage, gone: Promise<unknown>): Promise<HttpResponse> {
    try {
      return await this.#route(request, gone);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      this.#options.services.metrics.countError(error.code);
      return problemOf(error);
    }
  }

  async #route(request: HttpMessage, gone: Promise<unknown>): Promise<HttpResponse> {
    const { services } = this.#options;
    refuseForeign(request, this.#corsRules);
    const { path, name } = this.#find(request.path);
    const methods = this.#paths.get(path);
    if (methods === undefined) {
      const known = [...this.#paths.keys()].join(', ');
      throw new HttpProblem('not_found', `nothing is served at ${shortened(request.path)}; there are: ${known}`);
    }
    const taken = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'];
    if (request.method === 'OPTIONS') return preflight(taken);
    const operation = methods.get(request.method === 'HEAD' ? 'GET' : request.method);
    if (operation === undefined) {
      const problem = new HttpProblem('method_not_allowed', `${path} takes ${taken.join(', ')}`);
      services.metrics.countError(problem.code);
      const answer = problemOf(problem);
      return { ...answer, headers: { ...answer.headers, allow: taken.join(', ') } };
    }
    const claims = await this.#admit(request, operation);
    return this.#bound[operation](request, { claims, name, gone, limits: services.limits });
  }

  /** Who asks, if that matters and may be. */
  async #admit(request: HttpMessage, operation: OperationId): Promise<Claims> {
    const { services, addressWaitMs } = this.#options;
    const { identity, limits, clock, metrics } = services;
    // Whoever watches the server must see it most of all while somebody else asks too often.
    if (HTTP_ROUTES[operation].identity === 'none') {
      refuseDistant(request, this.#options.statusFrom);
      return NOBODY;
    }
    const waitMs = addressWaitMs(request.remoteAddress, clock.nowUs());
    if (waitMs > 0) throw tooOften(`an address may make ${limits.handshakesPerSecond} requests a second`, waitMs);
    if (this.#isDraining) throw new HttpProblem('shutting_down', 'this server is draining; try another');
    const verification = await withTimeout(identity.verify(tokenOf(request)), limits.authTimeoutMs);
    if (!verification.ok) throw new HttpProblem(verification.code, verification.message);
    const { claims } = verification;
    metrics.commands++;
    const userWaitMs = identity.isDevelopment ? 0 : this.#users.take(claims.user, clock.nowUs());
    if (userWaitMs > 0) throw tooOften(`a user may make ${limits.requestsPerSecond} requests a second`, userWaitMs);
    return claims;
  }

  /** The documented path of a request's, and what stands in its place for a name. */
  #find(path: string): { readonly path: string; readonly name: string } {
    if (this.#paths.has(path)) return { path, name: '' };
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, slash);
    const template = [...this.#paths.keys()].find((one) => one.startsWith(`${parent}/{`));
    const name = path.slice(slash + 1);
    return template === undefined || name === '' ? { path, name: '' } : { path: template, name: decoded(name) };
  }
}

/** @throws HttpProblem for who asks from elsewhere how the server is, where that is for this machine alone */
export function refuseDistant({ remoteAddress }: Pick<HttpMessage, 'remoteAddress'>, statusFrom: StatusFrom): void {
  if (statusFrom === 'anywhere' || isLoopback(remoteAddress)) return;
  throw new HttpProblem('forbidden', 'this is told on the machine of the server alone (statusFrom)');
}

function pathsOf(routes: typeof HTTP_ROUTES): ReadonlyMap<string, Methods> {
  const paths = new Map<string, Map<string, OperationId>>();
  let operation: OperationId;
  for (operation in routes) {
    const { path, method } = routes[operation];
    const methods = paths.get(path) ?? new Map<string, OperationId>();
    paths.set(path, methods.set(method, operation));
  }
  return paths;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new HttpProblem('bad_message', `${JSON.stringify(shortened(name))} in the path isn't percent-encoded UTF-8`);
  }
}

/** Answers 304 when the client has this very answer already (RFC 9110, section 13.1.2). */
function notModified(request: HttpMessage, response: HttpResponse): HttpResponse {
  const { etag } = response.headers;
  const known = request.headers['if-none-match'];
  if (etag === undefined || known === undefined || response.status !== 200) return response;
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (!tags.includes(etag) && !tags.includes('*')) return response;
  const { 'content-type': _, ...headers } = response.headers;
  return { status: 304, headers, body: '' };
}

function tooOften(message: string, retryAfterMs: number): HttpProblem {
  return new HttpProblem('rate_limited', message, { retryAfterMs });
}

function shortened(text: string): string {
  return text.length > 64 ? `${text.slice(0, 63)}…` : text;
}
