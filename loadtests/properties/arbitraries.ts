import fc from 'fast-check';
import type { Operation } from './operations.ts';

/** Symbols that operations name: 0 and 1 exist, 2 doesn't. */
export const SYMBOLS = 2;
const symbol = fc.oneof({ weight: 40, arbitrary: fc.nat(SYMBOLS - 1) }, { weight: 1, arbitrary: fc.constant(SYMBOLS) });
const account = fc.constantFrom('a', 'b');
/** Few enough that orders are cancelled, and placed a second time. */
const clientOrderId = fc.nat(60).map((n) => `o${n}`);
const side = fc.constantFrom('BUY', 'SELL');
/** A narrow market, so that stops are crossed, met to the tick, and shared. */
const nearPrice = fc.integer({ min: 990, max: 1_010 });
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

const trade = fc.record({
  op: fc.constant('trade'),
  symbol,
  price,
  size: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max: 9 }) }, { weight: 1, arbitrary: fc.constant(0) }),
  afterUs,
});
const quote = fc.record({ op: fc.constant('quote'), symbol, bid: nearPrice, ask: nearPrice, afterUs });
const triggerBasis = fc.constantFrom('last', 'bid_ask', 'mark');
const timeInForce = fc.constantFrom('GTC', 'IOC', 'FOK');
const placing = { op: fc.constant('place'), account, clientOrderId, symbol, side, quantity };
/** Options that any order may carry. */
const options = { triggerBasis, timeInForce };

/** Orders of one type: always the terms given, now and then the options. */
function orders<Terms>(terms: fc.Arbitrary<Terms>) {
  const named = fc.tuple(fc.record(placing), terms).map(([place, more]) => ({ ...place, ...more }));
  const withOptions = fc.tuple(named, fc.record(options)).map(([place, more]) => ({ ...place, ...more }));
  return fc.oneof({ weight: 2, arbitrary: named }, { weight: 1, arbitrary: withOptions });
}

const market = orders(fc.record({ type: fc.constant('MARKET') }));
const limit = orders(fc.record({ type: fc.constant('LIMIT'), limitPrice: price }));
const stop = orders(fc.record({ type: fc.constant('STOP_MARKET'), triggerPrice: price }));
const stopLimit = orders(fc.record({ type: fc.constant('STOP_LIMIT'), triggerPrice: price, limitPrice: price }));
const takeProfit = orders(fc.record({ type: fc.constant('TAKE_PROFIT'), triggerPrice: price }));
const trailing = orders(fc.record({ type: fc.constant('TRAILING_STOP_MARKET'), trailingOffset }));
const activated = orders(
  fc.record({ type: fc.constant('TRAILING_STOP_MARKET'), trailingOffset, activationPrice: price }),
);
const cancel = fc.record({ op: fc.constant('cancel'), account, clientOrderId });

/** One random tick or command of a small market with two symbols and two accounts, now and then one that must be refused. */
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: trade },
  { weight: 6, arbitrary: quote },
  { weight: 1, arbitrary: market },
  { weight: 3, arbitrary: limit },
  { weight: 3, arbitrary: stop },
  { weight: 2, arbitrary: stopLimit },
  { weight: 2, arbitrary: takeProfit },
  { weight: 4, arbitrary: trailing },
  { weight: 2, arbitrary: activated },
  { weight: 5, arbitrary: cancel },
);

/** A random session of up to `most` operations; it may be short, so that a counterexample can shrink to its core. */
export function session(most: number): fc.Arbitrary<Operation[]> {
  return fc.array(operation, { maxLength: most, size: 'max' });
}

/** How a law is run: `TAPEDECK_PROPERTY_RUNS` multiplies its runs, `TAPEDECK_PROPERTY_SEED` repeats a seed. */
export function runParameters(options: { readonly name: string; readonly runs: number }): {
  readonly seed: number;
  readonly numRuns: number;
} {
  const seed = Number(process.env['TAPEDECK_PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const factor = Number(process.env['TAPEDECK_PROPERTY_RUNS'] ?? 1);
  if (!Number.isInteger(seed)) throw new Error('TAPEDECK_PROPERTY_SEED: a whole number is needed');
  if (!(factor >= 1)) throw new Error('TAPEDECK_PROPERTY_RUNS: a number of at least 1 is needed');
  const numRuns = Math.ceil(options.runs * factor);
  console.info(
    `${options.name}: ${numRuns} runs, repeat: TAPEDECK_PROPERTY_SEED=${seed} npx vitest run loadtests/properties`,
  );
  return { seed, numRuns };
}
