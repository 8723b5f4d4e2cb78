import { type TSchema, Type } from '@sinclair/typebox';
import { CADENCE_MS, cadence } from '../cadence.ts';
import { type Case, type Need, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has, list, read, same, whole } from '../expect.ts';
import * as Shape from '../shapes.ts';
import type { Socket } from '../socket.ts';
import { lives } from './connection.ts';

const alert = theme({ dialect: 'native', theme: 'alert', paragraph: 'alertset', needs: ['alerts'] });
const presence = theme({ dialect: 'native', theme: 'presence', paragraph: 'presence', needs: ['presence'] });
const get = theme({ dialect: 'native', theme: 'get', paragraph: 'get' });
const bar = theme({ dialect: 'native', theme: 'bar', paragraph: 'bar', needs: ['bars', 'ticks'] });
const account = theme({ dialect: 'native', theme: 'account', paragraph: 'portfolio', needs: ['orders'] });

const HIGH = '9000.00';
/** A minute of the market and some more, for a feed that goes at its pace. */
const MINUTE_MS = 90_000;
const MINUTE_US = 60_000_000;

const Result = Type.Object({
  type: Type.Literal('result'),
  what: Type.String(),
  key: Type.String(),
  serverTimeUs: Type.Integer({ minimum: 1e15 }),
});

/** What can be asked for: the frame, the key of the answer, and the shape of its data. */
const SUBJECTS: Readonly<
  Record<string, { readonly isOfSymbol: boolean; readonly data: TSchema; readonly needs: readonly Need[] }>
> = {
  quote: { isOfSymbol: true, data: Shape.TickerData, needs: [] },
  bars: { isOfSymbol: true, data: Shape.BarsData, needs: ['bars'] },
  patterns: { isOfSymbol: true, data: Type.Array(Type.Unknown()), needs: ['patterns'] },
  orders: { isOfSymbol: false, data: Type.Array(Shape.OrderData), needs: ['orders'] },
  positions: { isOfSymbol: false, data: Type.Array(Shape.PositionData), needs: ['orders'] },
  portfolio: { isOfSymbol: false, data: Shape.PortfolioData, needs: ['orders'] },
  alerts: { isOfSymbol: false, data: Type.Array(Shape.AlertData), needs: ['alerts'] },
};

/** Conditions of alerts that can't be. */
const BAD_CONDITIONS: Readonly<Record<string, Frame>> = {
  'without-a-condition': {},
  'with-two-conditions': { above: '1.00', below: '2.00' },
  'with-three-conditions': { above: '1.00', below: '2.00', changePercent: '5' },
  'above-0': { above: '0' },
  'above-a-price-off-the-tick': { above: '1.005' },
  'by-a-change-of-0': { changePercent: '0' },
  'by-a-change-of-more-than-4-decimals': { changePercent: '0.00001' },
};

