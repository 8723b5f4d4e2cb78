import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { isSameFile } from '../sameFile.ts';
import type { TapeHeader, TapeOrigin } from '../tape/types.ts';
import { createTapeWriter } from '../tape/writer.ts';
import { BAR_PATH_RULE } from './barPath.ts';
import { ImportError } from './errors.ts';
import { findInputs, type InputFile } from './inputs.ts';
import type { FormatName, Layout, LayoutOptions } from './layout.ts';
import { Reading, type ReadingProgress } from './reading.ts';
import { Rejects } from './rejects.ts';
import { DEFAULT_BUFFER_EVENTS, EventSorter } from './sorter.ts';
import { SymbolTable } from './symbols.ts';
import { type CalendarName, tapeSession } from './tapeSession.ts';
import { writeEvents } from './writing.ts';

/** More sources than these are named as one. */
const MAX_LISTED_SOURCES = 200;

/** Nobody shall take a derived tape for a recorded one because it went through a CSV. */
const EXPORT_RULE = "an export of a tape doesn't say whether that tape was recorded or derived: see the tape itself";

/** What is imported, and how; see {@link LayoutOptions} for what files may leave open. */
export interface ImportOptions extends LayoutOptions {
  /** Files, folders and patterns. */
  readonly inputs: readonly string[];
  /** Where the tape goes; it appears there when complete. */
  readonly out: string;
  readonly format: FormatName | 'auto';
  /** Only these. */
  readonly symbols?: readonly string[] | undefined;
  /** Only events from here on, µs since the epoch. */
  readonly fromUs?: number | undefined;
  /** Only events before, µs since the epoch. */
  readonly toUs?: number | undefined;
  /** `auto`: New York's when all formats are of US equities, else around the clock. */
  readonly calendar: CalendarName | 'auto';
  /** Where bad rows are listed; default: `rejects.csv` beside the tape. */
  readonly rejects?: string | undefined;
  /** The share of bad rows that is put up with, 0 to 1. */
  readonly maxBadShare: number;
  /** The licence of the files, for the tape's origin. */
  readonly licence: string;
  /** Events sorted in memory at once, a multiple of 8; default {@link DEFAULT_BUFFER_EVENTS}. */
  readonly bufferEvents?: number;
  /** Stops the work; nothing but the list of bad rows is left, the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

/** How far an import is. */
export type ImportProgress =
  | ({ readonly phase: 'reading' } & ReadingProgress)
  | { readonly phase: 'writing'; readonly doneEvents: number; readonly events: number };

export interface ImportWatch {
  readonly onProgress?: (progress: ImportProgress) => void;
  /** A text was opened, and what it is taken for. */
  readonly onText?: (text: { readonly name: string; readonly layout: Layout }) => void;
}

/** What came of an import: every row is in `taken`, `filtered` or `rejected`. */
export interface ImportReport {
  readonly header: TapeHeader;
  readonly calendar: CalendarName;
  readonly files: number;
  /** By what was read, with the number of texts and rows. */
  readonly formats: readonly {
    readonly format: FormatName;
    readonly title: string;
    readonly texts: number;
    readonly rows: number;
  }[];
  readonly rows: number;
  readonly taken: number;
  /** Left out: by the options, because they hold no event (bars without volume, other streams), or marked as suspicious. */
  readonly filtered: number;
  readonly rejected: number;
  /** Where the bad rows are listed; undefined when there are none. */
  readonly rejectsPath: string | undefined;
  /** Events that lay behind a later one in the files. */
  readonly outOfOrder: number;
  /** Sorted runs that were needed on disk; 0: all was sorted in memory. */
  readonly runs: number;
}

/**
 * Makes a tape of archives: reads their rows, sorts their events by time and writes them in the ticks and lots that each symbol
 * needs. The same files and options give the same tape, byte for byte.
 *
 * @throws ImportError when an input can't be used, too many rows are bad, or nothing is left
 */
export async function importTape(options: ImportOptions, watch: ImportWatch = {}): Promise<ImportReport> {
  const files = findInputs(options.inputs);
  const folder = dirname(options.out);
  mkdirSync(folder, { recursive: true });
  const rejectsPath = options.rejects ?? join(folder, 'rejects.csv');
  refuseInputs({ '--out': options.out, '--rejects': rejectsPath }, files);
  const rejects = new Rejects({ path: rejectsPath, maxShare: options.maxBadShare });
  const bufferEvents = options.bufferEvents ?? DEFAULT_BUFFER_EVENTS;
  const sorter = new EventSorter({ bufferEvents, spillFolder: folder });
  const symbols = new SymbolTable(options.symbols);
  try {
    const reading = new Reading({
      ...{ format: options.format, layout: options, symbols, sorter, rejects, signal: options.signal },
      fromUs: options.fromUs ?? Number.NEGATIVE_INFINITY,
      toUs: options.toUs ?? Number.POSITIVE_INFINITY,
      onText: watch.onText,
      onProgress: (progress) => watch.onProgress?.({ phase: 'reading', ...progress }),
    });
    await reading.read(files);
    const calendar = options.calendar === 'auto' ? calendarOf(reading) : options.calendar;
    const header = await write({ options, watch, reading, sorter, symbols, rejects, calendar });
    const { rows, taken, filtered } = reading;
    return {
      ...{ header, calendar, files: files.length, formats: formatsOf(reading), rows, taken, filtered },
      ...{ rejected: rejects.count, rejectsPath: rejects.count > 0 ? rejects.path : undefined },
      ...{ outOfOrder: sorter.outOfOrder, runs: sorter.runs },
    };
  } finally {
    sorter.close();
    rejects.close();
  }
}

/** What is written must be no file that is read. */
function refuseInputs(outputs: Readonly<Record<string, string>>, files: readonly InputFile[]): void {
  for (const [option, path] of Object.entries(outputs)) {
    if (!files.some((file) => isSameFile(file.path, path))) continue;
    throw new ImportError('usage', `${option} ${path}: is read here, and would be overwritten; choose another place`);
  }
}

interface Pass {
  readonly options: ImportOptions;
  readonly watch: ImportWatch;
  readonly reading: Reading;
  readonly sorter: EventSorter;
  readonly symbols: SymbolTable;
  readonly rejects: Rejects;
  readonly calendar: CalendarName;
}

async function write(pass: Pass): Promise<TapeHeader> {
  const { options, watch, reading, sorter, symbols, rejects, calendar } = pass;
  const events = sorter.sorted();
  if (!events.next()) throw new ImportError('bad', nothingLeft(reading, rejects));
  const { instruments, places } = symbols.settle();
  const writer = createTapeWriter({
    path: options.out,
    name: basename(options.out, extname(options.out)),
    seed: 0,
    origin: originOf(reading, options),
    instruments,
    ...tapeSession(events.columns.timeUs[events.at] as number, calendar),
  });
  try {
    await writeEvents({
      ...{ events, writer, instruments, places, signal: options.signal },
      onReject: (line, fault) => reading.rejectLate(line, fault),
      onProgress: (doneEvents) => watch.onProgress?.({ phase: 'writing', doneEvents, events: sorter.events }),
    });
    rejects.check(reading.rows);
    return writer.finish();
  } finally {
    writer.abort();
  }
}

function nothingLeft({ rows, filtered }: Reading, { count }: Rejects): string {
  const counts = `${rows} rows read, ${filtered} of them left out, ${count} bad`;
  return `no event is left for a tape (${counts}); see --symbols, --from and --to`;
}

/** New York's calendar fits when nothing else was read. */
function calendarOf({ texts }: Reading): CalendarName {
  return texts.every(({ layout }) => layout.hours === 'us') ? 'us' : '24x7';
}

function formatsOf({ texts }: Reading): ImportReport['formats'] {
  const found = new Map<string, { format: FormatName; title: string; texts: number; rows: number }>();
  for (const { layout, rows } of texts) {
    const known = found.get(layout.title) ?? { format: layout.format, title: layout.title, texts: 0, rows: 0 };
    found.set(layout.title, { ...known, texts: known.texts + 1, rows: known.rows + rows });
  }
  return [...found.values()];
}

function originOf(reading: Reading, options: ImportOptions): TapeOrigin {
  const formats = formatsOf(reading).map(({ title, texts }) => `${title} (${texts} ${texts === 1 ? 'file' : 'files'})`);
  const isBars = reading.texts.some(({ layout }) => layout.kind === 'table' && /bars$/.test(layout.rows));
  const isPlain = reading.texts.some(({ layout }) => layout.kind === 'frames' || !/bars$/.test(layout.rows));
  const isExport = reading.texts.some(({ layout }) => layout.format === 'tapedeck');
  const kinds = [
    ...(isPlain ? ['trades and quotes are as recorded'] : []),
    ...(isBars ? [BAR_PATH_RULE] : []),
    ...(isExport ? [EXPORT_RULE] : []),
  ];
  return {
    kind: 'recorded',
    description: `Imported: ${formats.join(', ')}; ${kinds.join('; ')}.`,
    sources: sourcesOf(reading, options.licence),
  };
}

function sourcesOf({ sources }: Reading, licence: string): TapeOrigin['sources'] {
  if (sources.length <= MAX_LISTED_SOURCES) return sources.map((source) => ({ ...source, licence }));
  const sha256 = createHash('sha256')
    .update(sources.map((source) => source.sha256).join('\n'))
    .digest('hex');
  const file = `${sources[0]?.file} to ${sources.at(-1)?.file}, ${sources.length} files (sha256 over their sha256s)`;
  return [{ file, sha256, licence }];
}
