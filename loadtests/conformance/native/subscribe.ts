import type { TSchema } from '@sinclair/typebox';
import { Type } from '@sinclair/typebox';
import { type Case, type Need, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has, list, read, same, whole } from '../expect.ts';
import * as Shape from '../shapes.ts';
import type { Socket } from '../socket.ts';
import { lives } from './connection.ts';

const subscribe = theme({ dialect: 'native', theme: 'subscribe', paragraph: 'subscribe' });
const snapshot = theme({ dialect: 'native', theme: 'snapshot', paragraph: 'snapshot' });
const unsubscribe = theme({ dialect: 'native', theme: 'unsubscribe', paragraph: 'unsubscribe' });
const scope = theme({ dialect: 'native', theme: 'scope', paragraph: 'identity' });
const ticker = theme({ dialect: 'native', theme: 'ticker', paragraph: 'ticker', needs: ['ticks'] });
const trade = theme({ dialect: 'native', theme: 'trade', paragraph: 'trade', needs: ['ticks', 'trades'] });

const FRAMES_LOOKED_AT = 10;

/** A channel, what its keys are, what its snapshot holds, and what a server must have for it. */
export interface ChannelRow {
  readonly channel: string;
  readonly keys: 'symbol' | 'account' | 'whole' | 'channel' | 'none';
  readonly data?: TSchema;
  readonly needs: readonly Need[];
  readonly anchor: string;
}

const Anything = Type.Array(Type.Unknown());

/** The channels as PROTOCOL.md lists them. */
export const CHANNELS: readonly ChannelRow[] = [
  { channel: 'ticker', keys: 'symbol', data: Shape.TickerData, needs: [], anchor: 'ticker-data' },
  {
    channel: 'trade',
    keys: 'symbol',
    data: Type.Union([Shape.TradeData, Type.Null()]),
    needs: ['trades'],
    anchor: 'trade-data',
  },
  ...['bar.1m', 'bar.5m', 'bar.15m', 'bar.1h'].map(
    (channel): ChannelRow => ({ channel, keys: 'symbol', data: Shape.BarsData, needs: ['bars'], anchor: 'bars-data' }),
  ),
  { channel: 'pattern', keys: 'symbol', data: Anything, needs: ['patterns'], anchor: 'pattern' },
  { channel: 'order', keys: 'account', data: Type.Array(Shape.OrderData), needs: ['orders'], anchor: 'order-data' },
  { channel: 'execution', keys: 'account', data: Type.Null(), needs: ['orders'], anchor: 'execution' },
  {
    channel: 'position',
    keys: 'account',
    data: Type.Array(Shape.PositionData),
    needs: ['orders'],
    anchor: 'position-data',
  },
  {
    channel: 'position.value',
    keys: 'account',
    data: Type.Array(Shape.PositionData),
    needs: ['orders'],
    anchor: 'positionvalue',
  },
  { channel: 'portfolio', keys: 'account', data: Shape.PortfolioData, needs: ['orders'], anchor: 'portfolio-data' },
  { channel: 'alert', keys: 'account', data: Type.Array(Shape.AlertData), needs: ['alerts'], anchor: 'alert-data' },
  { channel: 'news', keys: 'whole', data: Anything, needs: ['news'], anchor: 'news' },
  { channel: 'system', keys: 'none', needs: [], anchor: 'system' },
  { channel: 'presence', keys: 'channel', data: Shape.PresentUsers, needs: ['presence'], anchor: 'present-user' },
  { channel: 'heartbeat', keys: 'none', needs: [], anchor: 'heartbeat' },
];

/** The keys with which a case subscribes to a channel. */
export function keysFor(t: Context, row: ChannelRow, account: string): readonly string[] {
  switch (row.keys) {
    case 'symbol':
      return [t.symbol()];
    case 'account':
      return [account];
    case 'channel':
      return ['ticker'];
    default:
      return [];
  }
}

/** The part of a `subscribe` frame that names keys, where a channel has such. */
function wishFor(keys: readonly string[]): Frame {
  return keys.length === 0 ? {} : { symbols: keys };
}

