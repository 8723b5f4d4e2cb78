import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { TickerColumns } from '../../market/tickers.ts';
import type { Disk } from './disk.ts';
import { DurableState, type KeepRules } from './durableState.ts';
import { JournalError, reasonOf } from './errors.ts';
import { Journal, type JournalHealth } from './journal.ts';
import { type Change, pack, RecordKind, readStored, type StoredRecord } from './records.ts';
import { cutTorn, parsePlace, recoverTo, type Scan, scanJournal } from './segments.ts';
import { StateIndex } from './stateIndex.ts';

/** The index follows when so many more records are safe: at a start little more is read from the journal, and what changed often meanwhile was written once. */
const FOLLOW_AFTER_RECORDS = 1024;

export interface StoreOptions extends KeepRules {
  /** Folder of the journal; made when it isn't there. */
  readonly folder: string;
  /** What is traded, in order of index. */
  readonly instruments: readonly string[];
  /** Cut the journal there first, as its refusal says: `00000003.journal:4711`. */
  readonly recoverTo?: string | undefined;
  readonly disk?: Disk;
  readonly segmentBytes?: number;
  readonly onFailure?: (reason: string) => void;
}

/** What a start found. */
export interface Recovery {
  /** `new`: there was no journal; `continued`: nothing acknowledged is missing; `cut`: {@link StoreOptions.recoverTo} cut it, so that a new epoch begins. */
  readonly kind: 'new' | 'continued' | 'cut';
  readonly state: DurableState;
  /** Records that were read from the journal itself, and not from the index. */
  readonly recordsRead: number;
  /** Bytes of a torn last write that were cut off; 0 for none. */
  readonly tornBytes: number;
  /** Why the index couldn't be used; undefined when it could. */
  readonly indexFault: string | undefined;
  /** Where copies of what was cut lie; undefined unless `cut`. */
  readonly asideFolder: string | undefined;
}

/** Journal and index as one: what is appended here is there again after a crash, once it was flushed. */
export class Store {
  /** Epoch of all sequence numbers. */
  readonly epoch: string;
  readonly #journal: Journal;
  readonly #index: StateIndex;
  readonly #waiting: { readonly ticket: number; readonly record: StoredRecord }[] = [];
  /** Ticket of the last record that the index has. */
  #followed = 0;
  #isIndexReady: boolean;
  #rebuilt: Promise<void> = Promise.resolve();

