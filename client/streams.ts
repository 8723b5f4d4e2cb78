import { CHANNEL_KEYS, type Channel } from '../protocol/channels.ts';
import type {
  ClientFrame,
  Cursor,
  ErrorFrame,
  SnapshotFrame,
  SubscribedFrame,
  TickerFrame,
  UnsubscribedFrame,
  WelcomeFrame,
} from '../protocol/messages.ts';
import type { PollCursors } from '../protocol/poll.ts';
import { SubscriptionError } from './errors.ts';
import {
  channelOf,
  isOfAccounts,
  keyOf,
  type ReadableChannel,
  type StreamEvent,
  type SubscribeOptions,
} from './events.ts';
import type { Notice } from './notices.ts';
import type { Sink } from './reader.ts';
import { type Opening, Stream } from './stream.ts';

/** Keys named in one command: with their cursors well below the server's `maxFrameBytes`. */
const KEYS_PER_COMMAND = 250;
/** Key of one's own account until the server has told it. */
const OWN = '';
const WHOLE = '*';
/** A refused subscription that may be tried again waits at least this long, ms. */
const LEAST_RETRY_MS = 100;

/** What a reader opens. */
export interface OpenRequest {
  readonly channel: ReadableChannel;
  /** Symbols, accounts or names of channels; of `news` the symbols of interest. */
  readonly keys: readonly string[];
  readonly options: SubscribeOptions;
  /** Where to go on, from before this client was made. */
  readonly since: Cursor | undefined;
  readonly sink: Sink;
}

/** All streams of a client: subscribes to them on every connection, from where each stands, and proves that nothing is missing. */
export class Streams {
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #after: (delayMs: number, callback: () => void) => () => void;
  readonly #nextId: () => number;
  readonly #notice: (notice: Notice) => void;
  readonly #byChannel = new Map<Channel, Map<string, Stream>>();
  /** Subscriptions that the server hasn't answered, by the command's id. */
  readonly #asked = new Map<number, readonly Stream[]>();
  readonly #retries = new Set<() => void>();
  #missing = new Set<Stream>();
  #welcome: WelcomeFrame | undefined = undefined;
  #isOnline = false;

  constructor(parts: {
    /** False when there is no connection. */
    readonly send: (frame: ClientFrame) => boolean;
    readonly after: (delayMs: number, callback: () => void) => () => void;
    readonly nextId: () => number;
    readonly notice: (notice: Notice) => void;
  }) {
    this.#send = parts.send;
    this.#after = parts.after;
    this.#nextId = parts.nextId;
    this.#notice = parts.notice;
  }