/** Subscriptions, snapshots, who may have them, and market data. */
export const subscribeCases: readonly Case[] = [
  ...CHANNELS.map((row) =>
    subscribe(
      `${row.channel.replace('.', '-')}-is-answered-with-its-keys`,
      async (t) => {
        const { socket, account } = await t.welcome();
        const keys = keysFor(t, row, account);
        const answer = await t.subscribe(socket, row.channel, wishFor(keys));
        same(answer['recovered'], false, 'recovered');
        if (row.keys === 'whole') check(list(answer, 'symbols').length > 0, 'a key', answer);
        else same(answer['symbols'], keys, 'symbols');
      },
      { needs: row.needs },
    ),
  ),
  ...CHANNELS.flatMap(({ data, ...row }) =>
    data === undefined
      ? []
      : [
          snapshot(
            `of-${row.channel.replace('.', '-')}-is-as-described`,
            async (t) => {
              const { socket, account, welcome } = await t.welcome();
              await t.subscribe(socket, row.channel, wishFor(keysFor(t, row, account)));
              const came = await socket.takeType('snapshot');
              read(Shape.Snapshot, came, 'a snapshot');
              has(came, { channel: row.channel, epoch: welcome['epoch'] }, 'a snapshot');
              read(data, came['data'], `the data of a snapshot of ${row.channel}`);
            },
            { needs: row.needs, paragraph: row.anchor },
          ),
        ],
  ),
  ...CHANNELS.filter(({ keys }) => keys === 'account').flatMap((row) => [
    subscribe(
      `${row.channel.replace('.', '-')}-without-symbols-is-ones-own-account`,
      async (t) => {
        const { socket, account } = await t.welcome();
        same((await t.subscribe(socket, row.channel))['symbols'], [account], 'symbols');
      },
      { needs: row.needs, paragraph: 'the-native-stream' },
    ),
    scope(
      `${row.channel.replace('.', '-')}-of-another-account-is-forbidden`,
      async (t) => {
        const { socket } = await t.welcome();
        const symbols = ['somebody-elses-account'];
        const answer = await socket.ask({ type: 'subscribe', channel: row.channel, symbols });
        has(answer, { type: 'error', code: 'forbidden', retryable: false }, 'an error');
        await lives(socket);
      },
      { needs: [...row.needs, 'tokens'] },
    ),
  ]),
  ...CHANNELS.filter(({ keys }) => keys === 'symbol' || keys === 'whole').map((row) =>
    scope(
      `${row.channel.replace('.', '-')}-without-market-read-is-forbidden`,
      async (t) => {
        const { socket, account } = await t.welcome(await t.mint({ scopes: ['orders:write'] }));
        const wish = wishFor(keysFor(t, row, account));
        const answer = await socket.ask({ type: 'subscribe', channel: row.channel, ...wish });
        has(answer, { type: 'error', code: 'forbidden' }, 'an error');
      },
      { needs: [...row.needs, 'secret'] },
    ),
  ),
  ...['account:%', 'account:*'].map((pattern) =>
    scope(
      `${pattern === 'account:*' ? 'account-star-opens-every-account' : 'account-by-name-opens-that-account'}`,
      async (t) => {
        const other = `${t.user}-other`;
        const { socket } = await t.welcome(await t.mint({ scopes: [pattern.replace('%', other)] }));
        same((await t.subscribe(socket, 'order', { symbols: [other] }))['symbols'], [other], 'symbols');
      },
      { needs: ['secret', 'orders'] },
    ),
  ),
  subscribe('one-unknown-symbol-refuses-the-whole-command', async (t) => {
    const { socket } = await t.welcome();
    const answer = await socket.ask({ type: 'subscribe', channel: 'ticker', symbols: [t.symbol(), 'NONESUCH'] });
    has(answer, { type: 'error', code: 'unknown_symbol', retryable: false }, 'an error');
    const { heads } = await socket.takeType('heartbeat');
    check(field(heads, 'ticker', t.symbol()) === undefined, `no head of ${t.symbol()}`, heads);
    same(socket.of('ticker').length, 0, 'ticker frames');
  }),
  subscribe('a-key-named-twice-counts-once', async (t) => {
    const { socket } = await t.welcome();
    const symbols = [t.symbol(), t.symbol()];
    same((await t.subscribe(socket, 'ticker', { symbols }))['symbols'], [t.symbol()], 'symbols');
    await lives(socket);
    same(socket.of('snapshot').length, 1, 'the number of snapshots');
  }),
  subscribe('again-sends-the-snapshot-again', async (t) => {
    const { socket } = await t.welcome();
    await t.ticker(socket, t.symbol());
    await t.ticker(socket, t.symbol());
  }),
  subscribe('a-snapshot-comes-for-each-key', async (t) => {
    const { socket } = await t.welcome();
    const symbols = [t.symbol(0), t.symbol(1)];
    await t.subscribe(socket, 'ticker', { symbols });
    await lives(socket);
    const came = socket.of('snapshot').map((frame) => frame['symbol']);
    same([...came].sort(), [...symbols].sort(), 'snapshots of');
  }),
  subscribe('the-answer-comes-before-the-snapshot', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'ticker', { symbols: [t.symbol()] });
    await socket.first(({ type }) => type === 'snapshot', 'a snapshot');
    const order = socket.frames.map(({ type }) => type).filter((type) => type === 'subscribed' || type === 'snapshot');
    same(order, ['subscribed', 'snapshot'], 'the order');
  }),
  subscribe(
    'an-unknown-channel-of-presence-is-refused',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'subscribe', channel: 'presence', symbols: ['nonesuch'] });
      has(answer, { type: 'error', code: 'unknown_channel' }, 'an error');
    },
    { needs: ['presence'] },
  ),
  subscribe(
    'a-symbol-that-has-not-traded-has-nulls',
    async (t) => {
      const { socket } = await t.welcome();
      const came = await t.ticker(socket, t.quietSymbol);
      const { last, bid, volume } = read(Shape.TickerData, came['data'], 'ticker data');
      same([last, bid, volume], [null, null, 0], 'last, bid and volume');
    },
    { needs: ['quiet-symbol'], paragraph: 'ticker-data' },
  ),
  ...CHANNELS.map((row) =>
    unsubscribe(
      `${row.channel.replace('.', '-')}-is-answered-with-its-keys`,
      async (t) => {
        const { socket, account } = await t.welcome();
        const wish = wishFor(keysFor(t, row, account));
        const { symbols } = await t.subscribe(socket, row.channel, wish);
        const answer = await socket.ask({ type: 'unsubscribe', channel: row.channel, ...wish });
        has(answer, { type: 'unsubscribed', channel: row.channel }, 'unsubscribed');
        if (row.keys !== 'none') same(answer['symbols'], symbols, 'symbols');
      },
      { needs: row.needs },
    ),
  ),
  unsubscribe(
    'nothing-comes-after-it',
    async (t) => {
      const [{ socket }, { socket: other }] = await Promise.all([t.welcome(), t.welcome()]);
      const symbols = [t.symbol()];
      await t.ticker(socket, t.symbol());
      await t.ticker(other, t.symbol());
      const ended = await socket.ask({ type: 'unsubscribe', channel: 'ticker', symbols });
      await tickers(other, FRAMES_LOOKED_AT);
      await lives(socket);
      const after = socket.frames.slice(socket.frames.indexOf(ended)).filter(({ type }) => type === 'ticker');
      same(after.length, 0, 'ticker frames after it');
    },
    { needs: ['ticks'] },
  ),
  unsubscribe(
    'other-keys-go-on',
    async (t) => {
      const { socket } = await t.welcome();
      const [gone, kept] = [t.symbol(0), t.symbol(1)];
      await t.subscribe(socket, 'ticker', { symbols: [gone, kept] });
      await socket.ask({ type: 'unsubscribe', channel: 'ticker', symbols: [gone] });
      await socket.take(({ type, symbol }) => type === 'ticker' && symbol === kept, `a ticker of ${kept}`);
    },
    { needs: ['ticks'] },
  ),
  unsubscribe(
    'its-head-leaves-the-heartbeat',
    async (t) => {
      const { socket } = await t.welcome();
      await t.ticker(socket, t.symbol());
      await socket.ask({ type: 'unsubscribe', channel: 'ticker', symbols: [t.symbol()] });
      const { heads } = await socket.takeType('heartbeat');
      check(field(heads, 'ticker', t.symbol()) === undefined, `no head of ${t.symbol()}`, heads);
    },
    { paragraph: 'heartbeat' },
  ),
  ticker('is-as-described', async (t) => {
    const { socket } = await t.welcome();
    await t.ticker(socket, t.symbol());
    for (const frame of await tickers(socket, FRAMES_LOOKED_AT)) read(Shape.Ticker, frame, 'a ticker');
  }),
  ticker(
    'numbers-go-on-from-the-snapshot-without-a-gap',
    async (t) => {
      const { socket } = await t.welcome();
      let last = whole(await t.ticker(socket, t.symbol()), 'seq');
      for (const frame of await tickers(socket, FRAMES_LOOKED_AT)) {
        const from = frame['seqFrom'] === undefined ? whole(frame, 'seq') : whole(frame, 'seqFrom');
        same(from, last + 1, 'number');
        last = whole(frame, 'seq');
      }
    },
    { paragraph: 'sequence-and-resume' },
  ),
  ticker(
    'each-symbol-has-numbers-of-its-own',
    async (t) => {
      const { socket } = await t.welcome();
      const symbols = [t.symbol(0), t.symbol(1)];
      await t.subscribe(socket, 'ticker', { symbols });
      await tickers(socket, FRAMES_LOOKED_AT * 2);
      for (const symbol of symbols) {
        const own = socket.frames.filter((frame) => frame['symbol'] === symbol);
        own.reduce((last, frame) => {
          const seq = whole(frame, 'seq');
          const from = frame['seqFrom'] === undefined ? seq : whole(frame, 'seqFrom');
          if (last >= 0) same(from, last + 1, `number of ${symbol}`);
          return seq;
        }, -1);
      }
    },
    { paragraph: 'sequence-and-resume' },
  ),
  ticker(
    'every-client-sees-the-same-under-a-number',
    async (t) => {
      const [one, other] = await Promise.all([t.welcome(), t.welcome()]);
      await Promise.all([t.ticker(one.socket, t.symbol()), t.ticker(other.socket, t.symbol())]);
      await Promise.all([tickers(one.socket, FRAMES_LOOKED_AT), tickers(other.socket, FRAMES_LOOKED_AT)]);
      const theirs = new Map(other.socket.of('ticker').map((frame) => [whole(frame, 'seq'), frame]));
      const both = one.socket.of('ticker').filter((frame) => theirs.has(whole(frame, 'seq')));
      check(both.length > 0, 'numbers that both have', [...theirs.keys()]);
      for (const frame of both) same(theirs.get(whole(frame, 'seq'))?.['data'], frame['data'], 'data');
    },
    { paragraph: 'sequence-and-resume' },
  ),
  ticker(
    'volume-never-shrinks',
    async (t) => {
      const { socket } = await t.welcome();
      await t.ticker(socket, t.symbol());
      let last = 0;
      for (const frame of await tickers(socket, FRAMES_LOOKED_AT)) {
        const volume = Number(field(frame, 'data', 'volume'));
        check(volume >= last, `a volume of ${last} at least`, frame);
        last = volume;
      }
    },
    { paragraph: 'ticker-data' },
  ),
  ticker(
    'times-are-in-their-order',
    async (t) => {
      const { socket } = await t.welcome();
      await t.ticker(socket, t.symbol());
      let last = 0;
      for (const frame of await tickers(socket, FRAMES_LOOKED_AT)) {
        const [event, received, sent] = ['eventTimeUs', 'receivedTimeUs', 'sentTimeUs'].map((name) =>
          whole(frame, name),
        );
        check((received ?? 0) <= (sent ?? 0), 'receivedTimeUs before sentTimeUs', frame);
        check((event ?? 0) >= last, `eventTimeUs from ${last} on`, frame);
        last = event ?? 0;
      }
    },
    { paragraph: 'times-and-clocks' },
  ),
  ticker(
    'sent-and-server-times-are-of-one-clock',
    async (t) => {
      const { socket } = await t.welcome();
      await t.ticker(socket, t.symbol());
      const [frame] = await tickers(socket, 1);
      const pong = await socket.ask({ type: 'ping' });
      const age = whole(pong, 'serverTimeUs') - whole(frame, 'sentTimeUs');
      check(age >= 0 && age < 30_000_000, 'a serverTimeUs soon after sentTimeUs', [frame, pong]);
    },
    { paragraph: 'times-and-clocks' },
  ),
  trade('is-as-described', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'trade', { symbols: [t.symbol()] });
    for (const frame of await socket.gather(FRAMES_LOOKED_AT, ({ type }) => type === 'trade', 'a trade')) {
      read(Shape.Trade, frame, 'a trade');
    }
  }),
  trade('numbers-are-those-of-the-ticker', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'trade', { symbols: [t.symbol()] });
    await t.ticker(socket, t.symbol());
    const trades = await socket.gather(FRAMES_LOOKED_AT, ({ type }) => type === 'trade', 'a trade');
    await tickers(socket, 1);
    const prices = new Map(socket.of('ticker').map((frame) => [whole(frame, 'seq'), field(frame, 'data', 'last')]));
    const known = trades.filter((frame) => prices.has(whole(frame, 'seq')));
    check(known.length > 0, 'tickers under the numbers of trades', [...prices.keys()]);
    for (const frame of known) same(field(frame, 'data', 'price'), prices.get(whole(frame, 'seq')), 'a price');
  }),
  trade('numbers-only-grow', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'trade', { symbols: [t.symbol()] });
    const trades = await socket.gather(FRAMES_LOOKED_AT, ({ type }) => type === 'trade', 'a trade');
    trades.reduce((last, frame) => {
      const seq = whole(frame, 'seq');
      check(seq > last, `a number over ${last}`, frame);
      return seq;
    }, 0);
  }),
];

/** The next tickers. */
export function tickers(socket: Socket, count: number): Promise<Frame[]> {
  return socket.gather(count, ({ type }) => type === 'ticker', 'a ticker');
}
