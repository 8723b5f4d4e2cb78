import fc from 'fast-check';
import { CHANNELS, type Channel } from '../../protocol/channels.ts';
import { GET_SUBJECTS } from '../../protocol/clientFrames.ts';
import {
  cleaned,
  JUNK,
  KEYS,
  type Key,
  type Operation,
  ORDERS,
  type OrderKind,
  SINCE,
  type SinceKind,
  TOKENS,
  type TokenKind,
} from './protocolOperations.ts';

const who = {
  client: fc.constantFrom<0 | 1>(0, 0, 0, 1),
  rush: fc.constantFrom(undefined, undefined, undefined, true),
};
const someName = fc.constantFrom('a', 'b');
const whose = fc.constantFrom(undefined, undefined, undefined, 'own' as const, 'other' as const);
const someSymbol = fc.constantFrom(0, 0, 0, 1, 2);
const someCodec = fc.constantFrom('json' as const, 'msgpack' as const);
/** Each client speaks MessagePack from the start in half of the sessions. */
const codecs = fc
  .subarray<0 | 1>([0, 1])
  .map((clients) => clients.map((client) => ({ op: 'speak', client, codec: 'msgpack' })));
const goodToken = fc.constantFrom<TokenKind>('full', 'full', 'full', 'full', 'both', 'market', 'orders', 'soon');
const anyToken = fc.oneof({ weight: 3, arbitrary: goodToken }, { weight: 1, arbitrary: fc.constantFrom(...TOKENS) });
/** Keys that mostly fit the channel. */
const someKeys = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom<Key>('S0', 'S0', 'S1', 'S2', 'S3'), { minLength: 1, maxLength: 4 }),
  },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 2 }) },
);
const symbolChannel = fc.constantFrom('ticker', 'ticker', 'ticker', 'trade', 'bar.1m', 'bar.5m', 'pattern');
const symbolKeys = fc.array(fc.constantFrom<Key>('S0', 'S0', 'S1', 'S2'), { minLength: 1, maxLength: 3 });
const accountChannel = fc.constantFrom(
  'order',
  'order',
  'execution',
  'position',
  'alert',
  'portfolio',
  'position.value',
);
const accountKeys = fc.constantFrom<readonly Key[] | undefined>(
  undefined,
  undefined,
  ['own'],
  ['other'],
  ['own', 'other'],
);
const wholeChannel = fc.constantFrom('news', 'system', 'heartbeat');
const newsKeys = fc.constantFrom<readonly Key[] | undefined>(undefined, ['S0'], ['S1'], ['*'], ['S0', 'S1']);
const someSince = fc.constantFrom(undefined, undefined, 'right', 'right', ...SINCE);

function op<const Name extends Operation['op'], Fields>(
  op: Name,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
) {
  return fc.record({ op: fc.constant(op), ...fields });
}

const subscription = fc.oneof(
  op('subscribe', { ...who, channel: symbolChannel, keys: symbolKeys, since: someSince }),
  op('subscribe', { ...who, channel: accountChannel, keys: accountKeys, since: someSince }),
  op('subscribe', { ...who, channel: wholeChannel, since: someSince }),
  op('subscribe', { ...who, channel: fc.constant('news' as const), keys: newsKeys, since: someSince }),
  op('subscribe', {
    ...who,
    channel: fc.constantFrom(...CHANNELS),
    keys: someKeys,
    since: someSince,
    throttleMs: fc.constantFrom(undefined, undefined, 0, 5),
    forming: fc.constantFrom(undefined, true),
    minConfidence: fc.constantFrom(undefined, undefined, 0.5),
  }),
);

