import { type Static, type TUnsafe, Type } from '@sinclair/typebox';
import type { Command, Control, Instrument, PlaceOrder, Tick, TradeBar } from '../../market/types.ts';

const exact = { additionalProperties: false } as const;
const optionalNumber = Type.Optional(Type.Number());

/** One of some words. */
function oneOf<const Word extends string>(...words: readonly Word[]): TUnsafe<Word> {
  return Type.Unsafe<Word>(Type.Union(words.map((word) => Type.Literal(word))));
}

/** The terms of an order, as in PlaceOrder; its account stands beside it. */
const TERMS = {
  clientOrderId: Type.String(),
  symbol: Type.Integer(),
  side: oneOf('BUY', 'SELL'),
  type: oneOf('MARKET', 'LIMIT', 'STOP_MARKET', 'STOP_LIMIT', 'TRAILING_STOP_MARKET', 'TAKE_PROFIT'),
  quantity: Type.Number(),
  triggerPrice: optionalNumber,
  limitPrice: optionalNumber,
  trailingOffset: Type.Optional(Type.Object({ kind: oneOf('price', 'bp', 'ticks'), value: Type.Number() }, exact)),
  activationPrice: optionalNumber,
  triggerBasis: Type.Optional(oneOf('last', 'bid_ask', 'mark')),
  timeInForce: Type.Optional(oneOf('DAY', 'GTC', 'IOC', 'FOK', 'GTD')),
  expireTimeUs: optionalNumber,
  extendedHours: Type.Optional(Type.Boolean()),
  reduceOnly: Type.Optional(Type.Boolean()),
  parentClientOrderId: Type.Optional(Type.String()),
};
const named = { account: Type.String(), clientOrderId: Type.String() };
const OrderTermsSchema = Type.Object(TERMS, exact);

const TickSchema = Type.Union([
  Type.Object(
    {
      op: Type.Literal('trade'),
      symbol: Type.Integer(),
      price: Type.Number(),
      size: Type.Number(),
      afterUs: Type.Integer(),
    },
    exact,
  ),
  Type.Object(
    {
      op: Type.Literal('quote'),
      symbol: Type.Integer(),
      bid: Type.Number(),
      ask: Type.Number(),
      /** Sizes are 1 unless given. */
      bidSize: optionalNumber,
      askSize: optionalNumber,
      afterUs: Type.Integer(),
    },
    exact,
  ),
]);

const BarSchema = Type.Object(
  {
    op: Type.Literal('bar'),
    symbol: Type.Integer(),
    open: Type.Number(),
    high: Type.Number(),
    low: Type.Number(),
    close: Type.Number(),
    volume: Type.Number(),
    afterUs: Type.Integer(),
  },
  exact,
);

const CommandSchema = Type.Union([
  Type.Object({ op: Type.Literal('place'), account: Type.String(), ...TERMS }, exact),
  Type.Object(
    {
      op: Type.Literal('list'),
      account: Type.String(),
      contingency: oneOf('OCO', 'OTO', 'OUO', 'BRACKET'),
      childrenFrom: Type.Optional(oneOf('complete_fill', 'first_fill')),
      orders: Type.Array(OrderTermsSchema),
    },
    exact,
  ),
  Type.Object(
    {
      op: Type.Literal('modify'),
      ...named,
      quantity: optionalNumber,
      triggerPrice: optionalNumber,
      limitPrice: optionalNumber,
      trailingOffset: TERMS.trailingOffset,
      activationPrice: optionalNumber,
      expireTimeUs: optionalNumber,
    },
    exact,
  ),
  Type.Object({ op: Type.Literal('cancel'), ...named }, exact),
]);

const ControlSchema = Type.Union([
  Type.Object({ op: Type.Literal('clock'), afterUs: Type.Integer() }, exact),
  Type.Object({ op: oneOf('halt', 'resume'), symbol: Type.Integer() }, exact),
  Type.Object(
    {
      op: Type.Literal('corporate_action'),
      symbol: Type.Integer(),
      numerator: Type.Number(),
      denominator: Type.Number(),
      cashPerShare: Type.Number(),
    },
    exact,
  ),
]);

