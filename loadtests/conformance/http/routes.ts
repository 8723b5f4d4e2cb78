import { type TSchema, Type } from '@sinclair/typebox';
import { type Case, type Need, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, field, has, list, read, same, shown, text } from '../expect.ts';
import * as Shape from '../shapes.ts';
import { problem, publisher } from './asking.ts';

const routes = theme({ dialect: 'http', theme: 'routes', paragraph: 'http', needs: ['routes'] });
const identity = theme({ dialect: 'http', theme: 'identity', paragraph: 'http', needs: ['routes'] });
const cache = theme({ dialect: 'http', theme: 'cache', paragraph: 'http', needs: ['routes'] });
const publish = theme({ dialect: 'http', theme: 'publish', paragraph: 'http', needs: ['routes', 'secret'] });

interface Row {
  readonly path: (t: Context) => string;
  readonly body: TSchema;
  readonly isOfMarket: boolean;
  readonly needs?: readonly Need[];
}

/** What can be read, and the shape of the answers. */
const ROWS: Readonly<Record<string, Row>> = {
  quotes: {
    path: (t) => `/api/quotes?symbols=${t.symbol()}`,
    body: Type.Object({
      epoch: Type.String(),
      quotes: Type.Array(
        Type.Object({ symbol: Type.String(), seq: Type.Integer({ minimum: 0 }), data: Shape.TickerData }),
        { minItems: 1 },
      ),
    }),
    isOfMarket: true,
  },
  bars: {
    path: (t) => `/api/bars?symbol=${t.symbol()}`,
    body: Type.Object({ symbol: Type.String(), timeFrame: Type.String(), bars: Type.Array(Shape.BarData) }),
    isOfMarket: true,
    needs: ['bars'],
  },
  patterns: {
    path: (t) => `/api/patterns?symbol=${t.symbol()}`,
    body: Type.Object({ symbol: Type.String(), patterns: Type.Array(Type.Object({})) }),
    isOfMarket: true,
    needs: ['patterns'],
  },
  positions: {
    path: () => '/api/positions',
    body: Type.Object({ positions: Type.Array(Shape.PositionData) }),
    isOfMarket: false,
    needs: ['orders'],
  },
  portfolio: {
    path: () => '/api/portfolio',
    body: Type.Object({}),
    isOfMarket: false,
    needs: ['orders'],
  },
  orders: {
    path: () => '/api/orders',
    body: Type.Object({ account: Type.String(), orders: Type.Array(Shape.OrderData) }),
    isOfMarket: false,
    needs: ['orders'],
  },
};

