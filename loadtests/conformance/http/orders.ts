import { type Case, theme } from '../case.ts';
import { check, type Frame, field, has, list, read, same } from '../expect.ts';
import * as Shape from '../shapes.ts';
import { place, problem, terms } from './asking.ts';

const orders = theme({ dialect: 'http', theme: 'orders', paragraph: 'http', needs: ['routes', 'orders', 'ticks'] });

/** Orders that are refused before the engine sees them, with the status. */
const BAD_ORDERS: Readonly<Record<string, readonly [status: number, more: Frame]>> = {
  'without-a-quantity': [400, { quantity: undefined }],
  'with-a-quantity-that-is-a-number': [400, { quantity: 5 }],
  'with-an-unknown-side': [400, { side: 'HOLD' }],
  'of-0': [422, { quantity: '0' }],
  'of-a-stop-without-a-price': [422, { orderType: 'STOP_MARKET' }],
};

/** Orders by HTTP. */
export const orderRouteCases: readonly Case[] = [
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
];
