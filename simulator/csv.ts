import { createReadStream, statSync } from 'node:fs';
import { parse } from 'csv-parse';

/** How one column is read: what is expected, in words for the error, and the value or undefined. */
export interface CsvColumn<Value> {
  readonly expected: string;
  readonly parse: (text: string) => Value | undefined;
}

export type CsvColumns = Readonly<Record<string, CsvColumn<unknown>>>;

/** A row with the types of its columns; columns that weren't asked for are left out. */
type CsvRow<Columns extends CsvColumns> = {
  readonly [Name in keyof Columns]: Columns[Name] extends CsvColumn<infer Value> ? Value : never;
};

/** What is wrong with a row; `column` and `value` are empty when it's the row as a whole. */
export interface CsvFault {
  readonly column: string;
  readonly value: string;
  readonly reason: string;
}

/** A fault with its place; `line` counts from 1 and is the row's last line. */
export interface CsvProblem extends CsvFault {
  readonly path: string;
  readonly line: number;
}

/** What came of a file: every row is in `rows` or in `badRows`. */
export interface CsvReport {
  readonly path: string;
  readonly rows: number;
  readonly badRows: number;
  /** The first bad rows, at most 100. */
  readonly problems: readonly CsvProblem[];
}

/** A CSV file that can't be used at all, with the reason in one line. */
export class CsvFileError extends Error {
  override readonly name = 'CsvFileError';
  readonly kind: 'missing' | 'bad';

  constructor(kind: 'missing' | 'bad', message: string) {
    super(message);
    this.kind = kind;
  }
}

const MAX_LISTED_PROBLEMS = 100;

/** A quote that is never closed would otherwise take the rest of the file into memory. */
const MAX_RECORD_BYTES = 1024 * 1024;

interface CsvOptions<Columns extends CsvColumns> {
  readonly path: string;
  /** By the header's names; all must be there, others are ignored. */
  readonly columns: Columns;
  /** Takes a row, or refuses it with the fault. */
  readonly onRow: (row: CsvRow<Columns>) => CsvFault | undefined;
}

/**
 * Reads a CSV file as a stream, row by row. Bad rows are counted and listed, the rest goes on.
 *
 * @throws CsvFileError when the file is missing, can't be read, has no rows, or its header lacks a column
 */
export async function readCsv<const Columns extends CsvColumns>(options: CsvOptions<Columns>): Promise<CsvReport> {
  checkFile(options.path);
  const reader = new RowReader(options);
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_RECORD_BYTES,
    on_skip: (error) => {
      if (error) reader.skip(Number(error['lines'] ?? 0), error.message);
      return undefined;
    },
  });
  const file = createReadStream(options.path);
  file.on('error', (error) =>
    parser.destroy(new CsvFileError('bad', `${options.path}: can't be read (${error.message})`)),
  );
  file.pipe(parser);
  try {
    for await (const record of parser) reader.take(record);
  } finally {
    file.destroy();
  }
  return reader.report();
}

/** Foreign text, short and with its control characters escaped. */
function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

/** One line about a bad row: `file:line: column "close": "abc" is not a positive number`. */
export function formatCsvProblem(problem: CsvProblem): string {
  const { path, line, column, value, reason } = problem;
  if (column === '') return `${path}:${line}: the row ${reason}`;
  return `${path}:${line}: column "${column}": ${value === '' ? 'an empty value' : excerpt(value)} ${reason}`;
}

class RowReader<Columns extends CsvColumns> {
  readonly #options: CsvOptions<Columns>;
  readonly #problems: CsvProblem[] = [];
  #names: readonly string[] | undefined;
  #rows = 0;
  #badRows = 0;
  #lastBadLine = 0;

  constructor(options: CsvOptions<Columns>) {
    this.#options = options;
  }

  take(record: unknown): void {
    const { line, cells } = unpack(record);
    if (!this.#names) {
      this.#names = this.#checkHeader(cells);
      return;
    }
    const fault = this.#takeRow(cells, this.#names);
    if (fault) this.#refuse(line, fault);
    else this.#rows++;
  }

