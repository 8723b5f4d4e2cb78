import { type TSchema, Type } from '@sinclair/typebox';

/**
 * What a client may send on the native stream, as JSON Schema. Unknown fields are ignored. Texts are printable ASCII
 * without spaces, so that none can hide a control character or half a surrogate pair.
 */
const Id = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));
const Name = Type.String({ pattern: '^[!-~]{1,64}$' });
/** Accounts come from tokens, whose names may hold any letters. */
const Account = Type.String({
  pattern: '^(?:[^\\u0000-\\u0020\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff]){1,128}$',
});
const Token = Type.String({ pattern: '^[!-~]{1,8192}$' });
/** A plain decimal number as text; its sign is the engine's business. */
const Decimal = Type.String({ pattern: '^-?[0-9]{1,15}([.][0-9]{1,12})?$' });
const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const ChannelName = Type.String({ pattern: '^[a-zA-Z0-9._]{1,32}$' });
const Keys = Type.Array(Account, { minItems: 1, maxItems: 100_000 });

const Cursor = Type.Object({ epoch: Name, seq: Type.Record(Account, Seq, { additionalProperties: false }) });
const Offset = Type.Object({
  kind: Type.Union([Type.Literal('price'), Type.Literal('bp'), Type.Literal('ticks')]),
  value: Decimal,
});

const AuthSchema = Type.Object({ type: Type.Literal('auth'), id: Id, token: Type.Optional(Token) });
const SubscribeSchema = Type.Object({
  type: Type.Literal('subscribe'),
  id: Id,
  channel: ChannelName,
  symbols: Type.Optional(Keys),
  since: Type.Optional(Cursor),
});
const UnsubscribeSchema = Type.Object({
  type: Type.Literal('unsubscribe'),
  id: Id,
  channel: ChannelName,
  symbols: Type.Optional(Keys),
});
const PingSchema = Type.Object({ type: Type.Literal('ping'), id: Id });
const OrderPlaceSchema = Type.Object({
  type: Type.Literal('order.place'),
  id: Id,
  clientOrderId: Name,
  symbol: Account,
  side: Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]),
  orderType: Type.Union([Type.Literal('MARKET'), Type.Literal('STOP_MARKET'), Type.Literal('TRAILING_STOP_MARKET')]),
  quantity: Decimal,
  triggerPrice: Type.Optional(Decimal),
  trailingOffset: Type.Optional(Offset),
  activationPrice: Type.Optional(Decimal),
  account: Type.Optional(Account),
});
const OrderCancelSchema = Type.Object({
  type: Type.Literal('order.cancel'),
  id: Id,
  clientOrderId: Name,
  account: Type.Optional(Account),
});

/** The schema of every client frame by its `type`. */
export const CLIENT_FRAME_SCHEMAS = {
  auth: AuthSchema,
  subscribe: SubscribeSchema,
  unsubscribe: UnsubscribeSchema,
  ping: PingSchema,
  'order.place': OrderPlaceSchema,
  'order.cancel': OrderCancelSchema,
} as const satisfies Readonly<Record<string, TSchema>>;

/** Any frame at all: an object with a `type`, perhaps with an `id` to answer to. */
export const AnyFrameSchema = Type.Object({ type: Type.String() });
export const IdSchema = Type.Object({ id: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