/**
 * One step played into an engine: a tick, a bar or a clock (its time counted from the latest time played), a command or another
 * control. Prices in ticks, quantities in lots.
 */
const OperationSchema = Type.Union([TickSchema, BarSchema, CommandSchema, ControlSchema]);
export type Operation = Static<typeof OperationSchema>;
export type OrderTerms = Static<typeof OrderTermsSchema>;

/** What a session is played under. */
const RULES = {
  symbols: Type.Integer({ minimum: 1 }),
  ratchetWindowUs: Type.Integer({ minimum: 1 }),
  /** Whether the days of calendar.ts hold; else the market is always open. */
  hasSessions: Type.Optional(Type.Boolean()),
  /** Whether a tick fills no more than its size. */
  fillsInParts: Type.Optional(Type.Boolean()),
  /** Cash units; ten million of the currency unless given. */
  startingCash: Type.Optional(Type.Integer({ minimum: 0 })),
  costBasis: Type.Optional(oneOf('average', 'fifo')),
  /** Buying power with so much margin on shorts, in basis points; absent: a buy's value against the cash. */
  shortMarginBp: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
  commission: Type.Optional(
    Type.Union([
      Type.Object({ kind: Type.Literal('per_share'), cashUnits: Type.Integer({ minimum: 0 }) }, exact),
      Type.Object({ kind: Type.Literal('bp'), value: Type.Integer({ minimum: 0 }) }, exact),
    ]),
  ),
};
const SessionSchema = Type.Object({ ...RULES, operations: Type.Array(OperationSchema) }, exact);
export type Session = Static<typeof SessionSchema>;

/** A list of operations kept because it once broke something, or shows a rule at its edge: `fixtures/counterexamples/*.json`. */
export const CounterexampleSchema = Type.Object(
  {
    /** What it shows, in a sentence. */
    why: Type.String({ minLength: 1 }),
    ...RULES,
    operations: Type.Array(OperationSchema),
    /** The events that must come of it, as describeEvent in engineLaw.ts prints them; where absent, engine and oracle have to agree. */
    events: Type.Optional(Type.Array(Type.String())),
  },
  exact,
);

/** Makes instruments with two decimals of price and whole quantities. */
export function instrumentsOf(symbols: number): Instrument[] {
  return Array.from({ length: symbols }, (_, index) => ({
    symbol: `S${index}`,
    index,
    priceDecimals: 2,
    quantityDecimals: 0,
    previousClose: 0,
  }));
}

/** What an operation is to an engine, given the latest time played. */
export function inputOf(
  operation: Operation,
  latestUs: number,
):
  | { readonly kind: 'tick'; readonly tick: Tick }
  | { readonly kind: 'bar'; readonly bar: TradeBar }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'control'; readonly control: Control } {
  switch (operation.op) {
    case 'trade': {
      const { symbol, price, size, afterUs } = operation;
      const eventTimeUs = latestUs + afterUs;
      return {
        kind: 'tick',
        tick: { kind: 0, symbol, eventTimeUs, price, size, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 },
      };
    }
    case 'quote': {
      const { symbol, bid, ask, bidSize = 1, askSize = 1, afterUs } = operation;
      const eventTimeUs = latestUs + afterUs;
      return {
        kind: 'tick',
        tick: { kind: 1, symbol, eventTimeUs, price: 0, size: 0, bid, ask, bidSize, askSize, flags: 0 },
      };
    }
    case 'bar': {
      const { op: _, afterUs, ...bar } = operation;
      return { kind: 'bar', bar: { ...bar, eventTimeUs: latestUs + afterUs } };
    }
    case 'clock':
      return { kind: 'control', control: { kind: 'clock', timeUs: latestUs + operation.afterUs } };
    case 'halt':
    case 'resume':
      return { kind: 'control', control: { kind: operation.op, symbol: operation.symbol } };
    case 'corporate_action': {
      const { op: kind, ...action } = operation;
      return { kind: 'control', control: { kind, ...action } };
    }
    default:
      return { kind: 'command', command: commandOf(operation) };
  }
}

