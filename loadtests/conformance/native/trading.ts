import { theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { lives } from './connection.ts';

/** Time for a market to come back to where it was. */
export const SWING_MS = 20_000;

/** Cases of single orders and their events. */
export const order = theme({
  dialect: 'native',
  theme: 'order',
  paragraph: 'orders',
  needs: ['orders', 'ticks'],
  timeoutMs: SWING_MS,
});

/** Seen before a stop is placed below them all but one, so that the market isn't there before the stop is. */
const PRICES_BELOW = 5;
/** Far enough from any market that nothing is filled. */
export const FAR = { low: '1.00', high: '9000.00' };

export function trail(kind: string, value: string): Frame {
  return { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind, value } };
}

/** A market order to buy one. */
export function terms(t: Context): Frame {
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
export async function place(t: Context, socket: Socket, more: Frame = {}): Promise<Frame> {
  const answer = await socket.ask({ ...terms(t), ...more });
  check(answer['type'] === 'order.accepted', 'order.accepted', answer);
  return answer;
}

/** Places a buy that rests far below the market. */
export function rest(t: Context, socket: Socket, more: Frame): Promise<Frame> {
  return place(t, socket, { orderType: 'LIMIT', limitPrice: FAR.low, ...more });
}

export async function refused(t: Context, socket: Socket, more: Frame, reason: string): Promise<void> {
  const clientOrderId = typeof more['clientOrderId'] === 'string' ? more['clientOrderId'] : t.unique();
  const answer = await socket.ask({ ...terms(t), ...more, clientOrderId });
  const error = { type: 'error', code: 'order_rejected', reason, clientOrderId, retryable: false };
  has(answer, error, 'an error');
}

/** A stop at a price that was seen, below the market as it is: one that swings comes back to it. */
export async function nearStop(t: Context, socket: Socket): Promise<Frame> {
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
export async function sellStop(t: Context, socket: Socket, clientOrderId: string): Promise<Frame> {
  return place(t, socket, { ...(await nearStop(t, socket)), clientOrderId });
}

/** A connection subscribed to channels of its account, and a name for an order. */
export async function watching(
  t: Context,
  channels: readonly string[],
): Promise<{ readonly socket: Socket; readonly clientOrderId: string }> {
  const { socket } = await t.welcome();
  for (const channel of channels) await t.subscribe(socket, channel);
  await lives(socket);
  return { socket, clientOrderId: t.unique() };
}

export function limitTerms(t: Context, clientOrderId: string): Frame {
  return { ...terms(t), clientOrderId, orderType: 'LIMIT', limitPrice: FAR.low };
}

/** The terms of an order within a list. */
export function without(frame: Frame): Frame {
  return Object.fromEntries(Object.entries(frame).filter(([name]) => name !== 'type'));
}

/** Two limits far below the market, of which one cancels the other; the second with what differs. */
export function oco(t: Context, socket: Socket, names: readonly string[], second: Frame = {}): Promise<Frame> {
  const [one = '', other = ''] = names;
  const orders = [without(limitTerms(t, one)), { ...without(limitTerms(t, other)), ...second }];
  return socket.ask({ type: 'order.placeList', contingency: 'OCO', orders });
}

/** Whether a frame is about an order. */
export function isOf(frame: Frame, clientOrderId: string): boolean {
  return field(frame, 'data', 'clientOrderId') === clientOrderId;
}

export function isFilled(frame: Frame, clientOrderId: string): boolean {
  return frame['type'] === 'order' && frame['reason'] === 'filled' && isOf(frame, clientOrderId);
}
