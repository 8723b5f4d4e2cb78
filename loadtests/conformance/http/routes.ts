import { type TSchema, Type } from '@sinclair/typebox';
import { type Case, type Need, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has, list, read, same, shown, text, whole } from '../expect.ts';
import { ask, type HttpAnswer } from '../http.ts';
import * as Shape from '../shapes.ts';

const routes = theme({ dialect: 'http', theme: 'routes', paragraph: 'http', needs: ['routes'] });
const identity = theme({ dialect: 'http', theme: 'identity', paragraph: 'http', needs: ['routes'] });
const cache = theme({ dialect: 'http', theme: 'cache', paragraph: 'http', needs: ['routes'] });
const orders = theme({ dialect: 'http', theme: 'orders', paragraph: 'http', needs: ['routes', 'orders', 'ticks'] });
const poll = theme({ dialect: 'http', theme: 'poll', paragraph: 'polling', needs: ['routes'] });
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

/** Orders that are refused before the engine sees them, with the status. */
const BAD_ORDERS: Readonly<Record<string, readonly [status: number, more: Frame]>> = {
  'without-a-quantity': [400, { quantity: undefined }],
  'with-a-quantity-that-is-a-number': [400, { quantity: 5 }],
  'with-an-unknown-side': [400, { side: 'HOLD' }],
  'of-0': [422, { quantity: '0' }],
  'of-a-stop-without-a-price': [422, { orderType: 'STOP_MARKET' }],
};

/** The routes of market, accounts, orders, polling and publishing. */
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
        problem(await ask(t.target, { path: path(t) }), 401, 'unauthenticated');
      },
      { needs: [...needs, 'tokens'] },
    ),
    identity(
      `${what}-with-a-bad-token-are-401`,
      async (t) => {
        problem(
          await ask(t.target, { path: path(t), headers: { authorization: 'Bearer nonsense' } }),
          401,
          'bad_token',
        );
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
  orders('a-new-one-is-201-with-its-place', async (t) => {
    const { clientOrderId, answer } = await place(t);
    same(answer.status, 201, 'HTTP');
    has(answer.body, { duplicate: false, data: { clientOrderId, status: 'FILLED' } }, 'an order');
    same(answer.headers['location'], `/api/orders/${clientOrderId}`, 'the location');
  }),
  orders('placed-again-is-200-and-a-duplicate', async (t) => {
    const { clientOrderId } = await place(t);
    const { answer } = await place(t, { clientOrderId });
    same(answer.status, 200, 'HTTP');
    has(answer.body, { duplicate: true }, 'an order');
  }),
  orders('one-can-be-read-by-its-name', async (t) => {
    const { clientOrderId } = await place(t);
    const { status, body } = await t.http({ path: `/api/orders/${clientOrderId}` });
    same(status, 200, 'HTTP');
    read(Shape.OrderData, field(body, 'data'), 'order data');
  }),
  orders('one-that-never-was-is-404', async (t) => {
    problem(await t.http({ path: `/api/orders/${t.unique()}` }), 404, 'unknown_order');
  }),
  orders('one-that-rests-is-listed-modified-and-cancelled', async (t) => {
    const { clientOrderId } = await place(t, { orderType: 'LIMIT', limitPrice: '1.00' });
    const path = `/api/orders/${clientOrderId}`;
    const open = await t.http({ path: '/api/orders' });
    check(
      list(open.body, 'orders').some((one) => field(one, 'clientOrderId') === clientOrderId),
      clientOrderId,
      open.body,
    );
    const modified = await t.http({ method: 'PATCH', path, body: { limitPrice: '2.00' } });
    has(modified.body, { data: { limitPrice: '2.00' } }, 'a modified order');
    const cancelled = await t.http({ method: 'DELETE', path });
    has(cancelled.body, { data: { status: 'CANCELED' } }, 'a cancelled order');
    same([modified.status, cancelled.status], [200, 200], 'HTTP');
  }),
  orders('cancelled-twice-is-422', async (t) => {
    const { clientOrderId } = await place(t, { orderType: 'LIMIT', limitPrice: '1.00' });
    const path = `/api/orders/${clientOrderId}`;
    await t.http({ method: 'DELETE', path });
    has(
      problem(await t.http({ method: 'DELETE', path }), 422, 'order_rejected'),
      { reason: 'order_not_open' },
      'a problem',
    );
  }),
  orders('are-told-on-the-native-stream', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'order');
    const { clientOrderId } = await place(t);
    await socket.take(
      (frame) => frame['reason'] === 'filled' && field(frame, 'data', 'clientOrderId') === clientOrderId,
      'the event of its fill',
    );
  }),
  orders(
    'without-orders-write-are-403',
    async (t) => {
      const token = await t.mint({ scopes: ['market:read'] });
      const headers = { authorization: `Bearer ${token}` };
      problem(await t.http({ method: 'POST', path: '/api/orders', headers, body: terms(t) }), 403, 'forbidden');
    },
    { needs: ['secret'] },
  ),
  ...Object.entries(BAD_ORDERS).map(([what, [status, more]]) =>
    orders(`one-${what}-is-${status}`, async (t) => {
      problem((await place(t, more)).answer, status, status === 400 ? 'bad_message' : 'order_rejected');
    }),
  ),
  poll(
    'from-the-head-brings-nothing-and-the-same-cursor',
    async (t) => {
      const cursor = await headOf(t, 'order', (await t.welcome()).account);
      const { status, body } = await since(t, cursor);
      same(status, 200, 'HTTP');
      same(field(body, 'cursor'), cursor, 'the cursor');
    },
    { needs: ['orders'] },
  ),
  poll(
    'brings-what-came-after-the-cursor',
    async (t) => {
      const { account } = await t.welcome();
      const cursor = await headOf(t, 'order', account);
      const { clientOrderId } = await place(t);
      const { body } = await since(t, cursor);
      const frames = list(body, 'channels', 'order', account);
      same(
        frames.map((frame) => field(frame, 'reason')),
        ['accepted', 'filled'],
        'reasons',
      );
      for (const frame of frames) same(field(frame, 'data', 'clientOrderId'), clientOrderId, 'the order');
    },
    { needs: ['orders', 'ticks'] },
  ),
  poll(
    'goes-on-from-its-own-cursor-without-gap-or-repeat',
    async (t) => {
      const symbol = t.symbol();
      let cursor: unknown = await headOf(t, 'ticker', symbol);
      let last = whole(cursor, 'ticker', 'seq', symbol);
      for (let at = 0; at < 3; at++) {
        const { body } = await since(t, cursor, 2_000);
        for (const frame of list(body, 'channels', 'ticker', symbol)) {
          same(field(frame, 'seqFrom') ?? field(frame, 'seq'), last + 1, 'number');
          last = whole(frame, 'seq');
        }
        cursor = field(body, 'cursor');
        same(whole(cursor, 'ticker', 'seq', symbol), last, 'the cursor');
      }
    },
    { needs: ['ticks'] },
  ),
  poll('of-another-epoch-brings-a-snapshot', async (t) => {
    const symbol = t.symbol();
    const { body } = await since(t, { ticker: { epoch: 'of-another-time', seq: { [symbol]: 1 } } });
    has(list(body, 'channels', 'ticker', symbol)[0], { type: 'snapshot', symbol }, 'a snapshot');
  }),
  poll(
    'takes-the-place-of-a-cut-socket',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      const symbol = t.symbol();
      await t.ticker(socket, symbol);
      const seq = whole(await socket.takeType('ticker'), 'seq');
      socket.cut();
      const { body } = await since(t, { ticker: { epoch: text(welcome, 'epoch'), seq: { [symbol]: seq } } }, 2_000);
      const [first] = list(body, 'channels', 'ticker', symbol);
      same(field(first, 'seqFrom') ?? field(first, 'seq'), seq + 1, 'number');
    },
    { needs: ['ticks'] },
  ),
  poll('of-an-unknown-channel-is-400', async (t) => {
    problem(await since(t, { nonesuch: { epoch: 'e', seq: { a: 1 } } }), 400, 'unknown_channel');
  }),
  poll('of-an-unknown-symbol-is-404', async (t) => {
    problem(await since(t, { ticker: { epoch: 'e', seq: { NONESUCH: 1 } } }), 404, 'unknown_symbol');
  }),
  poll(
    'of-another-account-is-403',
    async (t) => {
      problem(await since(t, { order: { epoch: 'e', seq: { 'somebody-elses': 1 } } }), 403, 'forbidden');
    },
    { needs: ['tokens', 'orders'] },
  ),
  poll('without-since-is-400', async (t) => {
    problem(await t.http({ path: '/api/poll' }), 400, 'bad_message');
  }),
  poll('with-a-since-that-is-not-json-is-400', async (t) => {
    problem(await t.http({ path: '/api/poll?since=hello' }), 400);
  }),
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