  /** A row that csv-parse itself can't read. */
  skip(line: number, message: string): void {
    // The parser may find several faults in one row.
    if (line === this.#lastBadLine) return;
    this.#refuse(line, { column: '', value: '', reason: `can't be read (${message})` });
  }

  report(): CsvReport {
    const { path } = this.#options;
    if (!this.#names) throw new CsvFileError('bad', `${path}: has no header that can be read`);
    if (this.#rows + this.#badRows === 0) throw new CsvFileError('bad', `${path}: has a header but no rows`);
    return { path, rows: this.#rows, badRows: this.#badRows, problems: this.#problems };
  }

  #takeRow(cells: readonly string[], names: readonly string[]): CsvFault | undefined {
    if (cells.length !== names.length) {
      return { column: '', value: '', reason: `has ${cells.length} columns, the header has ${names.length}` };
    }
    const row: Record<string, unknown> = {};
    for (const [name, column] of Object.entries(this.#options.columns)) {
      const text = cells[names.indexOf(name)] ?? '';
      const value = column.parse(text);
      if (value === undefined) return { column: name, value: text, reason: `is not ${column.expected}` };
      row[name] = value;
    }
    return this.#options.onRow(row as CsvRow<Columns>);
  }

  #refuse(line: number, fault: CsvFault): void {
    this.#badRows++;
    this.#lastBadLine = line;
    if (this.#problems.length < MAX_LISTED_PROBLEMS) this.#problems.push({ path: this.#options.path, line, ...fault });
  }

  #checkHeader(cells: readonly string[]): readonly string[] {
    const names = cells.map((cell) => cell.trim());
    for (const name of Object.keys(this.#options.columns)) {
      const found = names.filter((other) => other === name).length;
      if (found === 1) continue;
      const fault = found === 0 ? `lacks the column "${name}"` : `has the column "${name}" ${found} times`;
      throw new CsvFileError(
        'bad',
        `${this.#options.path}:1: the header ${fault} (it reads: ${excerpt(names.join(','))})`,
      );
    }
    return names;
  }
}

function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CsvFileError('missing', `${path}: no such file`);
  if (!found.isFile()) throw new CsvFileError('bad', `${path}: is no file`);
  if (found.size === 0) throw new CsvFileError('bad', `${path}: is empty`);
}

function unpack(record: unknown): { readonly line: number; readonly cells: readonly string[] } {
  if (typeof record === 'object' && record !== null && 'record' in record && 'info' in record) {
    const { record: cells, info } = record;
    if (Array.isArray(cells) && typeof info === 'object' && info !== null && 'lines' in info) {
      return { line: Number(info.lines), cells: cells.map(String) };
    }
  }
  throw new TypeError('csv-parse gave no record with info');
}

/** A decimal number above 0. */
export const positiveNumber: CsvColumn<number> = {
  expected: 'a positive number',
  parse: (text) => (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : undefined),
};

/** A whole number from 0. */
export const wholeNumber: CsvColumn<number> = {
  expected: 'a whole number',
  parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
};

/** A calendar date as `YYYY-MM-DD`. */
export const isoDate: CsvColumn<string> = {
  expected: 'a date (YYYY-MM-DD)',
  parse: (text) => (isCalendarDate(text) ? text : undefined),
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A month as `YYYY-MM`, from `YYYY-MM-DD` or `Mar 1 2010`. */
export const month: CsvColumn<string> = {
  expected: 'a date (YYYY-MM-DD or "Mar 1 2010")',
  parse: (text) => {
    const [, name, day, year] = /^([A-Z][a-z]{2}) (\d{1,2}) (\d{4})$/.exec(text) ?? [];
    const number = MONTHS.indexOf(name ?? '') + 1;
    const iso = number > 0 ? `${year}-${String(number).padStart(2, '0')}-${day?.padStart(2, '0')}` : text;
    return isCalendarDate(iso) ? iso.slice(0, 7) : undefined;
  },
};

/** A ticker. */
export const ticker: CsvColumn<string> = {
  expected: 'a ticker (1 to 10 capitals, digits or dots)',
  parse: (text) => (/^[A-Z][A-Z0-9.]{0,9}$/.test(text) ? text : undefined),
};

function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
