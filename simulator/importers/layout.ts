import type { TimeUnit } from './times.ts';

/** The formats by name, as `--format` takes them. */
export const FORMAT_NAMES = [
  'binance-trades',
  'binance-aggtrades',
  'binance-klines',
  'binance-frames',
  'polygon-trades',
  'polygon-aggregates',
  'tardis-trades',
  'lean',
  'tapedeck',
  'csv',
] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** What a column may hold. */
export const COLUMN_ROLES = [
  ...(['time', 'date', 'symbol', 'price', 'size', 'open', 'high', 'low', 'close', 'volume', 'end'] as const),
  ...(['bid', 'ask', 'bidSize', 'askSize', 'askOpen', 'askHigh', 'askLow', 'askClose', 'suspicious'] as const),
  ...(['kind', 'flags'] as const),
] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** Where the columns are, from 0. */
export type ColumnPlaces = Readonly<Partial<Record<ColumnRole, number>>>;

/** Which calendar a format's markets keep; `any`: it doesn't say. */
export type MarketHours = 'us' | '24x7' | 'any';

interface LayoutBase {
  readonly format: FormatName;
  /** In words, for reports: `Binance trades`. */
  readonly title: string;
  readonly hours: MarketHours;
}

/** How the rows of one file of delimited text are read. */
export interface TableLayout extends LayoutBase {
  readonly kind: 'table';
  /** `quote-bars`: open, high, low and close of the bid, and of the ask. `events`: a column says which rows are trades, which quotes. */
  readonly rows: 'trades' | 'quotes' | 'bars' | 'quote-bars' | 'events';
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** The columns' names for messages. */
  readonly names: readonly string[];
  /** A row with fewer or more columns is a bad one. */
  readonly minColumns: number;
  readonly maxColumns: number;
  readonly at: ColumnPlaces;
  readonly time: { readonly unit: TimeUnit; readonly midnightUs?: number; readonly zone?: string };
  /** Decimal places that prices are already multiplied by. */
  readonly priceShift: number;
  /** Of all rows, where no column says it. */
  readonly symbol?: string;
  /** Length of a bar, µs, where no column `end` says it. */
  readonly barUs?: number;
  /** What was guessed, in words. */
  readonly guess?: string;
}

/** Recorded frames, one a line. */
export interface FramesLayout extends LayoutBase {
  readonly kind: 'frames';
}

export type Layout = TableLayout | FramesLayout;

/** What a format is told from: the beginning of a file. */
export interface Sample {
  /** The file as named by the user, with the entry of an archive: `spy/20200316_trade.zip/20200316_spy_minute_trade.csv`. */
  readonly name: string;
  /** The first lines that aren't blank, at least one. */
  readonly lines: readonly string[];
}

/** What the user says about the files. */
export interface LayoutOptions {
  /** Of rows that don't say. */
  readonly symbol?: string | undefined;
  /** Columns of a generic CSV by their header's names. */
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  /** Whether unnamed columns of a generic CSV may be guessed. */
  readonly mayGuess: boolean;
  /** Length of bars, µs. */
  readonly barUs?: number | undefined;
  /** Where times without a zone were written, an IANA name. */
  readonly zone: string;
}

/** A published format: a name and how its files are known. */
export interface ArchiveFormat {
  readonly names: readonly FormatName[];
  /** The layout if the sample fits. @throws ImportError when it fits but lacks something that the user can say */
  readonly detect: (sample: Sample, options: LayoutOptions) => Layout | undefined;
}
