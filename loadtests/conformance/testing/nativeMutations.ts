import type { Frame } from '../expect.ts';
import {
  asked,
  behind,
  closing,
  counted,
  data,
  drop,
  frames,
  holeAfterResume,
  inside,
  type Mutation,
  numberIn,
  otherPrices,
  pretended,
  returning,
  set,
  without,
} from './tampering.ts';

const MS = 1_000;
/** Refuses whatever the server has taken. */
const WRONG_SIDE = frames('order.accepted', ({ id }) => [
  { type: 'error', id, code: 'order_rejected', reason: 'wrong_side_of_market', message: 'no', retryable: false },
]);

/** Wrong native servers: one rule broken each. */
export const NATIVE: Readonly<Record<string, Mutation>> = {
  'a welcome has no epoch': { caughtBy: 'auth.answer-is-a-welcome-as-described', wrong: drop('welcome', 'epoch') },
  'a welcome has an id that nobody gave': {
    caughtBy: 'auth.without-an-id-the-welcome-has-none',
    wrong: set('welcome', { id: 7 }),
  },
  'all connections have one session': {
    caughtBy: 'auth.each-connection-has-its-own-session',
    wrong: set('welcome', { session: 'one' }),
  },
  'each connection has another epoch': {
    caughtBy: 'auth.all-connections-see-one-epoch',
    wrong: frames('welcome', (frame) => [{ ...frame, epoch: frame['session'] }]),
  },
  'a silent client is closed with another code': {
    caughtBy: 'auth.none-in-time-is-close-4408',
    wrong: closing(4408, 4400),
  },
  'a token without a signature is said to have ended': {
    caughtBy: 'auth.a-token-without-a-signature-is-bad-and-closes-4403',
    wrong: set('error', { code: 'token_expired' }),
  },
  'a bad token closes as if it had ended': {
    caughtBy: 'auth.a-token-of-another-key-is-bad-and-closes-4403',
    wrong: closing(4403, 4401),
  },
  'a bad token at the upgrade is 403': {
    caughtBy: 'identity.a-bad-token-in-the-header-is-401',
    wrong: { refusal: () => 403 },
  },
  'a command before welcome is a bad message': {
    caughtBy: 'auth.subscribe-before-welcome-is-unauthenticated',
    wrong: set('error', { code: 'bad_message' }),
  },
  'scopes that are gone keep their subscriptions, silently': {
    caughtBy: 'refresh.scopes-that-are-gone-end-their-subscriptions',
    wrong: frames('unsubscribed', () => []),
    isSilence: true,
  },
  'pongs have no id': {
    caughtBy: 'ping.is-answered-by-a-pong-with-its-id',
    wrong: drop('pong', 'id'),
    isSilence: true,
  },
  'time runs backwards': {
    caughtBy: 'ping.server-time-never-runs-backwards',
    wrong: counted('pong', (frame, count) => [
      { ...frame, serverTimeUs: numberIn(frame, 'serverTimeUs') - count * 1e7 },
    ]),
  },
  'heartbeats come twice as often': {
    caughtBy: 'heartbeat.comes-every-heartbeatMs',
    wrong: frames('heartbeat', (frame) => [frame, frame]),
  },
  'heartbeats have no heads': {
    caughtBy: 'heartbeat.heads-are-those-of-the-subscribed-streams',
    wrong: set('heartbeat', { heads: {} }),
  },
  'heads are ahead of what was sent': {
    caughtBy: 'heartbeat.head-is-the-last-number-sent',
    wrong: frames('heartbeat', (frame) => {
      const heads = Object.entries(inside(inside(frame, 'heads'), 'ticker'));
      return [{ ...frame, heads: { ticker: Object.fromEntries(heads.map(([key, seq]) => [key, Number(seq) + 1])) } }];
    }),
  },
  'an error that will not go away says retry': {
    caughtBy: 'bad-message.order-place-without-symbol',
    wrong: set('error', { retryable: true }),
  },
  'what is no JSON is closed with another code': {
    caughtBy: 'unreadable.half-a-frame-is-bad-json-and-closes-4400',
    wrong: closing(4400, 1000),
  },
  'an unknown type is a bad message': {
    caughtBy: 'unknown.the-type-hello-is-refused-without-a-close',
    wrong: set('error', { code: 'bad_message' }),
  },
  'a frame too large is closed as a bad one': {
    caughtBy: 'limit.a-frame-over-maxFrameBytes-closes-4413',
    wrong: closing(4413, 4400),
  },
  'a rate limit does not say when to come back': {
    caughtBy: 'limit.over-the-burst-commands-are-rate-limited',
    wrong: set('error', { retryAfterMs: 0 }),
  },
  'a flood is closed as if the client were to stop': {
    caughtBy: 'limit.commandBurst-refused-in-a-row-closes-4129',
    wrong: closing(4129, 4400),
  },
  'an unknown symbol is passed over': {
    caughtBy: 'subscribe.one-unknown-symbol-refuses-the-whole-command',
    wrong: asked('subscribe', (frame) => [
      { ...frame, symbols: [frame['symbols']].flat().filter((one) => one !== 'NONESUCH') },
    ]),
  },
  "another's account is opened as one's own": {
    caughtBy: 'scope.order-of-another-account-is-forbidden',
    wrong: asked('subscribe', (frame) => [without(frame, 'symbols')]),
  },
  'the snapshot comes before the answer': {
    caughtBy: 'subscribe.the-answer-comes-before-the-snapshot',
    wrong: behind('subscribed', 'snapshot'),
  },
  'unsubscribing is answered and not done': {
    caughtBy: 'unsubscribe.nothing-comes-after-it',
    wrong: pretended('unsubscribe', 'unsubscribed'),
  },
  'a ticker in five is lost': {
    caughtBy: 'ticker.numbers-go-on-from-the-snapshot-without-a-gap',
    wrong: counted('ticker', (frame, count) => (count % 5 === 0 ? [] : [frame])),
  },
  'times are ms': {
    caughtBy: 'ticker.is-as-described',
    wrong: frames('ticker', (frame) => [{ ...frame, sentTimeUs: Math.floor(numberIn(frame, 'sentTimeUs') / MS) }]),
  },
  'a tick is sent before it was received': {
    caughtBy: 'ticker.times-are-in-their-order',
    wrong: frames('ticker', (frame) => [{ ...frame, sentTimeUs: numberIn(frame, 'receivedTimeUs') - 1 }]),
  },
  'clients see different prices': {
    caughtBy: 'ticker.every-client-sees-the-same-under-a-number',
    wrong: otherPrices(),
  },
  'the volume is that of the trade': {
    caughtBy: 'ticker.volume-never-shrinks',
    wrong: counted('ticker', (frame, count) => [
      { ...frame, data: { ...inside(frame, 'data'), volume: 1_000 - count } },
    ]),
  },
  'a cursor of another epoch is said to be recovered': {
    caughtBy: 'resume.cursor-of-another-epoch-gets-a-snapshot',
    wrong: set('subscribed', { recovered: true }),
  },
  'since is not looked at': {
    caughtBy: 'resume.after-a-cut-everything-missed-follows',
    wrong: asked('subscribe', (frame) => [without(frame, 'since')]),
  },
  'a resume has a hole': {
    caughtBy: 'resume.what-comes-follows-what-was-missed-without-gap-or-repeat',
    wrong: holeAfterResume(),
  },
  'each event comes twice': {
    caughtBy: 'resume.what-comes-follows-what-was-missed-without-gap-or-repeat',
    wrong: frames('ticker', (frame) => [frame, frame]),
  },
  "a snapshot's number is one too low": {
    caughtBy: 'resume.snapshot-number-is-the-streams-head',
    wrong: frames('snapshot', (frame) => [{ ...frame, seq: numberIn(frame, 'seq') - 1 }]),
  },
  'missed events are stamped anew': {
    caughtBy: 'resume.missed-events-carry-their-own-times',
    wrong: {
      socket: () => {
        const isStamped = { value: false };
        return {
          toClient: (frame) => {
            if (frame['type'] === 'subscribed' && frame['recovered'] === true) isStamped.value = true;
            return frame['type'] === 'ticker' && isStamped.value
              ? [{ ...frame, receivedTimeUs: frame['sentTimeUs'] }]
              : [frame];
          },
        };
      },
    },
  },
  'quantities are numbers': {
    caughtBy: 'order.an-answer-is-as-described',
    wrong: data('order.accepted', ({ quantity }) => ({ quantity: Number(quantity) })),
  },
  'events come before the answer': {
    caughtBy: 'order.events-follow-the-answer',
    wrong: behind('order.accepted', 'order'),
  },
  'a second order of one name is a new one': {
    caughtBy: 'order.placed-again-is-a-duplicate-with-the-firsts-state',
    wrong: set('order.accepted', { duplicate: false }),
  },
  'a stop near the market is always on its wrong side': {
    caughtBy: 'order.a-stop-triggers-on-the-trade-that-reaches-it',
    wrong: WRONG_SIDE,
  },
  'an order of a list is refused as on the wrong side of the market': {
    caughtBy: 'list.a-trigger-of-one-of-an-oco-cancels-the-other',
    wrong: WRONG_SIDE,
  },
  'a stop triggers on the tick after': {
    caughtBy: 'order.a-stop-triggers-on-the-trade-that-reaches-it',
    wrong: frames('order', (frame) => [{ ...frame, tickSeq: numberIn(frame, 'tickSeq') + 1 }]),
  },
  'a fill is told before its execution': {
    caughtBy: 'order.triggered-filled-and-execution-come-in-order',
    wrong: {
      socket: () => {
        const held: Frame[] = [];
        return {
          toClient: (frame) => {
            if (frame['type'] === 'execution') {
              held.push(frame);
              return [];
            }
            return frame['reason'] === 'filled' ? [frame, ...held.splice(0)] : [frame];
          },
        };
      },
    },
  },
  'an execution is lost': {
    caughtBy: 'order.numbers-of-an-account-have-no-gap',
    wrong: counted('execution', (frame, count) => (count === 2 ? [] : [frame])),
  },
  'a ratchet takes a number': {
    caughtBy: 'order.a-trailing-stop-only-moves-in-its-favour',
    wrong: frames('order', (frame) => [frame['reason'] === 'ratcheted' ? { ...frame, seq: 99 } : frame]),
  },
  'a wrong reason is given': {
    caughtBy: 'refusal.a-quantity-of-0-is-bad-quantity',
    wrong: set('error', { reason: 'bad_price' }),
  },
  'a refused order is no event': {
    caughtBy: 'refusal.a-refused-order-is-an-event',
    wrong: frames('order', (frame) => (frame['reason'] === 'rejected' ? [] : [frame])),
    isSilence: true,
  },
  'an alert fires twice': {
    caughtBy: 'alert.fires-once-on-the-first-trade-that-meets-it',
    wrong: frames('alert', (frame) => [frame, frame]),
  },
  'a bar is lower than its low': {
    caughtBy: 'bar.closed-is-as-described',
    wrong: data('bar', ({ high }) => ({ low: Number(high) + 1 })),
  },
  'open bars come without asking': {
    caughtBy: 'bar.without-forming-no-open-bar-comes',
    wrong: asked('subscribe', (frame) => [frame['channel'] === 'bar.1m' ? { ...frame, forming: true } : frame]),
  },
};

