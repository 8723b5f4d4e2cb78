import { type Static, type TUnsafe, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { CHANNELS } from '../../protocol/channels.ts';
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
  /** From its next connection on the client writes its frames so; JSON at first. */
  speak: Type.Object({ op: Type.Literal('speak'), client, codec: oneOf(['json', 'msgpack']) }, exact),
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

const check = TypeCompiler.Compile(Type.Unsafe<Operation>(OperationSchema));

/** An operation as a file keeps it: without fields that are undefined. */
export function cleaned(operation: object): Operation {
  const plain: unknown = Object.fromEntries(Object.entries(operation).filter(([, value]) => value !== undefined));
  if (check.Check(plain)) return plain;
  throw new TypeError(`not an operation: ${JSON.stringify(operation)}`);
}