/** Alerts, presence, queries, bars, and the account's worth. */
export const eventCases: readonly Case[] = [
  ...['above', 'below', 'changePercent'].map((condition) =>
    alert(
      `${condition}-is-accepted-with-its-price`,
      async (t) => {
        const { socket, account: own } = await t.welcome();
        const alertId = t.unique();
        const value = condition === 'below' ? '1.00' : condition === 'above' ? HIGH : '50';
        const answer = await set(t, socket, { alertId, [condition]: value });
        const data = read(Shape.AlertData, answer['data'], 'alert data');
        has(data, { alertId, account: own, symbol: t.symbol(), condition, threshold: value }, 'alert data');
      },
      { paragraph: 'alertaccepted' },
    ),
  ),
  ...Object.entries(BAD_CONDITIONS).map(([what, condition]) =>
    alert(`${what}-is-a-bad-message`, async (t) => {
      const { socket } = await t.welcome();
      const frame = { type: 'alert.set', alertId: t.unique(), symbol: t.symbol(), ...condition };
      has(await socket.ask(frame), { type: 'error', code: 'bad_message' }, 'an error');
      await lives(socket);
    }),
  ),
  alert('of-an-unknown-symbol-is-refused', async (t) => {
    const { socket } = await t.welcome();
    const answer = await socket.ask({ type: 'alert.set', alertId: t.unique(), symbol: 'NONESUCH', above: '1.00' });
    has(answer, { type: 'error', code: 'unknown_symbol' }, 'an error');
  }),
  alert('is-listed-while-it-waits', async (t) => {
    const { socket } = await t.welcome();
    const alertId = t.unique();
    await set(t, socket, { alertId, above: HIGH });
    check((await alertsOf(socket)).includes(alertId), `${alertId} among the alerts`, await alertsOf(socket));
  }),
  alert('of-the-same-name-replaces-it', async (t) => {
    const { socket } = await t.welcome();
    const alertId = t.unique();
    await set(t, socket, { alertId, above: HIGH });
    await set(t, socket, { alertId, below: '1.00' });
    const answer = await socket.ask({ type: 'get', what: 'alerts' });
    const own = list(answer, 'data').filter((data) => field(data, 'alertId') === alertId);
    same(
      own.map((data) => field(data, 'condition')),
      ['below'],
      'conditions',
    );
  }),
  alert(
    'cleared-is-listed-no-more',
    async (t) => {
      const { socket } = await t.welcome();
      const alertId = t.unique();
      await set(t, socket, { alertId, above: HIGH });
      const answer = await socket.ask({ type: 'alert.clear', alertId });
      has(answer, { type: 'alert.cleared', alertId }, 'an answer');
      check(!(await alertsOf(socket)).includes(alertId), `no ${alertId} among the alerts`, await alertsOf(socket));
    },
    { paragraph: 'alertclear' },
  ),
  alert(
    'that-never-was-cannot-be-cleared',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'alert.clear', alertId: t.unique() });
      has(answer, { type: 'error', code: 'unknown_alert' }, 'an error');
    },
    { paragraph: 'alertclear' },
  ),
  alert(
    'fires-once-on-the-first-trade-that-meets-it',
    async (t) => {
      const { socket } = await t.welcome();
      await t.subscribe(socket, 'alert');
      await t.ticker(socket, t.symbol());
      const alertId = t.unique();
      const before = [...socket.frames];
      await set(t, socket, { alertId, below: HIGH });
      const fired = await socket.take((frame) => frame['type'] === 'alert' && isOf(frame, alertId), 'the alert');
      read(Shape.Alert, fired, 'an alert');
      const known = before.filter(({ type }) => type === 'ticker').at(-1);
      check(known === undefined || whole(fired, 'tickSeq') > whole(known, 'seq'), 'a trade after the command', fired);
      await socket.gather(8, ({ type }) => type === 'ticker', 'a ticker', { behind: fired });
      same(socket.frames.filter((frame) => frame['type'] === 'alert' && isOf(frame, alertId)).length, 1, 'times');
      check(!(await alertsOf(socket)).includes(alertId), `no ${alertId} among the alerts`, await alertsOf(socket));
    },
    { needs: ['ticks'] },
  ),
  alert(
    'for-another-account-is-forbidden',
    async (t) => {
      const { socket } = await t.welcome();
      const frame = {
        type: 'alert.set',
        alertId: t.unique(),
        symbol: t.symbol(),
        above: HIGH,
        account: 'somebody-else',
      };
      has(await socket.ask(frame), { type: 'error', code: 'forbidden' }, 'an error');
    },
    { needs: ['tokens'], paragraph: 'identity' },
  ),
  presence(
    'of-oneself-is-in-the-snapshot',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      await t.ticker(socket, t.symbol());
      await t.subscribe(socket, 'presence', { symbols: ['ticker'] });
      const users = read(Shape.PresentUsers, (await socket.takeType('snapshot'))['data'], 'present users');
      check(
        users.some(({ user }) => user === welcome['user']),
        `${welcome['user']} among the users`,
        users,
      );
    },
    { paragraph: 'snapshot' },
  ),
  presence(
    'set-is-accepted',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'presence.set', state: 'away' });
      has(answer, { type: 'presence.accepted', state: 'away' }, 'an answer');
    },
    { paragraph: 'presenceset' },
  ),
  presence('set-is-seen-by-others', async (t) => {
    const [watcher, one] = await Promise.all([t.welcome(), t.welcome()]);
    await watcher.socket.ask({ type: 'subscribe', channel: 'presence', symbols: ['ticker'] });
    await t.ticker(one.socket, t.symbol());
    const state = t.unique();
    await one.socket.ask({ type: 'presence.set', state });
    await watcher.socket.take(
      (frame) => frame['type'] === 'presence' && list(frame, 'users').some((user) => field(user, 'state') === state),
      `a presence with the state ${state}`,
    );
  }),
  ...Object.entries(SUBJECTS).flatMap(([what, { isOfSymbol, data, needs }]) => [
    get(
      `${what}-is-answered-as-described`,
      async (t) => {
        const { socket, account: own } = await t.welcome();
        const answer = await socket.ask({ type: 'get', what, ...(isOfSymbol && { symbol: t.symbol() }) });
        has(read(Result, answer, 'a result'), { what, key: isOfSymbol ? t.symbol() : own }, 'a result');
        read(data, answer['data'], `the data of ${what}`);
      },
      { needs, paragraph: 'result' },
    ),
    isOfSymbol
      ? get(
          `${what}-of-an-unknown-symbol-is-refused`,
          async (t) => {
            const { socket } = await t.welcome();
            const answer = await socket.ask({ type: 'get', what, symbol: 'NONESUCH' });
            has(answer, { type: 'error', code: 'unknown_symbol' }, 'an error');
          },
          { needs },
        )
      : get(
          `${what}-of-another-account-is-forbidden`,
          async (t) => {
            const { socket } = await t.welcome();
            const answer = await socket.ask({ type: 'get', what, account: 'somebody-elses-account' });
            has(answer, { type: 'error', code: 'forbidden' }, 'an error');
          },
          { needs: [...needs, 'tokens'] },
        ),
  ]),
  get(
    'quote-without-market-read-is-forbidden',
    async (t) => {
      const { socket } = await t.welcome(await t.mint({ scopes: ['orders:write'] }));
      const answer = await socket.ask({ type: 'get', what: 'quote', symbol: t.symbol() });
      has(answer, { type: 'error', code: 'forbidden' }, 'an error');
    },
    { needs: ['secret'] },
  ),
  get(
    'bars-keep-to-the-limit',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'get', what: 'bars', symbol: t.symbol(), limit: 2 });
      check(list(answer, 'data', 'bars').length <= 2, 'two bars at most', answer);
    },
    { needs: ['bars'] },
  ),
  get(
    'bars-are-oldest-first-a-time-frame-apart',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'get', what: 'bars', symbol: t.symbol(), limit: 10 });
      const starts = list(answer, 'data', 'bars').map((one) => whole(one, 'startUs'));
      starts.reduce((last, start) => {
        check(start > last && (start - last) % MINUTE_US === 0, `a start whole minutes after ${last}`, start);
        return start;
      });
    },
    { needs: ['bars'], paragraph: 'bar-data' },
  ),
  get(
    'positions-are-those-of-the-fills',
    async (t) => {
      const { socket } = await t.welcome(await t.mint());
      await buy(t, socket, '3');
      await buy(t, socket, '4');
      const answer = await socket.ask({ type: 'get', what: 'positions' });
      const own = list(answer, 'data').find((data) => field(data, 'symbol') === t.symbol());
      same(field(own, 'quantity'), '7', 'the quantity');
    },
    { needs: ['secret', 'orders', 'ticks'] },
  ),
  get(
    'news-keeps-to-the-limit',
    async (t) => {
      const { socket } = await t.welcome();
      const answer = await socket.ask({ type: 'get', what: 'news', limit: 1 });
      check(list(answer, 'data').length <= 1, 'one at most', answer);
    },
    { needs: ['news'] },
  ),
  bar(
    'closed-is-as-described',
    async (t) => {
      const { socket } = await t.welcome();
      await t.subscribe(socket, 'bar.1m', { symbols: [t.symbol()] });
      const frame = read(Shape.Bar, await socket.takeType('bar'), 'a bar');
      same([frame.data.isClosed, frame.channel], [true, 'bar.1m'], 'isClosed and channel');
      const { open, high, low, close, startUs } = frame.data;
      check(low <= Math.min(open, close) && high >= Math.max(open, close), 'prices within low and high', frame);
      same([startUs % MINUTE_US, frame.eventTimeUs], [0, startUs + MINUTE_US], 'start within the minute, and time');
    },
    { needs: ['minutes'], timeoutMs: MINUTE_MS },
  ),
  bar(
    'numbers-go-on-from-the-snapshot',
    async (t) => {
      const { socket } = await t.welcome();
      await t.subscribe(socket, 'bar.1m', { symbols: [t.symbol()] });
      const head = whole(await socket.takeType('snapshot'), 'seq');
      same(whole(await socket.takeType('bar'), 'seq'), head + 1, 'number');
    },
    { needs: ['minutes'], timeoutMs: MINUTE_MS, paragraph: 'sequence-and-resume' },
  ),
  bar('that-is-open-has-no-number', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'bar.1m', { symbols: [t.symbol()], forming: true });
    const open = await socket.take(
      (frame) => frame['type'] === 'bar' && field(frame, 'data', 'isClosed') === false,
      'an open bar',
    );
    check(!('seq' in open), 'no number', open);
  }),
  bar('without-forming-no-open-bar-comes', async (t) => {
    const { socket } = await t.welcome();
    await t.subscribe(socket, 'bar.1m', { symbols: [t.symbol()] });
    await t.ticker(socket, t.symbol());
    await socket.gather(10, ({ type }) => type === 'ticker', 'a ticker');
    const open = socket.of('bar').filter((frame) => field(frame, 'data', 'isClosed') !== true);
    same(open, [], 'open bars');
  }),
  ...[0, 1].map((bars) =>
    bar(
      `a-snapshot-brings-${bars}-bars-when-so-many-are-asked-for`,
      async (t) => {
        const { socket } = await t.welcome();
        await t.subscribe(socket, 'bar.1m', { symbols: [t.symbol()], bars });
        const snapshot = await socket.takeType('snapshot');
        check(list(snapshot, 'data', 'bars').length <= bars, `${bars} at most`, snapshot);
      },
      { paragraph: 'snapshot' },
    ),
  ),
  account(
    'portfolio-comes-every-two-seconds',
    async (t) => {
      const { socket } = await t.welcome();
      await t.subscribe(socket, 'portfolio');
      const [first] = await worth(socket, { type: 'portfolio', everyMs: 2_000 });
      read(Shape.Portfolio, first, 'a portfolio');
    },
    { timeoutMs: CADENCE_MS },
  ),
  account(
    'position-values-come-every-second',
    async (t) => {
      const { socket } = await t.welcome();
      await t.subscribe(socket, 'position.value');
      const [first] = await worth(socket, { type: 'position.value', everyMs: 1_000 });
      read(Shape.PositionValue, first, 'a position.value');
    },
    { paragraph: 'positionvalue', timeoutMs: CADENCE_MS },
  ),
  account(
    'cash-is-less-by-what-was-bought',
    async (t) => {
      const { socket } = await t.welcome(await t.mint());
      const before = await socket.ask({ type: 'get', what: 'portfolio' });
      const bought = await buy(t, socket, '10');
      const after = await socket.ask({ type: 'get', what: 'portfolio' });
      const paid = Number(field(before, 'data', 'cash')) - Number(field(after, 'data', 'cash'));
      const worth = 10 * Number(field(bought, 'data', 'averagePrice'));
      check(
        Number(field(before, 'data', 'cash')) === 0 || Math.abs(paid - worth) < worth / 100,
        `about ${worth} less`,
        after,
      );
    },
    { needs: ['secret', 'ticks'], paragraph: 'portfolio-data' },
  ),
];

