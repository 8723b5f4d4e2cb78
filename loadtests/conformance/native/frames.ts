import { type Case, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, has, read, same, whole } from '../expect.ts';
import { ErrorShape } from '../shapes.ts';
import type { Socket } from '../socket.ts';
import { lives } from './connection.ts';

const bad = theme({ dialect: 'native', theme: 'bad-message', paragraph: 'error-codes' });
const unreadable = theme({ dialect: 'native', theme: 'unreadable', paragraph: 'error-codes', needs: ['json'] });
const unknown = theme({ dialect: 'native', theme: 'unknown', paragraph: 'versions' });
const limit = theme({ dialect: 'native', theme: 'limit', paragraph: 'limits' });

function without(frame: Frame, field: string): Frame {
  return Object.fromEntries(Object.entries(frame).filter(([name]) => name !== field));
}

const ORDER = { type: 'order.place', clientOrderId: 'a', symbol: 'X', side: 'BUY', orderType: 'MARKET', quantity: '1' };
const SUBSCRIBE = { type: 'subscribe', channel: 'ticker', symbols: ['X'] };
const SINCE = { epoch: 'e', seq: { X: 1 } };
const LIST = { type: 'order.placeList', contingency: 'OCO', orders: [without(ORDER, 'type')] };
const ALERT = { type: 'alert.set', alertId: 'a', symbol: 'X', above: '1' };
const MODIFY = { type: 'order.modify', clientOrderId: 'a' };
const LONG_NAME = 'n'.repeat(65);
const LONG_SYMBOL = 'S'.repeat(129);

