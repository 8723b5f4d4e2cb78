import type { Case } from '../case.ts';
import { check, type Frame, field, has, list, same, text, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { FAR, isFilled, isOf, order, place, rest, sellStop, trail, watching } from './trading.ts';

/** What makes orders act: stops, trails and their order. */
export const triggerCases: readonly Case[] = [
  order('a-stop-triggers-on-the-trade-that-reaches-it', async (t) => {
    const { socket } = await watching(t, ['order', 'execution']);
    const { clientOrderId, accepted, triggered } = await sellStop(t, socket);
    const filled = await socket.take((frame) => isFilled(frame, clientOrderId), 'filled');
    same(whole(filled, 'tickSeq'), whole(triggered, 'tickSeq'), 'tickSeq');
    const seq = whole(triggered, 'tickSeq');
    const tick = await socket.first((frame) => frame['type'] === 'ticker' && whole(frame, 'seq') >= seq, 'its tick');
    same(whole(tick, 'seq'), seq, 'number of the tick');
    const [last, stop] = [Number(field(tick, 'data', 'last')), Number(field(triggered, 'data', 'triggerPrice'))];
    check(last <= stop, `a trade at ${stop} or below`, tick);
    same(Number(field(filled, 'data', 'averagePrice')), last, 'averagePrice');
    // A later tick may show the same price.
    for (const earlier of waited(socket, { accepted, triggered }))
      check(Number(field(earlier, 'data', 'last')) > stop, `no trade at ${stop} or below before tick ${seq}`, earlier);
  }),
  order('no-trade-before-its-trigger-reached-the-stop', async (t) => {
    const { socket } = await watching(t, ['order']);
    const { accepted, triggered } = await sellStop(t, socket);
    const stop = Number(field(triggered, 'data', 'triggerPrice'));
    for (const tick of waited(socket, { accepted, triggered }))
      check(Number(field(tick, 'data', 'last')) > stop, `trades above ${stop}`, tick);
  }),
  order(
    'a-tick-comes-before-what-it-caused',
    async (t) => {
      const { socket } = await watching(t, ['order']);
      const { triggered } = await sellStop(t, socket);
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
    const { socket } = await watching(t, ['order', 'execution']);
    const { clientOrderId } = await sellStop(t, socket);
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
];

/** The tickers from after an order was taken until the one that triggered it. */
function waited(
  socket: Socket,
  { accepted, triggered }: { readonly accepted: Frame; readonly triggered: Frame },
): readonly Frame[] {
  const [from, to] = [whole(accepted, 'tickSeq'), whole(triggered, 'tickSeq')];
  return socket.of('ticker').filter((frame) => whole(frame, 'seq') > from && whole(frame, 'seq') < to);
}
