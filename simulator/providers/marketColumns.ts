/** Numbers kept for each symbol: typed columns, since a number stored in a field is allocated. */
export const COLUMN_NAMES = [
  'last',
  'lastSize',
  'lastTimeUs',
  'trades',
  'bid',
  'ask',
  'bidSize',
  'askSize',
  'quoteTimeUs',
  'open',
  'high',
  'low',
  'volume',
  'notional',
  'previousClose',
] as const;
type ColumnName = (typeof COLUMN_NAMES)[number];
/** What a market book keeps of each symbol, by its index: prices in ticks, sizes in lots, times as shown, µs. */
export type Columns = Readonly<Record<ColumnName, Float64Array>>;
/** What begins anew with each day of trading. */
export const DAY_COLUMNS = ['open', 'high', 'low', 'volume', 'notional'] as const satisfies readonly ColumnName[];
const LAST_COLUMNS = ['last', 'lastSize', 'lastTimeUs'] as const;
const QUOTE_COLUMNS = ['bid', 'ask', 'bidSize', 'askSize', 'quoteTimeUs'] as const;

/** Makes columns of zeros. */
export function makeColumns(symbols: number): Columns {
  const column = (): Float64Array => new Float64Array(symbols);
  return {
    last: column(),
    lastSize: column(),
    lastTimeUs: column(),
    trades: column(),
    bid: column(),
    ask: column(),
    bidSize: column(),
    askSize: column(),
    quoteTimeUs: column(),
    open: column(),
    high: column(),
    low: column(),
    volume: column(),
    notional: column(),
    previousClose: column(),
  };
}

/** Adds to columns what was known before the first event that they know of. */
export function precedeColumns(
  columns: Columns,
  earlier: Columns,
  days: {
    /** Whether the earlier columns end on the day on which these stand. */
    readonly isSameDay: boolean;
    /** 1 for each symbol whose previous close these columns saw themselves. */
    readonly hasSeenClose: Uint8Array;
  },
): void {
  const { last, trades, quoteTimeUs, previousClose } = columns;
  for (let at = 0; at < last.length; at++) {
    const earlierLast = earlier.last[at] as number;
    if (days.hasSeenClose[at] === 0) {
      const close = !days.isSameDay && earlierLast > 0 ? earlierLast : (earlier.previousClose[at] as number);
      previousClose[at] = close;
    }
    if (trades[at] === 0) copy(columns, earlier, LAST_COLUMNS, at);
    if (quoteTimeUs[at] === 0) copy(columns, earlier, QUOTE_COLUMNS, at);
    trades[at] = (trades[at] as number) + (earlier.trades[at] as number);
    if (days.isSameDay) precedeDay(columns, earlier, at);
  }
}

function precedeDay(columns: Columns, earlier: Columns, at: number): void {
  if (earlier.volume[at] === 0) return;
  if (columns.volume[at] === 0) {
    copy(columns, earlier, DAY_COLUMNS, at);
    return;
  }
  const { open, high, low, volume, notional } = columns;
  open[at] = earlier.open[at] as number;
  high[at] = Math.max(high[at] as number, earlier.high[at] as number);
  low[at] = Math.min(low[at] as number, earlier.low[at] as number);
  volume[at] = (volume[at] as number) + (earlier.volume[at] as number);
  notional[at] = (notional[at] as number) + (earlier.notional[at] as number);
}

function copy(to: Columns, from: Columns, names: readonly ColumnName[], at: number): void {
  for (const name of names) to[name][at] = from[name][at] as number;
}
