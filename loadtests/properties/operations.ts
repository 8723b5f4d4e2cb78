import { type Static, type TUnsafe, Type } from '@sinclair/typebox';
import type { Command, Instrument, Tick } from '../../market/types.ts';

const exact = { additionalProperties: false } as const;
const optionalNumber = Type.Optional(Type.Number());

/** One of some words. */
function oneOf<const Word extends string>(...words: readonly Word[]): TUnsafe<Word> {
  return Type.Unsafe<Word>(Type.Union(words.map((word) => Type.Literal(word))));
}

/** One step played into an engine: a tick (its time counted from the symbol's last) or a command. Prices in ticks, quantities in lots. */
const OperationSchema = Type.Union([
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
      afterUs: Type.Integer(),
    },
    exact,
  ),
  Type.Object(
    {
      op: Type.Literal('place'),
      account: Type.String(),
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
    },
    exact,
  ),
  Type.Object({ op: Type.Literal('cancel'), account: Type.String(), clientOrderId: Type.String() }, exact),
]);
export type Operation = Static<typeof OperationSchema>;

/** A list of operations kept because it once broke something, or shows a rule at its edge: `fixtures/counterexamples/*.json`. */
export const CounterexampleSchema = Type.Object(
  {
    /** What it shows, in a sentence. */
    why: Type.String(),
    symbols: Type.Integer({ minimum: 1 }),
    ratchetWindowUs: Type.Integer({ minimum: 1 }),
    operations: Type.Array(OperationSchema),
    /** The events that must come of it, as describeEvent in engineLaw.ts prints them. */
    events: Type.Array(Type.String()),
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

/** An operation as a tick, given the symbol's last time; undefined when it is a command. */
export function tickOf(operation: Operation, lastTimeUs: number): Tick | undefined {
  if (operation.op !== 'trade' && operation.op !== 'quote') return undefined;
  const { symbol, afterUs } = operation;
  const base = { symbol, eventTimeUs: lastTimeUs + afterUs, flags: 0 };
  if (operation.op === 'trade') {
    const { price, size } = operation;
    return { ...base, kind: 0, price, size, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
  }
  const { bid, ask } = operation;
  return { ...base, kind: 1, price: 0, size: 0, bid, ask, bidSize: 1, askSize: 1 };
}

/** An operation as a command; undefined when it is a tick. */
export function commandOf(operation: Operation): Command | undefined {
  if (operation.op === 'cancel') {
    const { account, clientOrderId } = operation;
    return { kind: 'cancel', account, clientOrderId };
  }
  if (operation.op !== 'place') return undefined;
  const { op: _, ...terms } = operation;
  return { kind: 'place', ...terms };
}

/** An operation in one short line. */
export function describeOperation(operation: Operation): string {
  switch (operation.op) {
    case 'trade':
      return `S${operation.symbol} trades ${operation.size}@${operation.price} after ${operation.afterUs} us`;
    case 'quote':
      return `S${operation.symbol} quotes ${operation.bid}/${operation.ask} after ${operation.afterUs} us`;
    case 'cancel':
      return `${operation.account} cancels ${operation.clientOrderId}`;
    case 'place': {
      const { account, clientOrderId, side, type, quantity, symbol } = operation;
      const { triggerPrice, limitPrice, trailingOffset, activationPrice, triggerBasis, timeInForce } = operation;
      const terms = [
        triggerPrice === undefined ? '' : ` at ${triggerPrice}`,
        limitPrice === undefined ? '' : ` limit ${limitPrice}`,
        trailingOffset === undefined ? '' : ` by ${trailingOffset.value} ${trailingOffset.kind}`,
        activationPrice === undefined ? '' : ` from ${activationPrice}`,
        triggerBasis === undefined ? '' : ` on ${triggerBasis}`,
        timeInForce === undefined ? '' : ` ${timeInForce}`,
      ].join('');
      return `${account} places ${clientOrderId}: ${side} ${quantity} S${symbol} ${type}${terms}`;
    }
  }
}