const steps: readonly fc.WeightedArbitrary<object>[] = [
  { weight: 2, arbitrary: op('auth', { ...who, token: anyToken }) },
  { weight: 1, arbitrary: op('speak', { client: who.client, codec: someCodec }) },
  { weight: 3, arbitrary: op('refresh', { ...who, token: anyToken }) },
  { weight: 22, arbitrary: subscription },
  { weight: 4, arbitrary: op('unsubscribe', { ...who, channel: fc.constantFrom(...CHANNELS), keys: someKeys }) },
  { weight: 2, arbitrary: op('unsubscribe', { ...who, channel: symbolChannel, keys: symbolKeys }) },
  { weight: 2, arbitrary: op('ping', who) },
  {
    weight: 4,
    arbitrary: op('get', {
      ...who,
      what: fc.constantFrom(...GET_SUBJECTS),
      symbol: fc.constantFrom<Key | undefined>(undefined, 'S0', 'S0', 'S1', 'NONESUCH'),
      account: whose,
    }),
  },
  { weight: 12, arbitrary: op('place', { ...who, name: someName, kind: fc.constantFrom(...ORDERS), account: whose }) },
  {
    weight: 2,
    arbitrary: op('list', { ...who, name: someName, contingency: fc.constantFrom('OCO', 'BRACKET'), account: whose }),
  },
  {
    weight: 3,
    arbitrary: op('modify', { ...who, name: someName, quantity: fc.constantFrom(0, 1, 2, 5), account: whose }),
  },
  { weight: 4, arbitrary: op('cancel', { ...who, name: someName, account: whose }) },
  {
    weight: 4,
    arbitrary: op('alert', {
      ...who,
      name: someName,
      kind: fc.constantFrom('above', 'above', 'below', 'below', 'two', 'unknown_symbol', 'bad_price'),
      price: fc.constantFrom(9_500, 9_900, 10_000, 10_100, 10_500),
      account: whose,
    }),
  },
  { weight: 2, arbitrary: op('clear', { ...who, name: someName, account: whose }) },
  { weight: 2, arbitrary: op('presence', { ...who, state: fc.constantFrom('here', 'away') }) },
  { weight: 3, arbitrary: op('junk', { ...who, kind: fc.constantFrom(...JUNK) }) },
  { weight: 7, arbitrary: op('cut', { client: who.client, returns: fc.constantFrom(true, true, true, false) }) },
  {
    weight: 14,
    arbitrary: op('trade', {
      rush: who.rush,
      symbol: someSymbol,
      price: fc.constantFrom(9_400, 9_800, 9_990, 10_000, 10_010, 10_200, 10_600),
      count: fc.constantFrom(1, 1, 2, 5, 12),
    }),
  },
  { weight: 6, arbitrary: op('turn', { rush: fc.constant(true as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: op('quote', { rush: who.rush, symbol: someSymbol }) },
  { weight: 3, arbitrary: op('minute', { rush: who.rush }) },
  { weight: 4, arbitrary: op('news', { rush: who.rush, symbols: fc.constantFrom([], ['S0'], ['S1', 'S2']) }) },
  {
    weight: 4,
    arbitrary: op('connect', {
      ...who,
      cut: fc.option(
        fc.record({
          direction: fc.constantFrom('up', 'up', 'down'),
          bytes: fc.oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 600, max: 3_000 })),
        }),
        { nil: undefined, freq: 3 },
      ),
    }),
  },
];

