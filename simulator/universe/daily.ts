import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import {
  type CsvFault,
  CsvFileError,
  type CsvReport,
  formatCsvProblem,
  isoDate,
  positiveNumber,
  readCsv,
  ticker,
  wholeNumber,
} from '../csv.ts';
import { USERS_LICENCE } from '../history.ts';
import type { TapeOrigin } from '../tape/types.ts';

/** A symbol's own day, in the currency. */
export interface DailyBar {
  readonly symbol: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares; 0 when not known. */
  readonly volume: number;
  /** Close of the symbol's last row before the day; undefined when there is none. */
  readonly previousClose?: number;
}

/** The bars of one day, the most traded symbol first. */
export interface DailyBars {
  readonly date: string;
  readonly bars: readonly DailyBar[];
  readonly sources: TapeOrigin['sources'];
  /** One per file. */
  readonly reports: readonly CsvReport[];
}

interface Row extends Omit<DailyBar, 'previousClose'> {
  readonly date: string;
}

const prices = { open: positiveNumber, high: positiveNumber, low: positiveNumber, close: positiveNumber };

/**
 * Reads one day's bars from CSV files with the columns date, open, high, low, close and volume, and symbol; a file
 * without the column symbol holds one symbol, named by the file (`AAPL.csv`).
 *
 * @throws CsvFileError when a file can't be used, or none has a row of that day
 */
export async function loadDailyBars(options: {
  readonly paths: readonly string[];
  readonly date: string;
}): Promise<DailyBars> {
  const { paths, date } = options;
  const found = new Found(date);
  const reports: CsvReport[] = [];
  for (const path of paths) reports.push(await readFile(path, found));
  const bars = found.bars();
  if (bars.length === 0) {
    const bad = reports.flatMap(({ problems }) => problems)[0];
    const first = bad === undefined ? '' : `; the first bad row is ${formatCsvProblem(bad)}`;
    throw new CsvFileError(
      'bad',
      `${paths.join(', ')}: no row of ${date} (${found.span()}); choose another --date${first}`,
    );
  }
  const sources = paths.map((path) => ({
    file: path,
    sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    licence: USERS_LICENCE,
  }));
  return { date, bars, sources, reports };
}

async function readFile(path: string, found: Found): Promise<CsvReport> {
  if (hasSymbols(path)) {
    const columns = { symbol: ticker, date: isoDate, ...prices, volume: wholeNumber };
    return readCsv({ path, columns, onRow: (row) => found.take(row) });
  }
  const symbol = ticker.parse(basename(path, extname(path)).toUpperCase());
  if (symbol === undefined) {
    throw new CsvFileError('bad', `${path}: has no column "symbol", and its name is not ${ticker.expected}`);
  }
  const columns = { date: isoDate, ...prices, volume: wholeNumber };
  return readCsv({ path, columns, onRow: (row) => found.take({ ...row, symbol }) });
}

/** More than any header is long. */
const HEADER_BYTES = 4_096;

/** Whether a file's header names the column; files that can't be read are left to the reader, which says why. */
function hasSymbols(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return true;
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const [header = ''] = bytes.toString('utf8', 0, readSync(file, bytes)).split(/\r?\n/, 1);
    return header.split(',').some((name) => name.replace(/[\s"\ufeff]/g, '') === 'symbol');
  } finally {
    closeSync(file);
  }
}

/** What was found so far: the day's rows, and each symbol's last one before. */
class Found {
  readonly #date: string;
  readonly #day = new Map<string, Row>();
  readonly #before = new Map<string, { readonly date: string; readonly close: number }>();
  #first = '';
  #last = '';

  constructor(date: string) {
    this.#date = date;
  }

  take(row: Row): CsvFault | undefined {
    const fault = faultOf(row);
    if (fault !== undefined) return fault;
    if (this.#first === '' || row.date < this.#first) this.#first = row.date;
    if (row.date > this.#last) this.#last = row.date;
    if (row.date === this.#date) {
      if (this.#day.has(row.symbol)) {
        return { column: 'date', value: row.date, reason: `is there twice for ${row.symbol}` };
      }
      this.#day.set(row.symbol, row);
    } else if (row.date < this.#date && row.date > (this.#before.get(row.symbol)?.date ?? '')) {
      this.#before.set(row.symbol, { date: row.date, close: row.close });
    }
    return undefined;
  }

  bars(): DailyBar[] {
    const bars = [...this.#day.values()].map(({ date: _, ...bar }) => {
      const previousClose = this.#before.get(bar.symbol)?.close;
      return previousClose === undefined ? bar : { ...bar, previousClose };
    });
    return bars.sort((a, b) => b.volume - a.volume || (a.symbol < b.symbol ? -1 : 1));
  }

  span(): string {
    return this.#first === '' ? 'no good row at all' : `${this.#first} to ${this.#last}`;
  }
}

/** Above it a price in ticks no longer fits its column. */
const MAX_PRICE = 20_000_000;

function faultOf({ open, high, low, close }: Row): CsvFault | undefined {
  if (high < Math.max(open, close, low)) {
    return { column: 'high', value: String(high), reason: 'is not the highest price of its row' };
  }
  if (low > Math.min(open, close)) {
    return { column: 'low', value: String(low), reason: 'is not the lowest price of its row' };
  }
  if (high > MAX_PRICE) return { column: 'high', value: String(high), reason: `is over ${MAX_PRICE}` };
  return undefined;
}
