import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import { accountOf } from './orders.ts';
import { type BoundRoute, bind, type HttpServices, json, whenSafe } from './route.ts';

/** The routes of positions and worth. */
export function accountRoutes(services: HttpServices) {
  const { book, clock } = services;
  return {
    getPositions: bind(HTTP_ROUTES.getPositions, async ({ claims, query }) => {
      const account = accountOf(claims, query.account);
      await whenSafe(services);
      return json(200, { account, asOfUs: clock.nowUs(), positions: book.positions(account) });
    }),
    getPortfolio: bind(HTTP_ROUTES.getPortfolio, async ({ claims, query }) => {
      const account = accountOf(claims, query.account);
      await whenSafe(services);
      return json(200, { asOfUs: clock.nowUs(), ...book.portfolio(account) });
    }),
  } satisfies Readonly<Record<string, BoundRoute>>;
}