/** Sets an alert. @throws Broken when it isn't taken */
async function set(t: Context, socket: Socket, more: Frame): Promise<Frame> {
  const answer = await socket.ask({ type: 'alert.set', symbol: t.symbol(), ...more });
  has(answer, { type: 'alert.accepted' }, 'an accepted alert');
  return answer;
}

function worth(
  socket: Socket,
  { type, everyMs }: { readonly type: string; readonly everyMs: number },
): Promise<readonly Frame[]> {
  const timeMs = (frame: Frame): number => whole(frame, 'asOfUs') / 1_000;
  return cadence(socket, { matches: (frame) => frame['type'] === type, what: `a ${type}`, everyMs, timeMs });
}

async function alertsOf(socket: Socket): Promise<readonly unknown[]> {
  const answer = await socket.ask({ type: 'get', what: 'alerts' });
  return list(answer, 'data').map((data) => field(data, 'alertId'));
}

async function buy(t: Context, socket: Socket, quantity: string): Promise<Frame> {
  const order = { clientOrderId: t.unique(), symbol: t.symbol(), side: 'BUY', orderType: 'MARKET', quantity };
  const answer = await socket.ask({ type: 'order.place', ...order });
  has(answer, { type: 'order.accepted', data: { status: 'FILLED' } }, 'a filled order');
  return answer;
}

function isOf(frame: Frame, alertId: string): boolean {
  return field(frame, 'data', 'alertId') === alertId;
}
