import { type TSchema, Type } from '@sinclair/typebox';
import { type Case, theme } from '../case.ts';
import type { Context, OpenOptions } from '../context.ts';
import { check, type Frame, field, has, read, same, shown, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { Ms, tokenCases } from './shared.ts';

const PARAGRAPH = 'the-us-001-dialect';
const opening = theme({ dialect: 'us-001', theme: 'opening', paragraph: PARAGRAPH });
const price = theme({ dialect: 'us-001', theme: 'price', paragraph: 'price-of-us-001', needs: ['ticks'] });
const ping = theme({ dialect: 'us-001', theme: 'ping', paragraph: 'pong-of-us-001' });
const heartbeat = theme({ dialect: 'us-001', theme: 'heartbeat', paragraph: 'heartbeat-of-us-001' });
const errors = theme({ dialect: 'us-001', theme: 'errors', paragraph: 'error-of-us-001' });

/** Longer than its interval. */
const HEARTBEAT_TIMEOUT_MS = 36_000;
const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
const QUOTE = {
  size: NumberOrNull,
  change: NumberOrNull,
  changePercent: NumberOrNull,
  volume: Type.Number({ minimum: 0 }),
  bid: NumberOrNull,
  ask: NumberOrNull,
  previousClose: NumberOrNull,
};
const Snapshot = envelope(
  'snapshot',
  Type.Object({
    price: NumberOrNull,
    ...QUOTE,
    marketStatus: Type.Union(['open', 'closed', 'pre_market', 'after_hours'].map((status) => Type.Literal(status))),
    ageMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  }),
);
const Price = envelope('price', Type.Object({ price: Type.Number({ exclusiveMinimum: 0 }), ...QUOTE }));

const BAD: Readonly<Record<string, Frame>> = {
  'a-ping-with-a-time-that-is-a-text': { type: 'ping', timestamp: 'now' },
  'a-ping-with-a-time-below-0': { type: 'ping', timestamp: -1 },
  'a-frame-without-a-type': { ping: true },
  'a-type-that-is-a-number': { type: 5 },
};

/** The US-001 dialect: one ticker a socket. */
export const us001Cases: readonly Case[] = [
  opening('begins-with-connected', async (t) => {
    const socket = await open(t);
    const first = await socket.first(() => true, 'a frame');
    has(first, { type: 'connected', ticker: t.symbol() }, 'the first frame');
    read(envelope('connected', Type.Object({})), first, 'connected');
  }),
  opening('tells-its-interval-of-heartbeats', async (t) => {
    const socket = await open(t);
    check(
      whole(await socket.takeType('connected'), 'data', 'heartbeatMs') >= 1_000,
      'an interval in ms',
      socket.frames,
    );
  }),
  opening('a-snapshot-follows-as-described', async (t) => {
    const socket = await open(t);
    has(read(Snapshot, await socket.takeType('snapshot'), 'a snapshot'), { ticker: t.symbol() }, 'a snapshot');
  }),
  opening(
    'a-price-in-the-snapshot-is-60-s-old-at-most',
    async (t) => {
      const socket = await open(t);
      const { data } = read(Snapshot, await socket.takeType('snapshot'), 'a snapshot');
      const isOpen = data.marketStatus !== 'closed';
      check(!isOpen || data.ageMs === null || data.ageMs <= 60_000, '60,000 ms at most', data);
    },
    { needs: ['ticks'] },
  ),
  opening(
    'a-ticker-that-has-not-traded-has-no-price',
    async (t) => {
      const socket = await t.open('us-001', { suffix: `/${t.quietSymbol}` });
      const { data } = read(Snapshot, await socket.takeType('snapshot'), 'a snapshot');
      same([data.price, data.ageMs], [null, null], 'price and age');
    },
    { needs: ['quiet-symbol'] },
  ),
  opening('an-unknown-ticker-is-told', async (t) => {
    const socket = await t.open('us-001', { suffix: '/NONESUCH' });
    has(await socket.takeType('error'), { data: { code: 'unknown_symbol' } }, 'an error');
  }),
  ...tokenCases(opening, open, { paragraph: 'identity' }),
  opening(
    'without-market-read-no-price-comes',
    async (t) => {
      const socket = await t.open('us-001', {
        suffix: `/${t.symbol()}`,
        token: await t.mint({ scopes: ['orders:write'] }),
      });
      has(await socket.takeType('error'), { data: { code: 'forbidden' } }, 'an error');
      same(socket.of('price'), [], 'prices');
    },
    { needs: ['secret'], paragraph: 'identity' },
  ),
  price('comes-with-each-trade-as-described', async (t) => {
    const socket = await open(t);
    for (let at = 0; at < 8; at++) read(Price, await socket.takeType('price'), 'a price');
  }),
  price('is-of-this-ticker-alone', async (t) => {
    const socket = await open(t);
    await socket.gather(8, ({ type }) => type === 'price', 'a price');
    same([...new Set(socket.frames.map((frame) => frame['ticker']))], [t.symbol()], 'tickers');
  }),
  price('times-never-run-backwards', async (t) => {
    const socket = await open(t);
    const times = (await socket.gather(8, ({ type }) => type === 'price', 'a price')).map((frame) =>
      whole(frame, 'timestamp'),
    );
    same(
      times,
      [...times].sort((a, b) => a - b),
      'times in their order',
    );
  }),
  price('change-is-against-the-last-close', async (t) => {
    const socket = await open(t);
    const { data } = read(Price, await socket.takeType('price'), 'a price');
    if (data.previousClose === null || data.change === null) return;
    check(Math.abs(data.price - data.previousClose - data.change) < 1e-6, 'price - previousClose', data);
    const percent = ((data.price - data.previousClose) / data.previousClose) * 100;
    check(Math.abs((data.changePercent ?? 0) - percent) <= 0.005_001, 'the change in percent', data);
  }),
  price('is-the-same-for-every-client', async (t) => {
    const [one, other] = await Promise.all([open(t), open(t)]);
    await Promise.all([one, other].map((socket) => socket.gather(8, ({ type }) => type === 'price', 'a price')));
    const theirs = new Set(other.of('price').map((frame) => JSON.stringify(frame)));
    check(
      one.of('price').some((frame) => theirs.has(JSON.stringify(frame))),
      'prices that both got',
      one.of('price'),
    );
  }),
  ping('is-answered-by-a-pong-with-its-time', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'ping', timestamp: 1_702_210_800_000 });
    const pong = await socket.takeType('pong');
    read(envelope('pong', Type.Object({})), pong, 'a pong');
    same(field(pong, 'data', 'pingTimestamp'), 1_702_210_800_000, 'the time of the ping');
  }),
  ping('without-a-time-is-answered-as-well', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'ping' });
    check(field(await socket.takeType('pong'), 'data', 'pingTimestamp') === undefined, 'no time', socket.frames.at(-1));
  }),
  ping('a-clients-pong-needs-no-answer', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'pong' });
    socket.send({ type: 'ping' });
    await socket.takeType('pong');
    same(socket.of('error'), [], 'errors');
  }),
  heartbeat(
    'comes-within-30-s',
    async (t) => {
      const socket = await open(t);
      const { heartbeatMs } = Object.fromEntries(Object.entries((await socket.takeType('connected'))['data'] ?? {}));
      check(Number(heartbeatMs) <= 30_000, 'an interval of 30,000 ms at most', heartbeatMs);
      await socket.takeType('heartbeat');
    },
    { timeoutMs: HEARTBEAT_TIMEOUT_MS, needs: ['patience'] },
  ),
  errors('an-unknown-type-is-told', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'dance' });
    has(await socket.takeType('error'), { data: { code: 'unknown_type' } }, 'an error');
    check(socket.isOpen, 'an open connection', 'a close');
  }),
  ...Object.entries(BAD).map(([what, frame]) =>
    errors(`${what}-is-a-bad-message`, async (t) => {
      const socket = await open(t);
      socket.send(frame);
      has(await socket.takeType('error'), { data: { code: 'bad_message' } }, 'an error');
      check(socket.isOpen, 'an open connection', 'a close');
    }),
  ),
  errors('what-is-not-json-closes-4400', async (t) => {
    const socket = await open(t);
    socket.sendRaw('{"type":');
    has(await socket.takeType('error'), { data: { code: 'bad_json' } }, 'an error');
    same(await socket.closed('close 4400'), 4400, 'close');
  }),
  errors('every-frame-has-type-ticker-data-and-timestamp', async (t) => {
    const socket = await open(t);
    socket.send({ type: 'dance' });
    await socket.takeType('error');
    for (const frame of socket.frames) read(envelope(shown(frame['type']), Type.Object({})), frame, 'a frame');
  }),
];

function open(t: Context, options: OpenOptions = {}): Promise<Socket> {
  return t.open('us-001', { suffix: `/${t.symbol()}`, ...options });
}

function envelope<S extends TSchema>(type: string, data: S) {
  return Type.Object({ type: Type.Literal(type), ticker: Type.String({ minLength: 1 }), data, timestamp: Ms });
}
