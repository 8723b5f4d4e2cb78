import { Type } from '@sinclair/typebox';
import { CADENCE_MS, cadence } from '../cadence.ts';
import { type Case, theme } from '../case.ts';
import type { Context, OpenOptions } from '../context.ts';
import { check, type Frame, has, list, read, same, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { Ms, PlainPortfolio, PlainPosition, tokenCases } from './shared.ts';

const PARAGRAPH = 'the-ai-trading-v2-dialect';
const market = theme({ dialect: 'ai-trading-v2', theme: 'market', paragraph: 'market_update', needs: ['ticks'] });
const account = theme({ dialect: 'ai-trading-v2', theme: 'account', paragraph: PARAGRAPH, needs: ['orders'] });
const orders = theme({
  dialect: 'ai-trading-v2',
  theme: 'orders',
  paragraph: 'order_update',
  needs: ['ticks', 'orders'],
});
const errors = theme({ dialect: 'ai-trading-v2', theme: 'errors', paragraph: 'error' });
const identity = theme({ dialect: 'ai-trading-v2', theme: 'identity', paragraph: PARAGRAPH });

const MarketUpdate = Type.Object({
  type: Type.Literal('MARKET_UPDATE'),
  symbol: Type.String(),
  price: Type.Number({ exclusiveMinimum: 0 }),
  priceChangePercent: Type.Number(),
  timestamp: Ms,
});
const PositionUpdate = Type.Object({
  type: Type.Literal('POSITION_UPDATE'),
  positions: Type.Array(PlainPosition),
  timestamp: Ms,
});
const PortfolioUpdate = Type.Object({
  type: Type.Literal('PORTFOLIO_UPDATE'),
  portfolio: PlainPortfolio,
  timestamp: Ms,
});
const OrderUpdate = Type.Object({
  type: Type.Literal('ORDER_UPDATE'),
  orderType: Type.String({ pattern: '^[A-Z_]+$' }),
  order: Type.Object({
    id: Type.String({ minLength: 1 }),
    client_order_id: Type.String(),
    symbol: Type.String(),
    side: Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]),
    status: Type.String(),
    event: Type.String(),
    quantity: Type.Number(),
    filled_quantity: Type.Number(),
  }),
  timestamp: Type.Integer({ minimum: 0, maximum: 1e14 }),
});

const ACTIONS_WITHOUT_A_SYMBOL: Readonly<Record<string, Frame>> = {
  'subscribe-ticker-without-a-symbol': { action: 'subscribe_ticker' },
  'subscribe-ticker-with-a-symbol-that-is-a-number': { action: 'subscribe_ticker', symbol: 5 },
  'subscribe-ticker-with-an-empty-symbol': { action: 'subscribe_ticker', symbol: '' },
  'unsubscribe-ticker-without-a-symbol': { action: 'unsubscribe_ticker' },
  'without-an-action': { type: 'subscribe' },
  'with-an-action-that-is-a-number': { action: 5 },
};

