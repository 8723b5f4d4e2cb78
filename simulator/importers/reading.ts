import { type ArchiveText, openArchive } from './archives.ts';
import { ImportError } from './errors.ts';
import { FieldSplitter, type Fields, sampleLines } from './fields.ts';
import { detectLayout } from './formats/formats.ts';
import { FrameReader } from './formats/frames.ts';
import type { InputFile } from './inputs.ts';
import type { FormatName, Layout, LayoutOptions } from './layout.ts';
import type { RawEvent, RowOutcome, RowReader } from './rawEvent.ts';
import type { Rejects } from './rejects.ts';
import type { EventSorter } from './sorter.ts';
import type { SymbolTable } from './symbols.ts';
import { TableReader } from './tableReader.ts';

/** Lines of all files are counted through in 32 bits. */
const MAX_LINES = 2 ** 32 - 1;

/** A text that was read: what it was taken for, and how many rows it had. */
export interface TextRead {
  readonly name: string;
  readonly layout: Layout;
  readonly rows: number;
}

/** How far the reading is. */
export interface ReadingProgress {
  readonly file: string;
  readonly fileNumber: number;
  readonly files: number;
  readonly readBytes: number;
  readonly totalBytes: number;
  readonly rows: number;
}

export interface ReadingOptions {
  readonly format: FormatName | 'auto';
  readonly layout: LayoutOptions;
  readonly symbols: SymbolTable;
  readonly sorter: EventSorter;
  readonly rejects: Rejects;
  /** Rows outside are left out, µs since the epoch; `toUs` itself is outside. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onText?: ((text: { readonly name: string; readonly layout: Layout }) => void) | undefined;
  readonly onProgress?: ((progress: ReadingProgress) => void) | undefined;
}

/** The first pass of an import: reads all rows, hands their events to the sorter, counts and lists the bad. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #firstLines: number[] = [];
  readonly texts: TextRead[] = [];
  readonly sources: { readonly file: string; readonly sha256: string }[] = [];
  rows = 0;
  filtered = 0;
  readonly #rejectedLate = new Set<number>();
  /** Lines of the texts before the present one. */
  #linesBefore = 0;
  #line = 0;
  #readBytes = 0;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** Rows whose events are in the tape. */
  get taken(): number {
    return this.rows - this.filtered - this.#options.rejects.count;
  }

  /** Reads all files. @throws ImportError when one can't be used, or too many rows are bad */
  async read(files: readonly InputFile[]): Promise<void> {
    const { rejects, signal, onProgress } = this.#options;
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [index, { path }] of files.entries()) {
      const onBytes = (bytes: number): void => {
        this.#readBytes += bytes;
        const place = { file: path, fileNumber: index + 1, files: files.length };
        onProgress?.({ ...place, readBytes: this.#readBytes, totalBytes, rows: this.rows });
      };
      const onHash = (sha256: string) => this.sources.push({ file: path, sha256 });
      for await (const text of openArchive(path, { onBytes, onHash, signal })) await this.#readText(text);
    }
    rejects.check(this.rows);
  }

  /** Lists a row whose event turned out not to fit; a row of several events once. */
  rejectLate(line: number, fault: { readonly column: string; readonly value: string; readonly reason: string }): void {
    if (this.#rejectedLate.has(line)) return;
    this.#rejectedLate.add(line);
    const text = this.#firstLines.findLastIndex((first) => first <= line);
    const file = this.texts[text]?.name ?? '';
    this.#options.rejects.add({ file, line: line - (this.#firstLines[text] ?? 0), ...fault }, this.rows);
  }

  async #readText(text: ArchiveText): Promise<void> {
    const { onText, layout: options, format } = this.#options;
    const lines = sampleLines(text.head, text.isWhole);
    if (lines.length === 0) throw new ImportError('bad', `${text.name}: has no lines`);
    const layout = detectLayout({ name: text.name, lines }, format, options);
    onText?.({ name: text.name, layout });
    const rowsBefore = this.rows;
    const delimiter = layout.kind === 'table' ? layout.delimiter : '\n';
    const splitter = new FieldSplitter({ name: text.name, delimiter });
    const onLine = this.#lineTaker(text.name, layout);
    this.#firstLines.push(this.#linesBefore);
    for await (const chunk of text.chunks) splitter.push(chunk, onLine);
    splitter.end(onLine);
    this.#linesBefore += splitter.lines;
    this.texts.push({ name: text.name, layout, rows: this.rows - rowsBefore });
  }

  #lineTaker(name: string, layout: Layout): (fields: Fields) => void {
    const reader = this.#reader(layout);
    let isHeader = layout.kind === 'table' && layout.hasHeader;
    return (fields) => {
      if (isHeader) {
        isHeader = false;
        return;
      }
      this.rows++;
      this.#line = this.#linesBefore + fields.line;
      if (this.#line > MAX_LINES) throw new ImportError('bad', `${name}: over ${MAX_LINES} lines; import in parts`);
      this.#count(reader.read(fields), { file: name, line: fields.line, fields });
    };
  }

  #reader(layout: Layout): RowReader {
    const { symbols, sorter, fromUs, toUs } = this.#options;
    const onEvent = (event: RawEvent): void => {
      symbols.note(event);
      sorter.push(event, this.#line);
    };
    const context = { symbols, onEvent, fromUs, toUs };
    return layout.kind === 'table' ? new TableReader(layout, context) : new FrameReader(context);
  }

  #count(outcome: RowOutcome, row: { readonly file: string; readonly line: number; readonly fields: Fields }): void {
    if (outcome === 'taken') return;
    if (outcome === 'filtered') {
      this.filtered++;
      return;
    }
    const value = outcome.column === '' ? row.fields.whole() : outcome.value;
    this.#options.rejects.add({ file: row.file, line: row.line, ...outcome, value }, this.rows);
  }
}
