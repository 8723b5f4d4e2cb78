import fc from 'fast-check';
import type { Operation, OrderTerms, Session } from './operations.ts';

/** Symbols that operations name: 0 and 1 exist, 2 doesn't. */
const SYMBOLS = 2;
const symbol = fc.oneof({ weight: 40, arbitrary: fc.nat(SYMBOLS - 1) }, { weight: 1, arbitrary: fc.constant(SYMBOLS) });
const account = fc.constantFrom('a', 'b');
/** Few enough that orders are cancelled, and placed a second time. */
const clientOrderId = fc.nat(40).map((n) => `o${n}`);
const side = fc.constantFrom('BUY', 'SELL');
/** A narrow market, so that stops are crossed, met to the tick, and shared. */
const nearPrice = fc.integer({ min: 985, max: 1_015 });
const price = fc.oneof(
  { weight: 60, arbitrary: nearPrice },
  { weight: 4, arbitrary: fc.integer({ min: 950, max: 1_050 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -1, 1_000.5) },
);
const quantity = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 0.5) },
);
const afterUs = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(150_000) },
  { weight: 1, arbitrary: fc.constant(-1) },
);
const trailingOffset = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('ticks', 'price'), value: fc.integer({ min: 1, max: 25 }) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('bp'), value: fc.integer({ min: 1, max: 250 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('ticks', 'price', 'bp'),
      value: fc.constantFrom(0, -1, 1.5, 999, 9_999, 10_000),
    }),
  },
);

const size = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);
/** Mostly a calm market, so that orders live long enough to be changed. */
const lastPrice = fc.oneof(fc.integer({ min: 997, max: 1_003 }), price);
const trade = fc.record({ op: fc.constant('trade'), symbol, price: lastPrice, size, afterUs });
/** Mostly one that can be: its extremes lie around open and close. */
const bar = fc
  .record({
    symbol,
    open: fc.oneof({ weight: 30, arbitrary: nearPrice }, { weight: 1, arbitrary: price }),
    close: nearPrice,
    above: fc.integer({ min: -1, max: 12 }),
    below: fc.integer({ min: -1, max: 12 }),
    volume: size,
    afterUs,
  })
  .map(({ open, close, above, below, ...rest }) => {
    const high = Math.max(open, close) + above;
    return { op: 'bar' as const, ...rest, open, high, low: Math.min(open, close) - below, close };
  });
/** Bid and ask near each other, now and then crossed. */
const quote = fc
  .record({
    symbol,
    bid: fc.oneof(fc.integer({ min: 995, max: 1_000 }), nearPrice),
    spread: fc.integer({ min: -1, max: 9 }),
    bidSize: size,
    askSize: size,
    afterUs,
  })
  .map(({ bid, spread, ...rest }) => ({ op: 'quote' as const, bid, ask: bid + spread, ...rest }));
const triggerBasis = fc.constantFrom('last', 'bid_ask', 'mark');
const expireTimeUs = fc.integer({ min: 1_000_000, max: 7_000_000 });
/** What any order may carry, one at a time so that each stays small. */
const option = fc.oneof(
  fc.record({ triggerBasis }),
  fc.record({ triggerBasis, timeInForce: fc.constantFrom('GTC', 'IOC', 'FOK', 'DAY') }),
  fc.record({ timeInForce: fc.constantFrom('GTC', 'IOC', 'FOK', 'DAY') }),
  fc.record({ timeInForce: fc.constant('GTD'), expireTimeUs }),
  fc.record({ expireTimeUs }),
  fc.record({ timeInForce: fc.constantFrom('DAY', 'GTD') }),
  fc.record({ extendedHours: fc.constant(true) }),
  fc.record({ reduceOnly: fc.constant(true) }),
);

/** The terms that make an order of its type. */
const kind = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('MARKET') }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('LIMIT'), limitPrice: price }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('STOP_MARKET'), triggerPrice: price }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('STOP_LIMIT'), triggerPrice: price, limitPrice: price }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('TAKE_PROFIT'), triggerPrice: price }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('TRAILING_STOP_MARKET'), trailingOffset }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('TRAILING_STOP_MARKET'), trailingOffset, activationPrice: price }),
  },
);

/** One order; two thirds carry no option. */
const terms: fc.Arbitrary<OrderTerms> = fc
  .tuple(
    fc.record({ clientOrderId, symbol, side, quantity }),
    kind,
    fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: option }),
  )
  .map(([who, what, how]) => ({ ...who, ...what, ...how }));

const place = fc.tuple(account, terms).map(([owner, order]) => ({ op: 'place' as const, account: owner, ...order }));
const child = fc.tuple(place, clientOrderId).map(([order, parentClientOrderId]) => ({ ...order, parentClientOrderId }));

/** Orders placed together, mostly of one symbol and with names of their own, since others are refused. */
const list = fc
  .record({
    account,
    contingency: fc.constantFrom('OCO', 'OTO', 'OUO'),
    childrenFrom: fc.constantFrom('complete_fill', 'first_fill'),
    symbol,
    orders: fc.array(terms, { minLength: 2, maxLength: 3 }),
    isMixed: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  })
  .map(({ symbol: one, isMixed, orders, ...rest }) => ({
    op: 'list' as const,
    ...rest,
    orders: isMixed ? orders : orders.map((order) => ({ ...order, symbol: one })),
  }));