/** The AI-Trading-V2 dialect. */
export const aiTradingV2Cases: readonly Case[] = [
  identity(
    'no-welcome-comes',
    async (t) => {
      const socket = await open(t);
      await socket.takeType('POSITION_UPDATE');
      const first = socket.frames.filter(({ type }) => /welcome|connect/i.test(String(type)));
      same(first, [], 'frames that welcome');
    },
    { needs: ['orders'] },
  ),
  ...tokenCases(identity, open),
  identity(
    'a-token-in-the-query-is-taken',
    async (t) => {
      const socket = await t.open('ai-trading-v2', { tokenIn: 'query' });
      socket.send({ action: 'get_positions' });
      await socket.takeType('POSITION_UPDATE');
    },
    { needs: ['tokens', 'orders'] },
  ),
  market('update-comes-at-the-subscription-as-described', async (t) => {
    const socket = await subscribed(t);
    has(read(MarketUpdate, await update(socket), 'a MARKET_UPDATE'), { symbol: t.symbol() }, 'a MARKET_UPDATE');
  }),
  market('updates-come-at-each-trade-as-described', async (t) => {
    const socket = await subscribed(t);
    for (let at = 0; at < 10; at++) read(MarketUpdate, await update(socket), 'a MARKET_UPDATE');
  }),
  market('change-has-at-most-two-decimals', async (t) => {
    const socket = await subscribed(t);
    for (let at = 0; at < 5; at++) {
      const { priceChangePercent } = read(MarketUpdate, await update(socket), 'a MARKET_UPDATE');
      const cents = priceChangePercent * 100;
      check(Math.abs(cents - Math.round(cents)) < 1e-6, 'two decimals', priceChangePercent);
    }
  }),
  market('change-goes-with-the-price', async (t) => {
    const socket = await subscribed(t);
    const first = read(MarketUpdate, await update(socket), 'a MARKET_UPDATE');
    const other = read(
      MarketUpdate,
      await socket.take(({ type, price }) => type === 'MARKET_UPDATE' && price !== first.price, 'another price'),
      'a MARKET_UPDATE',
    );
    const rises = other.price > first.price;
    const grows = other.priceChangePercent - first.priceChangePercent;
    check(rises ? grows >= 0 : grows <= 0, 'a change that goes with the price', [first, other]);
  }),
  market('timestamps-never-run-backwards', async (t) => {
    const socket = await subscribed(t);
    let last = 0;
    for (let at = 0; at < 10; at++) {
      const { timestamp } = read(MarketUpdate, await update(socket), 'a MARKET_UPDATE');
      check(timestamp >= last, `a timestamp from ${last} on`, timestamp);
      last = timestamp;
    }
  }),
  market('several-symbols-go-beside-each-other', async (t) => {
    const socket = await open(t);
    for (const at of [0, 1]) socket.send({ action: 'subscribe_ticker', symbol: t.symbol(at) });
    for (const at of [0, 1, 0, 1]) {
      await socket.take(({ symbol }) => symbol === t.symbol(at), `a MARKET_UPDATE of ${t.symbol(at)}`);
    }
  }),
  market(
    'nothing-comes-after-unsubscribing',
    async (t) => {
      const socket = await subscribed(t);
      await update(socket);
      socket.send({ action: 'unsubscribe_ticker', symbol: t.symbol(0) });
      socket.send({ action: 'subscribe_ticker', symbol: t.symbol(1) });
      const first = await socket.take(({ symbol }) => symbol === t.symbol(1), `a MARKET_UPDATE of ${t.symbol(1)}`);
      await socket.gather(8, ({ symbol }) => symbol === t.symbol(1), `a MARKET_UPDATE of ${t.symbol(1)}`);
      const after = socket.frames.slice(socket.frames.indexOf(first)).filter(({ symbol }) => symbol === t.symbol(0));
      same(after, [], `updates of ${t.symbol(0)}`);
    },
    { paragraph: PARAGRAPH },
  ),
  account(
    'positions-come-when-asked-for',
    async (t) => {
      const socket = await open(t);
      socket.send({ action: 'get_positions' });
      read(PositionUpdate, await socket.takeType('POSITION_UPDATE'), 'a POSITION_UPDATE');
    },
    { paragraph: 'position_update' },
  ),
  account(
    'the-portfolio-comes-when-asked-for',
    async (t) => {
      const socket = await open(t);
      socket.send({ action: 'get_portfolio' });
      read(PortfolioUpdate, await socket.takeType('PORTFOLIO_UPDATE'), 'a PORTFOLIO_UPDATE');
    },
    { paragraph: 'portfolio_update' },
  ),
  ...(
    [
      ['positions-come-every-second', 'POSITION_UPDATE', 1_000],
      ['the-portfolio-comes-every-two-seconds', 'PORTFOLIO_UPDATE', 2_000],
    ] as const
  ).map(([rule, type, everyMs]) =>
    account(
      rule,
      async (t) => {
        const timeMs = (frame: Frame): number => whole(frame, 'timestamp');
        await cadence(await open(t), {
          matches: (frame) => frame['type'] === type,
          what: `a ${type}`,
          everyMs,
          timeMs,
        });
      },
      { timeoutMs: CADENCE_MS },
    ),
  ),
  account(
    'a-position-is-that-of-the-fill',
    async (t) => {
      const socket = await open(t);
      await buy(t);
      socket.send({ action: 'get_positions' });
      const came = await socket.take(
        (frame) => frame['type'] === 'POSITION_UPDATE' && list(frame, 'positions').length > 0,
        'a POSITION_UPDATE with a position',
      );
      const { positions } = read(PositionUpdate, came, 'a POSITION_UPDATE');
      check(
        positions.some(({ symbol, quantity }) => symbol === t.symbol() && quantity > 0),
        'the position',
        came,
      );
    },
    { needs: ['ticks'], paragraph: 'position_update' },
  ),
  orders('updates-come-without-asking-as-described', async (t) => {
    const socket = await open(t);
    const name = await buy(t);
    for (const event of ['accepted', 'filled']) {
      const came = await orderUpdate(socket, name);
      has(read(OrderUpdate, came, 'an ORDER_UPDATE'), { orderType: 'MARKET', order: { event } }, 'an ORDER_UPDATE');
    }
  }),
  orders('a-trailing-stop-tells-its-stop-and-its-peak', async (t) => {
    const socket = await open(t);
    const name = await trail(t, '5.00');
    const came = await orderUpdate(socket, name);
    has(came, { orderType: 'TRAILING_STOP' }, 'an ORDER_UPDATE');
    const { current_stop_price: stop, peak_price: peak } = read(
      Type.Object({ current_stop_price: Type.Number(), peak_price: Type.Number() }),
      came['order'],
      'an order of a trailing stop',
    );
    check(Math.abs(peak - stop - 5) < 1e-6, 'a stop 5.00 below the peak', came);
  }),
  orders('a-trailing-stops-adjustments-are-told', async (t) => {
    const socket = await open(t);
    const name = await trail(t, '5.00');
    await socket.take((frame) => isOf(frame, name) && eventOf(frame) === 'ratcheted', 'a ratcheted ORDER_UPDATE');
  }),
  orders('a-refused-order-says-why', async (t) => {
    const socket = await open(t);
    const native = await t.welcome();
    const clientOrderId = t.unique();
    await native.socket.ask({ ...MARKET_ORDER, clientOrderId, symbol: t.symbol(), quantity: '0' });
    const came = await orderUpdate(socket, clientOrderId);
    has(came, { order: { status: 'REJECTED', event: 'rejected', reject_reason: 'bad_quantity' } }, 'an ORDER_UPDATE');
  }),
  orders(
    'of-another-user-are-not-told',
    async (t) => {
      const socket = await open(t);
      const theirs = await t.welcome(await t.otherToken());
      await theirs.socket.ask({ ...MARKET_ORDER, clientOrderId: t.unique(), symbol: t.symbol() });
      const name = await buy(t);
      await orderUpdate(socket, name);
      const updates = socket.of('ORDER_UPDATE');
      same(
        updates.filter((frame) => !isOf(frame, name)),
        [],
        'updates of other orders',
      );
    },
    { needs: ['secret'] },
  ),
  errors('an-unknown-symbol-is-told', async (t) => {
    await refusal(t, { action: 'subscribe_ticker', symbol: 'NONESUCH' }, 'unknown_symbol');
  }),
  errors('an-unknown-action-is-told', async (t) => refusal(t, { action: 'dance' }, 'unknown_type')),
  ...Object.entries(ACTIONS_WITHOUT_A_SYMBOL).map(([what, frame]) =>
    errors(`${what}-is-a-bad-message`, async (t) => refusal(t, frame, 'bad_message')),
  ),
  ...Object.entries({ 'half-a-frame': '{"action":', 'a-bare-word': 'hello' }).map(([what, text]) =>
    errors(`${what}-is-bad-json-and-closes-4400`, async (t) => {
      const socket = await open(t);
      socket.sendRaw(text);
      has(await socket.takeType('ERROR'), { code: 'bad_json' }, 'an ERROR');
      same(await socket.closed('close 4400'), 4400, 'close');
    }),
  ),
  errors(
    'a-frame-over-64-KiB-closes-4413',
    async (t) => {
      const socket = await open(t);
      socket.sendRaw('x'.repeat(65_537));
      same(await socket.closed('close 4413'), 4413, 'close');
    },
    { paragraph: 'limits' },
  ),
];