/** What happens at the same time, or to the same stream, more often than by chance. */
const scenes = fc.oneof(
  // Events that wait to be written while somebody asks for them.
  fc
    .record({
      channel: fc.constantFrom<'ticker' | 'trade'>('ticker', 'trade'),
      count: fc.constantFrom(1, 3),
      since: fc.constantFrom<SinceKind>('right', 'older'),
    })
    .map(({ channel, count, since }) => [
      { op: 'subscribe', client: 0, channel, keys: ['S0'] },
      { op: 'trade', symbol: 0, price: 10_000, count, rush: true },
      { op: 'subscribe', client: 0, channel, keys: ['S0'], since },
    ]),
  // A choice of news holds for the missed ones as well.
  fc.constant([
    { op: 'subscribe', client: 0, channel: 'news', keys: ['S0'] },
    { op: 'news', symbols: ['S1'] },
    { op: 'news', symbols: ['S0'] },
    { op: 'subscribe', client: 0, channel: 'news', keys: ['S0'], since: 'older' },
  ]),
  // An order whose fill waits to be written while the account's streams are asked for.
  fc.record({ name: someName, kind: fc.constantFrom<OrderKind>('market_buy', 'stop_sell') }).map(({ name, kind }) => [
    { op: 'place', client: 0, name, kind, rush: true },
    { op: 'trade', symbol: 0, price: 9_000, count: 2, rush: true },
    { op: 'subscribe', client: 0, channel: 'order', since: 'right', rush: true },
    { op: 'subscribe', client: 0, channel: 'position', since: 'right' },
  ]),
  // One key more than a socket may have, all at once or one after the other.
  fc.constantFrom<Channel>('ticker', 'trade', 'bar.1m', 'pattern').map((channel) => [
    { op: 'subscribe', client: 0, channel, keys: ['S0', 'S1', 'S2', 'S3'] },
    { op: 'subscribe', client: 0, channel, keys: ['S0', 'S1', 'S2'] },
    { op: 'subscribe', client: 0, channel, keys: ['S3'], rush: true },
    { op: 'unsubscribe', client: 0, channel, keys: ['S0'] },
    { op: 'subscribe', client: 0, channel, keys: ['S3'] },
  ]),
  // A second event while the journal writes the first and somebody waits for that.
  fc
    .record({
      turns: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      since: fc.constantFrom<SinceKind | undefined>(undefined, 'right', 'oldest'),
    })
    .map(({ turns: [one, two], since }) => [
      { op: 'place', client: 0, name: 'x', kind: 'stop_sell' },
      { op: 'place', client: 0, name: 'y', kind: 'trail_sell' },
      { op: 'trade', symbol: 0, price: 9_840, count: 1, rush: true },
      { op: 'turn', rush: true, count: one },
      { op: 'subscribe', client: 0, channel: 'order', rush: true, ...(since !== undefined && { since }) },
      { op: 'turn', rush: true, count: two },
      { op: 'trade', symbol: 0, price: 9_000, count: 1 },
    ]),
  // An alert that is taken back in time, and one that isn't.
  fc.constantFrom(10_100, 10_600).map((price) => [
    { op: 'alert', client: 0, name: 'x', kind: 'above', price: 10_500 },
    { op: 'trade', symbol: 0, price, count: 1 },
    { op: 'clear', client: 0, name: 'x' },
  ]),
  // A client that was away for as long as history reaches, and longer.
  fc.constantFrom(7, 8, 9).map((count) => [
    { op: 'subscribe', client: 0, channel: 'ticker', keys: ['S1', 'S2'] },
    { op: 'cut', client: 0, returns: false },
    { op: 'trade', symbol: 1, price: 10_000, count },
    { op: 'cut', client: 0, returns: true },
  ]),
);

/** Random sessions: mostly well-behaved clients that subscribe, trade, are cut and come back. */
export function session(options: { readonly most: number; readonly restarts: boolean }): fc.Arbitrary<Operation[]> {
  const more = options.restarts ? [{ weight: 6, arbitrary: op('restart', {}) }] : [];
  const opening = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(op('auth', { client: fc.constant(0), token: goodToken })) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const second = fc.oneof(fc.tuple(op('auth', { client: fc.constant(1), token: goodToken })), fc.constant([]));
  const step = fc.oneof(...steps, ...more).map((one) => [one]);
  const part = fc.oneof({ weight: 14, arbitrary: step }, { weight: 1, arbitrary: scenes });
  const rest = fc.array(part, { minLength: 2, maxLength: options.most, size: 'max' });
  return fc
    .tuple(codecs, opening, second, rest)
    .map(([first, one, two, parts]) => [...first, ...one, ...two, ...parts.flat()].map(cleaned));
}