/** Frames with a field missing or malformed, by what is wrong with them, and the paragraph that says so. */
const BAD_MESSAGES: Readonly<Record<string, readonly [paragraph: string, frame: Frame]>> = {
  'auth-with-a-token-that-is-no-text': ['auth', { type: 'auth', token: 5 }],
  'auth-with-an-empty-token': ['auth', { type: 'auth', token: '' }],
  'auth-with-a-token-over-8192-characters': ['auth', { type: 'auth', token: 'x'.repeat(8_193) }],
  'refresh-without-a-token': ['refresh', { type: 'refresh' }],
  'refresh-with-an-empty-token': ['refresh', { type: 'refresh', token: '' }],
  'subscribe-without-a-channel': ['subscribe', without(SUBSCRIBE, 'channel')],
  'subscribe-with-a-channel-that-is-no-text': ['subscribe', { ...SUBSCRIBE, channel: 5 }],
  'subscribe-to-ticker-without-symbols': ['subscribe', without(SUBSCRIBE, 'symbols')],
  'subscribe-to-trade-without-symbols': ['subscribe', { type: 'subscribe', channel: 'trade' }],
  'subscribe-to-bars-without-symbols': ['subscribe', { type: 'subscribe', channel: 'bar.1m' }],
  'subscribe-to-patterns-without-symbols': ['subscribe', { type: 'subscribe', channel: 'pattern' }],
  'subscribe-to-presence-without-channels': ['subscribe', { type: 'subscribe', channel: 'presence' }],
  'subscribe-with-no-symbol-in-the-list': ['subscribe', { ...SUBSCRIBE, symbols: [] }],
  'subscribe-with-symbols-that-are-no-list': ['subscribe', { ...SUBSCRIBE, symbols: 'X' }],
  'subscribe-with-a-symbol-that-is-no-text': ['subscribe', { ...SUBSCRIBE, symbols: [5] }],
  'subscribe-with-an-empty-symbol': ['subscribe', { ...SUBSCRIBE, symbols: [''] }],
  'subscribe-with-a-space-in-a-symbol': ['frames-of-the-client', { ...SUBSCRIBE, symbols: ['A B'] }],
  'subscribe-with-a-control-in-a-symbol': ['frames-of-the-client', { ...SUBSCRIBE, symbols: ['A\u0007'] }],
  'subscribe-with-a-symbol-over-128-characters': ['frames-of-the-client', { ...SUBSCRIBE, symbols: [LONG_SYMBOL] }],
  'subscribe-with-a-since-that-is-a-number': ['subscribe', { ...SUBSCRIBE, since: 5 }],
  'subscribe-with-a-since-without-an-epoch': ['subscribe', { ...SUBSCRIBE, since: without(SINCE, 'epoch') }],
  'subscribe-with-a-since-without-numbers': ['subscribe', { ...SUBSCRIBE, since: without(SINCE, 'seq') }],
  'subscribe-with-an-empty-epoch': ['subscribe', { ...SUBSCRIBE, since: { ...SINCE, epoch: '' } }],
  'subscribe-with-an-epoch-over-64-characters': ['subscribe', { ...SUBSCRIBE, since: { ...SINCE, epoch: LONG_NAME } }],
  'subscribe-with-a-number-below-0': ['subscribe', { ...SUBSCRIBE, since: { ...SINCE, seq: { X: -1 } } }],
  'subscribe-with-a-number-that-is-not-whole': ['subscribe', { ...SUBSCRIBE, since: { ...SINCE, seq: { X: 1.5 } } }],
  'subscribe-with-a-number-that-is-a-text': ['subscribe', { ...SUBSCRIBE, since: { ...SINCE, seq: { X: '1' } } }],
  'subscribe-with-a-list-of-numbers': ['subscribe', { ...SUBSCRIBE, since: { ...SINCE, seq: [1] } }],
  'subscribe-with-bars-below-0': ['subscribe', { ...SUBSCRIBE, channel: 'bar.1m', bars: -1 }],
  'subscribe-with-bars-over-200': ['subscribe', { ...SUBSCRIBE, channel: 'bar.1m', bars: 201 }],
  'subscribe-with-forming-that-is-a-text': ['subscribe', { ...SUBSCRIBE, channel: 'bar.1m', forming: 'yes' }],
  'subscribe-with-a-confidence-over-1': ['subscribe', { ...SUBSCRIBE, channel: 'pattern', minConfidence: 1.1 }],
  'subscribe-with-a-confidence-below-0': ['subscribe', { ...SUBSCRIBE, channel: 'pattern', minConfidence: -0.1 }],
  'subscribe-with-no-pattern-type-in-the-list': ['subscribe', { ...SUBSCRIBE, channel: 'pattern', patternTypes: [] }],
  'subscribe-with-an-unknown-time-frame': ['subscribe', { ...SUBSCRIBE, channel: 'pattern', timeFrames: ['2m'] }],
  'unsubscribe-without-a-channel': ['unsubscribe', { type: 'unsubscribe' }],
  'unsubscribe-from-ticker-without-symbols': ['unsubscribe', { type: 'unsubscribe', channel: 'ticker' }],
  'get-without-what': ['get', { type: 'get' }],
  'get-of-an-unknown-subject': ['get', { type: 'get', what: 'weather' }],
  'get-a-quote-without-a-symbol': ['get', { type: 'get', what: 'quote' }],
  'get-bars-without-a-symbol': ['get', { type: 'get', what: 'bars' }],
  'get-patterns-without-a-symbol': ['get', { type: 'get', what: 'patterns' }],
  'get-with-a-limit-of-0': ['get', { type: 'get', what: 'news', limit: 0 }],
  'get-with-a-limit-over-1000': ['get', { type: 'get', what: 'news', limit: 1_001 }],
  'get-with-an-unknown-time-frame': ['get', { type: 'get', what: 'bars', symbol: 'X', timeFrame: '1d' }],
  ...Object.fromEntries(
    ['clientOrderId', 'symbol', 'side', 'orderType', 'quantity'].map((name) => [
      `order-place-without-${name}`,
      ['order-terms', without(ORDER, name)] as const,
    ]),
  ),
  'order-place-with-an-unknown-side': ['order-terms', { ...ORDER, side: 'HOLD' }],
  'order-place-with-a-side-in-small-letters': ['order-terms', { ...ORDER, side: 'buy' }],
  'order-place-with-an-unknown-type': ['order-terms', { ...ORDER, orderType: 'ICEBERG' }],
  'order-place-with-a-quantity-that-is-a-number': ['order-terms', { ...ORDER, quantity: 1 }],
  'order-place-with-a-quantity-in-powers-of-ten': ['order-terms', { ...ORDER, quantity: '1e3' }],
  'order-place-with-a-quantity-with-a-plus': ['order-terms', { ...ORDER, quantity: '+1' }],
  'order-place-with-an-empty-quantity': ['order-terms', { ...ORDER, quantity: '' }],
  'order-place-with-a-price-that-is-a-number': ['order-terms', { ...ORDER, triggerPrice: 99.5 }],
  'order-place-with-a-limit-that-is-a-number': ['order-terms', { ...ORDER, limitPrice: 99.5 }],
  'order-place-with-an-empty-client-order-id': ['frames-of-the-client', { ...ORDER, clientOrderId: '' }],
  'order-place-with-a-space-in-its-client-order-id': ['frames-of-the-client', { ...ORDER, clientOrderId: 'a b' }],
  'order-place-with-a-client-order-id-over-64-characters': [
    'frames-of-the-client',
    { ...ORDER, clientOrderId: LONG_NAME },
  ],
  'order-place-with-an-umlaut-in-its-client-order-id': ['frames-of-the-client', { ...ORDER, clientOrderId: 'ä' }],
  'order-place-with-an-offset-of-unknown-kind': [
    'order-terms',
    { ...ORDER, trailingOffset: { kind: 'pips', value: '1' } },
  ],
  'order-place-with-an-offset-without-a-value': ['order-terms', { ...ORDER, trailingOffset: { kind: 'bp' } }],
  'order-place-with-an-offset-that-is-a-number': [
    'order-terms',
    { ...ORDER, trailingOffset: { kind: 'bp', value: 5 } },
  ],
  'order-place-with-an-unknown-time-in-force': ['order-terms', { ...ORDER, timeInForce: 'GTX' }],
  'order-place-with-an-unknown-trigger-basis': ['order-terms', { ...ORDER, triggerBasis: 'mid' }],
  'order-place-with-an-expiry-that-is-not-whole': ['order-terms', { ...ORDER, expireTimeUs: 1.5 }],
  'order-place-with-reduce-only-that-is-a-text': ['order-terms', { ...ORDER, reduceOnly: 'true' }],
  'order-cancel-without-a-client-order-id': ['ordercancel', { type: 'order.cancel' }],
  'order-cancel-with-a-client-order-id-that-is-a-number': ['ordercancel', { type: 'order.cancel', clientOrderId: 5 }],
  'order-modify-without-a-client-order-id': ['ordermodify', { type: 'order.modify', quantity: '1' }],
  'order-modify-with-a-quantity-that-is-a-number': ['ordermodify', { ...MODIFY, quantity: 1 }],
  'order-place-list-without-orders': ['orderplacelist', without(LIST, 'orders')],
  'order-place-list-with-no-order': ['orderplacelist', { ...LIST, orders: [] }],
  'order-place-list-over-10-orders': ['orderplacelist', { ...LIST, orders: Array(11).fill(LIST.orders[0]) }],
  'order-place-list-of-unknown-contingency': ['orderplacelist', { ...LIST, contingency: 'XOR' }],
  'alert-set-without-a-name': ['alertset', without(ALERT, 'alertId')],
  'alert-set-without-a-symbol': ['alertset', without(ALERT, 'symbol')],
  'alert-set-with-a-price-that-is-a-number': ['alertset', { ...ALERT, above: 1 }],
  'alert-clear-without-a-name': ['alertclear', { type: 'alert.clear' }],
  'presence-set-without-a-state': ['presenceset', { type: 'presence.set' }],
  'presence-set-with-an-empty-state': ['presenceset', { type: 'presence.set', state: '' }],
  'presence-set-with-a-space-in-its-state': ['presenceset', { type: 'presence.set', state: 'at lunch' }],
};

