import type { Instrument, Tick } from '../../market/types.ts';
import { FaultedTicks } from '../../simulator/faults/faultedTicks.ts';
import type { FaultScenario } from '../../simulator/faults/plan.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';

const TRADE = 0;
const NOT_LAST = 1;
/** A tick this far behind the market's time is of no use, µs. */
const LATENESS_US = 10_000_000;
const MINUTE_US = 60_000_000;

/** A bar of a minute as the feed's trades make it; prices in the currency. */
export interface TrueBar {
  readonly startUs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** A tick that a back end must tell. Prices in the currency; null for what it doesn't say. */
export interface TrueTick {
  readonly eventTimeUs: number;
  readonly price: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
}

/** What the feed said of one symbol. */
export interface SymbolTruth {
  readonly symbol: string;
  /** Sound ticks in order: the n-th is told as number n. */
  readonly ticks: TrueTick[];
  /** By start. */
  readonly bars: Map<number, TrueBar>;
}

/** What a feed with its faults says in a part of a tape, as a sound back end must understand it. */
export interface Truth {
  readonly symbols: ReadonlyMap<string, SymbolTruth>;
  /** Ticks that must be refused: no prices, crossed, or behind their symbol's time. */
  readonly refused: number;
  /** When the symbols are halted, µs of event time; the end is Infinity when it isn't reached. */
  readonly halts: readonly { readonly symbol: string; readonly fromUs: number; toUs: number }[];
}

/** Works out what the feed says, by rules of its own and not the back end's. */
export function truthOf(options: {
  readonly scenario: FaultScenario;
  readonly tape: TapeReader;
  readonly fromUs: number;
  readonly toUs: number;
}): Truth {
  const { scenario, tape, fromUs, toUs } = options;
  const { instruments } = tape.header;
  const halts: { readonly symbol: string; readonly fromUs: number; toUs: number }[] = [];
  const cursor = tape.cursor(fromUs);
  const said = new FaultedTicks({
    scenario,
    header: tape.header,
    fromUs,
    nextTick: () => (cursor.peekTimeUs() < toUs && cursor.next() ? cursor.tick : undefined),
    onHalt: ({ symbol: index, isHalted }, { eventTimeUs }) => {
      const symbol = instruments[index]?.symbol ?? '';
      const open = halts.find((halt) => halt.symbol === symbol && halt.toUs === Number.POSITIVE_INFINITY);
      if (isHalted) halts.push({ symbol, fromUs: eventTimeUs, toUs: Number.POSITIVE_INFINITY });
      else if (open !== undefined) open.toUs = eventTimeUs;
    },
  });
  const market = new TrueMarket(instruments);
  for (let tick = said.next(); tick !== undefined; tick = said.next()) market.take(tick);
  return { symbols: market.symbols, refused: market.refused, halts };
}

class TrueMarket {
  readonly symbols = new Map<string, SymbolTruth>();
  refused = 0;
  readonly #instruments: readonly Instrument[];
  readonly #lastUs: Float64Array;
  #clockUs = Number.NEGATIVE_INFINITY;

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    this.#lastUs = new Float64Array(instruments.length).fill(Number.NEGATIVE_INFINITY);
    for (const { symbol } of instruments) this.symbols.set(symbol, { symbol, ticks: [], bars: new Map() });
  }

  take(tick: Tick): void {
    const instrument = this.#instruments[tick.symbol];
    const truth = this.symbols.get(instrument?.symbol ?? '');
    if (instrument === undefined || truth === undefined) return;
    const scale = 10 ** -instrument.priceDecimals;
    const isTrade = tick.kind === TRADE;
    const isLate = tick.eventTimeUs < (this.#lastUs[tick.symbol] as number);
    const isSound = isTrade ? tick.price > 0 && tick.size > 0 : tick.bid > 0 && tick.ask >= tick.bid;
    const isUseless = tick.eventTimeUs < this.#clockUs - LATENESS_US || (isTrade && (tick.flags & NOT_LAST) !== 0);
    if (!isSound || isUseless || isLate) {
      // A late trade amends its bar; the bar's rules are judged elsewhere, by runs in which nothing is late.
      this.refused++;
      return;
    }
    this.#lastUs[tick.symbol] = tick.eventTimeUs;
    this.#clockUs = Math.max(this.#clockUs, tick.eventTimeUs);
    truth.ticks.push({
      eventTimeUs: tick.eventTimeUs,
      price: isTrade ? tick.price * scale : null,
      bid: isTrade ? null : tick.bid * scale,
      ask: isTrade ? null : tick.ask * scale,
    });
    if (isTrade) addToBar(truth.bars, tick, tick.price * scale);
  }
}

function addToBar(bars: Map<number, TrueBar>, { eventTimeUs, size }: Tick, price: number): void {
  const startUs = Math.floor(eventTimeUs / MINUTE_US) * MINUTE_US;
  const bar = bars.get(startUs);
  if (bar === undefined) {
    bars.set(startUs, { startUs, open: price, high: price, low: price, close: price, volume: size });
    return;
  }
  bar.high = Math.max(bar.high, price);
  bar.low = Math.min(bar.low, price);
  bar.close = price;
  bar.volume += size;
}