/** @throws Broken unless it is a problem document of that status and code; returns it */
function problem(answer: HttpAnswer, status: number, code?: string): Frame {
  same(answer.status, status, 'HTTP');
  check(
    shown(answer.headers['content-type']).includes('application/problem+json'),
    'a problem document',
    answer.headers,
  );
  has(answer.body, { status, ...(code !== undefined && { code }) }, 'a problem');
  return Object.fromEntries(Object.entries(answer.body ?? {}));
}

function terms(t: Context): Frame {
  return { clientOrderId: t.unique(), symbol: t.symbol(), side: 'BUY', orderType: 'MARKET', quantity: '1' };
}

async function place(
  t: Context,
  more: Frame = {},
): Promise<{ readonly clientOrderId: string; readonly answer: HttpAnswer }> {
  const order = { ...terms(t), ...more };
  const answer = await t.http({ method: 'POST', path: '/api/orders', body: order });
  return { clientOrderId: text(order, 'clientOrderId'), answer };
}

function since(t: Context, cursors: unknown, waitMs?: number): Promise<HttpAnswer> {
  const wait = waitMs === undefined ? '' : `&waitMs=${waitMs}`;
  return t.http({ path: `/api/poll?since=${encodeURIComponent(JSON.stringify(cursors))}${wait}` });
}

/** Where a stream stands, as a cursor. */
async function headOf(t: Context, channel: string, key: string): Promise<unknown> {
  const { socket, welcome } = await t.welcome();
  await t.subscribe(socket, channel, { symbols: [key] });
  const head = whole(await socket.takeType('snapshot'), 'seq');
  return { [channel]: { epoch: text(welcome, 'epoch'), seq: { [key]: head } } };
}

async function publisher(t: Context): Promise<Readonly<Record<string, string>>> {
  return { authorization: `Bearer ${await t.mint({ scopes: ['system:publish'] })}` };
}
