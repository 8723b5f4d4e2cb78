import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import {
  type CsvFault,
  CsvFileError,
  type CsvReport,
  isoDate,
  month,
  positiveNumber,
  readCsv,
  ticker,
  wholeNumber,
} from './csv.ts';
import { projectFile } from './paths.ts';
import type { TapeOrigin } from './tape/types.ts';

/** The licence of a source that we know nothing of. */
export const USERS_LICENCE = 'not stated (a file of the user)';

/** A day of the index. */
export interface IndexBar {
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** The monthly prices of a stock, oldest first. */
export interface StockHistory {
  readonly symbol: string;
  readonly months: readonly { readonly month: string; readonly price: number }[];
}

/** The real prices that a universe is made from. */
export interface History {
  readonly index: readonly IndexBar[];
  readonly stocks: readonly StockHistory[];
  readonly sources: TapeOrigin['sources'];
  /** One per file: how many rows were taken, and which were refused. */
  readonly reports: readonly CsvReport[];
}

/** Other files than the committed ones; same columns. */
export interface HistoryFiles {
  /** Columns date, open, high, low, close, volume; daily, oldest first. */
  readonly indexPath?: string;
  /** Columns symbol, date, price; monthly, oldest first within a symbol. */
  readonly stocksPath?: string;
}

/** Fewer rows make no distribution to draw from. */
const MIN_INDEX_DAYS = 250;
const MIN_STOCK_MONTHS = 24;

const ManifestSchema = Type.Object({
  version: Type.Literal(1),
  files: Type.Array(Type.Object({ file: Type.String(), sha256: Type.String(), licence: Type.String() })),
});

/**
 * Reads the real histories: by default those in `fixtures/history`, compared with their manifest.
 *
 * @throws CsvFileError when a file is missing, altered, or has too few good rows
 */
export async function loadHistory(files: HistoryFiles = {}): Promise<History> {
  const indexPath = files.indexPath ?? projectFile('fixtures', 'history', 'sp500-2000.csv');
  const stocksPath = files.stocksPath ?? projectFile('fixtures', 'history', 'stocks.csv');
  const index = await readIndex(indexPath);
  const stocks = await readStocks(stocksPath);
  return {
    index: index.bars,
    stocks: stocks.stocks,
    sources: [sourceOf(indexPath, files.indexPath === undefined), sourceOf(stocksPath, files.stocksPath === undefined)],
    reports: [index.report, stocks.report],
  };
}

async function readIndex(path: string): Promise<{ bars: IndexBar[]; report: CsvReport }> {
  const bars: IndexBar[] = [];
  const report = await readCsv({
    path,
    columns: {
      date: isoDate,
      open: positiveNumber,
      high: positiveNumber,
      low: positiveNumber,
      close: positiveNumber,
      volume: wholeNumber,
    },
    onRow: ({ date, open, high, low, close }) => {
      const bar = { date, open, high, low, close };
      const fault = indexFault(bar, bars.at(-1));
      if (!fault) bars.push(bar);
      return fault;
    },
  });
  if (bars.length < MIN_INDEX_DAYS) throw tooFew(report, `${MIN_INDEX_DAYS} days`);
  return { bars, report };
}

function indexFault(bar: IndexBar, before: IndexBar | undefined): CsvFault | undefined {
  if (before && bar.date <= before.date) {
    return { column: 'date', value: bar.date, reason: `does not follow ${before.date}` };
  }
  if (bar.high < Math.max(bar.open, bar.close, bar.low)) {
    return { column: 'high', value: String(bar.high), reason: 'is not the highest price of its row' };
  }
  if (bar.low > Math.min(bar.open, bar.close)) {
    return { column: 'low', value: String(bar.low), reason: 'is not the lowest price of its row' };
  }
  return undefined;
}

async function readStocks(path: string): Promise<{ stocks: StockHistory[]; report: CsvReport }> {
  const bySymbol = new Map<string, { month: string; price: number }[]>();
  const report = await readCsv({
    path,
    columns: { symbol: ticker, date: month, price: positiveNumber },
    onRow: (row) => {
      const months = bySymbol.get(row.symbol) ?? [];
      const before = months.at(-1);
      if (before && row.date <= before.month) {
        return { column: 'date', value: row.date, reason: `does not follow ${row.symbol}'s ${before.month}` };
      }
      months.push({ month: row.date, price: row.price });
      bySymbol.set(row.symbol, months);
      return undefined;
    },
  });
  const stocks = [...bySymbol]
    .map(([symbol, months]) => ({ symbol, months }))
    .filter((stock) => stock.months.length >= MIN_STOCK_MONTHS);
  if (stocks.length === 0) throw tooFew(report, `one stock with ${MIN_STOCK_MONTHS} months`);
  return { stocks, report };
}

function tooFew(report: CsvReport, least: string): CsvFileError {
  const { path, rows, badRows } = report;
  return new CsvFileError('bad', `${path}: ${rows} good and ${badRows} bad rows; at least ${least} are needed`);
}

function sourceOf(path: string, isCommitted: boolean): TapeOrigin['sources'][number] {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (!isCommitted) return { file: path, sha256, licence: USERS_LICENCE };
  const file = relative(projectFile(), path).split(sep).join('/');
  const manifest: unknown = JSON.parse(readFileSync(projectFile('fixtures', 'history', 'manifest.json'), 'utf8'));
  const entry = Value.Check(ManifestSchema, manifest)
    ? manifest.files.find((candidate) => file.endsWith(`/${candidate.file}`))
    : undefined;
  if (entry?.sha256 !== sha256) {
    throw new CsvFileError(
      'bad',
      `${path}: differs from fixtures/history/manifest.json; restore it with "npm run fixtures"`,
    );
  }
  return { file, sha256, licence: entry.licence };
}
