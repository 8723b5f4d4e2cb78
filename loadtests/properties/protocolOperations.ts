import { type Static, type TUnsafe, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import fc from 'fast-check';
import { CHANNELS, type Channel } from '../../protocol/channels.ts';
import { GET_SUBJECTS } from '../../protocol/clientFrames.ts';

const exact = { additionalProperties: false } as const;

/** One of some words. */
function oneOf<const Words extends readonly string[]>(values: Words): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>(Type.Union(values.map((word) => Type.Literal(word))));
}

/** Tokens by what is right or wrong with them. */
export const TOKENS = [
  'full',
  'market',
  'orders',
  'none',
  /** May also use the other client's account. */
  'both',
  /** Ends within the time at which a warning is due. */
  'soon',
  'expired',
  'foreign',
  'unsigned',
  'absent',
  'other_user',
] as const;
export type TokenKind = (typeof TOKENS)[number];

/** Where a client that subscribes says it stands, by how that relates to where it does. */
export const SINCE = ['right', 'older', 'oldest', 'ahead', 'other_epoch', 'other_key', 'partial'] as const;
export type SinceKind = (typeof SINCE)[number];

/** Keys by what they are to the client: `own` and `other` are the two clients' accounts. */
export const KEYS = ['S0', 'S1', 'S2', 'S3', 'NONESUCH', 'own', 'other', 'ticker', 'presence', '*'] as const;
export type Key = (typeof KEYS)[number];

/** Orders by their kind, or by what is wrong with them; prices follow from the last trade. */
export const ORDERS = [
  'market_buy',
  'market_sell',
  'stop_sell',
  'stop_buy',
  'trail_sell',
  'limit_buy',
  'target_sell',
  'bad_quantity',
  'bad_price',
  'wrong_side',
  'no_market',
  'unknown_symbol',
  'malformed',
] as const;
export type OrderKind = (typeof ORDERS)[number];

/** What isn't a command, by what is wrong with it. */
export const JUNK = [
  'not_json',
  'binary',
  'too_deep',
  'too_large',
  'bad_utf8',
  'array',
  'no_type',
  'unknown_type',
  'missing_field',
  'unknown_channel',
  'bad_id',
  'proto',
] as const;
export type Junk = (typeof JUNK)[number];

const client = Type.Integer({ minimum: 0, maximum: 1 });
/** With `rush` the next operation doesn't wait for what this one brings. */
const rush = Type.Optional(Type.Boolean());
const by = { client, rush };
const account = Type.Optional(oneOf(['own', 'other']));
const keys = Type.Optional(Type.Array(oneOf(KEYS), { minItems: 1 }));
const name = Type.String({ pattern: '^[a-z0-9]+$' });
const symbol = Type.Integer({ minimum: 0, maximum: 2 });

