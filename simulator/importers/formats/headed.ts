import type {
  ArchiveFormat,
  ColumnPlaces,
  ColumnRole,
  FormatName,
  MarketHours,
  Sample,
  TableLayout,
} from '../layout.ts';
import { cellsOf } from './cells.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;

interface HeadedKind {
  readonly name: FormatName;
  readonly title: string;
  readonly hours: MarketHours;
  readonly rows: 'trades' | 'bars';
  readonly unit: 'us' | 'ns';
  /** What the columns that are read are called; the header must have all, in any order. */
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  /** Names that tell the format from others with the same columns. */
  readonly mark: readonly string[];
  readonly barUs?: (sample: Sample) => number;
}

const POLYGON_TRADES: HeadedKind = {
  name: 'polygon-trades',
  title: 'Polygon trades',
  hours: 'us',
  rows: 'trades',
  unit: 'ns',
  columns: { symbol: 'ticker', time: 'sip_timestamp', price: 'price', size: 'size' },
  mark: ['participant_timestamp'],
};

const POLYGON_AGGREGATES: HeadedKind = {
  name: 'polygon-aggregates',
  title: 'Polygon aggregates',
  hours: 'us',
  rows: 'bars',
  unit: 'ns',
  columns: {
    ...{ symbol: 'ticker', time: 'window_start', open: 'open', high: 'high', low: 'low', close: 'close' },
    volume: 'volume',
  },
  mark: ['transactions'],
  barUs: ({ name }) => (name.includes('day_aggs') ? DAY_US : MINUTE_US),
};

const TARDIS_TRADES: HeadedKind = {
  name: 'tardis-trades',
  title: 'tardis.dev trades',
  hours: '24x7',
  rows: 'trades',
  unit: 'us',
  columns: { symbol: 'symbol', time: 'timestamp', price: 'price', size: 'amount' },
  mark: ['exchange', 'local_timestamp', 'side'],
};

/** Formats with a header of their own: Polygon's (Massive's) flat files of trades and aggregates, and tardis.dev's trades. */
export const HEADED_FORMATS: readonly ArchiveFormat[] = [POLYGON_TRADES, POLYGON_AGGREGATES, TARDIS_TRADES].map(
  (kind) => ({
    names: [kind.name],
    detect: (sample, options) => detect(kind, sample, options.barUs),
  }),
);

function detect(kind: HeadedKind, sample: Sample, barUs: number | undefined): TableLayout | undefined {
  const names = cellsOf(sample.lines[0] ?? '');
  if (!kind.mark.every((name) => names.includes(name))) return undefined;
  const at: Partial<Record<ColumnRole, number>> = {};
  for (const [role, name] of Object.entries(kind.columns) as [ColumnRole, string][]) {
    const place = names.indexOf(name);
    if (place === -1) return undefined;
    at[role] = place;
  }
  return {
    ...{ kind: 'table', format: kind.name, title: kind.title, hours: kind.hours, rows: kind.rows, delimiter: ',' },
    ...{ hasHeader: true, names, minColumns: names.length, maxColumns: names.length, at: at satisfies ColumnPlaces },
    ...{ time: { unit: kind.unit }, priceShift: 0 },
    ...(kind.barUs && { barUs: barUs ?? kind.barUs(sample) }),
  };
}
