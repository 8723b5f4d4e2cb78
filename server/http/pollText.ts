import { FRAMES } from '../../market/bars/types.ts';
import { TickKind } from '../../market/types.ts';
import { encodeTicker, encodeTickerSnapshot, encodeTrade } from '../../protocol/codecs/json.ts';
import {
  CHANNELS,
  type Channel,
  type Cursor,
  LOSSLESS_CHANNELS,
  type LosslessChannel,
  type SnapshotData,
} from '../../protocol/messages.ts';
import { eventsAfter } from '../hub/stream.ts';
import { DEFAULT_BARS, streamState } from '../queries.ts';
import { tradeOf } from '../subscriptions.ts';
import type { HttpServices } from './route.ts';

/** A stream, and where its reader stands. */
export interface Place {
  readonly channel: Channel;
  readonly key: string;
  /** Index of the symbol; -1 for other keys. */
  readonly symbol: number;
  readonly cursor: Cursor;
}

/** What a `ticker` or `trade` frame takes at most, roughly. */
const TICK_BYTES = 350;

/** Whether there is anything after one of the places. Values without numbers are never news. */
export function hasNews({ hub }: Pick<HttpServices, 'hub'>, places: readonly Place[]): boolean {
  return places.some(({ channel, key, symbol, cursor }) => {
    const lossless = losslessOf(channel);
    if (lossless === undefined && symbol < 0) return false;
    const head = lossless === undefined ? hub.tickerSpan(symbol).head : hub.head({ channel: lossless, key });
    return cursor.epoch !== hub.epoch || cursor.seq[key] !== head;
  });
}

/** Writes the answer of a poll, channel by channel in their order, lossless ones first: when it is full the rest waits for the next poll. */
export class PollText {
  /** A `PollAnswer` as JSON. */
  readonly text: string;
  readonly #services: HttpServices;
  readonly #nowUs: number;
  readonly #frames = new Map<Channel, Map<string, readonly string[]>>();
  readonly #heads = new Map<Channel, Map<string, number>>();
  #bytesLeft: number;
  #isCut = false;

  constructor(services: HttpServices, places: readonly Place[]) {
    this.#services = services;
    this.#nowUs = services.clock.nowUs();
    this.#bytesLeft = services.limits.hardBufferedBytes;
    const rank = ({ channel }: Place): number =>
      CHANNELS.indexOf(channel) + (losslessOf(channel) === undefined ? CHANNELS.length : 0);
    for (const place of [...places].sort((a, b) => rank(a) - rank(b))) this.#add(place);
    this.text = this.#write();
  }

  #add(place: Place): void {
    const { channel } = place;
    const lossless = losslessOf(channel);
    if (this.#bytesLeft <= 0) this.#leave(place);
    else if (lossless !== undefined) this.#addEvents(place, lossless);
    else if (channel === 'ticker') this.#addTickers(place);
    else if (channel === 'trade') this.#addTrades(place);
    else this.#addValue(place);
  }

