import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { ParseLimits } from '../../protocol/codecs/json.ts';
import type { HttpRoute } from '../../protocol/schemas/httpRoutes.ts';
import type { HttpMessage } from '../../transport/types.ts';
import type { AnswerContext } from '../commandContext.ts';
import type { Claims } from '../identity.ts';
import { HttpProblem, type HttpResponse } from './problem.ts';
import { bodyReader, queryReader } from './read.ts';

/** What the routes of a server work with. */
export type HttpServices = Omit<AnswerContext, 'session' | 'claims'>;

/** A request that has been read and whose sender is known. */
export interface RouteRequest<Query, Body> {
  readonly claims: Claims;
  readonly query: Query;
  readonly body: Body;
  /** What stands in the path's one place for a name; '' in a path without. */
  readonly name: string;
  /** Resolves when nobody waits for the answer any more. */
  readonly gone: Promise<unknown>;
}

/** Answers a request of its route. @throws HttpProblem */
export type BoundRoute = (
  request: HttpMessage,
  more: {
    readonly claims: Claims;
    readonly name: string;
    readonly gone: Promise<unknown>;
    readonly limits: ParseLimits;
  },
) => Promise<HttpResponse>;

/** Joins a documented route with what does it: reads query and body by the route's own schemas. */
export function bind<Q extends TObject, B extends TSchema>(
  route: HttpRoute<Q, B>,
  handle: (request: RouteRequest<Static<Q>, Static<B>>) => HttpResponse | Promise<HttpResponse>,
): BoundRoute {
  const readQuery = queryReader(route.query);
  const readBody = bodyReader(route.body);
  return async (request, { claims, name, gone, limits }) => {
    if (route.scope !== undefined && !claims.scopes.includes(route.scope)) {
      throw new HttpProblem('forbidden', `${route.method} ${route.path} needs the scope ${route.scope}`);
    }
    return handle({ claims, name, gone, query: readQuery(request.query), body: readBody(request, limits) });
  };
}

/** An answer in JSON that nobody may keep. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return jsonText(status, JSON.stringify(value), headers);
}

/** The same from a text that is JSON. */
export function jsonText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body };
}

/** Waits until all that was taken before is safe: what was read is then there again after a crash. To be read first, since more may have been taken meanwhile. @throws HttpProblem when it can't be */
export async function whenSafe({ loop }: Pick<HttpServices, 'loop'>): Promise<void> {
  await new Promise<void>((resolve) => loop.whenSafe(resolve));
  if (loop.failure !== undefined) throw new HttpProblem('internal', 'the journal has failed; see /api/health');
}
