import { type Case, theme } from '../case.ts';
import { check, type Frame, field, has, list, same, text } from '../expect.ts';
import {
  FAR,
  isFilled,
  isOf,
  limitTerms,
  oco,
  place,
  refused,
  rest,
  SWING_MS,
  terms,
  trail,
  triggerNearMarket,
  watching,
  without,
} from './trading.ts';

const refusal = theme({
  dialect: 'native',
  theme: 'refusal',
  paragraph: 'reasons-of-refusal',
  needs: ['orders', 'ticks'],
});
const lists = theme({ dialect: 'native', theme: 'list', paragraph: 'orderplacelist', needs: ['orders', 'ticks'] });

/** Orders that are refused, by what is wrong with them, and the reason; on a symbol that trades. */
const REFUSED: Readonly<Record<string, readonly [reason: string, terms: Frame]>> = {
  'a-quantity-of-0': ['bad_quantity', { quantity: '0' }],
  'a-quantity-below-0': ['bad_quantity', { quantity: '-1' }],
  'a-quantity-of-half-a-lot': ['bad_quantity', { quantity: '0.5' }],
  'a-quantity-beyond-measure': ['bad_quantity', { quantity: '999999999999' }],
  'a-stop-without-a-price': ['bad_price', { orderType: 'STOP_MARKET' }],
  'a-stop-at-0': ['bad_price', { orderType: 'STOP_MARKET', triggerPrice: '0' }],
  'a-stop-below-0': ['bad_price', { orderType: 'STOP_MARKET', triggerPrice: '-5' }],
  'a-stop-off-the-tick': ['bad_price', { orderType: 'STOP_MARKET', triggerPrice: '9000.005' }],
  'a-limit-order-without-a-limit': ['bad_price', { orderType: 'LIMIT' }],
  'a-limit-off-the-tick': ['bad_price', { orderType: 'LIMIT', limitPrice: '1.005' }],
  'a-stop-limit-without-a-limit': ['bad_price', { orderType: 'STOP_LIMIT', triggerPrice: FAR.high }],
  'a-stop-limit-without-a-stop': ['bad_price', { orderType: 'STOP_LIMIT', limitPrice: FAR.high }],
  'a-take-profit-without-a-price': ['bad_price', { orderType: 'TAKE_PROFIT' }],
  'a-trail-without-an-offset': ['bad_offset', { orderType: 'TRAILING_STOP_MARKET' }],
  'a-trail-with-an-offset-of-0': ['bad_offset', trail('bp', '0')],
  'a-trail-with-an-offset-below-0': ['bad_offset', trail('price', '-1.00')],
  'a-trail-with-an-offset-off-the-tick': ['bad_offset', trail('price', '0.005')],
  'a-trail-with-half-a-basis-point': ['bad_offset', trail('bp', '0.5')],
  'a-trail-with-half-a-tick': ['bad_offset', trail('ticks', '1.5')],
  'a-selling-trail-that-leaves-no-stop': ['bad_offset', { ...trail('price', FAR.high), side: 'SELL' }],
  'a-buy-stop-below-the-market': ['wrong_side_of_market', { orderType: 'STOP_MARKET', triggerPrice: FAR.low }],
  'a-sell-stop-above-the-market': [
    'wrong_side_of_market',
    { side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: FAR.high },
  ],
  'a-buy-take-profit-above-the-market': ['wrong_side_of_market', { orderType: 'TAKE_PROFIT', triggerPrice: FAR.high }],
  'a-buy-beyond-ones-cash': ['insufficient_buying_power', { quantity: '1000000' }],
};