/** Wrong servers with a reader that takes nothing. */
export const SLOW: Readonly<Record<string, Mutation>> = {
  'a slow reader is told that the server stops': {
    caughtBy: 'slow.a-reader-that-takes-nothing-is-closed-with-4008',
    wrong: closing(4008, 4001),
  },
  'a slow reader is cut without a word': {
    caughtBy: 'slow.a-reader-that-takes-nothing-is-closed-with-4008',
    wrong: closing(4008, 1006),
  },
  'a slow reader loses an event of class A': {
    caughtBy: 'slow.what-it-got-has-no-hole-and-a-resume-brings-the-rest',
    wrong: counted('order', (frame, count) => (count === 2 ? [] : [frame])),
  },
  'a slow reader gets an event twice': {
    caughtBy: 'slow.what-it-got-has-no-hole-and-a-resume-brings-the-rest',
    wrong: counted('order', (frame, count) => (count === 2 ? [frame, frame] : [frame])),
  },
};

/** Wrong servers that are told to stop. Their cases restart the server, so that they need one of their own. */
export const DRAIN: Readonly<Record<string, Mutation>> = {
  'nobody is told of a stop': {
    caughtBy: 'drain.every-client-is-told-when-to-come-back',
    wrong: frames('system', () => []),
  },
  'a stop is told without a time': {
    caughtBy: 'drain.every-client-is-told-when-to-come-back',
    wrong: drop('system', 'retryAfterMs'),
  },
  'a stop closes with another code': { caughtBy: 'drain.each-socket-is-closed-with-4001', wrong: closing(4001, 4000) },
  'an acknowledged order is not told before the close': {
    caughtBy: 'drain.what-was-acknowledged-is-told-before-the-close',
    wrong: counted('order', (frame, count) => (count === 1 ? [] : [frame])),
  },
  'a resume over a restart leaves an event out': {
    caughtBy: 'drain.a-cursor-from-before-goes-on-or-gets-a-snapshot',
    wrong: returning((frame) => (frame['type'] === 'order' ? { ...frame, seq: numberIn(frame, 'seq') + 1 } : frame)),
  },
  'a new epoch is not told': {
    caughtBy: 'drain.a-cursor-from-before-goes-on-or-gets-a-snapshot',
    wrong: returning((frame) => (frame['type'] === 'welcome' ? { ...frame, epoch: '0000000000000000' } : frame)),
  },
  'a restart loses an order': {
    caughtBy: 'drain.an-epoch-that-goes-on-has-its-orders',
    wrong: frames('result', (frame) => [{ ...frame, data: [] }]),
  },
};
