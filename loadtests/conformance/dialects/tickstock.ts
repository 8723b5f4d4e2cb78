import { Type } from '@sinclair/typebox';
import { type Case, theme } from '../case.ts';
import type { Context, OpenOptions } from '../context.ts';
import { check, type Frame, field, has, list, read, same } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { Ms, tokenCases } from './shared.ts';

const PARAGRAPH = 'the-tickstock-dialect';
const opening = theme({ dialect: 'tickstock', theme: 'opening', paragraph: PARAGRAPH });
/** Patterns are rare. */
const PATTERN_MS = 90_000;
const subscription = theme({ dialect: 'tickstock', theme: 'subscription', paragraph: 'subscribed-of-tickstock' });
const pattern = theme({
  dialect: 'tickstock',
  theme: 'pattern',
  paragraph: 'pattern-of-tickstock',
  needs: ['patterns', 'ticks', 'minutes'],
  timeoutMs: PATTERN_MS,
});
const errors = theme({ dialect: 'tickstock', theme: 'errors', paragraph: 'error-of-tickstock' });

const PATTERN = {
  symbol: Type.String(),
  pattern_type: Type.String({ minLength: 1 }),
  timestamp: Ms,
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  metadata: Type.Object({ timeframe: Type.String(), direction: Type.String(), price: Type.Number() }),
};
const Pattern = Type.Object({ type: Type.Literal('pattern'), ...PATTERN });
const Backlog = Type.Object({
  type: Type.Literal('backlog'),
  symbol: Type.String(),
  patterns: Type.Array(Type.Object(PATTERN)),
  timestamp: Ms,
});

const BAD: Readonly<Record<string, Frame>> = {
  'subscribe-without-symbols': { action: 'subscribe' },
  'subscribe-with-an-empty-list': { action: 'subscribe', symbols: [] },
  'subscribe-with-symbols-that-are-a-text': { action: 'subscribe', symbols: 'AAPL' },
  'a-confidence-over-1': { action: 'subscribe', symbols: ['AAPL'], min_confidence: 2 },
  'a-confidence-below-0': { action: 'subscribe', symbols: ['AAPL'], min_confidence: -0.5 },
  'an-unknown-time-frame': { action: 'subscribe', symbols: ['AAPL'], timeframes: ['2m'] },
  'pattern-types-that-are-a-text': { action: 'subscribe', symbols: ['AAPL'], pattern_types: 'doji' },
  'a-backlog-below-0': { action: 'subscribe', symbols: ['AAPL'], backlog: -1 },
  'a-backlog-beyond-measure': { action: 'subscribe', symbols: ['AAPL'], backlog: 1_000_000 },
  'unsubscribe-without-symbols': { action: 'unsubscribe' },
  'a-frame-without-an-action': { symbols: ['AAPL'] },
};