/** Orders that are refused, and lists of orders. */
export const refusalCases: readonly Case[] = [
  ...Object.entries(REFUSED).map(([what, [reason, wish]]) =>
    refusal(`${what}-is-${reason.replaceAll('_', '-')}`, async (t) => {
      const { socket } = await t.welcome();
      await refused(t, socket, wish, reason);
    }),
  ),
  refusal('an-unknown-symbol-is-told-and-leaves-no-trace', async (t) => {
    const { socket } = await t.welcome();
    const clientOrderId = t.unique();
    await refused(t, socket, { clientOrderId, symbol: 'NONESUCH' }, 'unknown_symbol');
    has(await place(t, socket, { clientOrderId }), { duplicate: false }, 'an answer');
  }),
  refusal(
    'a-symbol-that-has-not-traded-has-no-market',
    async (t) => {
      const { socket } = await t.welcome();
      await refused(t, socket, { symbol: t.quietSymbol }, 'no_market');
    },
    { needs: ['quiet-symbol'] },
  ),
  refusal(
    'a-refused-order-is-an-event',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['order']);
      await refused(t, socket, { clientOrderId, quantity: '0' }, 'bad_quantity');
      const event = await socket.take((frame) => frame['type'] === 'order' && isOf(frame, clientOrderId), 'an event');
      has(event, { reason: 'rejected', data: { status: 'REJECTED', rejectReason: 'bad_quantity' } }, 'an event');
    },
    { paragraph: 'orders' },
  ),
  refusal('a-cancel-of-what-was-never-placed-is-unknown-order', async (t) => {
    const { socket } = await t.welcome();
    const answer = await socket.ask({ type: 'order.cancel', clientOrderId: t.unique() });
    has(answer, { type: 'error', code: 'order_rejected', reason: 'unknown_order' }, 'an error');
  }),
  refusal('a-cancel-of-what-is-filled-is-order-not-open', async (t) => {
    const { socket } = await t.welcome();
    const clientOrderId = t.unique();
    await place(t, socket, { clientOrderId });
    const answer = await socket.ask({ type: 'order.cancel', clientOrderId });
    has(answer, { type: 'error', code: 'order_rejected', reason: 'order_not_open', clientOrderId }, 'an error');
  }),
  refusal('a-second-cancel-is-order-not-open', async (t) => {
    const { socket } = await t.welcome();
    const clientOrderId = t.unique();
    await rest(t, socket, { clientOrderId });
    await socket.ask({ type: 'order.cancel', clientOrderId });
    const answer = await socket.ask({ type: 'order.cancel', clientOrderId });
    has(answer, { type: 'error', code: 'order_rejected', reason: 'order_not_open' }, 'an error');
  }),
  refusal(
    'a-modify-of-what-was-never-placed-is-unknown-order',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'order.modify', clientOrderId: t.unique(), quantity: '1' });
      has(answer, { type: 'error', code: 'order_rejected', reason: 'unknown_order' }, 'an error');
    },
    { paragraph: 'ordermodify' },
  ),
  lists('is-taken-whole', async (t) => {
    const { socket } = await t.welcome();
    const names = [t.unique(), t.unique()];
    const answer = await oco(t, socket, names);
    has(answer, { type: 'order.accepted', duplicate: false }, 'an answer');
    same(
      list(answer, 'orders').map((one) => field(one, 'clientOrderId')),
      names,
      'orders',
    );
    for (const one of list(answer, 'orders'))
      has(one, { contingency: 'OCO', status: 'ACCEPTED' }, 'an order of the list');
  }),
  lists('with-one-bad-order-is-refused-whole', async (t) => {
    const { socket } = await t.welcome();
    const names = [t.unique(), t.unique()];
    const answer = await oco(t, socket, names, { quantity: '0' });
    has(answer, { type: 'error', code: 'order_rejected' }, 'an error');
    const orders = await socket.ask({ type: 'get', what: 'orders' });
    check(
      !list(orders, 'data').some((data) => names.some((name) => isOf({ data }, name))),
      'none of its orders',
      orders,
    );
  }),
  lists('of-one-order-is-refused', async (t) => {
    const { socket } = await t.welcome();
    const orders = [without(limitTerms(t, t.unique()))];
    const answer = await socket.ask({ type: 'order.placeList', contingency: 'OCO', orders });
    has(answer, { type: 'error', code: 'order_rejected', reason: 'bad_list' }, 'an error');
  }),
  lists(
    'a-trigger-of-one-of-an-oco-cancels-the-other',
    async (t) => {
      const { socket } = await watching(t, ['order']);
      const sell = { side: 'SELL', orderType: 'LIMIT', limitPrice: FAR.high };
      const { clientOrderId: near, answer } = await triggerNearMarket(t, socket, (stop) => {
        const orders = [sell, stop].map((own) => ({ ...without(terms(t)), ...own }));
        return { type: 'order.placeList', contingency: 'OCO', orders };
      });
      const [far = ''] = list(answer, 'orders').map((one) => text(one, 'clientOrderId'));
      await socket.first((frame) => frame['reason'] === 'canceled' && isOf(frame, far), `${far} canceled`);
      await socket.first((frame) => isFilled(frame, near), 'the fill of the stop');
    },
    { timeoutMs: SWING_MS },
  ),
];
