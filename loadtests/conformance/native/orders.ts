import { type Case, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has, list, read, same, text, whole } from '../expect.ts';
import * as Shape from '../shapes.ts';
import type { Socket } from '../socket.ts';
import { lives } from './connection.ts';

/** Time for a market to come back to where it was. */
const SWING_MS = 20_000;

const order = theme({
  dialect: 'native',
  theme: 'order',
  paragraph: 'orders',
  needs: ['orders', 'ticks'],
  timeoutMs: SWING_MS,
});
const refusal = theme({
  dialect: 'native',
  theme: 'refusal',
  paragraph: 'reasons-of-refusal',
  needs: ['orders', 'ticks'],
});
const lists = theme({ dialect: 'native', theme: 'list', paragraph: 'orderplacelist', needs: ['orders', 'ticks'] });

/** Seen before a stop is placed below them all but one, so that the market isn't there before the stop is. */
const PRICES_BELOW = 5;
/** Far enough from any market that nothing is filled. */
const FAR = { low: '1.00', high: '9000.00' };

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

/** Orders, their events, and their refusals. */
export const orderCases: readonly Case[] = [
  order('a-market-order-is-filled-in-its-answer', async (t) => {
    const { socket } = await t.welcome();
    const answer = await place(t, socket);
    has(
      answer,
      { duplicate: false, data: { status: 'FILLED', leavesQuantity: '0', cumulativeQuantity: '1' } },
      'an answer',
    );
    const data = read(Shape.OrderData, answer['data'], 'order data');
    check(data.averagePrice !== undefined, 'an averagePrice', data);
  }),
  order(
    'an-answer-is-as-described',
    async (t) => {
      const { socket, account } = await t.welcome();
      const clientOrderId = t.unique();
      const answer = await place(t, socket, { clientOrderId });
      read(Shape.OrderData, answer['data'], 'order data');
      const terms = { account, clientOrderId, symbol: t.symbol(), side: 'BUY', orderType: 'MARKET', quantity: '1' };
      has(answer['data'], terms, 'order data');
    },
    { paragraph: 'orderaccepted' },
  ),
  order('events-follow-the-answer', async (t) => {
    const { socket, clientOrderId } = await watching(t, ['order']);
    const answer = await place(t, socket, { clientOrderId });
    await socket.take((frame) => isFilled(frame, clientOrderId), 'the event of its fill');
    const first = socket.frames.findIndex((frame) => frame['type'] === 'order' && isOf(frame, clientOrderId));
    check(first > socket.frames.indexOf(answer), 'the answer before the events', socket.frames[first]);
  }),
  order(
    'a-fill-is-told-on-all-channels-of-the-account',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['order', 'execution', 'position']);
      await place(t, socket, { clientOrderId });
      for (const reason of ['accepted', 'filled']) {
        const came = await socket.first(
          (frame) => frame['reason'] === reason && isOf(frame, clientOrderId),
          `${reason}`,
        );
        read(Shape.Order, came, 'an order event');
      }
      const execution = await socket.first(
        ({ type, data }) => type === 'execution' && isOf({ data }, clientOrderId),
        'an execution',
      );
      read(Shape.Execution, execution, 'an execution');
      const position = await socket.first(({ type }) => type === 'position', 'a position');
      has(read(Shape.Position, position, 'a position'), { data: { symbol: t.symbol() } }, 'a position');
    },
    { paragraph: 'execution' },
  ),
  order(
    'numbers-of-an-account-have-no-gap',
    async (t) => {
      const { socket } = await watching(t, ['order', 'execution']);
      for (let at = 0; at < 3; at++) await place(t, socket);
      const cancels = t.unique();
      await rest(t, socket, { clientOrderId: cancels });
      await socket.ask({ type: 'order.cancel', clientOrderId: cancels });
      await socket.first((frame) => frame['reason'] === 'canceled' && isOf(frame, cancels), 'canceled');
      for (const type of ['order', 'execution']) {
        const heads = socket.of('snapshot').filter(({ channel }) => channel === type);
        const numbers = socket
          .of(type)
          .filter((frame) => frame['seq'] !== undefined)
          .map((frame) => whole(frame, 'seq'));
        numbers.reduce(
          (last, seq) => {
            same(seq, last + 1, `number of ${type}`);
            return seq;
          },
          whole(heads[0], 'seq'),
        );
      }
    },
    { paragraph: 'sequence-and-resume' },
  ),
  order(
    'an-execution-is-at-the-price-of-the-fill',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['execution']);
      const answer = await place(t, socket, { clientOrderId });
      const execution = await socket.first(
        (frame) => frame['type'] === 'execution' && isOf(frame, clientOrderId),
        'an execution',
      );
      same(field(execution, 'data', 'lastPrice'), field(answer, 'data', 'averagePrice'), 'lastPrice');
      has(execution, { data: { lastQuantity: '1', leavesQuantity: '0', side: 'BUY' } }, 'an execution');
    },
    { paragraph: 'execution' },
  ),
  order('placed-again-is-a-duplicate-with-the-firsts-state', async (t) => {
    const { socket } = await t.welcome();
    const clientOrderId = t.unique();
    const first = await place(t, socket, { clientOrderId });
    const again = await place(t, socket, { clientOrderId, side: 'SELL', quantity: '7' });
    has(again, { duplicate: true, data: { side: 'BUY', quantity: '1' } }, 'an answer');
    same(field(again, 'data', 'orderId'), field(first, 'data', 'orderId'), 'the order id');
  }),
  order('a-duplicate-is-known-on-another-connection', async (t) => {
    const [one, other] = await Promise.all([t.welcome(), t.welcome()]);
    const clientOrderId = t.unique();
    await place(t, one.socket, { clientOrderId });
    has(await place(t, other.socket, { clientOrderId }), { duplicate: true }, 'an answer');
  }),
  order('a-duplicate-causes-no-event', async (t) => {
    const { socket, clientOrderId } = await watching(t, ['order']);
    await place(t, socket, { clientOrderId });
    await place(t, socket, { clientOrderId });
    await lives(socket);
    same(socket.of('order').filter((frame) => isOf(frame, clientOrderId)).length, 2, 'the number of events');
  }),
  order('a-refused-order-placed-again-is-a-duplicate', async (t) => {
    const { socket } = await t.welcome();
    const clientOrderId = t.unique();
    await refused(t, socket, { clientOrderId, quantity: '0' }, 'bad_quantity');
    has(await place(t, socket, { clientOrderId }), { duplicate: true, data: { status: 'REJECTED' } }, 'an answer');
  }),
  order(
    'names-are-each-accounts-own',
    async (t) => {
      const [mine, theirs] = [await t.welcome(), await t.welcome(await t.otherToken())];
      const clientOrderId = t.unique();
      await place(t, mine.socket, { clientOrderId });
      has(await place(t, theirs.socket, { clientOrderId }), { duplicate: false }, 'an answer');
    },
    { needs: ['other-token'] },
  ),
  order(
    'anothers-orders-are-not-told',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['order']);
      const theirs = await t.welcome(await t.otherToken());
      const name = t.unique();
      await place(t, theirs.socket, { clientOrderId: name });
      await place(t, socket, { clientOrderId });
      await socket.first((frame) => isFilled(frame, clientOrderId), 'the fill');
      check(!socket.frames.some((frame) => isOf(frame, name)), "no event of another's order", socket.frames.at(-1));
    },
    { needs: ['other-token'], paragraph: 'identity' },
  ),
  ...(
    [
      ['limit', { orderType: 'LIMIT', limitPrice: FAR.low }],
      ['stop', { orderType: 'STOP_MARKET', triggerPrice: FAR.high, quantity: '1' }],
      ['take-profit', { side: 'BUY', orderType: 'TAKE_PROFIT', triggerPrice: FAR.low }],
      ['trailing-stop', { ...trail('bp', '900'), side: 'SELL' }],
    ] as const
  ).map(([what, terms]) =>
    order(
      `a-${what}-rests-and-is-in-the-snapshot`,
      async (t) => {
        const { socket } = await t.welcome();
        const clientOrderId = t.unique();
        has(await place(t, socket, { clientOrderId, ...terms }), { data: { status: 'ACCEPTED' } }, 'an answer');
        await t.subscribe(socket, 'order');
        const snapshot = await socket.takeType('snapshot');
        check(
          list(snapshot, 'data').some((data) => isOf({ data }, clientOrderId)),
          'the order in the snapshot',
          snapshot,
        );
      },
      { paragraph: 'snapshot' },
    ),
  ),
  order('a-stop-triggers-on-the-trade-that-reaches-it', async (t) => {
    const { socket, clientOrderId } = await watching(t, ['order', 'execution']);
    const answer = await sellStop(t, socket, clientOrderId);
    const triggered = await socket.take(
      (frame) => frame['reason'] === 'triggered' && isOf(frame, clientOrderId),
      'triggered',
    );
    const filled = await socket.take((frame) => isFilled(frame, clientOrderId), 'filled');
    same(whole(filled, 'tickSeq'), whole(triggered, 'tickSeq'), 'tickSeq');
    const seq = whole(triggered, 'tickSeq');
    const tick = await socket.first((frame) => frame['type'] === 'ticker' && whole(frame, 'seq') >= seq, 'its tick');
    same(whole(tick, 'seq'), seq, 'number of the tick');
    const [last, stop] = [Number(field(tick, 'data', 'last')), Number(field(triggered, 'data', 'triggerPrice'))];
    check(last <= stop, `a trade at ${stop} or below`, tick);
    same(Number(field(filled, 'data', 'averagePrice')), last, 'averagePrice');
    // A later tick may show the same price.
    const waited = socket.frames.slice(socket.frames.indexOf(answer) + 1, socket.frames.indexOf(tick));
    for (const frame of waited) {
      if (frame['type'] !== 'ticker' || whole(frame, 'seq') >= seq) continue;
      check(Number(field(frame, 'data', 'last')) > stop, `no trade at ${stop} or below before tick ${seq}`, frame);
    }
  }),
  order('no-trade-before-its-trigger-reached-the-stop', async (t) => {
    const { socket, clientOrderId } = await watching(t, ['order']);
    const answer = await sellStop(t, socket, clientOrderId);
    const triggered = await socket.take(
      (frame) => frame['reason'] === 'triggered' && isOf(frame, clientOrderId),
      'triggered',
    );
    const stop = Number(field(triggered, 'data', 'triggerPrice'));
    const between = socket.frames.slice(socket.frames.indexOf(answer) + 1, socket.frames.indexOf(triggered));
    const early = between.filter(
      (frame) => frame['type'] === 'ticker' && whole(frame, 'seq') < whole(triggered, 'tickSeq'),
    );
    for (const tick of early) check(Number(field(tick, 'data', 'last')) > stop, `trades above ${stop}`, tick);
  }),
  order(
    'a-tick-comes-before-what-it-caused',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['order']);
      await sellStop(t, socket, clientOrderId);
      const triggered = await socket.take(
        (frame) => frame['reason'] === 'triggered' && isOf(frame, clientOrderId),
        'triggered',
      );
      const before = socket.frames.slice(0, socket.frames.indexOf(triggered));
      const seq = whole(triggered, 'tickSeq');
      check(
        before.some((frame) => frame['type'] === 'ticker' && frame['seq'] === seq),
        `ticker ${seq} before it`,
        triggered,
      );
    },
    { paragraph: 'classes-and-slow-readers' },
  ),
  order('triggered-filled-and-execution-come-in-order', async (t) => {
    const { socket, clientOrderId } = await watching(t, ['order', 'execution']);
    await sellStop(t, socket, clientOrderId);
    await socket.take((frame) => isFilled(frame, clientOrderId), 'filled');
    const of = socket.frames.filter(
      (frame) => ['order', 'execution'].includes(text(frame, 'type')) && isOf(frame, clientOrderId),
    );
    const told = of.map((frame) => frame['reason'] ?? frame['type']);
    same(told, ['accepted', 'triggered', 'execution', 'filled'], 'the order');
  }),
  order('a-trailing-stop-only-moves-in-its-favour', async (t) => {
    const { socket, clientOrderId } = await watching(t, ['order']);
    const answer = await place(t, socket, { ...trail('price', '5.00'), side: 'SELL', clientOrderId });
    let stop = Number(field(answer, 'data', 'triggerPrice'));
    const moved = await socket.take(
      (frame) => frame['reason'] === 'ratcheted' && isOf(frame, clientOrderId),
      'ratcheted',
    );
    check(!('seq' in moved), 'no number on a ratchet', moved);
    for (const frame of socket.of('order').filter((one) => one['reason'] === 'ratcheted' && isOf(one, clientOrderId))) {
      const [next, peak] = [Number(field(frame, 'data', 'triggerPrice')), Number(field(frame, 'data', 'peakPrice'))];
      check(next > stop, `a stop above ${stop}`, frame);
      check(Math.abs(peak - next - 5) < 1e-6, 'a stop 5.00 below the peak', frame);
      stop = next;
    }
  }),
  order('a-trail-that-waits-for-its-activation-has-no-stop', async (t) => {
    const { socket } = await t.welcome();
    const answer = await place(t, socket, { ...trail('bp', '500'), side: 'SELL', activationPrice: FAR.high });
    has(answer, { data: { status: 'ACCEPTED' } }, 'an answer');
    check(field(answer, 'data', 'triggerPrice') === undefined, 'no triggerPrice', answer);
  }),
  order(
    'a-cancel-is-answered-with-the-last-state',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['order']);
      await rest(t, socket, { clientOrderId });
      const answer = await socket.ask({ type: 'order.cancel', clientOrderId });
      has(answer, { type: 'order.accepted', data: { clientOrderId, status: 'CANCELED' } }, 'an answer');
      await socket.take((frame) => frame['reason'] === 'canceled' && isOf(frame, clientOrderId), 'canceled');
    },
    { paragraph: 'ordercancel' },
  ),
  order(
    'a-cancelled-order-leaves-the-snapshot',
    async (t) => {
      const { socket } = await t.welcome();
      const clientOrderId = t.unique();
      await rest(t, socket, { clientOrderId });
      await socket.ask({ type: 'order.cancel', clientOrderId });
      await t.subscribe(socket, 'order');
      const snapshot = await socket.takeType('snapshot');
      check(!list(snapshot, 'data').some((data) => isOf({ data }, clientOrderId)), 'no such order', snapshot);
    },
    { paragraph: 'snapshot' },
  ),
  order(
    'modify-gives-new-terms-under-the-same-id',
    async (t) => {
      const { socket, clientOrderId } = await watching(t, ['order']);
      const placed = await rest(t, socket, { clientOrderId });
      const answer = await socket.ask({ type: 'order.modify', clientOrderId, limitPrice: '2.00', quantity: '3' });
      has(
        answer,
        { type: 'order.accepted', data: { limitPrice: '2.00', quantity: '3', status: 'ACCEPTED' } },
        'an answer',
      );
      same(field(answer, 'data', 'orderId'), field(placed, 'data', 'orderId'), 'the order id');
      await socket.take((frame) => frame['reason'] === 'modified' && isOf(frame, clientOrderId), 'modified');
    },
    { paragraph: 'ordermodify' },
  ),
  order('an-order-for-an-account-of-ones-own-names-it', async (t) => {
    const { socket, account } = await t.welcome();
    has(await place(t, socket, { account }), { data: { account } }, 'an answer');
  }),
  ...(['order.place', 'order.cancel', 'order.modify'] as const).flatMap((type) => [
    order(
      `${type.replace('.', '-')}-for-another-account-is-forbidden`,
      async (t) => {
        const { socket } = await t.welcome();
        const answer = await socket.ask({ ...terms(t), type, account: 'somebody-elses-account' });
        has(answer, { type: 'error', code: 'forbidden' }, 'an error');
      },
      { paragraph: 'identity', needs: ['tokens'] },
    ),
    order(
      `${type.replace('.', '-')}-without-orders-write-is-forbidden`,
      async (t) => {
        const { socket } = await t.welcome(await t.mint({ scopes: ['market:read'] }));
        const answer = await socket.ask({ ...terms(t), type });
        has(answer, { type: 'error', code: 'forbidden' }, 'an error');
      },
      { paragraph: 'identity', needs: ['secret'] },
    ),
  ]),
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
      const { socket, clientOrderId } = await watching(t, ['order']);
      const far = t.unique();
      const sell = { side: 'SELL', orderType: 'LIMIT', limitPrice: FAR.high };
      const orders = [
        { ...without(terms(t)), clientOrderId: far, ...sell },
        { ...without(terms(t)), clientOrderId, ...(await nearStop(t, socket)) },
      ];
      const answer = await socket.ask({ type: 'order.placeList', contingency: 'OCO', orders });
      has(answer, { type: 'order.accepted' }, 'an answer');
      await socket.first((frame) => frame['reason'] === 'canceled' && isOf(frame, far), `${far} canceled`);
      await socket.first((frame) => isFilled(frame, clientOrderId), 'the fill of the stop');
    },
    { timeoutMs: SWING_MS },
  ),
];

