import { type StringOptions, Type } from '@sinclair/typebox';
import { CHANNELS } from '../channels.ts';
import { type ClientFrame, GET_SUBJECTS } from '../clientFrames.ts';
import { TIME_FRAMES } from '../data.ts';
import { schemasOf } from './agreement.ts';
import { CONTINGENCIES, OFFSET_KINDS, ORDER_TYPES, SIDES } from './parts.ts';
import { decimal, flag, frame, group, integer, list, part, said, text, timeUs, words } from './words.ts';

/**
 * What a client may send on the native stream, as JSON Schema. Unknown fields are ignored. Texts are printable ASCII
 * without spaces, so that none can hide a control character or half a surrogate pair.
 */
const { Optional } = Type;
const NAME: StringOptions = { pattern: '^[!-~]{1,64}$' };
const TOKEN: StringOptions = { pattern: '^[!-~]{1,8192}$' };
/** Accounts come from tokens, whose names may hold any letters. */
const ACCOUNT: StringOptions = {
  pattern: '^(?:[^\\u0000-\\u0020\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff]){1,128}$',
};
/** Any name, so that an unknown channel gets its own error. */
const CHANNEL: StringOptions = { pattern: '^[a-zA-Z0-9._]{1,32}$', examples: CHANNELS };

const id = Optional(integer('repeated in the answer'));
const account = Optional(text("absent: one's own", ACCOUNT));
const symbol = text('of the instrument', ACCOUNT);
const clientOrderId = text("the client's name for the order, unique in its account", NAME);
const channel = text('see [Channels](#channels)', CHANNEL);
const key = text('a key', ACCOUNT);
const keys = { minItems: 1, maxItems: 100_000 };
const timeFrame = words(TIME_FRAMES);
const seq = integer('the number');

const AuthSchema = frame('auth', {
  id,
  token: Optional(text('the JWT, at most 8,192 characters; absent only on a server without a secret', TOKEN)),
});
const RefreshSchema = frame('refresh', { id, token: text('the new JWT, of the same `sub` and account', TOKEN) });
const SubscribeSchema = frame('subscribe', {
  id,
  channel,
  symbols: Optional({ ...list(key, 'keys of the streams; a key named twice counts once'), ...keys }),
  since: Optional(
    group('where the client stands, see [Sequence and resume](#sequence-and-resume)', {
      epoch: text('epoch of the numbers', NAME),
      seq: Type.Record(Type.String(ACCOUNT), seq, {
        additionalProperties: false,
        description: 'by key the last number seen; of `news` and `system` the key is `*`',
      }),
    }),
  ),
  forming: Optional(flag('`bar.*`: also the open bar, when it has changed, up to ten times a second')),
  bars: Optional({
    ...integer(
      '`bar.*`: closed bars that a snapshot brings, 0 to 200; absent: 50. All symbols of one command get 2,000 at most',
    ),
    maximum: 200,
  }),
  throttleMs: Optional({
    ...integer(
      'class B: at most one frame of a key in this time, the latest, 0 to 60,000; absent or 0: every one',
      'ms',
    ),
    maximum: 60_000,
  }),
  minConfidence: Optional(Type.Number({ minimum: 0, maximum: 1, description: '`pattern`: least confidence, 0 to 1' })),
  patternTypes: Optional({
    ...list(text('a type', NAME), '`pattern`: only these types'),
    minItems: 1,
    maxItems: 100,
  }),
  timeFrames: Optional({ ...list(timeFrame, '`pattern`: only these time frames'), minItems: 1, maxItems: 4 }),
});
const UnsubscribeSchema = frame('unsubscribe', {
  id,
  channel,
  symbols: Optional({ ...list(key, 'keys, as in `subscribe`'), ...keys }),
});
const PingSchema = frame('ping', { id });
const GetSchema = frame('get', {
  id,
  what: words(GET_SUBJECTS, 'what is asked for'),
  symbol: Optional(said(symbol, '`quote`, `bars`, `patterns` need it')),
  timeFrame: Optional(said(timeFrame, '`bars`: absent 1m; `patterns`: absent all')),
  limit: Optional({
    ...integer('`bars`, `patterns`, `news`: the newest so many, 1 to 1,000'),
    minimum: 1,
    maximum: 1_000,
  }),
  early: Optional(flag('`patterns`: also what the open bars would complete if they closed now')),
  account: said(account, "`orders`, `positions`, `portfolio`, `alerts`: absent: one's own"),
});