const schemas = {
  /** Opens a socket, cut after so many bytes in one direction if `cut` says so. */
  connect: Type.Object(
    {
      op: Type.Literal('connect'),
      ...by,
      cut: Type.Optional(Type.Object({ direction: oneOf(['up', 'down']), bytes: Type.Integer({ minimum: 0 }) }, exact)),
    },
    exact,
  ),
  auth: Type.Object({ op: Type.Literal('auth'), ...by, token: oneOf(TOKENS) }, exact),
  refresh: Type.Object({ op: Type.Literal('refresh'), ...by, token: oneOf(TOKENS) }, exact),
  subscribe: Type.Object(
    {
      op: Type.Literal('subscribe'),
      ...by,
      channel: oneOf(CHANNELS),
      keys,
      since: Type.Optional(oneOf(SINCE)),
      throttleMs: Type.Optional(Type.Integer({ minimum: 0 })),
      forming: Type.Optional(Type.Boolean()),
      minConfidence: Type.Optional(Type.Number()),
    },
    exact,
  ),
  unsubscribe: Type.Object({ op: Type.Literal('unsubscribe'), ...by, channel: oneOf(CHANNELS), keys }, exact),
  ping: Type.Object({ op: Type.Literal('ping'), ...by }, exact),
  get: Type.Object(
    { op: Type.Literal('get'), ...by, what: oneOf(GET_SUBJECTS), symbol: Type.Optional(oneOf(KEYS)), account },
    exact,
  ),
  place: Type.Object({ op: Type.Literal('place'), ...by, name, kind: oneOf(ORDERS), account }, exact),
  list: Type.Object({ op: Type.Literal('list'), ...by, name, contingency: oneOf(['OCO', 'BRACKET']), account }, exact),
  modify: Type.Object({ op: Type.Literal('modify'), ...by, name, quantity: Type.Integer(), account }, exact),
  cancel: Type.Object({ op: Type.Literal('cancel'), ...by, name, account }, exact),
  alert: Type.Object(
    {
      op: Type.Literal('alert'),
      ...by,
      name,
      kind: oneOf(['above', 'below', 'two', 'unknown_symbol', 'bad_price']),
      price: Type.Integer({ minimum: 1 }),
      account,
    },
    exact,
  ),
  clear: Type.Object({ op: Type.Literal('clear'), ...by, name, account }, exact),
  presence: Type.Object({ op: Type.Literal('presence'), ...by, state: name }, exact),
  junk: Type.Object({ op: Type.Literal('junk'), ...by, kind: oneOf(JUNK) }, exact),
  /** Ends the connection without a word; with `returns` the client comes back and resumes all that it had. */
  cut: Type.Object({ op: Type.Literal('cut'), client, returns: Type.Boolean() }, exact),
  trade: Type.Object(
    {
      op: Type.Literal('trade'),
      rush,
      symbol,
      price: Type.Integer({ minimum: 1 }),
      count: Type.Integer({ minimum: 1 }),
    },
    exact,
  ),
  quote: Type.Object({ op: Type.Literal('quote'), rush, symbol }, exact),
  minute: Type.Object({ op: Type.Literal('minute'), rush }, exact),
  news: Type.Object({ op: Type.Literal('news'), rush, symbols: Type.Array(Type.String()) }, exact),
  /** Lets the event loop turn, so that some of what is under way arrives. */
  turn: Type.Object({ op: Type.Literal('turn'), rush: Type.Literal(true), count: Type.Integer({ minimum: 1 }) }, exact),
  /** Stops the server and starts it again over its journal. */
  restart: Type.Object({ op: Type.Literal('restart') }, exact),
} as const;

export const OperationSchema = Type.Union(Object.values(schemas));
/** One thing that a client, the market or the server does. */
export type Operation = { [Op in keyof typeof schemas]: Static<(typeof schemas)[Op]> }[keyof typeof schemas];
export type OperationOf<Op extends Operation['op']> = Extract<Operation, { readonly op: Op }>;

/** A session kept as concrete operations: `fixtures/counterexamples/protocol/*.json`. */
export const KeptSessionSchema = Type.Object(
  {
    /** What it shows, in a sentence. */
    why: Type.String({ minLength: 1 }),
    /** Whether the server keeps a journal. */
    hasJournal: Type.Optional(Type.Boolean()),
    operations: Type.Array(Type.Unsafe<Operation>(OperationSchema)),
  },
  exact,
);

const who = {
  client: fc.constantFrom<0 | 1>(0, 0, 0, 1),
  rush: fc.constantFrom(undefined, undefined, undefined, true),
};
const someName = fc.constantFrom('a', 'b');
const whose = fc.constantFrom(undefined, undefined, undefined, 'own' as const, 'other' as const);
const someSymbol = fc.constantFrom(0, 0, 0, 1, 2);
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
  return fc.tuple(opening, second, rest).map(([one, two, parts]) => [...one, ...two, ...parts.flat()].map(cleaned));
}

const check = TypeCompiler.Compile(Type.Unsafe<Operation>(OperationSchema));

/** An operation as a file keeps it: without fields that are undefined. */
function cleaned(operation: object): Operation {
  const plain: unknown = Object.fromEntries(Object.entries(operation).filter(([, value]) => value !== undefined));
  if (check.Check(plain)) return plain;
  throw new TypeError(`not an operation: ${JSON.stringify(operation)}`);
}