/** An entry with a target and a stop, which may trail. */
const bracket = fc
  .record({
    account,
    childrenFrom: fc.constantFrom('complete_fill', 'first_fill'),
    side,
    symbol,
    quantity,
    names: fc.uniqueArray(clientOrderId, { minLength: 3, maxLength: 3 }),
    entry: kind,
    target: fc.record({ type: fc.constant('LIMIT'), limitPrice: price }),
    stop: fc.oneof(
      fc.record({ type: fc.constant('STOP_MARKET'), triggerPrice: price }),
      fc.record({ type: fc.constant('TRAILING_STOP_MARKET'), trailingOffset }),
    ),
  })
  .map(({ account: owner, childrenFrom, side: entrySide, symbol: one, quantity: lots, names, entry, target, stop }) => {
    const exitSide = entrySide === 'BUY' ? 'SELL' : 'BUY';
    const common = { symbol: one, quantity: lots };
    const orders: OrderTerms[] = [
      { clientOrderId: names[0] ?? '', side: entrySide, ...common, ...entry },
      { clientOrderId: names[1] ?? '', side: exitSide, ...common, ...target },
      { clientOrderId: names[2] ?? '', side: exitSide, ...common, ...stop },
    ];
    return { op: 'list' as const, account: owner, contingency: 'BRACKET' as const, childrenFrom, orders };
  });

const modify = fc
  .tuple(
    fc.record({ account, clientOrderId }),
    fc.oneof(
      fc.record({ quantity }),
      fc.record({ triggerPrice: price }),
      fc.record({ limitPrice: price }),
      fc.record({ triggerPrice: price, limitPrice: price }),
      fc.record({ trailingOffset }),
      fc.record({ activationPrice: price }),
      fc.record({ expireTimeUs }),
      fc.constant({}),
    ),
  )
  .map(([who, changes]) => ({ op: 'modify' as const, ...who, ...changes }));
const cancel = fc.record({ op: fc.constant('cancel'), account, clientOrderId });
const clock = fc.record({
  op: fc.constant('clock'),
  afterUs: fc.oneof(fc.integer({ min: -1, max: 50_000 }), fc.integer({ min: 0, max: 1_500_000 })),
});
/** Splits both ways, stock dividends, payments, and now and then what can't be. */
const corporateAction = fc.record({
  op: fc.constant('corporate_action'),
  symbol,
  numerator: ratioPart(),
  denominator: ratioPart(),
  cashPerShare: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 999 }) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 0.5) },
  ),
});
const halt = fc.record({ op: fc.constantFrom('halt', 'resume', 'resume'), symbol });

/** One random step of a small market with two symbols and two accounts, now and then one that must be refused. */
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 24, arbitrary: trade },
  { weight: 10, arbitrary: quote },
  { weight: 4, arbitrary: bar },
  { weight: 26, arbitrary: place },
  { weight: 2, arbitrary: child },
  { weight: 4, arbitrary: list },
  { weight: 4, arbitrary: bracket },
  { weight: 10, arbitrary: modify },
  { weight: 8, arbitrary: cancel },
  { weight: 6, arbitrary: clock },
  { weight: 1, arbitrary: halt },
  { weight: 1, arbitrary: corporateAction },
);

/** A random session of up to `most` operations; it may be short, so that a counterexample can shrink to its core. */
export function session(most: number): fc.Arbitrary<Session> {
  return fc
    .tuple(
      rules(most),
      fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record({ commission }) }),
      fc.oneof(fc.constant({}), fc.record({ shortMarginBp: fc.constantFrom(0, 5_000, 15_000, 3_333) })),
    )
    .map(([played, paid, lent]) => ({ ...played, ...paid, ...lent }));
}

const commission = fc.oneof(
  fc.record({ kind: fc.constant('per_share'), cashUnits: fc.integer({ min: 0, max: 99 }) }),
  fc.record({ kind: fc.constant('bp'), value: fc.integer({ min: 0, max: 99 }) }),
);

function rules(most: number) {
  return fc.record({
    startingCash: fc.constantFrom(100_000_000_000, 1_000_000, 1_000_000, 400_000),
    costBasis: fc.constantFrom('average', 'fifo'),
    symbols: fc.constant(SYMBOLS),
    ratchetWindowUs: fc.constantFrom(1, 20_000, 100_000),
    hasSessions: fc.boolean(),
    fillsInParts: fc.boolean(),
    operations: fc.array(operation, { maxLength: most, size: 'max' }),
  });
}

function ratioPart() {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(1) },
    { weight: 6, arbitrary: fc.integer({ min: 2, max: 7 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5) },
  );
}

/** What the laws' runs start from where nothing else is said: a red test is then the change's own fault, and every machine sees it. */
const DEFAULT_SEED = 20_200_316;

/**
 * How a law is run: `TAPEDECK_PROPERTY_RUNS` multiplies its runs, `TAPEDECK_PROPERTY_SEED` gives another seed, `random` a new one.
 * `npm run fuzz:market` is what looks for the unknown.
 */
export function runParameters(options: { readonly name: string; readonly runs: number }): {
  readonly seed: number;
  readonly numRuns: number;
} {
  const asked = process.env['TAPEDECK_PROPERTY_SEED'] ?? DEFAULT_SEED;
  const seed = asked === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
  const factor = Number(process.env['TAPEDECK_PROPERTY_RUNS'] ?? 1);
  if (!Number.isInteger(seed)) throw new Error('TAPEDECK_PROPERTY_SEED: a whole number or random is needed');
  if (!(factor >= 1)) throw new Error('TAPEDECK_PROPERTY_RUNS: a number of at least 1 is needed');
  const numRuns = Math.ceil(options.runs * factor);
  console.info(
    `${options.name}: ${numRuns} runs, repeat: TAPEDECK_PROPERTY_SEED=${seed} npx vitest run loadtests/properties`,
  );
  return { seed, numRuns };
}