  /**
   * Opens streams for a sink; what it returns closes them.
   *
   * @throws Error when a stream is open with other options, or `since` is given for one that is open
   */
  open(request: OpenRequest): () => void {
    const { channel, sink } = request;
    const opening: Opening = { sink, streams: new Set() };
    const isWhole = CHANNEL_KEYS[channel] === 'whole';
    const keys = isWhole
      ? [WHOLE]
      : request.keys.length === 0
        ? [this.#welcome?.account ?? OWN]
        : [...new Set(request.keys)];
    if (!isWhole && !isOfAccounts(channel) && request.keys.length === 0)
      throw new Error(`${channel} needs at least one key`);
    for (const key of keys) this.#checkOpen(request, key);
    const toAsk: Stream[] = [];
    for (const key of keys) {
      const known = this.#byChannel.get(channel)?.get(key);
      const stream = known ?? this.#create(request, key);
      opening.streams.add(stream);
      stream.openings.add(opening);
      const since = request.since?.seq[key];
      if (request.since !== undefined && since !== undefined) stream.seed(request.since.epoch, since);
      else stream.fresh.add(opening);
      if (known?.latest !== undefined) this.#tellLatest(stream, opening, known.latest);
      else toAsk.push(stream);
    }
    this.#ask(toAsk);
    return () => this.#close(opening);
  }

  /** The last event of a symbol's ticker, if that is being read, and whether it is surely the present one. */
  last(symbol: string): { readonly event: TickerFrame | SnapshotFrame; readonly isLive: boolean } | undefined {
    const stream = this.#byChannel.get('ticker')?.get(symbol);
    if (stream?.latest === undefined) return undefined;
    return { event: stream.latest, isLive: this.#isOnline && stream.isLive && !stream.isStale && !stream.isAsking };
  }

  /** By channel where the streams stand; a stream without a number has -1. */
  cursors(): PollCursors {
    const cursors: Partial<Record<Channel, Cursor>> = {};
    for (const [channel, streams] of this.#byChannel) {
      const all = [...streams.values()].filter((stream) => stream.key !== OWN);
      const epoch = all.find((stream) => stream.hasCursor)?.epoch ?? '';
      const seqOf = (stream: Stream) => (stream.hasCursor && stream.epoch === epoch ? stream.seq : -1);
      if (all.length > 0)
        cursors[channel] = { epoch, seq: Object.fromEntries(all.map((one) => [one.key, seqOf(one)])) };
    }
    return cursors;
  }

  onWelcome(welcome: WelcomeFrame): void {
    this.#isOnline = true;
    this.#welcome = welcome;
    this.#nameOwn(welcome.account);
    const all = this.#all();
    for (const stream of all) stream.isStale = stream.hasCursor && stream.epoch !== welcome.epoch;
    this.#ask(all);
  }

  onDown(): void {
    this.#isOnline = false;
    this.#asked.clear();
    this.#missing.clear();
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
    for (const stream of this.#all()) stream.disconnect();
  }

  onEvent(event: StreamEvent): void {
    const stream = this.#byChannel.get(channelOf(event))?.get(keyOf(event));
    if (stream === undefined) return;
    if (event.type === 'snapshot') {
      const afterSeq = stream.seq;
      const { channel, key } = stream;
      if (stream.restart(event)) this.#notice({ kind: 'gap', channel, key, afterSeq });
    } else if (stream.offer(event) === 'gap') this.#askMissing(stream);
  }

  /** Takes the heads of the streams: nothing up to them may be missing. */
  onHeads(epoch: string, heads: Readonly<Partial<Record<string, Readonly<Record<string, number>>>>>): void {
    for (const [channel, streams] of this.#byChannel) {
      for (const [key, head] of Object.entries(heads[channel] ?? {})) {
        const stream = streams.get(key);
        if (stream === undefined || stream.numbering === 'none') continue;
        const isMissing = epoch !== stream.epoch || (stream.numbering === 'gapless' && head > stream.seq);
        if (isMissing) this.#askMissing(stream);
        // Everything up to the head has been looked at: a quiet, filtered stream keeps a cursor that the server still knows.
        else if (stream.numbering === 'skipping') stream.seq = Math.max(stream.seq, head);
      }
    }
  }

  onSubscribed(frame: SubscribedFrame): void {
    const streams = this.#takeAsked(frame.id);
    for (const stream of streams) {
      stream.isLive = true;
      stream.isAsking = false;
    }
    // Everything missed follows and no snapshot, for which somebody waits who came while the connection was down.
    if (frame.recovered)
      this.#ask(
        streams.filter((stream) => stream.fresh.size > 0),
        false,
      );
  }

  /** The server ends subscriptions by itself when a token no longer allows them. */
  onUnsubscribed(frame: UnsubscribedFrame): void {
    if (frame.id !== undefined) return;
    const error = new SubscriptionError('forbidden', `the server has ended ${frame.channel}: no longer allowed`);
    for (const key of frame.symbols) {
      const stream = this.#byChannel.get(frame.channel)?.get(key);
      if (stream !== undefined) this.#fail(stream, error);
    }
  }

  /** Takes the refusal of a subscription; false when the error is about something else. */
  onError(frame: ErrorFrame): boolean {
    const streams = this.#takeAsked(frame.id);
    if (streams.length === 0) return false;
    const open = streams.filter((stream) => stream.openings.size > 0);
    if (frame.retryable) this.#askLater(open, Math.max(LEAST_RETRY_MS, frame.retryAfterMs));
    else if (open.length > 1) {
      // One bad key refuses all of a command's: halve until it stands alone.
      const half = open.length >> 1;
      this.#ask(open.slice(0, half));
      this.#ask(open.slice(half));
    } else for (const stream of open) this.#fail(stream, new SubscriptionError(frame.code, frame.message));
    return true;
  }

  /** Ends every stream: with the error, or in good order. */
  endAll(error: Error | undefined): void {
    this.onDown();
    const openings = new Set(this.#all().flatMap((stream) => [...stream.openings]));
    this.#byChannel.clear();
    for (const { sink } of openings) {
      if (error === undefined) sink.end();
      else sink.fail(error);
    }
  }

  #all(): Stream[] {
    return [...this.#byChannel.values()].flatMap((streams) => [...streams.values()]);
  }

  #checkOpen(request: OpenRequest, key: string): void {
    const known = this.#byChannel.get(request.channel)?.get(key);
    if (known === undefined) return;
    const name = `${request.channel} ${key}`.trim();
    if (request.since !== undefined) throw new Error(`${name} is open already; "since" is for its first reader`);
    if (JSON.stringify([known.options, known.only]) !== JSON.stringify([request.options, onlyOf(request)])) {
      throw new Error(`${name} is open with other options; close that reader first, or use a second client`);
    }
  }

  #create(request: OpenRequest, key: string): Stream {
    const { channel, options } = request;
    const stream = new Stream({ channel, key, options, only: onlyOf(request) });
    const streams = this.#byChannel.get(channel) ?? new Map<string, Stream>();
    this.#byChannel.set(channel, streams.set(key, stream));
    return stream;
  }

  #tellLatest(stream: Stream, opening: Opening, latest: TickerFrame | SnapshotFrame): void {
    const { epoch, key: symbol, seq } = stream;
    stream.fresh.delete(opening);
    opening.sink.push({ type: 'snapshot', channel: 'ticker', symbol, epoch, seq, data: latest.data });
  }