function trail(kind: string, value: string): Frame {
  return { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind, value } };
}

/** A market order to buy one. */
function terms(t: Context): Frame {
  return {
    type: 'order.place',
    clientOrderId: t.unique(),
    symbol: t.symbol(),
    side: 'BUY',
    orderType: 'MARKET',
    quantity: '1',
  };
}

/** Places an order to buy one at the market, with what differs. @throws Broken when it isn't taken */
async function place(t: Context, socket: Socket, more: Frame = {}): Promise<Frame> {
  const answer = await socket.ask({ ...terms(t), ...more });
  check(answer['type'] === 'order.accepted', 'order.accepted', answer);
  return answer;
}

/** Places a buy that rests far below the market. */
function rest(t: Context, socket: Socket, more: Frame): Promise<Frame> {
  return place(t, socket, { orderType: 'LIMIT', limitPrice: FAR.low, ...more });
}

async function refused(t: Context, socket: Socket, more: Frame, reason: string): Promise<void> {
  const clientOrderId = typeof more['clientOrderId'] === 'string' ? more['clientOrderId'] : t.unique();
  const answer = await socket.ask({ ...terms(t), ...more, clientOrderId });
  const error = { type: 'error', code: 'order_rejected', reason, clientOrderId, retryable: false };
  has(answer, error, 'an error');
}