const MARKET_ORDER = { type: 'order.place', side: 'BUY', orderType: 'MARKET', quantity: '1' };

function open(t: Context, options: OpenOptions = {}): Promise<Socket> {
  return t.open('ai-trading-v2', options);
}

async function subscribed(t: Context): Promise<Socket> {
  const socket = await open(t);
  socket.send({ action: 'subscribe_ticker', symbol: t.symbol() });
  return socket;
}

function update(socket: Socket): Promise<Frame> {
  return socket.takeType('MARKET_UPDATE');
}

function isOf(frame: Frame, clientOrderId: string): boolean {
  const order = frame['order'];
  return (
    typeof order === 'object' && order !== null && 'client_order_id' in order && order.client_order_id === clientOrderId
  );
}

function eventOf(frame: Frame): unknown {
  const order = frame['order'];
  return typeof order === 'object' && order !== null && 'event' in order ? order.event : undefined;
}

function orderUpdate(socket: Socket, clientOrderId: string): Promise<Frame> {
  return socket.take((frame) => isOf(frame, clientOrderId), `an ORDER_UPDATE of ${clientOrderId}`);
}

/** Buys over the native stream, as the same user; returns the order's name. */
async function buy(t: Context): Promise<string> {
  const { socket } = await t.welcome();
  const clientOrderId = t.unique();
  const answer = await socket.ask({ ...MARKET_ORDER, clientOrderId, symbol: t.symbol() });
  has(answer, { type: 'order.accepted' }, 'an accepted order');
  return clientOrderId;
}

/** Places a trailing stop over the native stream, as the same user. */
async function trail(t: Context, value: string): Promise<string> {
  const { socket } = await t.welcome();
  const clientOrderId = t.unique();
  const terms = { side: 'SELL', orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'price', value } };
  const answer = await socket.ask({ ...MARKET_ORDER, ...terms, clientOrderId, symbol: t.symbol() });
  has(answer, { type: 'order.accepted' }, 'an accepted order');
  return clientOrderId;
}

async function refusal(t: Context, frame: Frame, code: string): Promise<void> {
  const socket = await open(t);
  socket.send(frame);
  has(await socket.takeType('ERROR'), { code }, 'an ERROR');
  check(socket.isOpen, 'an open connection', 'a close');
}
