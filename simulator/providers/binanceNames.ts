import type { Instrument } from '../../market/types.ts';

/** Assets in which Binance quotes prices, longest first. */
const QUOTE_ASSETS = ['FDUSD', 'USDT', 'USDC', 'TUSD', 'BUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY', 'USD'];
/** What a name of the tape without a quote asset of its own is priced in. */
const DEFAULT_QUOTE = 'USDT';
const SHORTEST_BASE = 2;

/** A name under which Binance's clients know an instrument, with its streams' topics. */
export interface BinanceSymbol {
  readonly index: number;
  readonly instrument: Instrument;
  /** As frames say it: upper case. */
  readonly name: string;
  readonly base: string;
  readonly quote: string;
  readonly trade: StreamTopics;
  readonly aggTrade: StreamTopics;
  readonly bookTicker: StreamTopics;
  readonly miniTicker: StreamTopics;
  readonly ticker: StreamTopics;
  readonly klines: Readonly<Record<string, StreamTopics>>;
}

/** A stream's name, which is the topic of its raw frames, and the topic of its combined ones. */
export interface StreamTopics {
  readonly stream: string;
  readonly combined: string;
}

/** Lengths of klines, ms. */
export const KLINE_MS = {
  '1s': 1_000,
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '2h': 7_200_000,
  '4h': 14_400_000,
  '6h': 21_600_000,
  '8h': 28_800_000,
  '12h': 43_200_000,
  '1d': 86_400_000,
} as const;

export type KlineInterval = keyof typeof KLINE_MS;
export const KLINE_INTERVALS: readonly KlineInterval[] = [
  '1s',
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
];

/** The topic of a stream's combined frames: what no stream's name begins with comes first. */
export function combinedTopic(stream: string): string {
  return `/${stream}`;
}

/** The tape's instruments by the names that Binance's clients use: the tape's own, and NAMEUSDT where that names no quote asset. */
export class BinanceSymbols {
  /** For each instrument the name that lists and exchangeInfo give: the one with a quote asset. */
  readonly listed: readonly BinanceSymbol[];
  /** For each instrument all its names. */
  readonly namesOf: readonly (readonly BinanceSymbol[])[];
  readonly #byName = new Map<string, BinanceSymbol>();

  constructor(instruments: readonly Instrument[]) {
    const own = new Set(instruments.map(({ symbol }) => symbol.toUpperCase()));
    this.namesOf = instruments.map((instrument) => {
      const name = instrument.symbol.toUpperCase();
      const quote = QUOTE_ASSETS.find((asset) => name.endsWith(asset) && name.length >= asset.length + SHORTEST_BASE);
      if (quote !== undefined) return [makeSymbol(instrument, { name, base: name.slice(0, -quote.length), quote })];
      const plain = makeSymbol(instrument, { name, base: name, quote: DEFAULT_QUOTE });
      const paired = name + DEFAULT_QUOTE;
      return own.has(paired)
        ? [plain]
        : [makeSymbol(instrument, { name: paired, base: name, quote: DEFAULT_QUOTE }), plain];
    });
    this.listed = this.namesOf.flatMap(([first]) => (first === undefined ? [] : [first]));
    for (const symbol of this.namesOf.flat()) this.#byName.set(symbol.name, symbol);
  }

  /** By its name as frames say it; undefined when there is none. */
  find(name: string): BinanceSymbol | undefined {
    return this.#byName.get(name);
  }
}

function makeSymbol(
  instrument: Instrument,
  names: { readonly name: string; readonly base: string; readonly quote: string },
): BinanceSymbol {
  const lower = names.name.toLowerCase();
  const topics = (kind: string): StreamTopics => {
    const stream = `${lower}@${kind}`;
    return { stream, combined: combinedTopic(stream) };
  };
  return {
    index: instrument.index,
    instrument,
    ...names,
    trade: topics('trade'),
    aggTrade: topics('aggTrade'),
    bookTicker: topics('bookTicker'),
    miniTicker: topics('miniTicker'),
    ticker: topics('ticker'),
    klines: Object.fromEntries(KLINE_INTERVALS.map((interval) => [interval, topics(`kline_${interval}`)])),
  };
}