  #close(opening: Opening): void {
    const gone: Stream[] = [];
    for (const stream of opening.streams) {
      stream.openings.delete(opening);
      stream.fresh.delete(opening);
      if (stream.openings.size > 0) continue;
      const streams = this.#byChannel.get(stream.channel);
      if (streams?.get(stream.key) === stream) {
        streams.delete(stream.key);
        gone.push(stream);
      }
    }
    opening.streams.clear();
    const [first] = gone;
    if (first === undefined || !this.#isOnline) return;
    for (let at = 0; at < gone.length; at += KEYS_PER_COMMAND) {
      const keys = gone.slice(at, at + KEYS_PER_COMMAND).map((stream) => stream.key);
      this.#send({ type: 'unsubscribe', id: this.#nextId(), channel: first.channel, ...symbolsOf(first, keys) });
    }
  }

  #fail(stream: Stream, error: Error): void {
    for (const opening of [...stream.openings]) {
      this.#close(opening);
      opening.sink.fail(error);
    }
  }

  /** Gives the streams of one's own account their name; another account than before has other streams. */
  #nameOwn(account: string): void {
    for (const streams of this.#byChannel.values()) {
      const own = streams.get(OWN);
      if (own === undefined) continue;
      streams.delete(OWN);
      const named = streams.get(account);
      if (named === undefined) {
        own.key = account;
        streams.set(account, own);
        continue;
      }
      for (const opening of own.openings) {
        opening.streams.delete(own);
        opening.streams.add(named);
        named.openings.add(opening);
        named.fresh.add(opening);
      }
    }
  }

  /** Asks again for what is missing of a stream; all that go missing in one turn go in one command. */
  #askMissing(stream: Stream): void {
    if (stream.isAsking || !stream.isLive) return;
    stream.isAsking = true;
    if (this.#missing.size === 0) queueMicrotask(() => this.#flushMissing());
    this.#missing.add(stream);
  }

  #flushMissing(): void {
    const missing = [...this.#missing];
    this.#missing = new Set();
    const isNew = new Map(missing.map((stream) => [stream, stream.noteGap()]));
    this.#ask(missing.filter((stream) => isNew.get(stream) === true));
    this.#ask(
      missing.filter((stream) => isNew.get(stream) === false),
      false,
    );
  }

  #askLater(streams: readonly Stream[], delayMs: number): void {
    const cancel = this.#after(delayMs, () => {
      this.#retries.delete(cancel);
      this.#ask(streams.filter((stream) => stream.openings.size > 0));
    });
    this.#retries.add(cancel);
  }

  /** Subscribes to streams, from where they stand unless `isResuming` is false. */
  #ask(streams: readonly Stream[], isResuming = true): void {
    if (!this.#isOnline) return;
    const groups = new Map<string, Stream[]>();
    for (const stream of streams) {
      const epoch = isResuming && stream.hasCursor ? stream.epoch : '';
      const name = JSON.stringify([stream.channel, epoch, stream.options, stream.only]);
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [stream]);
      else group.push(stream);
    }
    for (const group of groups.values()) {
      for (let at = 0; at < group.length; at += KEYS_PER_COMMAND) {
        this.#subscribe(group.slice(at, at + KEYS_PER_COMMAND), isResuming);
      }
    }
  }

  #subscribe(group: readonly Stream[], isResuming: boolean): void {
    const [first] = group;
    if (first === undefined) return;
    const id = this.#nextId();
    const keys = group.map((stream) => stream.key);
    const seq = Object.fromEntries(group.map((stream) => [stream.key, stream.seq]));
    const since = isResuming && first.hasCursor ? { since: { epoch: first.epoch, seq } } : {};
    const { channel, options } = first;
    this.#asked.set(id, group);
    this.#send({ type: 'subscribe', id, channel, ...symbolsOf(first, keys), ...options, ...since });
  }

  #takeAsked(id: number | undefined): readonly Stream[] {
    if (id === undefined) return [];
    const streams = this.#asked.get(id) ?? [];
    this.#asked.delete(id);
    return streams;
  }
}

function onlyOf(request: OpenRequest): readonly string[] | undefined {
  return CHANNEL_KEYS[request.channel] === 'whole' && request.keys.length > 0 ? request.keys : undefined;
}

function symbolsOf(stream: Stream, keys: readonly string[]): { readonly symbols?: readonly string[] } {
  if (stream.key !== WHOLE) return { symbols: keys };
  return stream.only === undefined ? {} : { symbols: stream.only };
}
