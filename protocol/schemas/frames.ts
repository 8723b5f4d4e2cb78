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

const Price = Type.Optional(Decimal);
const Flag = Type.Optional(Type.Boolean());
const TimeUs = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const TimeFrame = Type.Union([Type.Literal('1m'), Type.Literal('5m'), Type.Literal('15m'), Type.Literal('1h')]);

const AuthSchema = Type.Object({ type: Type.Literal('auth'), id: Id, token: Type.Optional(Token) });
const RefreshSchema = Type.Object({ type: Type.Literal('refresh'), id: Id, token: Token });
const SubscribeSchema = Type.Object({
  type: Type.Literal('subscribe'),
  id: Id,
  channel: ChannelName,
  symbols: Type.Optional(Keys),
  since: Type.Optional(Cursor),
  forming: Flag,
  bars: Type.Optional(Type.Integer({ minimum: 0, maximum: 200 })),
  minConfidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  patternTypes: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 100 })),
  timeFrames: Type.Optional(Type.Array(TimeFrame, { minItems: 1, maxItems: 4 })),
});
const UnsubscribeSchema = Type.Object({
  type: Type.Literal('unsubscribe'),
  id: Id,
  channel: ChannelName,
  symbols: Type.Optional(Keys),
});
const PingSchema = Type.Object({ type: Type.Literal('ping'), id: Id });
const GetSchema = Type.Object({
  type: Type.Literal('get'),
  id: Id,
  what: Type.Union([
    Type.Literal('quote'),
    Type.Literal('bars'),
    Type.Literal('patterns'),
    Type.Literal('orders'),
    Type.Literal('positions'),
    Type.Literal('portfolio'),
    Type.Literal('alerts'),
    Type.Literal('news'),
  ]),
  symbol: Type.Optional(Account),
  timeFrame: Type.Optional(TimeFrame),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  early: Flag,
  account: Type.Optional(Account),
});
const Terms = {
  clientOrderId: Name,
  symbol: Account,
  side: Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]),
  orderType: Type.Union([
    Type.Literal('MARKET'),
    Type.Literal('LIMIT'),
    Type.Literal('STOP_MARKET'),
    Type.Literal('STOP_LIMIT'),
    Type.Literal('TRAILING_STOP_MARKET'),
    Type.Literal('TAKE_PROFIT'),
  ]),
  quantity: Decimal,
  triggerPrice: Price,
  limitPrice: Price,
  trailingOffset: Type.Optional(Offset),
  activationPrice: Price,
  triggerBasis: Type.Optional(Type.Union([Type.Literal('last'), Type.Literal('bid_ask'), Type.Literal('mark')])),
  timeInForce: Type.Optional(
    Type.Union([
      Type.Literal('DAY'),
      Type.Literal('GTC'),
      Type.Literal('IOC'),
      Type.Literal('FOK'),
      Type.Literal('GTD'),
    ]),
  ),
  expireTimeUs: Type.Optional(TimeUs),
  extendedHours: Flag,
  reduceOnly: Flag,
  parentClientOrderId: Type.Optional(Name),
} as const;
const OrderPlaceSchema = Type.Object({
  type: Type.Literal('order.place'),
  id: Id,
  account: Type.Optional(Account),
  ...Terms,
});
const OrderPlaceListSchema = Type.Object({
  type: Type.Literal('order.placeList'),
  id: Id,
  account: Type.Optional(Account),
  contingency: Type.Union([Type.Literal('OCO'), Type.Literal('OTO'), Type.Literal('OUO'), Type.Literal('BRACKET')]),
  childrenFrom: Type.Optional(Type.Union([Type.Literal('complete_fill'), Type.Literal('first_fill')])),
  orders: Type.Array(Type.Object(Terms, { title: 'order-terms' }), { minItems: 1, maxItems: 10 }),
});
const OrderModifySchema = Type.Object({
  type: Type.Literal('order.modify'),
  id: Id,
  account: Type.Optional(Account),
  clientOrderId: Name,
  quantity: Type.Optional(Decimal),
  triggerPrice: Price,
  limitPrice: Price,
  trailingOffset: Type.Optional(Offset),
  activationPrice: Price,
  expireTimeUs: Type.Optional(TimeUs),
});
const OrderCancelSchema = Type.Object({
  type: Type.Literal('order.cancel'),
  id: Id,
  clientOrderId: Name,
  account: Type.Optional(Account),
});
const AlertSetSchema = Type.Object({
  type: Type.Literal('alert.set'),
  id: Id,
  alertId: Name,
  account: Type.Optional(Account),
  symbol: Account,
  above: Price,
  below: Price,
  changePercent: Price,
});
const AlertClearSchema = Type.Object({
  type: Type.Literal('alert.clear'),
  id: Id,
  alertId: Name,
  account: Type.Optional(Account),
});
const PresenceSetSchema = Type.Object({ type: Type.Literal('presence.set'), id: Id, state: Name });

/** The schema of every client frame by its `type`. */
export const CLIENT_FRAME_SCHEMAS = {
  auth: AuthSchema,
  refresh: RefreshSchema,
  subscribe: SubscribeSchema,
  unsubscribe: UnsubscribeSchema,
  ping: PingSchema,
  get: GetSchema,
  'order.place': OrderPlaceSchema,
  'order.placeList': OrderPlaceListSchema,
  'order.modify': OrderModifySchema,
  'order.cancel': OrderCancelSchema,
  'alert.set': AlertSetSchema,
  'alert.clear': AlertClearSchema,
  'presence.set': PresenceSetSchema,
} as const satisfies Readonly<Record<string, TSchema>>;

/** Any frame at all: an object with a `type`, perhaps with an `id` to answer to. */
export const AnyFrameSchema = Type.Object({ type: Type.String() });
export const IdSchema = Type.Object({ id: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
