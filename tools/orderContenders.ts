import { MarketEngine } from '../market/engine.ts';
import { emptyTick, type MarketEvent, type PlaceOrder } from '../market/types.ts';
import {
  type Columns,
  makeInstruments,
  mulberry32,
  type Play,
  playerOf,
  type Race,
  START_US,
  STEP_US,
  SYMBOLS,
  TICKS,
} from './marketContenders.ts';

const START = 10_000;
/** The walk stays this near to its start; every order waits farther away. */
const WALL = 40;
const ACCOUNTS = 50;
const TRIGGERS = 100_000;

/** 40 % limits, 40 % stops, 20 % trailing stops over 10 offsets. */
function orderOf(at: number, random: () => number): PlaceOrder {
  const side = random() < 0.5 ? 'BUY' : 'SELL';
  const away = 300 + Math.floor(random() * 2_000);
  const [above, below] = [START + away, START - away];
  const account = `account ${at % ACCOUNTS}`;
  const common = { kind: 'place', account, clientOrderId: `${at}`, symbol: at % SYMBOLS, side, quantity: 1 } as const;
  const kind = Math.floor(at / SYMBOLS) % 5;
  if (kind < 2) return { ...common, type: 'LIMIT', limitPrice: side === 'BUY' ? below : above };
  if (kind < 4) return { ...common, type: 'STOP_MARKET', triggerPrice: side === 'BUY' ? above : below };
  const value = 300 + 100 * Math.floor(random() * 10);
  return { ...common, type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value } };
}

/** Trades between two walls that the first lap finds: after it no tick crosses or makes a new extreme, whose telling costs by itself. */
function makeWalledTicks(): Columns {
  const random = mulberry32(2);
  const prices = new Int32Array(SYMBOLS).fill(START);
  const columns = {
    symbol: Uint16Array.from({ length: TICKS }, () => Math.floor(random() * SYMBOLS)),
    price: new Int32Array(TICKS),
    size: new Float64Array(TICKS).fill(1),
    timeUs: Float64Array.from({ length: TICKS }, (_, at) => START_US + at * STEP_US),
  };
  for (let at = 0; at < TICKS; at++) {
    const symbol = columns.symbol[at] as number;
    const step = Math.floor(random() * 9) - 4;
    const price = Math.max(START - WALL, Math.min(START + WALL, (prices[symbol] as number) + step));
    prices[symbol] = price;
    columns.price[at] = price;
  }
  return columns;
}

/** An engine that makes no bars, so that what the orders cost shows most; every symbol has traded at the start. */
function makeTrader(sink: (event: MarketEvent) => void): MarketEngine {
  const engine = new MarketEngine({ instruments: makeInstruments(SYMBOLS), sink, startingCash: 1e15 });
  const tick = emptyTick();
  tick.price = START;
  tick.size = 1;
  for (tick.symbol = 0; tick.symbol < SYMBOLS; tick.symbol++) engine.onTick(tick);
  return engine;
}

function withOrders(count: number): Play {
  const engine = makeTrader(() => {});
  const random = mulberry32(1);
  for (let at = 0; at < count; at++) {
    const { kind } = engine.onCommand(orderOf(at, random));
    if (kind !== 'taken') throw new Error(`order ${at} was ${kind}`);
  }
  return playerOf(engine, makeWalledTicks());
}

/** Many working orders beside few. */
export const ORDER_RACE: Race = {
  base: 'the rate with 1,000',
  contenders: [
    { name: '1,000 working orders', floor: 0, make: () => withOrders(1_000) },
    { name: '1,000,000 working orders', floor: 1 / 2, make: () => withOrders(1_000_000) },
  ],
};

/** Triggers stops one by one among 100,000 orders that wait, and returns how long each took from its tick to its event, µs. */
export function triggerTimesUs(): number[] {
  const times: number[] = [];
  let startedNs = 0n;
  const engine = makeTrader((event) => {
    if (event.kind !== 'order' || event.reason !== 'triggered') return;
    times.push(Number(process.hrtime.bigint() - startedNs) / 1e3);
  });
  const random = mulberry32(3);
  const tick = emptyTick();
  tick.size = 1;
  for (let at = 0; times.length < TRIGGERS; at++) {
    engine.onCommand(orderOf(at, random));
    tick.symbol = at % SYMBOLS;
    tick.price = START - 1;
    const common = { kind: 'place', account: 'a', symbol: tick.symbol, side: 'SELL', quantity: 1 } as const;
    engine.onCommand({ ...common, clientOrderId: `t${at}`, type: 'STOP_MARKET', triggerPrice: START - 1 });
    tick.eventTimeUs += STEP_US;
    startedNs = process.hrtime.bigint();
    engine.onTick(tick);
    tick.price = START;
    engine.onTick(tick);
  }
  // The first tenth finds the code cold and few orders.
  return times.slice(TRIGGERS / 10);
}
