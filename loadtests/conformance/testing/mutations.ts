import { type Frame, field } from '../expect.ts';
import type { Answer, Tampering, Wrong } from './wrongServer.ts';

/** A wrong server, and the case that must name its rule. */
export interface Mutation {
  readonly caughtBy: string;
  readonly wrong: Wrong;
  /** What is due never comes: only time shows it. */
  readonly isSilence?: true;
}

type Change = (frame: Frame) => readonly Frame[];

/** Changes frames of a type on their way to the client. */
function frames(type: string, change: Change): Wrong {
  return { socket: () => ({ toClient: (frame) => (frame['type'] === type ? change(frame) : [frame]) }) };
}

/** Sets fields of frames of a type. */
function set(type: string, fields: Frame): Wrong {
  return frames(type, (frame) => [{ ...frame, ...fields }]);
}

function without(frame: Frame, name: string): Frame {
  return Object.fromEntries(Object.entries(frame).filter(([key]) => key !== name));
}

/** Leaves a field of frames of a type out. */
function drop(type: string, name: string): Wrong {
  return frames(type, (frame) => [without(frame, name)]);
}

/** Sets fields of the `data` of frames of a type. */
function data(type: string, change: (data: Frame) => Frame): Wrong {
  return frames(type, (frame) => [{ ...frame, data: { ...inside(frame, 'data'), ...change(inside(frame, 'data')) } }]);
}

function inside(frame: Frame, name: string): Frame {
  return Object.fromEntries(Object.entries(frame[name] ?? {}));
}

/** Changes what the client asks for, so that the server does something else. */
function asked(type: string, change: Change): Wrong {
  const isIt = (frame: Frame): boolean => frame['type'] === type || frame['action'] === type;
  return { socket: () => ({ toServer: (frame) => (isIt(frame) ? change(frame) : [frame]) }) };
}

function closing(from: number, to: number): Wrong {
  return { socket: () => ({ closeCode: (code) => (code === from ? to : code) }) };
}

/** Answers with another HTTP answer. */
function http(change: (answer: Answer) => Partial<Answer>): Wrong {
  return { answer: (answer) => ({ ...answer, ...change(answer) }) };
}

function body(change: (body: Frame) => Frame): Wrong {
  return http((answer) => {
    const isJson = String(answer.headers['content-type']).includes('json');
    return isJson ? { body: JSON.stringify(change(parsed(answer.body))) } : {};
  });
}

function parsed(text: string): Frame {
  const value: unknown = JSON.parse(text);
  return Object.fromEntries(Object.entries(value ?? {}));
}

/** Counts frames of a type on each connection. */
function counted(type: string, change: (frame: Frame, count: number) => readonly Frame[]): Wrong {
  return {
    socket: () => {
      let count = 0;
      return { toClient: (frame) => (frame['type'] === type ? change(frame, ++count) : [frame]) };
    },
  };
}

/** Answers what only seems to be done. */
function pretended(type: string, answer: string): Wrong {
  return {
    socket: () => {
      const tampering: Tampering = {
        // The server takes a ping in its place, whose pong becomes the answer.
        toServer: (frame) => {
          if (frame['type'] !== type) return [frame];
          waiting.set(frame['id'], frame);
          return [{ type: 'ping', id: frame['id'] }];
        },
        toClient: (frame) => {
          const asked = frame['type'] === 'pong' ? waiting.get(frame['id']) : undefined;
          return [asked === undefined ? frame : { ...asked, type: answer }];
        },
      };
      const waiting = new Map<unknown, Frame>();
      return tampering;
    },
  };
}

/** Holds frames of a type back until one of another type has gone out. */
function behind(type: string, other: string): Wrong {
  return {
    socket: () => {
      const held: Frame[] = [];
      return {
        toClient: (frame) => {
          if (frame['type'] === type) {
            held.push(frame);
            return [];
          }
          return frame['type'] === other ? [frame, ...held.splice(0)] : [frame];
        },
      };
    },
  };
}

/** Leaves the first events behind a resume out. */
function holeAfterResume(): Wrong {
  return {
    socket: () => {
      let toDrop = 0;
      return {
        toClient: (frame) => {
          if (frame['type'] === 'subscribed' && frame['recovered'] === true) toDrop = 2;
          if (frame['type'] !== 'ticker' || toDrop === 0) return [frame];
          toDrop--;
          return [];
        },
      };
    },
  };
}

/** Tells every second connection another price. */
function otherPrices(): Wrong {
  let connections = 0;
  return {
    socket: () => {
      const isOther = connections++ % 2 === 1;
      return {
        toClient: (frame) =>
          frame['type'] === 'ticker' && isOther
            ? [{ ...frame, data: { ...inside(frame, 'data'), last: 1.23 } }]
            : [frame],
      };
    },
  };
}

/** Changes frames on each connection after the second: those of the drain's cases that come back. */
function returning(change: (frame: Frame) => Frame): Wrong {
  let connections = 0;
  return {
    socket: () => {
      const isBack = ++connections > 2;
      return { toClient: (frame) => [isBack ? change(frame) : frame] };
    },
  };
}

function numberIn(frame: Frame, name: string): number {
  return Number(frame[name]);
}

const MS = 1_000;

/** Wrong native servers: one rule broken each. */
const NATIVE: Readonly<Record<string, Mutation>> = {
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
const SLOW: Readonly<Record<string, Mutation>> = {
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
const DRAIN: Readonly<Record<string, Mutation>> = {
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

/** Wrong servers of the other dialects and of HTTP. */
const OTHERS: Readonly<Record<string, Mutation>> = {
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

/** Every wrong server by what is wrong with it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = { ...ofNative(NATIVE), ...ofNative(SLOW), ...OTHERS };

/** Every wrong server whose case restarts it. */
export const DRAIN_MUTATIONS: Readonly<Record<string, Mutation>> = ofNative(DRAIN);

function ofNative(mutations: Readonly<Record<string, Mutation>>): Readonly<Record<string, Mutation>> {
  return Object.fromEntries(
    Object.entries(mutations).map(([what, mutation]) => [
      what,
      { ...mutation, caughtBy: `native.${mutation.caughtBy}` },
    ]),
  );
}