/** Values of `id` that aren't one: the error can't repeat them. */
const BAD_IDS: Readonly<Record<string, unknown>> = {
  'that-is-a-text': '1',
  'below-0': -1,
  'that-is-not-whole': 1.5,
  'over-2-to-the-53': 2 ** 53,
  'that-is-null': null,
};

/** JSON that is no frame. */
const NO_FRAMES: Readonly<Record<string, unknown>> = {
  'a-list': [],
  'a-number': 1,
  null: null,
  'a-text': 'ping',
  'an-object-without-a-type': {},
  'an-object-with-a-type-that-is-a-number': { type: 1 },
};

/** Texts that aren't JSON. */
const NO_JSON: Readonly<Record<string, string>> = {
  'half-a-frame': '{"type":',
  nothing: '',
  'a-bare-word': 'ping',
  'single-quotes': "{'type':'ping'}",
  'a-comma-at-the-end': '{"type":"ping",}',
  NaN: '{"type":"ping","id":NaN}',
  'two-frames-in-one-message': '{"type":"ping"}{"type":"ping"}',
  'a-control-in-a-text': '{"type":"pi\nng"}',
};

const UNKNOWN_TYPES = ['hello', 'AUTH', 'order', '__proto__', 'constructor', 'toString'];

/** What the server makes of frames that aren't as described. */
export const frameCases: readonly Case[] = [
  ...Object.entries(BAD_MESSAGES).map(([what, [paragraph, frame]]) =>
    bad(
      what,
      async (t) => {
        const { socket } = await t.welcome();
        const answer = await socket.ask(frame);
        has(answer, { type: 'error', code: 'bad_message', retryable: false }, 'an error');
        await lives(socket);
      },
      { paragraph },
    ),
  ),
  ...Object.entries(BAD_IDS).map(([what, id]) =>
    bad(
      `an-id-${what}`,
      async (t) => {
        const { socket } = await t.welcome();
        socket.send({ type: 'ping', id });
        const answer = await socket.takeType('error');
        has(answer, { code: 'bad_message' }, 'an error');
        check(!('id' in answer), 'an error without an id', answer);
      },
      { paragraph: 'frames-of-the-client' },
    ),
  ),
  ...Object.entries(NO_FRAMES).map(([what, value]) =>
    unreadable(`${what}-is-a-bad-message`, async (t) => {
      const { socket } = await t.welcome();
      socket.sendRaw(JSON.stringify(value));
      has(await socket.takeType('error'), { code: 'bad_message' }, 'an error');
      await lives(socket);
    }),
  ),
  ...Object.entries(NO_JSON).map(([what, value]) =>
    unreadable(`${what}-is-bad-json-and-closes-4400`, async (t) => {
      const { socket } = await t.welcome();
      socket.sendRaw(value);
      has(await socket.takeType('error'), { code: 'bad_json', retryable: false }, 'an error');
      same(await socket.closed('close 4400'), 4400, 'close');
    }),
  ),
  unreadable('a-binary-message-is-bad-json-and-closes-4400', async (t) => {
    const { socket } = await t.welcome();
    socket.sendRaw(Buffer.from('{"type":"ping"}'));
    has(await socket.takeType('error'), { code: 'bad_json' }, 'an error');
    same(await socket.closed('close 4400'), 4400, 'close');
  }),
  unreadable('nested-17-deep-is-too-deep-and-closes-4400', async (t) => {
    const { socket } = await t.welcome();
    socket.sendRaw(`${'['.repeat(17)}0${']'.repeat(17)}`);
    has(await socket.takeType('error'), { code: 'too_deep' }, 'an error');
    same(await socket.closed('close 4400'), 4400, 'close');
  }),
  unreadable('nested-16-deep-is-read', async (t) => {
    const { socket } = await t.welcome();
    socket.sendRaw(`{"type":"ping","id":77,"more":${'['.repeat(15)}0${']'.repeat(15)}}`);
    has(await socket.take(({ id }) => id === 77, 'a pong'), { type: 'pong' }, 'an answer');
  }),
  unreadable('brackets-within-a-text-do-not-count-as-depth', async (t) => {
    const { socket } = await t.welcome();
    socket.sendRaw(`{"type":"ping","id":78,"more":"${'['.repeat(100)}"}`);
    has(await socket.take(({ id }) => id === 78, 'a pong'), { type: 'pong' }, 'an answer');
  }),
  unreadable('text-that-is-not-utf-8-cuts-the-connection', async (t) => {
    const { socket } = await t.welcome();
    // A text message needs a text; its bytes are spoiled below the library that writes it.
    socket.sendText(Buffer.from([0x22, 0xff, 0xfe, 0x22]));
    const code = await socket.closed('close 1006 or 1007');
    check(code === 1006 || code === 1007, 'close 1006 or 1007', code);
  }),
  ...UNKNOWN_TYPES.map((type) =>
    unknown(`the-type-${type}-is-refused-without-a-close`, async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type });
      has(answer, { type: 'error', code: 'unknown_type', retryable: false, retryAfterMs: 0 }, 'an error');
      await lives(socket);
    }),
  ),
  unknown('the-channel-nonesuch-is-refused', async (t) => {
    const { socket } = await t.welcome();
    const answer = await socket.ask({ type: 'subscribe', channel: 'nonesuch' });
    has(answer, { type: 'error', code: 'unknown_channel', retryable: false }, 'an error');
    await lives(socket);
  }),
  unknown('the-channel-of-an-unsubscribe-is-refused', async (t) => {
    const { socket } = await t.welcome();
    const answer = await socket.ask({ type: 'unsubscribe', channel: 'nonesuch' });
    has(answer, { type: 'error', code: 'unknown_channel' }, 'an error');
  }),
  ...[{ type: 'ping' }, { type: 'subscribe', channel: 'heartbeat' }, { type: 'get', what: 'news' }].map((frame) =>
    unknown(`fields-of-${frame.type}-are-ignored`, async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ ...frame, colour: 'red', nested: { deep: [1, null] } });
      check(answer['type'] !== 'error', 'the usual answer', answer);
    }),
  ),
  unknown(
    'an-error-is-as-described',
    async (t) => {
      const { socket } = await t.welcome();
      read(ErrorShape, await socket.ask({ type: 'hello' }), 'an error');
    },
    { paragraph: 'error' },
  ),
  limit('a-frame-over-maxFrameBytes-closes-4413', async (t) => {
    const { socket, welcome } = await t.welcome();
    socket.sendRaw('x'.repeat(whole(welcome, 'limits', 'maxFrameBytes') + 1));
    same(await socket.closed('close 4413'), 4413, 'close');
  }),
  limit(
    'a-frame-of-just-maxFrameBytes-is-read',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      const frame = '{"type":"ping","id":79,"more":""}';
      const room = whole(welcome, 'limits', 'maxFrameBytes') - frame.length;
      socket.sendRaw(frame.replace('""', `"${'x'.repeat(room)}"`));
      has(await socket.take(({ id }) => id === 79, 'a pong'), { type: 'pong' }, 'an answer');
    },
    { needs: ['json'] },
  ),
  limit('over-the-burst-commands-are-rate-limited', async (t) => {
    const { refused } = await flooded(t);
    has(refused, { code: 'rate_limited', retryable: true }, 'an error');
    check(whole(refused, 'retryAfterMs') > 0, 'a time after which to try again', refused);
  }),
  limit('after-retryAfterMs-commands-are-taken-again', async (t) => {
    const { socket, refused } = await flooded(t);
    await socket.gather(2, ({ type }) => type === 'heartbeat', 'a heartbeat', { behind: refused });
    await lives(socket);
  }),
  limit(
    'commandBurst-refused-in-a-row-closes-4129',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      const burst = whole(welcome, 'limits', 'commandBurst');
      const closed = socket.closed('close 4129');
      // A server that is slow has a command to spare between two refusals: the flood goes on until it is ended.
      while (socket.isOpen) {
        for (let at = 0; at < burst * 3; at++) socket.send({ type: 'ping' });
        const refused = socket.gather(burst, ({ type }) => type === 'error', 'refusals').catch(() => undefined);
        await Promise.race([closed, refused]);
      }
      same(await closed, 4129, 'close');
    },
    { paragraph: 'close-codes' },
  ),
  limit('more-symbols-than-a-socket-may-have-are-refused', async (t) => {
    const { socket, welcome } = await t.welcome();
    const most = whole(welcome, 'limits', 'maxSymbolsPerSocket');
    const symbols = Array.from({ length: most + 1 }, (_, at) => t.symbol(at));
    const answer = await socket.ask({ type: 'subscribe', channel: 'ticker', symbols });
    has(answer, { type: 'error', code: 'too_many_symbols', retryable: false }, 'an error');
    const { heads } = await socket.takeType('heartbeat');
    check(!JSON.stringify(heads).includes(t.symbol()), 'nothing subscribed to', heads);
  }),
];

/** Sends commands until one is refused: a server that is slow has some to spare again before it has read a burst. */
async function flooded(t: Context): Promise<{ readonly socket: Socket; readonly refused: Frame }> {
  const { socket, welcome } = await t.welcome();
  // So many that a burst is soon over, and that not a whole one is refused, which would be the end.
  const some = Math.ceil(0.75 * whole(welcome, 'limits', 'commandBurst'));
  const refusal = socket.takeType('error');
  for (;;) {
    for (let at = 0; at < some; at++) socket.send({ type: 'ping' });
    const all = socket.gather(some, ({ type, id }) => type === 'pong' && id === undefined, 'a pong');
    const refused = await Promise.race([
      refusal,
      all.then(
        () => undefined,
        () => undefined,
      ),
    ]);
    if (refused !== undefined) return { socket, refused };
  }
}