/** The TickStock dialect: patterns as bars complete them. */
export const tickstockCases: readonly Case[] = [
  opening('begins-with-connected', async (t) => {
    const socket = await open(t);
    const first = await socket.first(() => true, 'a frame');
    has(first, { type: 'connected' }, 'the first frame');
    read(Ms, first['timestamp'], 'its timestamp');
  }),
  opening('ping-is-answered-by-pong', async (t) => {
    const socket = await open(t);
    socket.send({ action: 'ping' });
    read(Ms, (await socket.takeType('pong'))['timestamp'], 'the timestamp of a pong');
  }),
  ...tokenCases(opening, open, { paragraph: 'identity' }),
  subscription('is-confirmed-with-its-symbols', async (t) => {
    const socket = await open(t);
    const symbols = [t.symbol(0), t.symbol(1)];
    socket.send({ action: 'subscribe', symbols });
    has(await socket.takeType('subscribed'), { symbols }, 'subscribed');
  }),
  subscription('takes-thresholds-and-filters', async (t) => {
    const socket = await open(t);
    const filters = { min_confidence: 0.5, pattern_types: ['doji', 'hammer'], timeframes: ['1m', '5m'] };
    socket.send({ action: 'subscribe', symbols: [t.symbol()], ...filters });
    has(await socket.takeType('subscribed'), { symbols: [t.symbol()] }, 'subscribed');
  }),
  subscription('end-is-confirmed', async (t) => {
    const socket = await open(t);
    socket.send({ action: 'subscribe', symbols: [t.symbol()] });
    socket.send({ action: 'unsubscribe', symbols: [t.symbol()] });
    has(await socket.takeType('unsubscribed'), { symbols: [t.symbol()] }, 'unsubscribed');
  }),
  subscription(
    'without-market-read-is-forbidden',
    async (t) => {
      const socket = await open(t, { token: await t.mint({ scopes: ['orders:write'] }) });
      socket.send({ action: 'subscribe', symbols: [t.symbol()] });
      has(await socket.takeType('error'), { code: 'forbidden' }, 'an error');
    },
    { needs: ['secret'], paragraph: 'identity' },
  ),
  subscription('without-a-backlog-none-comes', async (t) => {
    const socket = await open(t);
    socket.send({ action: 'subscribe', symbols: [t.symbol()] });
    await socket.takeType('subscribed');
    socket.send({ action: 'ping' });
    await socket.takeType('pong');
    same(socket.of('backlog'), [], 'backlogs');
  }),
  subscription(
    'a-backlog-is-as-described-and-no-longer-than-asked-for',
    async (t) => {
      const earlier = await open(t);
      earlier.send({ action: 'subscribe', symbols: symbolsOf(t) });
      await earlier.takeType('pattern');
      const socket = await open(t);
      socket.send({ action: 'subscribe', symbols: symbolsOf(t), backlog: 2 });
      // A pong may overtake the answer: that comes first, and the backlogs right behind it.
      await socket.takeType('subscribed');
      socket.send({ action: 'ping' });
      await socket.takeType('pong');
      const came = socket.of('backlog');
      check(came.length > 0, 'a backlog, since a pattern has just come', socket.frames);
      for (const frame of came) {
        const { patterns } = read(Backlog, frame, 'a backlog');
        check(patterns.length <= 2, 'two patterns at most', frame);
      }
    },
    { needs: ['patterns'], timeoutMs: PATTERN_MS },
  ),
  pattern('is-as-described', async (t) => {
    const socket = await open(t);
    socket.send({ action: 'subscribe', symbols: symbolsOf(t) });
    const came = read(Pattern, await socket.takeType('pattern'), 'a pattern');
    check(symbolsOf(t).includes(came.symbol), 'a symbol subscribed to', came);
  }),
  pattern('below-the-threshold-does-not-come', async (t) => {
    const socket = await open(t);
    const all = await open(t);
    socket.send({ action: 'subscribe', symbols: symbolsOf(t), min_confidence: 1 });
    all.send({ action: 'subscribe', symbols: symbolsOf(t) });
    await all.gather(3, ({ type }) => type === 'pattern', 'a pattern');
    socket.send({ action: 'ping' });
    await socket.takeType('pong');
    for (const frame of socket.of('pattern')) same(frame['confidence'], 1, 'confidence');
  }),
  pattern('of-another-time-frame-does-not-come', async (t) => {
    const socket = await open(t);
    const all = await open(t);
    socket.send({ action: 'subscribe', symbols: symbolsOf(t), timeframes: ['1h'] });
    all.send({ action: 'subscribe', symbols: symbolsOf(t) });
    await all.gather(3, ({ type }) => type === 'pattern', 'a pattern');
    socket.send({ action: 'ping' });
    await socket.takeType('pong');
    for (const frame of socket.of('pattern')) same(field(frame, 'metadata', 'timeframe'), '1h', 'timeframe');
  }),
  pattern(
    'no-ticks-come',
    async (t) => {
      const socket = await open(t);
      socket.send({ action: 'subscribe', symbols: symbolsOf(t) });
      await socket.takeType('heartbeat');
      const known = ['connected', 'subscribed', 'pattern', 'heartbeat', 'backlog', 'notice'];
      same(
        socket.frames.filter(({ type }) => !known.includes(String(type))),
        [],
        'other frames',
      );
    },
    { needs: [] },
  ),
  errors('an-unknown-symbol-is-told', async (t) => {
    const socket = await open(t);
    socket.send({ action: 'subscribe', symbols: ['NONESUCH'] });
    has(await socket.takeType('error'), { code: 'unknown_symbol' }, 'an error');
  }),
  errors('an-unknown-action-is-told', async (t) => {
    const socket = await open(t);
    socket.send({ action: 'dance' });
    has(await socket.takeType('error'), { code: 'unknown_type', retryable: false }, 'an error');
    check(socket.isOpen, 'an open connection', 'a close');
  }),
  ...Object.entries(BAD).map(([what, frame]) =>
    errors(`${what}-is-a-bad-message`, async (t) => {
      const socket = await open(t);
      socket.send(frame);
      has(await socket.takeType('error'), { code: 'bad_message' }, 'an error');
      check(socket.isOpen, 'an open connection', 'a close');
    }),
  ),
  errors('what-is-not-json-closes-4400', async (t) => {
    const socket = await open(t);
    socket.sendRaw('[1,2');
    has(await socket.takeType('error'), { code: 'bad_json' }, 'an error');
    same(await socket.closed('close 4400'), 4400, 'close');
  }),
];

function open(t: Context, options: OpenOptions = {}): Promise<Socket> {
  return t.open('tickstock', options);
}

/** Some symbols: patterns are rare. */
function symbolsOf({ target }: Context): readonly string[] {
  return list({ symbols: target.symbols.slice(0, 5) }, 'symbols').map(String);
}
