import { type TSchema, Type } from '@sinclair/typebox';
import { CLIENT_FRAME_SCHEMAS } from './frames.ts';

/** Queries and bodies of the HTTP side, as JSON Schema. Unlike frames they are closed: a misspelt name is refused, not ignored. */
const STRICT = { additionalProperties: false } as const;

const place = CLIENT_FRAME_SCHEMAS['order.place'].properties;
const placeList = CLIENT_FRAME_SCHEMAS['order.placeList'].properties;
const modify = CLIENT_FRAME_SCHEMAS['order.modify'].properties;
const Account = place.account;
const SymbolName = place.symbol;
const TimeFrame = CLIENT_FRAME_SCHEMAS.get.properties.timeFrame;
const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000, description: 'At most so many, the newest ones.' }),
);
const Text = (maxLength: number): TSchema & { static: string } =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]+$' });

/** Dialects whose back ends keep a price for a while, by the seconds that they do. */
export const PRICE_CACHE_S = { native: 0, 'ai-trading-v2': 0, 'us-001': 60, paiid: 30, tickstock: 0 } as const;

/** Takes nothing. */
export const NothingSchema = Type.Object({}, STRICT);
/** Of a request without a body. */
export const NoBodySchema = Type.Undefined();

export const AccountQuerySchema = Type.Object(
  { account: Type.Optional(Type.String({ ...Account, description: "Absent: the identity's own." })) },
  STRICT,
);

export const QuotesQuerySchema = Type.Object(
  {
    symbols: Type.Optional(
      Type.String({ minLength: 1, maxLength: 60_000, description: 'Names separated by commas; absent: all.' }),
    ),
    dialect: Type.Optional(
      Type.Union(
        [
          Type.Literal('native'),
          Type.Literal('ai-trading-v2'),
          Type.Literal('us-001'),
          Type.Literal('paiid'),
          Type.Literal('tickstock'),
        ],
        { description: 'Whose price cache `Cache-Control` follows: 60 s with us-001, 30 s with paiid, else none.' },
      ),
    ),
  },
  STRICT,
);

export const BarsQuerySchema = Type.Object(
  {
    symbol: SymbolName,
    timeFrame: TimeFrame,
    limit: Limit,
    forming: Type.Optional(Type.Boolean({ description: 'Also the bar that is still open.' })),
  },
  STRICT,
);

export const PatternsQuerySchema = Type.Object(
  {
    symbol: SymbolName,
    timeFrame: TimeFrame,
    limit: Limit,
    early: Type.Optional(Type.Boolean({ description: 'Also what the open bars would complete if they closed now.' })),
    minConfidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  },
  STRICT,
);

/** An order, or a list of them; `type` and `id` of the frame may stand there. */
export const PlaceBodySchema = Type.Object(
  { ...place, type: Type.Optional(place.type) },
  { title: 'New order', ...STRICT },
);
export const PlaceListBodySchema = Type.Object(
  { ...placeList, type: Type.Optional(placeList.type) },
  { title: 'New order list', ...STRICT },
);
export const PlaceAnyBodySchema = Type.Union([PlaceBodySchema, PlaceListBodySchema]);
export const ModifyBodySchema = Type.Object(
  { ...modify, type: Type.Optional(modify.type), clientOrderId: Type.Optional(modify.clientOrderId) },
  { title: 'New terms', ...STRICT },
);

/** A key without a number yet has -1, and then an epoch says nothing. */
export const PollCursorsSchema = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9._]{1,32}$' }),
  Type.Object(
    {
      epoch: Type.String({ pattern: '^[!-~]{0,64}$' }),
      seq: Type.Record(
        Type.String({ pattern: Account.pattern ?? '' }),
        Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
        { additionalProperties: false },
      ),
    },
    STRICT,
  ),
  { additionalProperties: false },
);
/** A poll waits this long at most for something to tell, ms. */
export const MAX_POLL_WAIT_MS = 30_000;
const WaitMs = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: MAX_POLL_WAIT_MS,
    description: 'ms to wait at most while there is nothing to tell; absent: 0.',
  }),
);
export const PollQuerySchema = Type.Object(
  {
    since: Type.String({ minLength: 2, maxLength: 65_536, description: 'PollCursors as JSON.' }),
    waitMs: WaitMs,
  },
  STRICT,
);
export const PollBodySchema = Type.Object({ since: PollCursorsSchema, waitMs: WaitMs }, STRICT);

export const NewsBodySchema = Type.Object(
  {
    headline: Text(1_000),
    body: Type.Optional(Text(20_000)),
    source: Type.Optional(Text(200)),
    url: Type.Optional(Type.String({ pattern: '^https?://[!-~]{1,2000}$' })),
    symbols: Type.Optional(
      Type.Array(SymbolName, { maxItems: 1_000, description: 'What it is about; absent or empty: the whole market.' }),
    ),
  },
  STRICT,
);
export const SystemBodySchema = Type.Object(
  {
    code: Type.Optional(
      Type.Union([Type.Literal('notice'), Type.Literal('session'), Type.Literal('halt'), Type.Literal('resume')], {
        description: 'Absent: notice.',
      }),
    ),
    message: Text(1_000),
  },
  STRICT,
);