  /**
   * Opens the folder: reads what is there, cuts off a torn last write, and begins a new segment.
   *
   * @throws JournalError when the journal is damaged, of other instruments, or can't be written
   */
  static open(options: StoreOptions): { readonly store: Store; readonly recovery: Recovery } {
    const { folder } = options;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new JournalError(`${folder}: the journal's folder can't be made (${reasonOf(error)})`);
    }
    const asideFolder = options.recoverTo === undefined ? undefined : cutAt(folder, options.recoverTo);
    const index = new StateIndex(folder, options);
    try {
      return Store.#start(options, index, asideFolder);
    } catch (error) {
      void index.close();
      throw error;
    }
  }

  static #start(
    options: StoreOptions,
    index: StateIndex,
    asideFolder: string | undefined,
  ): { readonly store: Store; readonly recovery: Recovery } {
    const { folder, instruments } = options;
    const read = readAll(options, index, asideFolder !== undefined);
    const { state, scan, recordsRead, indexFault } = read;
    refuseOther(folder, state, instruments);
    cutTorn(folder, scan.end);
    const kind = asideFolder !== undefined ? 'cut' : scan.epoch === undefined ? 'new' : 'continued';
    const { tornBytes } = scan;
    const recovery: Recovery = { kind, state, recordsRead, tornBytes, indexFault, asideFolder };
    const epoch = kind === 'continued' && scan.epoch !== undefined ? scan.epoch : randomBytes(8).toString('hex');
    return { store: new Store(options, { index, read, epoch }), recovery };
  }

  private constructor(
    options: StoreOptions,
    parts: { readonly index: StateIndex; readonly read: ReadState; readonly epoch: string },
  ) {
    const { folder, instruments, disk, segmentBytes, onFailure } = options;
    const { index, epoch } = parts;
    const { state, scan, tail, indexFault } = parts.read;
    this.epoch = epoch;
    this.#index = index;
    this.#journal = new Journal({
      folder,
      end: scan.end,
      epoch,
      ...(disk !== undefined && { disk }),
      ...(segmentBytes !== undefined && { segmentBytes }),
      ...(onFailure !== undefined && { onFailure }),
    });
    this.#isIndexReady = indexFault === undefined;
    if (!this.#isIndexReady) this.#rebuilt = this.#rebuild(state, scan);
    else if (tail.length > 0) index.follow(tail, scan.end);
    if (state.origin === undefined) {
      this.#append({ kind: RecordKind.ORIGIN, origin: { instruments: [...instruments] } });
    }
  }

  get health(): JournalHealth {
    return this.#journal.health;
  }

  /** Ticket of the last appended record. */
  get appended(): number {
    return this.#journal.appended;
  }

  /** Ticket of the last record that is safe. */
  get flushed(): number {
    return this.#journal.flushed;
  }

  /** Journals what one input changed. Returns its ticket. `change` belongs to the store from now on. */
  append(change: Change): number {
    return this.#append({ kind: RecordKind.CHANGE, change });
  }

  /** Journals the last known market. */
  appendMarket(market: {
    readonly marketUs: number;
    readonly halted: number[];
    readonly tickers: TickerColumns;
  }): number {
    return this.#append({ kind: RecordKind.MARKET, market });
  }

  /** Calls back once the record with that ticket is safe, at once when it is; never when the journal has failed. */
  whenFlushed(ticket: number, done: () => void): void {
    this.#journal.whenFlushed(ticket, done);
  }

  /** Flushes, brings the index up to the end, and closes both. */
  async close(): Promise<void> {
    await this.#journal.close();
    await this.#rebuilt;
    this.#follow();
    await this.#index.close();
  }

  #append(record: StoredRecord): number {
    const ticket = this.#journal.append(record.kind, pack(payloadOf(record)));
    if (this.#journal.health.status === 'ok') this.#waiting.push({ ticket, record });
    if (this.flushed - this.#followed >= FOLLOW_AFTER_RECORDS) this.#follow();
    return ticket;
  }

  async #rebuild(state: DurableState, scan: Scan): Promise<void> {
    await this.#index.rebuild(state, scan.end);
    this.#isIndexReady = true;
  }

  #follow(): void {
    if (!this.#isIndexReady) return;
    const { flushed, end } = this.#journal;
    const safe = this.#waiting.findIndex(({ ticket }) => ticket > flushed);
    const records = this.#waiting.splice(0, safe < 0 ? this.#waiting.length : safe).map(({ record }) => record);
    this.#followed = flushed;
    if (records.length > 0) this.#index.follow(records, end);
  }
}

function payloadOf(record: StoredRecord): unknown {
  if (record.kind === RecordKind.CHANGE) return record.change;
  return record.kind === RecordKind.MARKET ? record.market : record.origin;
}

function cutAt(folder: string, text: string): string {
  const place = parsePlace(text);
  if (place !== undefined) return recoverTo(folder, place);
  throw new JournalError(`--recover-to ${text}: give the place that the refusal named, like 00000003.journal:4711`);
}

interface ReadState {
  readonly state: DurableState;
  readonly scan: Scan;
  readonly recordsRead: number;
  readonly indexFault: string | undefined;
  /** What was read from the journal after the index. */
  readonly tail: readonly StoredRecord[];
}

/** The index and what the journal has beyond it; without a sound index all of the journal. */
function readAll(options: StoreOptions, index: StateIndex, isCut: boolean): ReadState {
  const indexed = isCut ? 'the journal was cut' : index.read();
  const from = typeof indexed === 'string' ? undefined : indexed.place;
  const state = typeof indexed === 'string' ? new DurableState(options) : indexed.state;
  const tail: StoredRecord[] = [];
  let recordsRead = 0;
  const scan = scanJournal({
    folder: options.folder,
    from,
    onRecord: (place) => {
      const record = readStored(place);
      state.apply(record);
      recordsRead++;
      if (from !== undefined) tail.push(record);
    },
  });
  state.finish();
  return { state, scan, recordsRead, indexFault: typeof indexed === 'string' ? indexed : undefined, tail };
}

function refuseOther(folder: string, { origin }: DurableState, instruments: readonly string[]): void {
  if (origin === undefined) return;
  const isSame =
    origin.instruments.length === instruments.length &&
    instruments.every((name, at) => name === origin.instruments[at]);
  if (isSame) return;
  throw new JournalError(
    `${folder}: the journal is of other instruments (${origin.instruments.length} of them, not these ${instruments.length}); play the tape that it was made with, or choose another folder`,
  );
}
