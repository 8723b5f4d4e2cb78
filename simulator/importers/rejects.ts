import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ImportError } from './errors.ts';
import type { RowFault } from './rawEvent.ts';

const HEADER = 'file,line,column,value,reason\n';
const FLUSH_BYTES = 64 * 1024;
/** Of a bad value, more isn't listed. */
const MAX_VALUE_CHARS = 200;
/** From so many bad rows on their share is looked at before the end. */
const EARLY_BAD_ROWS = 1_000;

/** A bad row with its place; `line` counts from 1. */
export interface RejectedRow extends RowFault {
  readonly file: string;
  readonly line: number;
}

/** Lists bad rows in a CSV file and ends the import when they are too many. */
export class Rejects {
  readonly path: string;
  readonly #maxShare: number;
  #first: RejectedRow | undefined;
  #file: number | undefined;
  #pending = '';
  count = 0;

  /**
   * @param options.path the list; it appears with the first bad row, and an earlier one goes
   * @param options.maxShare of the rows read, 0 to 1
   */
  constructor(options: { readonly path: string; readonly maxShare: number }) {
    this.path = options.path;
    this.#maxShare = options.maxShare;
    if (existsSync(this.path) && readFileSync(this.path).subarray(0, HEADER.length).equals(Buffer.from(HEADER))) {
      rmSync(this.path);
    }
  }

  /** Lists one. @throws ImportError when they are over the share of `rows`, once there are a thousand */
  add(row: RejectedRow, rows: number): void {
    this.#first ??= row;
    this.count++;
    const value = row.value.length > MAX_VALUE_CHARS ? `${row.value.slice(0, MAX_VALUE_CHARS)}...` : row.value;
    this.#pending += `${[row.file, String(row.line), row.column, value, row.reason].map(cell).join(',')}\n`;
    if (this.#pending.length >= FLUSH_BYTES) this.#flush();
    if (this.count >= EARLY_BAD_ROWS) this.check(rows);
  }

  /** @throws ImportError when more than the share of `rows` are bad */
  check(rows: number): void {
    if (this.count <= rows * this.#maxShare) return;
    const counts = `${this.count.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} rows are bad`;
    const first = this.#first === undefined ? '' : `${formatReject(this.#first)}; `;
    throw new ImportError(
      'bad',
      `${first}${counts}, more than --max-bad ${percent(this.#maxShare)}; they are listed in ${this.path}`,
    );
  }

  close(): void {
    this.#flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #flush(): void {
    if (this.#pending === '') return;
    if (this.#file === undefined) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#file = openSync(this.path, 'w');
      writeSync(this.#file, HEADER);
    }
    writeSync(this.#file, this.#pending);
    this.#pending = '';
  }
}

/** One line about a bad row: `file:line: column "price": "abc" is not a decimal number`. */
export function formatReject({ file, line, column, value, reason }: RejectedRow): string {
  if (column === '') return `${file}:${line}: the row ${reason}`;
  const shown =
    value === '' ? 'an empty value' : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  return `${file}:${line}: column "${column}": ${shown} ${reason}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))}%`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
