import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import { accountOf } from './orders.ts';
import { type BoundRoute, bind, type HttpServices, json, whenSafe } from './route.ts';

/** The routes of positions and worth. */
export function accountRoutes(services: HttpServices) {
  const { book, clock } = services;
  return {
    getPositions: bind(HTTP_ROUTES.getPositions, async ({ claims, query }) => {
      const account = accountOf(claims, query.account);
      const answer = { account, asOfUs: clock.nowUs(), positions: book.positions(account) };
      await whenSafe(services);
      return json(200, answer);
    }),
    getPortfolio: bind(HTTP_ROUTES.getPortfolio, async ({ claims, query }) => {
      const account = accountOf(claims, query.account);
      const answer = { asOfUs: clock.nowUs(), ...book.portfolio(account) };
      await whenSafe(services);
      return json(200, answer);
    }),
  } satisfies Readonly<Record<string, BoundRoute>>;
}