  /** Keeps a place for the next poll. */
  #leave({ channel, key, cursor }: Place): void {
    this.#isCut = true;
    this.#take({
      channel,
      key,
      texts: [],
      head: cursor.epoch === this.#services.hub.epoch ? (cursor.seq[key] ?? -1) : -1,
    });
  }

  #addEvents(place: Place, channel: LosslessChannel): void {
    const { hub } = this.#services;
    const { key, cursor } = place;
    const { head, missed } = hub.eventsSince({ channel, key }, cursor);
    if (missed === undefined) {
      const data = streamState(this.#services, channel, { key, bars: DEFAULT_BARS, frames: FRAMES });
      this.#take({ channel, key, texts: [this.#snapshot(place, head, data)], head });
      return;
    }
    const texts: string[] = [];
    let bytesLeft = this.#bytesLeft;
    for (const entry of missed) {
      if (bytesLeft <= 0) break;
      const text = JSON.stringify(entry.frame(this.#nowUs));
      texts.push(text);
      bytesLeft -= text.length;
    }
    if (texts.length < missed.length) this.#isCut = true;
    this.#take({ channel, key, texts, head: head - missed.length + texts.length });
  }

  /** Every event while they fit and are remembered, else one that stands for all: it is of class B. */
  #addTickers({ key, symbol, cursor }: Place): void {
    const { hub } = this.#services;
    const span = hub.tickerSpan(symbol);
    const { head } = span;
    const seq = cursor.epoch === span.epoch ? (cursor.seq[key] ?? -1) : -1;
    const count = eventsAfter(span, cursor, key);
    if (seq < 0 || seq > head) {
      const view = hub.tickerAt(symbol, head);
      this.#take({
        channel: 'ticker',
        key,
        texts: [encodeTickerSnapshot(view, span.epoch, hub.staleMs(view))],
        head,
      });
      return;
    }
    const isWhole = count !== undefined && count * TICK_BYTES <= this.#bytesLeft;
    const texts: string[] = [];
    if (isWhole) {
      for (let at = seq + 1; at <= head; at++) texts.push(encodeTicker(hub.tickerAt(symbol, at), this.#nowUs));
    } else texts.push(encodeTicker(hub.tickerAt(symbol, head, seq + 1), this.#nowUs));
    this.#take({ channel: 'ticker', key, texts, head });
  }

  #addTrades(place: Place): void {
    const { hub } = this.#services;
    const { key, symbol, cursor } = place;
    const span = hub.tickerSpan(symbol);
    const { head } = span;
    const count = eventsAfter(span, cursor, key);
    if (count === undefined || count * TICK_BYTES > this.#bytesLeft) {
      const text = this.#snapshot(place, head, tradeOf(hub.tickerAt(symbol, head)));
      this.#take({ channel: 'trade', key, texts: [text], head });
      return;
    }
    const texts: string[] = [];
    for (let at = head - count + 1; at <= head; at++) {
      const view = hub.tickerAt(symbol, at);
      if (view.kind === TickKind.TRADE) texts.push(encodeTrade(view, this.#nowUs));
    }
    this.#take({ channel: 'trade', key, texts, head });
  }

  #addValue(place: Place): void {
    const { book, hub } = this.#services;
    const { channel, key } = place;
    const watched = CHANNELS.find((one) => one === key);
    const data =
      channel === 'portfolio'
        ? book.portfolio(key)
        : channel === 'position.value'
          ? book.positions(key)
          : watched === undefined
            ? []
            : hub.presence.users(watched);
    this.#take({ channel, key, texts: [this.#snapshot(place, 0, data)], head: 0 });
  }

  #snapshot({ channel, key }: Place, seq: number, data: SnapshotData): string {
    return JSON.stringify({ type: 'snapshot', channel, symbol: key, epoch: this.#services.hub.epoch, seq, data });
  }

  #take(part: {
    readonly channel: Channel;
    readonly key: string;
    readonly texts: readonly string[];
    readonly head: number;
  }): void {
    const { channel, key, texts, head } = part;
    this.#bytesLeft -= texts.reduce((sum, text) => sum + text.length, 0);
    const heads = this.#heads.get(channel) ?? new Map<string, number>();
    this.#heads.set(channel, heads.set(key, head));
    if (texts.length === 0) return;
    const frames = this.#frames.get(channel) ?? new Map<string, readonly string[]>();
    this.#frames.set(channel, frames.set(key, texts));
  }

  /** By hand, since most frames are texts already; and a key may be any name, `__proto__` too. */
  #write(): string {
    const epoch = JSON.stringify(this.#services.hub.epoch);
    const channels = objectText(this.#frames, (keys) => objectText(keys, (texts) => `[${texts.join(',')}]`));
    const cursor = objectText(this.#heads, (keys) => `{"epoch":${epoch},"seq":${objectText(keys, String)}}`);
    return `{"epoch":${epoch},"channels":${channels},"cursor":${cursor},"more":${this.#isCut}}`;
  }
}

function objectText<T>(fields: ReadonlyMap<string, T>, write: (value: T) => string): string {
  return `{${[...fields].map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(',')}}`;
}

function losslessOf(channel: Channel): LosslessChannel | undefined {
  return LOSSLESS_CHANNELS.find((one) => one === channel);
}
