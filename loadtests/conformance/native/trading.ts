import { theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { lives } from './connection.ts';

/** Time for a market to come back to where it was, several times over. */
export const SWING_MS = 60_000;

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
/** Times that a market may be at a stop before the stop is, or leave before it is. */
const MOST_TRIES = 5;
/** Tickers after which a market is no longer waited for. */
const TICKERS_AWAY = 150;
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
interface NearStop {
  /** The terms that say so, and the order's name. */
  readonly terms: Frame;
  readonly clientOrderId: string;
  readonly price: number;
  /** The ticker that showed the market above it. */
  readonly seen: Frame;
}

async function nearStop(t: Context, socket: Socket): Promise<NearStop> {
  await t.ticker(socket, t.symbol());
  const prices = new Set<number>();
  let below: readonly number[] = [];
  const isAbove = (frame: Frame): boolean => {
    const last = field(frame, 'data', 'last');
    if (frame['type'] !== 'ticker' || typeof last !== 'number') return false;
    prices.add(last);
    below = [...prices].filter((price) => price < last).sort((a, b) => a - b);
    return below.length >= PRICES_BELOW;
  };
  const seen = await socket.take(isAbove, `a price above ${PRICES_BELOW} others`);
  // Not the lowest, which a market that rises as it swings doesn't see again.
  const price = below.at(-2) ?? 0;
  const clientOrderId = t.unique();
  const terms = { clientOrderId, side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: price.toFixed(2) };
  return { terms, clientOrderId, price, seen };
}

/** A stop that has triggered. */
export interface Triggered {
  readonly clientOrderId: string;
  /** The answer that took it. */
  readonly answer: Frame;
  /** The event of its acceptance. */
  readonly accepted: Frame;
  /** The event of its trigger. */
  readonly triggered: Frame;
}

/**
 * Asks for something that holds a stop near the market, and waits until that triggers, on a connection
 * that reads its account's orders. The market may be there before the
 * stop is, so that it is refused, or leave before it is, so that it waits for ever: then another is asked for.
 *
 * @param question - what to ask, with these terms of the stop in it
 * @throws Broken when it is refused otherwise, or for a market that wasn't there, or again and again
 */
export async function triggerNearMarket(
  t: Context,
  socket: Socket,
  question: (stop: Frame) => Frame,
): Promise<Triggered> {
  for (let tries = 1; ; tries++) {
    const stop = await nearStop(t, socket);
    const answer = await socket.ask(question(stop.terms));
    const { clientOrderId, price } = stop;
    if (answer['type'] === 'order.accepted') {
      const isIt = (frame: Frame): boolean => frame['reason'] === 'accepted' && isOf(frame, clientOrderId);
      const accepted = await socket.first(isIt, 'the event of its acceptance');
      const triggered = await triggerOf(socket, { stop, accepted, isLast: tries === MOST_TRIES });
      if (triggered !== undefined) return { clientOrderId, answer, accepted, triggered };
      continue;
    }
    check(tries < MOST_TRIES && answer['reason'] === 'wrong_side_of_market', 'order.accepted', answer);
    const isRight = await hasPassed(socket, stop);
    check(isRight, `order.accepted, with a stop at ${price} and no trade there since it was asked for`, answer);
  }
}

/** The event of a stop's trigger; undefined when the market has gone away from it, unless it is the last one. */
async function triggerOf(
  socket: Socket,
  { stop, accepted, isLast }: { readonly stop: NearStop; readonly accepted: Frame; readonly isLast: boolean },
): Promise<Frame | undefined> {
  const { clientOrderId, price } = stop;
  const from = whole(accepted, 'tickSeq');
  let away = 0;
  const isTrigger = (frame: Frame): boolean => frame['reason'] === 'triggered' && isOf(frame, clientOrderId);
  const isEnough = (frame: Frame): boolean => {
    if (frame['type'] !== 'ticker' || whole(frame, 'seq') <= from) return false;
    // From a trade there on nothing but the trigger will do.
    away = Number(field(frame, 'data', 'last')) <= price ? Number.NEGATIVE_INFINITY : away + 1;
    return away > TICKERS_AWAY && !isLast;
  };
  const came = await socket.take((frame) => isTrigger(frame) || isEnough(frame), 'triggered');
  return isTrigger(came) ? came : undefined;
}

/** Whether the market has been at a stop, or may have been, since it was seen above. */
async function hasPassed(socket: Socket, { price, seen }: NearStop): Promise<boolean> {
  // Every trade that the server can have judged by has come when one has that is younger than this answer.
  const { serverTimeUs } = await socket.ask({ type: 'ping' });
  const isYounger = (frame: Frame): boolean =>
    frame['type'] === 'ticker' && whole(frame, 'receivedTimeUs') > Number(serverTimeUs);
  const last = await socket.take(isYounger, 'a ticker after a refusal', { behind: seen });
  const since = socket.frames.slice(socket.frames.indexOf(seen) + 1, socket.frames.indexOf(last) + 1);
  return since.some(
    (frame) =>
      frame['type'] === 'ticker' && (frame['seqFrom'] !== undefined || Number(field(frame, 'data', 'last')) <= price),
  );
}

/** Places a stop to sell where the market was a moment ago, and waits until it triggers. */
export function sellStop(t: Context, socket: Socket): Promise<Triggered> {
  return triggerNearMarket(t, socket, (stop) => ({ ...terms(t), ...stop }));
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
