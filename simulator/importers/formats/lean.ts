import { ImportError } from '../errors.ts';
import type { ArchiveFormat, ColumnPlaces, LayoutOptions, Sample, TableLayout } from '../layout.ts';
import { newYorkMidnightUs } from '../times.ts';

const BAR_US = { minute: 60_000_000, second: 1_000_000, tick: 0 } as const;
type Resolution = keyof typeof BAR_US;

/** Prices are published times 10,000. */
const PRICE_SHIFT = 4;

interface LeanKind {
  readonly rows: TableLayout['rows'];
  readonly names: readonly string[];
  readonly at: ColumnPlaces;
}

const TRADE_BARS: LeanKind = {
  rows: 'bars',
  names: ['time', 'open', 'high', 'low', 'close', 'volume'],
  at: { time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5 },
};
const QUOTE_BARS: LeanKind = {
  rows: 'quote-bars',
  names: [
    ...['time', 'bid open', 'bid high', 'bid low', 'bid close', 'bid size'],
    ...['ask open', 'ask high', 'ask low', 'ask close', 'ask size'],
  ],
  at: {
    ...{ time: 0, open: 1, high: 2, low: 3, close: 4, bidSize: 5 },
    ...{ askOpen: 6, askHigh: 7, askLow: 8, askClose: 9, askSize: 10 },
  },
};
const TRADES: LeanKind = {
  rows: 'trades',
  names: ['time', 'price', 'quantity', 'exchange', 'condition', 'suspicious'],
  at: { time: 0, price: 1, size: 2, suspicious: 5 },
};
const QUOTES: LeanKind = {
  rows: 'quotes',
  names: ['time', 'bid', 'bid size', 'ask', 'ask size', 'exchange', 'condition', 'suspicious'],
  at: { time: 0, bid: 1, bidSize: 2, ask: 3, askSize: 4, suspicious: 7 },
};

/** LEAN's US equities of minute, second and tick resolution. Symbol, date and kind are told by the path alone. */
export const LEAN_FORMAT: ArchiveFormat = { names: ['lean'], detect };

function detect(sample: Sample, options: LayoutOptions): TableLayout | undefined {
  const [first = ''] = sample.lines;
  const place = placeOf(sample.name);
  if (place === undefined || !/^\d{1,8}(?:\.\d+)?,/.test(first)) return undefined;
  const midnightUs = newYorkMidnightUs(place.date);
  if (midnightUs === undefined) {
    throw new ImportError('bad', `${sample.name}: its name says ${place.date}, which is no date`);
  }
  const isBar = place.resolution !== 'tick';
  const kind = place.isQuote ? (isBar ? QUOTE_BARS : QUOTES) : isBar ? TRADE_BARS : TRADES;
  return {
    ...{ kind: 'table', format: 'lean', title: `LEAN ${place.resolution} ${place.isQuote ? 'quotes' : 'trades'}` },
    ...{ hours: 'us', rows: kind.rows, delimiter: ',', hasHeader: false, names: kind.names },
    ...{ minColumns: kind.names.length, maxColumns: kind.names.length, at: kind.at },
    ...{ time: { unit: 'ms-of-day', midnightUs }, priceShift: PRICE_SHIFT, symbol: options.symbol ?? place.symbol },
    ...(isBar && { barUs: BAR_US[place.resolution] }),
  };
}

interface LeanPlace {
  readonly date: string;
  readonly symbol: string;
  readonly resolution: Resolution;
  readonly isQuote: boolean;
}

/** Reads `20200316_spy_minute_trade.csv` (older: `20131007_spy_Trade_Tick.csv`), or the folders `equity/usa/minute/spy/20200316_trade`. */
function placeOf(name: string): LeanPlace | undefined {
  const file = /(?:^|\/)(\d{8})_([^/_]+)_(minute|second|tick|trade|quote)_(minute|second|tick|trade|quote)\.\w+$/i.exec(
    name,
  );
  if (file) {
    const [, day = '', symbol = '', a = '', b = ''] = file;
    return place(day, symbol, [a.toLowerCase(), b.toLowerCase()]);
  }
  const folders = /equity\/usa\/(minute|second|tick)\/([^/]+)\/(\d{8})_(trade|quote)\.\w+(?:\/|$)/i.exec(name);
  if (!folders) return undefined;
  const [, resolution = '', symbol = '', day = '', kind = ''] = folders;
  return place(day, symbol, [resolution.toLowerCase(), kind.toLowerCase()]);
}

function place(day: string, symbol: string, words: readonly string[]): LeanPlace | undefined {
  const resolution = words.find((word): word is Resolution => Object.hasOwn(BAR_US, word));
  if (resolution === undefined) return undefined;
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  return { date, symbol: symbol.toUpperCase(), resolution, isQuote: words.includes('quote') };
}
