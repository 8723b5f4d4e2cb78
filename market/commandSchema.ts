import { Type } from '@sinclair/typebox';

const exact = { additionalProperties: false } as const;
/** In ticks; any number, since what is no price is refused by the engine with its own reason. */
const Price = Type.Number();

const TrailingOffsetSchema = Type.Object(
  { kind: Type.Union([Type.Literal('price'), Type.Literal('bp'), Type.Literal('ticks')]), value: Type.Number() },
  exact,
);

/** The form of a `PlaceOrder` that was written down, as in a command log or a saved state. */
export const PlaceOrderSchema = Type.Object(
  {
    kind: Type.Literal('place'),
    account: Type.String(),
    clientOrderId: Type.String(),
    symbol: Type.Number(),
    side: Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]),
    type: Type.Union([
      Type.Literal('MARKET'),
      Type.Literal('LIMIT'),
      Type.Literal('STOP_MARKET'),
      Type.Literal('STOP_LIMIT'),
      Type.Literal('TRAILING_STOP_MARKET'),
      Type.Literal('TAKE_PROFIT'),
    ]),
    quantity: Type.Number(),
    triggerPrice: Type.Optional(Price),
    limitPrice: Type.Optional(Price),
    trailingOffset: Type.Optional(TrailingOffsetSchema),
    activationPrice: Type.Optional(Price),
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
    expireTimeUs: Type.Optional(Type.Number()),
    extendedHours: Type.Optional(Type.Boolean()),
    reduceOnly: Type.Optional(Type.Boolean()),
    parentClientOrderId: Type.Optional(Type.String()),
  },
  exact,
);

const CancelOrderSchema = Type.Object(
  { kind: Type.Literal('cancel'), account: Type.String(), clientOrderId: Type.String() },
  exact,
);

const ModifyOrderSchema = Type.Object(
  {
    kind: Type.Literal('modify'),
    account: Type.String(),
    clientOrderId: Type.String(),
    quantity: Type.Optional(Type.Number()),
    triggerPrice: Type.Optional(Price),
    limitPrice: Type.Optional(Price),
    trailingOffset: Type.Optional(TrailingOffsetSchema),
    activationPrice: Type.Optional(Price),
    expireTimeUs: Type.Optional(Type.Number()),
  },
  exact,
);

/** The form of a `Contingency`. */
export const ContingencySchema = Type.Union([
  Type.Literal('OCO'),
  Type.Literal('OTO'),
  Type.Literal('OUO'),
  Type.Literal('BRACKET'),
]);
/** The form of a `ChildrenFrom`. */
export const ChildrenFromSchema = Type.Union([Type.Literal('complete_fill'), Type.Literal('first_fill')]);

const PlaceOrderListSchema = Type.Object(
  {
    kind: Type.Literal('list'),
    account: Type.String(),
    contingency: ContingencySchema,
    orders: Type.Array(PlaceOrderSchema),
    childrenFrom: Type.Optional(ChildrenFromSchema),
  },
  exact,
);

/** The form of a `Command` that was written down. */
export const CommandSchema = Type.Union([PlaceOrderSchema, CancelOrderSchema, ModifyOrderSchema, PlaceOrderListSchema]);