const quantity = decimal('above 0, whole lots', 'units');
const triggerPrice = decimal('stop of STOP_MARKET and STOP_LIMIT, target of TAKE_PROFIT', 'currency');
const limitPrice = decimal('limit of LIMIT and STOP_LIMIT', 'currency');
const activationPrice = decimal('TRAILING_STOP_MARKET: the trail starts when the market first reaches it', 'currency');
const trailingOffset = Optional(
  group('how far a TRAILING_STOP_MARKET stays behind its peak', {
    kind: words(OFFSET_KINDS, 'what `value` counts'),
    value: decimal('above 0; whole for `bp` and `ticks`', 'currency, basis points of the peak, or ticks'),
  }),
);
const terms = {
  clientOrderId,
  symbol,
  side: words(SIDES, "the order's own side"),
  orderType: words(ORDER_TYPES, 'see [Orders](#orders)'),
  quantity,
  triggerPrice: Optional(triggerPrice),
  limitPrice: Optional(limitPrice),
  trailingOffset,
  activationPrice: Optional(activationPrice),
  triggerBasis: Optional(words(['last', 'bid_ask', 'mark'], 'the price that it watches; absent: `last`')),
  timeInForce: Optional(
    words(
      ['DAY', 'GTC', 'IOC', 'FOK', 'GTD'],
      "absent: GTC. DAY ends at the session's close, and needs a feed with a calendar",
    ),
  ),
  expireTimeUs: Optional(timeUs('GTD: the first instant at which it works no more')),
  extendedHours: Optional(flag('works outside the regular session as well')),
  reduceOnly: Optional(flag('only makes the position smaller')),
  parentClientOrderId: Optional(text('waits until that order of the same account and symbol is filled', NAME)),
};
const OrderTermsSchema = part('Order terms', terms);
const OrderPlaceSchema = frame('order.place', { id, account, ...terms });
const OrderPlaceListSchema = frame('order.placeList', {
  id,
  account,
  contingency: words(
    CONTINGENCIES,
    'OCO: a fill or trigger of one cancels the others; OUO: a fill takes its quantity off the others; OTO: the first is the parent, the others work once it is filled; BRACKET: OTO with two children that reduce only and are OUO',
  ),
  childrenFrom: Optional(
    words(
      ['complete_fill', 'first_fill'],
      'OTO and BRACKET: when the children begin to work; absent: `complete_fill` of the parent',
    ),
  ),
  orders: {
    ...list(OrderTermsSchema, 'two to ten, a bracket three, all of one symbol; the first is the parent'),
    minItems: 1,
    maxItems: 10,
  },
});
const OrderModifySchema = frame('order.modify', {
  id,
  account,
  clientOrderId,
  quantity: Optional(said(quantity, 'the total, what is filled already included')),
  triggerPrice: Optional(said(triggerPrice, 'not once it has triggered')),
  limitPrice: Optional(limitPrice),
  trailingOffset,
  activationPrice: Optional(said(activationPrice, 'not once the trail runs')),
  expireTimeUs: Optional(timeUs('GTD alone')),
});
const OrderCancelSchema = frame('order.cancel', { id, clientOrderId, account });
const AlertSetSchema = frame('alert.set', {
  id,
  alertId: text("the client's name for it; one of the same name is replaced", NAME),
  account,
  symbol,
  above: Optional(decimal('exactly one of these three: at or above this price', 'currency')),
  below: Optional(decimal('at or below this price', 'currency')),
  changePercent: Optional(
    decimal('so far up (above 0) or down (below 0), or further; at most 4 decimals', 'percent of the last close'),
  ),
});
const AlertClearSchema = frame('alert.clear', { id, alertId: text('one that was set', NAME), account });
const PresenceSetSchema = frame('presence.set', {
  id,
  state: text(
    'how one is there, on all channels that one is on: 1 to 64 printable ASCII characters without spaces',
    NAME,
  ),
});

/** A client's frame as it is before its channel's name is known to be one. */
type Unread<Frame> = Frame extends { readonly channel: string } ? Omit<Frame, 'channel'> & { channel: string } : Frame;

/** The schema of every client frame by its `type`. */
export const CLIENT_FRAME_SCHEMAS = schemasOf<Unread<ClientFrame>>()({
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
});

/** Any frame at all: an object with a `type`, perhaps with an `id` to answer to. */
export const AnyFrameSchema = Type.Object({ type: Type.String() });
export const IdSchema = Type.Object({ id: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
