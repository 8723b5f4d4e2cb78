import { Type } from '@sinclair/typebox';
import { CADENCE_MS, cadence } from '../cadence.ts';
import { type Case, theme } from '../case.ts';
import type { Context, OpenOptions } from '../context.ts';
import { check, type Frame, field, has, list, read, same, text, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { buyOne, Ms, PlainPortfolio, PlainPosition, tokenCases } from './shared.ts';

const PARAGRAPH = 'the-paiid-dialect';
const opening = theme({ dialect: 'paiid', theme: 'opening', paragraph: PARAGRAPH });
const market = theme({ dialect: 'paiid', theme: 'market', paragraph: 'market_data-of-paiid', needs: ['ticks'] });
const account = theme({ dialect: 'paiid', theme: 'account', paragraph: PARAGRAPH, needs: ['orders'] });
const errors = theme({ dialect: 'paiid', theme: 'errors', paragraph: 'error-of-paiid' });

const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
const MarketData = Type.Object({
  type: Type.Literal('market_data'),
  symbol: Type.String(),
  data: Type.Object({
    price: Type.Number({ exclusiveMinimum: 0 }),
    size: NumberOrNull,
    change: NumberOrNull,
    change_percent: NumberOrNull,
    volume: Type.Number({ minimum: 0 }),
    bid: NumberOrNull,
    ask: NumberOrNull,
    previous_close: NumberOrNull,
  }),
  timestamp: Ms,
});
const PositionUpdate = Type.Object({
  type: Type.Literal('position_update'),
  positions: Type.Array(PlainPosition),
  timestamp: Ms,
});
const PortfolioUpdate = Type.Object({
  type: Type.Literal('portfolio_update'),
  portfolio: PlainPortfolio,
  timestamp: Ms,
});
const TradingAlert = Type.Object({
  type: Type.Literal('trading_alert'),
  alert_type: Type.String({ minLength: 1 }),
  message: Type.String({ minLength: 1 }),
  data: Type.Object({}),
  timestamp: Type.Integer({ minimum: 0, maximum: 1e14 }),
});

const BAD: Readonly<Record<string, Frame>> = {
  'subscribe-without-symbols': { type: 'subscribe' },
  'subscribe-with-an-empty-list': { type: 'subscribe', symbols: [] },
  'subscribe-with-symbols-that-are-a-text': { type: 'subscribe', symbols: 'AAPL' },
  'subscribe-with-a-symbol-that-is-a-number': { type: 'subscribe', symbols: [5] },
  'unsubscribe-without-symbols': { type: 'unsubscribe' },
  'a-frame-without-a-type': { symbols: ['AAPL'] },
};

/** The PaiiD dialect: a user's socket. */
export const paiidCases: readonly Case[] = [
  opening('begins-with-connection', async (t) => {
    const socket = await open(t);
    const first = await socket.first(() => true, 'a frame');
    has(first, { type: 'connection', status: 'connected' }, 'the first frame');
    read(Ms, first['timestamp'], 'its timestamp');
  }),
  opening(
    'connection-names-the-user',
    async (t) => {
      const socket = await open(t);
      has(await socket.takeType('connection'), { user_id: t.user }, 'connection');
    },
    { needs: ['secret'] },
  ),
  opening(
    'the-users-id-in-the-query-is-taken',
    async (t) => {
      const socket = await open(t, { suffix: `?user_id=${t.user}` });
      has(await socket.takeType('connection'), { user_id: t.user }, 'connection');
    },
    { needs: ['secret'] },
  ),
  opening(
    'the-users-id-in-the-path-is-taken',
    async (t) => {
      const socket = await open(t, { suffix: `/${t.user}` });
      has(await socket.takeType('connection'), { user_id: t.user }, 'connection');
    },
    { needs: ['secret'] },
  ),
  ...['?user_id=', '/'].map((mark) =>
    opening(
      `another-users-id-in-the-${mark === '/' ? 'path' : 'query'}-closes-4403`,
      async (t) => {
        const socket = await open(t, { suffix: `${mark}somebody-else` });
        same(await socket.closed('close 4403'), 4403, 'close');
      },
      { needs: ['tokens'], paragraph: 'close-codes' },
    ),
  ),
  ...tokenCases(opening, open, { paragraph: 'identity' }),
  opening('ping-is-answered-by-pong', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'ping' });
    await socket.takeType('pong');
  }),
  market('subscription-is-confirmed-with-its-symbols', async (t) => {
    const socket = await open(t);
    const symbols = [t.symbol(0), t.symbol(1)];
    socket.send({ type: 'subscribe', symbols });
    has(await socket.takeType('subscription_confirmed'), { action: 'subscribe', symbols }, 'a confirmation');
  }),
  market('data-comes-at-each-trade-as-described', async (t) => {
    const socket = await subscribed(t);
    for (let at = 0; at < 8; at++) {
      has(read(MarketData, await socket.takeType('market_data'), 'market_data'), { symbol: t.symbol() }, 'market_data');
    }
  }),
  market('times-never-run-backwards', async (t) => {
    const socket = await subscribed(t);
    const came = await socket.gather(8, ({ type }) => type === 'market_data', 'market_data');
    const times = came.map((frame) => whole(frame, 'timestamp'));
    same(
      times,
      [...times].sort((a, b) => a - b),
      'times in their order',
    );
  }),
  market('change-is-against-the-last-close', async (t) => {
    const socket = await subscribed(t);
    const { data } = read(MarketData, await socket.takeType('market_data'), 'market_data');
    if (data.previous_close === null || data.change === null) return;
    check(Math.abs(data.price - data.previous_close - data.change) < 1e-6, 'price - previous_close', data);
  }),
  market('unsubscribing-is-confirmed-and-ends-it', async (t) => {
    const socket = await subscribed(t);
    await socket.takeType('market_data');
    socket.send({ type: 'unsubscribe', symbols: [t.symbol()] });
    const ended = await socket.take(({ action }) => action === 'unsubscribe', 'a confirmation');
    socket.send({ type: 'subscribe', symbols: [t.symbol(1)] });
    await socket.gather(8, ({ symbol }) => symbol === t.symbol(1), `market_data of ${t.symbol(1)}`);
    const after = socket.frames.slice(socket.frames.indexOf(ended));
    same(
      after.filter(({ type, symbol }) => type === 'market_data' && symbol === t.symbol()),
      [],
      'market_data after it',
    );
  }),
  market('several-symbols-go-beside-each-other', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'subscribe', symbols: [t.symbol(0), t.symbol(1)] });
    for (const at of [0, 1, 0, 1])
      await socket.take(({ symbol }) => symbol === t.symbol(at), `market_data of ${t.symbol(at)}`);
  }),
  market(
    'without-market-read-it-is-forbidden',
    async (t) => {
      const socket = await open(t, { token: await t.mint({ scopes: ['orders:write'] }) });
      socket.send({ type: 'subscribe', symbols: [t.symbol()] });
      has(await socket.takeType('error'), { code: 'forbidden' }, 'an error');
    },
    { needs: ['secret'], paragraph: 'identity' },
  ),
  account(
    'positions-come-every-second',
    async (t) => {
      const came = await updates(t, { type: 'position_update', everyMs: 1_000 });
      for (const frame of came) read(PositionUpdate, frame, 'a position_update');
    },
    { timeoutMs: CADENCE_MS },
  ),
  account(
    'the-portfolio-comes-every-two-seconds',
    async (t) => {
      const came = await updates(t, { type: 'portfolio_update', everyMs: 2_000 });
      for (const frame of came) read(PortfolioUpdate, frame, 'a portfolio_update');
    },
    { timeoutMs: CADENCE_MS },
  ),
  account(
    'a-position-is-that-of-the-fill',
    async (t) => {
      const socket = await open(t);
      await buyOne(t);
      const came = await socket.take(
        (frame) => frame['type'] === 'position_update' && list(frame, 'positions').length > 0,
        'a position',
      );
      check(
        list(came, 'positions').some((one) => field(one, 'symbol') === t.symbol()),
        `one of ${t.symbol()}`,
        came,
      );
    },
    { needs: ['ticks'] },
  ),
  account(
    'an-order-is-told-as-a-trading-alert',
    async (t) => {
      const socket = await open(t);
      const name = await buyOne(t);
      for (const event of ['accepted', 'filled']) {
        const came = await socket.take((frame) => isOf(frame, name), `a trading_alert of ${name}`);
        read(TradingAlert, came, 'a trading_alert');
        has(came, { alert_type: 'order', symbol: t.symbol(), data: { event } }, 'a trading_alert');
      }
    },
    { needs: ['ticks'] },
  ),
  account(
    'an-alert-that-fires-is-told-as-a-trading-alert',
    async (t) => {
      const socket = await open(t);
      const native = await t.welcome();
      const alertId = t.unique();
      const answer = await native.socket.ask({ type: 'alert.set', alertId, symbol: t.symbol(), below: '9000.00' });
      has(answer, { type: 'alert.accepted' }, 'an accepted alert');
      const came = await socket.take((frame) => field(frame, 'data', 'id') === alertId, 'a trading_alert');
      has(read(TradingAlert, came, 'a trading_alert'), { alert_type: 'price' }, 'a trading_alert');
    },
    { needs: ['ticks', 'alerts'] },
  ),
  account(
    'anothers-orders-are-not-told',
    async (t) => {
      const socket = await open(t);
      const theirs = await t.welcome(await t.otherToken());
      const other = t.unique();
      const order = { clientOrderId: other, symbol: t.symbol(), side: 'BUY', orderType: 'MARKET', quantity: '1' };
      await theirs.socket.ask({ type: 'order.place', ...order });
      const name = await buyOne(t);
      await socket.take((frame) => isOf(frame, name), 'a trading_alert');
      check(!socket.frames.some((frame) => isOf(frame, other)), "no word of another's order", socket.frames.at(-1));
    },
    { needs: ['ticks', 'other-token'] },
  ),
  errors('an-unknown-symbol-is-told', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'subscribe', symbols: ['NONESUCH'] });
    has(await socket.takeType('error'), { code: 'unknown_symbol' }, 'an error');
  }),
  errors('an-unknown-type-is-told', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'dance' });
    has(await socket.takeType('error'), { code: 'unknown_type', retryable: false }, 'an error');
    check(socket.isOpen, 'an open connection', 'a close');
  }),
  ...Object.entries(BAD).map(([what, frame]) =>
    errors(`${what}-is-a-bad-message`, async (t) => {
      const socket = await open(t);
      socket.send(frame);
      const came = await socket.takeType('error');
      has(came, { code: 'bad_message' }, 'an error');
      text(came, 'message');
    }),
  ),
  errors('what-is-not-json-closes-4400', async (t) => {
    const socket = await open(t);
    socket.sendRaw('hello');
    has(await socket.takeType('error'), { code: 'bad_json' }, 'an error');
    same(await socket.closed('close 4400'), 4400, 'close');
  }),
];

function open(t: Context, options: OpenOptions = {}): Promise<Socket> {
  return t.open('paiid', options);
}

async function subscribed(t: Context): Promise<Socket> {
  const socket = await open(t);
  socket.send({ type: 'subscribe', symbols: [t.symbol()] });
  return socket;
}

function isOf(frame: Frame, clientOrderId: string): boolean {
  return field(frame, 'data', 'client_order_id') === clientOrderId;
}

/** Some updates of the account, which come at an interval. @throws Broken when they don't */
async function updates(
  t: Context,
  { type, everyMs }: { readonly type: string; readonly everyMs: number },
): Promise<readonly Frame[]> {
  const timeMs = (frame: Frame): number => whole(frame, 'timestamp');
  return cadence(await open(t), { matches: (frame) => frame['type'] === type, what: `a ${type}`, everyMs, timeMs });
}
