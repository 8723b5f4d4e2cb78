import type { Case } from '../case.ts';
import { check, field, has, list, read, same, whole } from '../expect.ts';
import * as Shape from '../shapes.ts';
import { lives } from './connection.ts';
import { FAR, isFilled, isOf, order, place, refused, rest, terms, trail, watching } from './trading.ts';

/** Orders and their events. */
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
];
