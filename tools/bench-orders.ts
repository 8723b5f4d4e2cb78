/**
 * Measures the engine with 1,000,000 working orders beside one with 1,000, in turn in one run: `npm run build && node dist/tools/bench-orders.js`.
 * 40 % limits, 40 % stops, 20 % trailing stops over 10 offsets on 1000 symbols. Prices walk between two walls that the
 * first laps find, so what is timed is ticks that neither cross nor make a new extreme; telling of ratchets costs by itself.
 * Prints the trigger decision as well: from the tick to its first `triggered`.
 */
import { MarketEngine } from '../market/engine.ts';
import { type MarketEvent, type PlaceOrder, type Tick, TickKind } from '../market/types.ts';

const SYMBOLS = 1_000;
const TICKS = 1 << 20;
const WARM_LAPS = 25;
const ROUNDS = 9;
const START = 10_000;
/** The walk stays this near to its start; every order waits farther away. */
const WALL = 40;
const FLOOR = 0.5;
const TRIGGERS = 100_000;

const instruments = Array.from({ length: SYMBOLS }, (_, index) => ({
  symbol: `S${index}`,
  index,
  priceDecimals: 2,
  quantityDecimals: 0,
  previousClose: 0,
}));

/** A small seeded generator of numbers in [0, 1). */
function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    return (seed >>> 0) / 2 ** 32;
  };
}

function trade(): Tick {
  const quote = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  return { kind: TickKind.TRADE, symbol: 0, eventTimeUs: 0, price: START, size: 1, ...quote };
}

function orderOf(at: number, random: () => number): PlaceOrder {
  const side = random() < 0.5 ? 'BUY' : 'SELL';
  const away = 300 + Math.floor(random() * 2_000);
  const [above, below] = [START + away, START - away];
  const account = `account ${at % 50}`;
  const common = { kind: 'place', account, clientOrderId: `${at}`, symbol: at % SYMBOLS, side, quantity: 1 } as const;
  const kind = at % 5;
  if (kind < 2) return { ...common, type: 'LIMIT', limitPrice: side === 'BUY' ? below : above };
  if (kind < 4) return { ...common, type: 'STOP_MARKET', triggerPrice: side === 'BUY' ? above : below };
  const value = 300 + 100 * Math.floor(random() * 10);
  return { ...common, type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value } };
}

/** Makes an engine with so many working orders, and gives a way to play a lap of ticks. */
function contender(orders: number): () => number {
  const engine = new MarketEngine({ instruments, sink: () => undefined, startingCash: 1e15 });
  const random = seeded(1);
  const tick = trade();
  for (tick.symbol = 0; tick.symbol < SYMBOLS; tick.symbol++) engine.onTick(tick);
  for (let at = 0; at < orders; at++) {
    const { kind } = engine.onCommand(orderOf(at, random));
    if (kind !== 'taken') throw new Error(`order ${at} was ${kind}`);
  }
  const prices = new Int32Array(SYMBOLS).fill(START);
  const steps = Int8Array.from({ length: TICKS }, () => Math.floor(random() * 9) - 4);
  const symbols = Uint16Array.from({ length: TICKS }, () => Math.floor(random() * SYMBOLS));
  let nowUs = 0;
  return () => {
    const startedNs = process.hrtime.bigint();
    for (let at = 0; at < TICKS; at++) {
      const symbol = symbols[at] as number;
      const price = Math.max(START - WALL, Math.min(START + WALL, (prices[symbol] as number) + (steps[at] as number)));
      prices[symbol] = price;
      nowUs += 200;
      tick.symbol = symbol;
      tick.price = price;
      tick.eventTimeUs = nowUs;
      engine.onTick(tick);
    }
    return (TICKS * 1e9) / Number(process.hrtime.bigint() - startedNs);
  };
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Triggers stops one by one among many and returns, in µs, how long each took from its tick to its event. */
function triggerTimes(): number[] {
  const times: number[] = [];
  let startedNs = 0n;
  const sink = (event: MarketEvent) => {
    if (event.kind === 'order' && event.reason === 'triggered') {
      times.push(Number(process.hrtime.bigint() - startedNs) / 1e3);
    }
  };
  const engine = new MarketEngine({ instruments, sink, startingCash: 1e15 });
  const random = seeded(2);
  const tick = trade();
  for (tick.symbol = 0; tick.symbol < SYMBOLS; tick.symbol++) engine.onTick(tick);
  for (let at = 0; times.length < TRIGGERS; at++) {
    engine.onCommand(orderOf(at, random));
    tick.symbol = at % SYMBOLS;
    tick.price = START - 1;
    const common = { kind: 'place', account: 'a', symbol: tick.symbol, side: 'SELL', quantity: 1 } as const;
    engine.onCommand({ ...common, clientOrderId: `t${at}`, type: 'STOP_MARKET', triggerPrice: START - 1 });
    tick.eventTimeUs += 200;
    startedNs = process.hrtime.bigint();
    engine.onTick(tick);
    tick.price = START;
    engine.onTick(tick);
  }
  return times.slice(TRIGGERS / 10);
}

const few = contender(1_000);
const many = contender(1_000_000);
for (let lap = 0; lap < WARM_LAPS; lap++) for (const play of [few, many]) play();
const ratios: number[] = [];
const rates: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const isForward = round % 2 === 0;
  const first = (isForward ? few : many)();
  const second = (isForward ? many : few)();
  const [base, rate] = isForward ? [first, second] : [second, first];
  ratios.push(rate / base);
  rates.push(rate);
}
const ratio = quantile(ratios, 0.5);
const verdict = ratio < FLOOR ? 'FAILS' : 'holds';
console.log(
  `1,000,000 working orders: ${(quantile(rates, 0.5) / 1e6).toFixed(1)} M ticks/s, ${ratio.toFixed(2)} of the rate with 1,000, at least ${FLOOR}: ${verdict}`,
);
const times = triggerTimes();
console.log(
  `trigger decision: p50 ${quantile(times, 0.5).toFixed(1)} us, p99 ${quantile(times, 0.99).toFixed(1)} us, at most 20`,
);
if (ratio < FLOOR || quantile(times, 0.99) > 20) process.exitCode = 1;
