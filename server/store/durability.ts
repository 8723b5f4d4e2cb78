import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { DeskChanges } from '../../market/orders/changes.ts';
import type { TickerState } from '../../market/tickers.ts';
import type { CorporateAction, MarketEvent } from '../../market/types.ts';
import { LOSSLESS_CHANNELS, type LosslessChannel, type ServerFrame, type TimeFrame } from '../../protocol/messages.ts';
import type { StreamEntry, StreamPlace } from '../hub/eventFeed.ts';
import { JournalError } from './errors.ts';
import type { LoggedEvent } from './eventLog.ts';
import {
  type AlertChange,
  type Change,
  pack,
  packAny,
  type StoredEvent,
  storedDesk,
  unpackAnyAs,
  unpackAs,
} from './records.ts';
import type { Store } from './store.ts';

/** The last known market is journaled this often, µs. */
const MARKET_EVERY_US = 5_000_000;
/** And at the latest after so many ticks. */
const MARKET_EVERY_TICKS = 250_000;
/**
 * Ticker numbers go on so far behind the journaled ones after a start: more than may have been told since. They are of
 * class B and not journaled; a number that was told once is never given to another event.
 */
export const TICKER_SEQ_GAP = 1_000_000;

/** Whose events are of the shapes that records know. */
const ACCOUNT_CHANNELS: ReadonlySet<LosslessChannel> = new Set(['order', 'execution', 'position']);

const NOTHING: readonly StreamEntry[] = [];

const exact = { additionalProperties: false } as const;
const StoredEntrySchema = Type.Object(
  {
    frame: Type.Unsafe<ServerFrame>(Type.Object({ type: Type.String() }, { additionalProperties: true })),
    pattern: Type.Optional(
      Type.Object(
        { confidence: Type.Number(), patternType: Type.String(), timeFrame: Type.Unsafe<TimeFrame>(Type.String()) },
        exact,
      ),
    ),
    symbols: Type.Optional(Type.Array(Type.String())),
    orderId: Type.Optional(Type.String()),
  },
  exact,
);
type StoredEntry = Static<typeof StoredEntrySchema>;
const check = TypeCompiler.Compile(StoredEntrySchema);

/** What the journal takes of an input. */
export interface DurableSources {
  readonly changes: DeskChanges;
  readonly tickers: TickerState;
  /** Event time of the last tick taken, µs since the epoch; 0 before the first. */
  readonly marketUs: () => number;
  /** Gives held events out, in the order in which they were held. */
  readonly release: (entries: readonly StreamEntry[]) => void;
}

/**
 * Stands between the engine and all who are told: gathers what an input changed and the numbered events that it caused,
 * journals both as one record, and lets events and acknowledgements go once that record is safe.
 */
export class Durability {
  readonly #store: Store;
  #sources: DurableSources | undefined = undefined;
  #events: StoredEvent[] = [];
  #alerts: AlertChange[] = [];
  #action: CorporateAction | undefined = undefined;
  #held: StreamEntry[] = [];
  /** Ratchets are told often and follow from the market: their last state is journaled beside it. */
  readonly #ratchets = new Map<number, MarketEvent>();
  #marketSavedUs = 0;
  #ticksAtMarket = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Names the engine; before its first input. */
  connect(sources: DurableSources): void {
    this.#sources = sources;
  }

  /** Whether all that has happened is safe. */
  get isSafe(): boolean {
    return this.#store.flushed === this.#store.appended && this.#held.length === 0;
  }

  /** Why nothing is acknowledged any more, one line; undefined while all is well. */
  get failure(): string | undefined {
    const { health } = this.#store;
    return health.status === 'failed' ? health.reason : undefined;
  }

  /** Notes an event of the engine. */
  note(event: MarketEvent): void {
    if (event.kind === 'order' && event.reason === 'ratcheted') this.#ratchets.set(event.order.orderId, event);
    else this.#connected.changes.note(event);
  }

  /** Notes an event that got its number. */
  appended(entry: StreamEntry, numbered: { readonly seq: number; readonly atUs: number }): void {
    const { channel, key, pattern, symbols, orderId } = entry;
    const frame = entry.frame(0);
    const event: StoredEntry = orderId === undefined ? { frame } : { frame, orderId };
    if (pattern !== undefined) event.pattern = { ...pattern };
    if (symbols !== undefined) event.symbols = [...symbols];
    const { seq, atUs } = numbered;
    const bytes = ACCOUNT_CHANNELS.has(channel) ? pack(event) : packAny(event);
    this.#events.push({ stream: `${channel}/${key}`, seq, atUs, bytes });
  }

  /** Notes what became of an alert. */
  alertChanged(change: AlertChange): void {
    this.#alerts.push(change);
  }