/** The routes of market, accounts and publishing, and what all have in common. */
export const routeCases: readonly Case[] = [
  ...Object.entries(ROWS).flatMap(([what, { path, body, isOfMarket, needs = [] }]) => [
    routes(
      `${what}-are-as-described`,
      async (t) => {
        const answer = await t.http({ path: path(t) });
        same(answer.status, 200, 'HTTP');
        check(shown(answer.headers['content-type']).includes('application/json'), 'application/json', answer.headers);
        read(body, answer.body, what);
      },
      { needs },
    ),
    identity(
      `${what}-without-a-token-are-401`,
      async (t) => {
        problem(await t.ask({ path: path(t) }), 401, 'unauthenticated');
      },
      { needs: [...needs, 'tokens'] },
    ),
    identity(
      `${what}-with-a-bad-token-are-401`,
      async (t) => {
        problem(await t.ask({ path: path(t), headers: { authorization: 'Bearer nonsense' } }), 401, 'bad_token');
      },
      { needs },
    ),
    isOfMarket
      ? identity(
          `${what}-without-market-read-are-403`,
          async (t) => {
            const token = await t.mint({ scopes: ['orders:write'] });
            problem(await t.http({ path: path(t), headers: { authorization: `Bearer ${token}` } }), 403, 'forbidden');
          },
          { needs: [...needs, 'secret'] },
        )
      : identity(
          `${what}-of-another-account-are-403`,
          async (t) => {
            problem(await t.http({ path: `${path(t)}?account=somebody-elses` }), 403, 'forbidden');
          },
          { needs: [...needs, 'tokens'] },
        ),
  ]),
  routes('socket-health-is-answered', async (t) => {
    same((await t.http({ path: '/api/ws/health' })).status, 200, 'HTTP');
  }),
  ...['quotes?symbols=NONESUCH', 'bars?symbol=NONESUCH', 'patterns?symbol=NONESUCH'].map((path) =>
    routes(`${path.split('?')[0]}-of-an-unknown-symbol-are-404`, async (t) => {
      problem(await t.http({ path: `/api/${path}` }), 404, 'unknown_symbol');
    }),
  ),
  routes('quotes-of-several-symbols-come-in-their-order', async (t) => {
    const symbols = [t.symbol(1), t.symbol(0)];
    const { body } = await t.http({ path: `/api/quotes?symbols=${symbols.join(',')}` });
    same(
      list(body, 'quotes').map((quote) => field(quote, 'symbol')),
      symbols,
      'symbols',
    );
  }),
  routes(
    'bars-keep-to-the-limit',
    async (t) => {
      const { body } = await t.http({ path: `/api/bars?symbol=${t.symbol()}&limit=2` });
      check(list(body, 'bars').length <= 2, 'two at most', body);
    },
    { needs: ['bars'] },
  ),
  routes(
    'an-unknown-time-frame-is-400',
    async (t) => {
      problem(await t.http({ path: `/api/bars?symbol=${t.symbol()}&timeFrame=2m` }), 400, 'bad_message');
    },
    { needs: ['bars'] },
  ),
  routes('head-is-get-without-a-body', async (t) => {
    const { status, text: body } = await t.http({ method: 'HEAD', path: `/api/quotes?symbols=${t.symbol()}` });
    same([status, body], [200, ''], 'HTTP and body');
  }),
  ...['/api/quotes', '/api/positions', '/api/portfolio'].map((path) =>
    routes(`POST-to-${path.slice(5)}-is-405-and-says-what-is-taken`, async (t) => {
      const answer = await t.http({ method: 'POST', path, body: {} });
      problem(answer, 405);
      check(shown(answer.headers['allow']).includes('GET'), 'an Allow header with GET', answer.headers);
    }),
  ),
  cache(
    'quotes-have-a-tag-that-answers-304',
    async (t) => {
      const path = `/api/bars?symbol=${t.symbol()}&timeFrame=1h`;
      const first = await t.http({ path });
      const etag = text(first.headers, 'etag');
      const again = await t.http({ path, headers: { 'if-none-match': etag } });
      same([again.status, again.text], [304, ''], 'HTTP and body');
    },
    { needs: ['bars'] },
  ),
  cache(
    'accounts-are-not-kept',
    async (t) => {
      const { headers } = await t.http({ path: '/api/orders' });
      check(shown(headers['cache-control']).includes('no-store'), 'cache-control: no-store', headers);
    },
    { needs: ['orders'] },
  ),
  publish(
    'news-reach-who-reads-them',
    async (t) => {
      const { socket } = await t.welcome();
      await t.subscribe(socket, 'news');
      const headline = t.unique();
      const { status } = await t.http({
        method: 'POST',
        path: '/api/news',
        body: { headline },
        headers: await publisher(t),
      });
      check(status >= 200 && status < 300, 'HTTP 2xx', status);
      const told = await socket.take((frame) => field(frame, 'data', 'headline') === headline, 'the news');
      has(told, { type: 'news' }, 'the news');
    },
    { needs: ['news'] },
  ),
  publish('a-notice-reaches-everybody', async (t) => {
    const { socket } = await t.welcome();
    const message = t.unique();
    const { status } = await t.http({
      method: 'POST',
      path: '/api/system',
      body: { message },
      headers: await publisher(t),
    });
    check(status >= 200 && status < 300, 'HTTP 2xx', status);
    has(await socket.take((frame) => frame['message'] === message, 'the notice'), { type: 'system' }, 'the notice');
  }),
  ...['news', 'system'].map((what) =>
    publish(`${what}-without-system-publish-is-403`, async (t) => {
      const body = what === 'news' ? { headline: 'x' } : { message: 'x' };
      problem(await t.http({ method: 'POST', path: `/api/${what}`, body }), 403, 'forbidden');
    }),
  ),
];