/** Whether an operation is a client's. */
export function isCommand({ op }: Operation): boolean {
  return op === 'place' || op === 'list' || op === 'modify' || op === 'cancel';
}

function commandOf(operation: Static<typeof CommandSchema>): Command {
  switch (operation.op) {
    case 'place': {
      const { op: _, ...terms } = operation;
      return { kind: 'place', ...terms };
    }
    case 'list': {
      const { op: _, account, orders, ...list } = operation;
      return {
        kind: 'list',
        account,
        ...list,
        orders: orders.map((terms): PlaceOrder => ({ kind: 'place', account, ...terms })),
      };
    }
    case 'modify': {
      const { op: _, ...terms } = operation;
      return { kind: 'modify', ...terms };
    }
    case 'cancel': {
      const { account, clientOrderId } = operation;
      return { kind: 'cancel', account, clientOrderId };
    }
  }
}

/** An operation in one short line. */
export function describeOperation(operation: Operation): string {
  switch (operation.op) {
    case 'trade':
      return `S${operation.symbol} trades ${operation.size}@${operation.price} after ${operation.afterUs} us`;
    case 'quote':
      return `S${operation.symbol} quotes ${operation.bid}/${operation.ask} after ${operation.afterUs} us`;
    case 'bar': {
      const { symbol, volume, open, high, low, close, afterUs } = operation;
      return `S${symbol} trades ${volume} in a bar ${open} ${high} ${low} ${close} after ${afterUs} us`;
    }
    case 'clock':
      return `the clock goes on by ${operation.afterUs} us`;
    case 'halt':
    case 'resume':
      return `${operation.op} of S${operation.symbol}`;
    case 'corporate_action': {
      const { symbol, numerator, denominator, cashPerShare } = operation;
      return `S${symbol} splits ${numerator}:${denominator} and pays ${cashPerShare}`;
    }
    case 'cancel':
      return `${operation.account} cancels ${operation.clientOrderId}`;
    case 'modify': {
      const { op: _, account, clientOrderId, ...terms } = operation;
      return `${account} modifies ${clientOrderId}: ${JSON.stringify(terms)}`;
    }
    case 'list':
      return `${operation.account} places ${operation.contingency} ${operation.childrenFrom ?? ''}: ${operation.orders.map(describeTerms).join('; ')}`;
    case 'place':
      return `${operation.account} places ${describeTerms(operation)}`;
  }
}

function describeTerms(terms: OrderTerms): string {
  const { clientOrderId, side, type, quantity, symbol, triggerPrice, limitPrice, trailingOffset } = terms;
  const { activationPrice, triggerBasis, timeInForce, expireTimeUs, extendedHours, reduceOnly } = terms;
  const more = [
    triggerPrice === undefined ? '' : ` at ${triggerPrice}`,
    limitPrice === undefined ? '' : ` limit ${limitPrice}`,
    trailingOffset === undefined ? '' : ` by ${trailingOffset.value} ${trailingOffset.kind}`,
    activationPrice === undefined ? '' : ` from ${activationPrice}`,
    triggerBasis === undefined ? '' : ` on ${triggerBasis}`,
    timeInForce === undefined ? '' : ` ${timeInForce}`,
    expireTimeUs === undefined ? '' : ` until ${expireTimeUs}`,
    extendedHours === true ? ' extended' : '',
    reduceOnly === true ? ' reduce-only' : '',
    terms.parentClientOrderId === undefined ? '' : ` child of ${terms.parentClientOrderId}`,
  ].join('');
  return `${clientOrderId}: ${side} ${quantity} S${symbol} ${type}${more}`;
}