  /** Notes a corporate action that was taken: no event tells what it does to positions, and it may be played again after a restart. */
  actionTaken({ symbol, numerator, denominator, cashPerShare }: CorporateAction): void {
    this.#connected.changes.noteAction(symbol);
    this.#action = { symbol, numerator, denominator, cashPerShare };
  }

  /** Holds an event until what was noted so far is safe. */
  hold(entry: StreamEntry): void {
    this.#held.push(entry);
  }

  /** Journals what was noted since the last call, if anything; to be called after each input. `acknowledge` is called once it is safe, ahead of the events. */
  commit(acknowledge?: () => void): void {
    const { changes, marketUs, release } = this.#connected;
    const desk = changes.take();
    const events = this.#events;
    const alerts = this.#alerts;
    const action = this.#action;
    // Taken before anybody is told: who is told at once may cause the next events, which have a record of their own.
    const held = this.#held.length === 0 ? NOTHING : this.#held;
    if (held.length > 0) this.#held = [];
    let ticket = this.#store.appended;
    if (desk !== undefined || events.length > 0 || alerts.length > 0 || action !== undefined) {
      // Also when it is empty: it belongs to the record from now on.
      this.#events = [];
      if (alerts.length > 0) this.#alerts = [];
      const change: Change =
        desk === undefined
          ? { marketUs: marketUs(), events }
          : { marketUs: marketUs(), desk: storedDesk(desk), events };
      if (alerts.length > 0) change.alerts = alerts;
      if (action !== undefined) change.action = action;
      this.#action = undefined;
      ticket = this.#store.append(change);
    }
    if (acknowledge !== undefined) this.#store.whenFlushed(ticket, acknowledge);
    if (held.length > 0) this.#store.whenFlushed(ticket, () => release(held));
  }

  /** Calls back once all that has happened so far is safe, at once when it is; never when the journal has failed. */
  whenSafe(done: () => void): void {
    this.commit(done);
  }

  /** Journals the last known market and the ratchets when that is due. To be called some times a second. */
  sweep(nowUs: number, ticks: number): void {
    if (nowUs - this.#marketSavedUs < MARKET_EVERY_US && ticks - this.#ticksAtMarket < MARKET_EVERY_TICKS) return;
    this.saveMarket(nowUs, ticks);
  }

  /** Journals the last known market and the ratchets now. */
  saveMarket(nowUs: number, ticks: number): void {
    const { changes, tickers, marketUs } = this.#connected;
    this.#marketSavedUs = nowUs;
    this.#ticksAtMarket = ticks;
    for (const event of this.#ratchets.values()) changes.note(event);
    this.#ratchets.clear();
    this.commit();
    this.#store.appendMarket({ marketUs: marketUs(), halted: changes.halted(), tickers: tickers.state() });
  }

  get #connected(): DurableSources {
    if (this.#sources === undefined) throw new Error('the journal was used before there was an engine');
    return this.#sources;
  }
}

/** An event of the journal as the hub keeps it; it is unpacked when someone wants it. */
export class RestoredEntry implements StreamEntry {
  readonly channel: LosslessChannel;
  readonly key: string;
  readonly createdUs: number;
  readonly frame = (sentTimeUs: number): ServerFrame => {
    const { frame } = this.#entry;
    return 'sentTimeUs' in frame ? { ...frame, sentTimeUs } : frame;
  };
  readonly #logged: LoggedEvent;
  #unpacked: StoredEntry | undefined = undefined;

  constructor({ channel, key }: StreamPlace, logged: LoggedEvent) {
    this.channel = channel;
    this.key = key;
    this.createdUs = logged.atUs;
    this.#logged = logged;
  }

  get pattern(): StoredEntry['pattern'] {
    return this.#entry.pattern;
  }

  get symbols(): StoredEntry['symbols'] {
    return this.#entry.symbols;
  }

  get orderId(): StoredEntry['orderId'] {
    return this.#entry.orderId;
  }

  get #entry(): StoredEntry {
    if (this.#unpacked !== undefined) return this.#unpacked;
    const { bytes, from, to, seq } = this.#logged;
    const unpack = ACCOUNT_CHANNELS.has(this.channel) ? unpackAs : unpackAnyAs;
    const entry = unpack(check, bytes.subarray(from, to));
    // The journal's version names the form, and its checksum was right.
    if (entry === undefined) throw new Error(`event ${seq} of ${this.channel}/${this.key} isn't what was journaled`);
    this.#unpacked = entry;
    return entry;
  }
}

/** Channel and key of a stream's name in the journal. @throws JournalError for a channel that there isn't */
export function streamPlace(stream: string): StreamPlace {
  const at = stream.indexOf('/');
  const channel = LOSSLESS_CHANNELS.find((one) => one === stream.slice(0, at));
  if (channel === undefined)
    throw new JournalError(`the journal holds the stream ${stream}, which this version doesn't know`);
  return { channel, key: stream.slice(at + 1) };
}
