import { ImportError } from '../errors.ts';
import type { ArchiveFormat, ColumnPlaces, FormatName, LayoutOptions, Sample, TableLayout } from '../layout.ts';

/** Times have ms, and µs in files from 2025 on: told by their digits. */
const TIME = { unit: 'auto' } as const;
const DECIMAL = String.raw`\d+(?:\.\d+)?`;
const TIME_DIGITS = String.raw`\d{13}(?:\d{3})?`;
const FLAG = '(?:true|false)';

interface BinanceKind {
  readonly name: FormatName;
  readonly title: string;
  /** How the kind is called in names of files. */
  readonly inName: string;
  readonly rows: 'trades' | 'bars';
  /** As newer files name them; spot files have no header. */
  readonly names: readonly string[];
  readonly minColumns: number;
  readonly at: ColumnPlaces;
  readonly row: RegExp;
}

const TRADES: BinanceKind = {
  name: 'binance-trades',
  title: 'Binance trades',
  inName: 'trades',
  rows: 'trades',
  names: ['id', 'price', 'qty', 'quote_qty', 'time', 'is_buyer_maker', 'is_best_match'],
  minColumns: 6,
  at: { price: 1, size: 2, time: 4 },
  row: new RegExp(`^\\d+,${DECIMAL},${DECIMAL},${DECIMAL},${TIME_DIGITS},${FLAG}(?:,${FLAG})?$`, 'i'),
};

const AGGREGATED_TRADES: BinanceKind = {
  name: 'binance-aggtrades',
  title: 'Binance aggregated trades',
  inName: 'aggTrades',
  rows: 'trades',
  names: [
    ...['agg_trade_id', 'price', 'quantity', 'first_trade_id', 'last_trade_id', 'transact_time'],
    ...['is_buyer_maker', 'is_best_match'],
  ],
  minColumns: 7,
  at: { price: 1, size: 2, time: 5 },
  row: new RegExp(`^\\d+,${DECIMAL},${DECIMAL},\\d+,\\d+,${TIME_DIGITS},${FLAG}(?:,${FLAG})?$`, 'i'),
};

const KLINES: BinanceKind = {
  name: 'binance-klines',
  title: 'Binance klines',
  inName: String.raw`\d+(?:s|m|h|d|w|mo)`,
  rows: 'bars',
  names: [
    ...['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time', 'quote_volume', 'count'],
    ...['taker_buy_volume', 'taker_buy_quote_volume', 'ignore'],
  ],
  minColumns: 12,
  at: { time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5, end: 6 },
  row: new RegExp(`^${TIME_DIGITS}(?:,${DECIMAL}){5},${TIME_DIGITS},${DECIMAL},\\d+,${DECIMAL},${DECIMAL},[^,]*$`),
};

/** Binance's public data (data.binance.vision): `trades`, `aggTrades` and `klines`, spot and futures, with and without a header. */
export const BINANCE_FORMATS: readonly ArchiveFormat[] = [TRADES, AGGREGATED_TRADES, KLINES].map((kind) => ({
  names: [kind.name],
  detect: (sample, options) => detect(kind, sample, options),
}));

function detect(kind: BinanceKind, sample: Sample, options: LayoutOptions): TableLayout | undefined {
  const [first = '', second] = sample.lines;
  const hasHeader = isHeader(kind, first);
  const row = hasHeader ? second : first;
  if (!hasHeader && !kind.row.test(first)) return undefined;
  if (row !== undefined && hasHeader && row.split(',').length < kind.minColumns) return undefined;
  return {
    ...{ kind: 'table', format: kind.name, title: kind.title, hours: '24x7', rows: kind.rows, delimiter: ',' },
    ...{ hasHeader, names: kind.names, minColumns: kind.minColumns, maxColumns: kind.names.length, at: kind.at },
    ...{ time: TIME, priceShift: 0, symbol: options.symbol ?? symbolOf(kind, sample.name) },
  };
}

function isHeader(kind: BinanceKind, line: string): boolean {
  const cells = line.toLowerCase().split(',');
  return cells.length >= kind.minColumns && cells.every((cell, at) => cell.trim() === kind.names[at]);
}

/** The symbol that a file's name begins with, or of the folder above: `BTCUSDT-trades-2024-01-02.csv`, `aggTrades/BTCUSDT/`. */
function symbolOf(kind: BinanceKind, name: string): string {
  const inFile = new RegExp(`(?:^|/)([A-Z0-9_]+)-${kind.inName}-\\d{4}-\\d{2}`).exec(name);
  const inFolder = /\/(?:trades|aggTrades|klines)\/([A-Z0-9_]+)\//.exec(name);
  const symbol = (inFile ?? inFolder)?.[1];
  if (symbol !== undefined) return symbol;
  const example = `BTCUSDT-${kind.inName.startsWith('\\') ? '1m' : kind.inName}-2024-01-02.csv`;
  throw new ImportError(
    'usage',
    `${name}: holds ${kind.title}, but its name doesn't say of which symbol (as ${example} does); give --symbol NAME`,
  );
}
