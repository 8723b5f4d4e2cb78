import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import { HttpProblem } from './problem.ts';
import { type BoundRoute, bind, type HttpServices, json, whenSafe } from './route.ts';

/** The routes of those who publish news and notices. They answer once what they published is safe. */
export function publishRoutes(services: HttpServices) {
  const { book, hub } = services;
  return {
    publishNews: bind(HTTP_ROUTES.publishNews, async ({ body }) => {
      const { symbols = [], ...news } = body;
      const unknown = symbols.find((symbol) => book.instrument(symbol) === undefined);
      if (unknown !== undefined) {
        throw new HttpProblem('unknown_symbol', `unknown symbol ${JSON.stringify(unknown)}`);
      }
      const seq = hub.publishNews({ ...news, symbols });
      await whenSafe(services);
      return json(201, { epoch: hub.epoch, seq });
    }),
    publishSystem: bind(HTTP_ROUTES.publishSystem, async ({ body }) => {
      const { code = 'notice', message } = body;
      const seq = hub.publishSystem({ code, message });
      await whenSafe(services);
      return json(201, { epoch: hub.epoch, seq });
    }),
  } satisfies Readonly<Record<string, BoundRoute>>;
}
