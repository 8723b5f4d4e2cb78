import type { ArchiveFormat, Sample, TableLayout } from '../layout.ts';
import { cellsOf } from './cells.ts';

/** The columns after the time, as `tape export --format csv` writes them. */
const COLUMNS = ['symbol', 'kind', 'price', 'size', 'bid', 'ask', 'bid_size', 'ask_size', 'flags'] as const;

/** What `tape export --format csv` writes: trades and quotes in one file, times in µs or in ISO 8601. */
export const TAPEDECK_FORMAT: ArchiveFormat = { names: ['tapedeck'], detect };

function detect(sample: Sample): TableLayout | undefined {
  const names = cellsOf(sample.lines[0] ?? '');
  const [time, ...others] = names;
  if (time !== 'time_us' && time !== 'time') return undefined;
  if (others.length !== COLUMNS.length || COLUMNS.some((name, at) => others[at] !== name)) return undefined;
  return {
    ...{ kind: 'table', format: 'tapedeck', title: 'a CSV of tape export', hours: 'any', rows: 'events' },
    ...{ delimiter: ',', hasHeader: true, names, minColumns: names.length, maxColumns: names.length },
    at: { time: 0, symbol: 1, kind: 2, price: 3, size: 4, bid: 5, ask: 6, bidSize: 7, askSize: 8, flags: 9 },
    ...{ time: { unit: time === 'time_us' ? 'us' : 'auto' }, priceShift: 0 },
  };
}
