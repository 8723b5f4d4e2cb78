import { field } from '../expect.ts';
import {
  asked,
  body,
  closing,
  data,
  drop,
  frames,
  http,
  inside,
  type Mutation,
  numberIn,
  set,
  without,
} from './tampering.ts';

const MS = 1_000;

/** Wrong servers of the other dialects and of HTTP. */
export const OTHERS: Readonly<Record<string, Mutation>> = {
  'a price is a text': {
    caughtBy: 'ai-trading-v2.market.update-comes-at-the-subscription-as-described',
    wrong: frames('MARKET_UPDATE', (frame) => [{ ...frame, price: String(frame['price']) }]),
  },
  'a timestamp is in seconds': {
    caughtBy: 'ai-trading-v2.market.updates-come-at-each-trade-as-described',
    wrong: frames('MARKET_UPDATE', (frame) => [{ ...frame, timestamp: Math.floor(numberIn(frame, 'timestamp') / MS) }]),
  },
  'a change has all its decimals': {
    caughtBy: 'ai-trading-v2.market.change-has-at-most-two-decimals',
    wrong: set('MARKET_UPDATE', { priceChangePercent: 0.123456 }),
  },
  'positions come twice as often': {
    caughtBy: 'ai-trading-v2.account.positions-come-every-second',
    wrong: frames('POSITION_UPDATE', (frame) => [frame, frame]),
  },
  'a trailing stop hides its stop': {
    caughtBy: 'ai-trading-v2.orders.a-trailing-stop-tells-its-stop-and-its-peak',
    wrong: frames('ORDER_UPDATE', (frame) => [
      { ...frame, order: without(inside(frame, 'order'), 'current_stop_price') },
    ]),
  },
  'unsubscribing is not done': {
    caughtBy: 'ai-trading-v2.market.nothing-comes-after-unsubscribing',
    wrong: asked('unsubscribe_ticker', () => []),
  },
  'a frame has no ticker': {
    caughtBy: 'us-001.price.comes-with-each-trade-as-described',
    wrong: drop('price', 'ticker'),
  },
  "a pong forgets the ping's time": {
    caughtBy: 'us-001.ping.is-answered-by-a-pong-with-its-time',
    wrong: set('pong', { data: {} }),
  },
  'an old price passes for a new one': {
    caughtBy: 'us-001.opening.a-price-in-the-snapshot-is-60-s-old-at-most',
    wrong: data('snapshot', () => ({ marketStatus: 'open', ageMs: 90_000 })),
  },
  'a subscription is confirmed without its symbols': {
    caughtBy: 'paiid.market.subscription-is-confirmed-with-its-symbols',
    wrong: set('subscription_confirmed', { symbols: [] }),
  },
  "anybody's id is taken": {
    caughtBy: 'paiid.opening.another-users-id-in-the-query-closes-4403',
    wrong: closing(4403, 4400),
  },
  "another's path is taken": {
    caughtBy: 'paiid.opening.another-users-id-in-the-path-closes-4403',
    wrong: { url: (url) => url.replace('/somebody-else', '') },
    isSilence: true,
  },
  'filters are not looked at': {
    caughtBy: 'tickstock.pattern.of-another-time-frame-does-not-come',
    wrong: asked('subscribe', (frame) => [without(frame, 'timeframes')]),
  },
  'a backlog comes to everybody': {
    caughtBy: 'tickstock.subscription.without-a-backlog-none-comes',
    wrong: frames('subscribed', (frame) => [frame, { type: 'backlog', symbol: 'AAPL', patterns: [] }]),
  },
  'the health has no epoch': {
    caughtBy: 'http.health.is-as-described',
    wrong: body((health) => without(health, 'epoch')),
  },
  'an unknown path is 200': { caughtBy: 'http.errors.an-unknown-path-is-404', wrong: http(() => ({ status: 200 })) },
  'a problem is plain JSON': {
    caughtBy: 'http.errors.POST-where-it-is-not-taken-is-405',
    wrong: http(({ headers }) => ({ headers: { ...headers, 'content-type': 'application/json' } })),
  },
  'a tag is not looked at': {
    caughtBy: 'http.cache.quotes-have-a-tag-that-answers-304',
    wrong: { requestHeaders: ({ 'if-none-match': _, ...headers }) => headers },
  },
  'a new order is 200': {
    caughtBy: 'http.orders.a-new-one-is-201-with-its-place',
    wrong: http(({ status }) => ({ status: status === 201 ? 200 : status })),
  },
  'a poll forgets an event': {
    caughtBy: 'http.poll.brings-what-came-after-the-cursor',
    wrong: body((poll) => {
      const [[account = '', told] = []] = Object.entries(inside(inside(poll, 'channels'), 'order'));
      const rest = Array.isArray(told) ? told.slice(1) : [];
      return { ...poll, channels: { order: { [account]: rest } } };
    }),
  },
  'a poll does not move its cursor': {
    caughtBy: 'http.poll.goes-on-from-its-own-cursor-without-gap-or-repeat',
    wrong: body((poll) => {
      const seq = field(poll, 'cursor', 'ticker', 'seq');
      const back = Object.entries(seq ?? {}).map(([key, value]) => [key, Number(value) - 1]);
      return { ...poll, cursor: { ticker: { epoch: poll['epoch'], seq: Object.fromEntries(back) } } };
    }),
  },
};