/** A stop at a price that was seen, below the market as it is: one that swings comes back to it. */
async function nearStop(t: Context, socket: Socket): Promise<Frame> {
  await t.ticker(socket, t.symbol());
  const seen = new Set<number>();
  let below: readonly number[] = [];
  const isAbove = (frame: Frame): boolean => {
    const last = field(frame, 'data', 'last');
    if (frame['type'] !== 'ticker' || typeof last !== 'number') return false;
    seen.add(last);
    below = [...seen].filter((price) => price < last).sort((a, b) => a - b);
    return below.length >= PRICES_BELOW;
  };
  await socket.take(isAbove, `a price above ${PRICES_BELOW} others`);
  // Not the lowest, which a market that rises as it swings doesn't see again.
  return { side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: (below[1] ?? 0).toFixed(2) };
}

/** Places a stop to sell where the market was a moment ago. */
async function sellStop(t: Context, socket: Socket, clientOrderId: string): Promise<Frame> {
  return place(t, socket, { ...(await nearStop(t, socket)), clientOrderId });
}

/** A connection subscribed to channels of its account, and a name for an order. */
async function watching(
  t: Context,
  channels: readonly string[],
): Promise<{ readonly socket: Socket; readonly clientOrderId: string }> {
  const { socket } = await t.welcome();
  for (const channel of channels) await t.subscribe(socket, channel);
  await lives(socket);
  return { socket, clientOrderId: t.unique() };
}

function limitTerms(t: Context, clientOrderId: string): Frame {
  return { ...terms(t), clientOrderId, orderType: 'LIMIT', limitPrice: FAR.low };
}

/** The terms of an order within a list. */
function without(frame: Frame): Frame {
  return Object.fromEntries(Object.entries(frame).filter(([name]) => name !== 'type'));
}

/** Two limits far below the market, of which one cancels the other; the second with what differs. */
function oco(t: Context, socket: Socket, names: readonly string[], second: Frame = {}): Promise<Frame> {
  const [one = '', other = ''] = names;
  const orders = [without(limitTerms(t, one)), { ...without(limitTerms(t, other)), ...second }];
  return socket.ask({ type: 'order.placeList', contingency: 'OCO', orders });
}

/** Whether a frame is about an order. */
export function isOf(frame: Frame, clientOrderId: string): boolean {
  return field(frame, 'data', 'clientOrderId') === clientOrderId;
}

function isFilled(frame: Frame, clientOrderId: string): boolean {
  return frame['type'] === 'order' && frame['reason'] === 'filled' && isOf(frame, clientOrderId);
}
