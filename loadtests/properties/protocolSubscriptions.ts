import { CHANNEL_KEYS, type Channel, WHOLE_STREAM } from '../../protocol/channels.ts';
import type { LinkRules, Received } from './protocolLink.ts';
import { KeyedStreams, numbered } from './protocolStreams.ts';
import type { LoggedTick, Truth } from './protocolTruth.ts';

/** What a subscription asked for beside its keys. */
export interface Wish {
  /** By key, the number after which events were asked for. */
  readonly since: Readonly<Record<string, number>>;
  /** Whether an event is one that was asked for; absent: all are. */
  readonly passes?: ((frame: Received) => boolean) | undefined;
  readonly isPaced: boolean;
  readonly isForming: boolean;
}

interface Subscription {
  readonly channel: string;
  readonly key: string;
  wish: Wish;
  /** Number of the last event that was read; of channels without numbers 0. */
  seq: number;
  /** Whether a snapshot has to come before any event. */
  isSnapshotDue: boolean;
  /** Whether it will be sent open bars, which a later command doesn't take back. */
  isForming: boolean;
  isPaced: boolean;
}

/** What one connection has subscribed to and how far it has read: no event may be missing, come twice, or come unasked. */
export class Subscriptions {
  readonly #all = new KeyedStreams<Subscription>();
  readonly #truth: Truth;
  readonly #later: LinkRules['later'];
  readonly #mayBeAhead: boolean;
  #systemSeq: number | undefined = undefined;

  constructor(rules: Pick<LinkRules, 'truth' | 'later' | 'hasLanes'>) {
    this.#mayBeAhead = rules.hasLanes;
    this.#truth = rules.truth;
    this.#later = rules.later;
  }

  /** Takes note that the server has said `subscribed`: of the keys, with or without what was missed. */
  begin(
    channel: Channel,
    keys: readonly string[],
    options: { readonly wish: Wish; readonly recovered: boolean },
  ): void {
    const { wish, recovered } = options;
    for (const key of streamKeys(channel, keys)) {
      const known = this.#all.get(channel, key);
      const since = recovered ? wish.since[key] : undefined;
      const isSymbols = channel === 'ticker' || channel === 'trade';
      this.#all.set(channel, key, {
        channel,
        key,
        wish,
        seq: since ?? 0,
        isSnapshotDue: since === undefined,
        isForming: wish.isForming || known?.isForming === true,
        isPaced: isSymbols && wish.isPaced,
      });
    }
  }

  /** Takes note that the server has said `unsubscribed`. */
  end(channel: Channel, keys: readonly string[]): void {
    for (const key of streamKeys(channel, keys)) this.#all.delete(channel, key);
  }

  /** Keys by channel. */
  byChannel(): Map<Channel, Set<string>> {
    return this.#all.byChannel();
  }

  /** Number of the last event that was read of a stream; undefined without one. */
  cursor(channel: string, key: string): number | undefined {
    const subscription = this.#all.get(channel, key);
    return subscription === undefined || subscription.isSnapshotDue ? undefined : subscription.seq;
  }

  /** What the connection lacks of what has happened; to be asked when everything must have come. */
  lacks(): string | undefined {
    for (const subscription of this.#all.values()) {
      const { channel, key, seq, isSnapshotDue, isPaced } = subscription;
      const stream = `${channel}/${key}`;
      if (isSnapshotDue) return `the snapshot of ${stream} never came`;
      if (isPaced || !numbered(channel)) continue;
      if (channel === 'ticker' && seq !== this.#truth.tickHead(key)) {
        return `${stream} stands at ${seq}, the market at ${this.#truth.tickHead(key)}`;
      }
      const nextTrade = channel === 'trade' ? this.#truth.nextTrade(key, seq) : undefined;
      if (nextTrade !== undefined) return `the trade ${nextTrade} of ${key} never came`;
      if (channel === 'ticker' || channel === 'trade') continue;
      const missed = this.#firstPassing(subscription, this.#truth.head(stream) + 1);
      if (missed !== undefined) return `${stream} ${missed} never came`;
    }
    return undefined;
  }

  /** Takes a frame that nobody asked for; says what is wrong with it. */
  take(frame: Received): string | undefined {
    switch (frame['type']) {
      case 'snapshot':
        return this.#snapshot(frame);
      case 'heartbeat':
        return this.#heartbeat(frame);
      case 'system':
        return this.#system(frame);
      case 'presence':
        return this.#value('presence', String(frame['channel']));
      case 'position.value':
      case 'portfolio':
        return this.#value(String(frame['type']), String(frame['account']));
      case 'ticker':
      case 'trade':
        return this.#tick(frame);
      case 'bar':
        return this.#bar(frame);
      case 'pattern':
        return this.#event(frame, 'pattern', String(frame['symbol']));
      case 'news':
        return this.#event(frame, 'news', WHOLE_STREAM);
      case 'order':
        if (frame['reason'] === 'ratcheted') return this.#value('order', String(frame['account']));
        return this.#event(frame, 'order', String(frame['account']));
      default:
        return this.#event(frame, String(frame['type']), String(frame['account']));
    }
  }

  #snapshot(frame: Received): string | undefined {
    const { channel, symbol: key, seq, epoch } = frame;
    const subscription = this.#all.get(String(channel), String(key));
    if (subscription === undefined) return 'a snapshot of what was not subscribed to';
    if (!subscription.isSnapshotDue) return 'a snapshot that was not due';
    if (epoch !== this.#truth.epoch) return `a snapshot of another epoch than ${this.#truth.epoch}`;
    subscription.isSnapshotDue = false;
    subscription.seq = Number(seq);
    if (channel === 'ticker' || channel === 'trade') return this.#tickSnapshot(frame, String(key), Number(seq));
    if (channel === 'order') {
      const data = frame['data'];
      const names = Array.isArray(data) ? data.map((order: Received) => String(order['clientOrderId'])).sort() : [];
      // With a journal the state may be ahead of the number: what follows tells it again.
      this.#later(() => {
        const head = this.#truth.head(`order/${String(key)}`);
        for (let at = Number(seq); at <= (this.#mayBeAhead ? head : Number(seq)); at++) {
          if (names.join() === this.#truth.working(String(key), at).join()) return undefined;
        }
        const working = this.#truth.working(String(key), Number(seq));
        return `the snapshot of ${key} at ${seq} has the orders ${names.join()}, not ${working.join()}`;
      });
    }
    return undefined;
  }

  #tickSnapshot(frame: Received, symbol: string, seq: number): string | undefined {
    if (!this.#truth.hasTicks(symbol)) {
      this.#truth.beginTicks(symbol, seq, stateOf(frame));
      return undefined;
    }
    const head = this.#truth.tickHead(symbol);
    if (seq > head) return `a snapshot of ${seq}, the market is at ${head}`;
    return frame['channel'] === 'ticker' ? this.#differs(frame, symbol, seq) : undefined;
  }

  #tick(frame: Received): string | undefined {
    const { type, symbol, seq, seqFrom = seq } = frame;
    const [channel, key] = [String(type), String(symbol)];
    const subscription = this.#all.get(channel, key);
    if (subscription === undefined) return 'an event of what was not subscribed to';
    if (subscription.isSnapshotDue) return 'an event before its snapshot';
    if (seqFrom !== seq && !subscription.isPaced) return 'several events in one, though nobody was slow';
    const next = channel === 'ticker' ? subscription.seq + 1 : this.#truth.nextTrade(key, subscription.seq);
    // Of conflated trades the range is all that was not told, quotes included.
    const isNext =
      seqFrom === next ||
      (subscription.isPaced && Number(seqFrom) <= (next ?? 0) && Number(seqFrom) > subscription.seq);
    if (!isNext) return `expected ${next} next`;
    subscription.seq = Number(seq);
    return this.#differs(frame, key, Number(seq));
  }

  /** How a frame's prices differ from the tick that the feed was given. */
  #differs(frame: Received, symbol: string, seq: number): string | undefined {
    const tick = this.#truth.tick(symbol, seq);
    const data = (frame['data'] ?? {}) as Received;
    if (tick === undefined) return seq === 0 || frame['type'] === 'snapshot' ? undefined : 'a tick that never was';
    if (frame['type'] === 'trade') {
      return data['price'] === tick.last ? undefined : `the trade was at ${tick.last}`;
    }
    for (const name of ['last', 'bid', 'ask'] as const) {
      if (data[name] !== tick[name]) return `${name} was ${tick[name]}`;
    }
    return undefined;
  }

  #bar(frame: Received): string | undefined {
    const [channel, key] = [String(frame['channel']), String(frame['symbol'])];
    if (frame['seq'] !== undefined) return this.#event(frame, channel, key);
    const wrong = this.#value(channel, key);
    return wrong ?? (this.#all.get(channel, key)?.isForming === true ? undefined : 'an open bar that nobody asked for');
  }

  #event(frame: Received, channel: string, key: string): string | undefined {
    const seq = Number(frame['seq']);
    const differs = this.#truth.see(`${channel}/${key}`, seq, frame);
    if (differs !== undefined) return differs;
    const subscription = this.#all.get(channel, key);
    if (subscription === undefined) return 'an event of what was not subscribed to';
    if (subscription.isSnapshotDue) return 'an event before its snapshot';
    const { passes } = subscription.wish;
    if (seq <= subscription.seq) return `an event again, or out of order: the last one was ${subscription.seq}`;
    if (passes === undefined && seq !== subscription.seq + 1) return `expected ${subscription.seq + 1} next`;
    if (passes?.(frame) === false) return 'an event that the filter should have kept back';
    const from = subscription.seq;
    if (passes !== undefined) {
      this.#later(() => {
        const missed = this.#firstPassing({ channel, key, wish: { passes }, seq: from }, seq);
        return missed === undefined ? undefined : `${channel}/${key} ${missed} never came`;
      });
    }
    subscription.seq = seq;
    return undefined;
  }

  /** Number of the first event after `seq` and before `end` that the subscription must get. */
  #firstPassing(
    {
      channel,
      key,
      wish,
      seq,
    }: { readonly channel: string; readonly key: string; readonly wish: Pick<Wish, 'passes'>; readonly seq: number },
    end: number,
  ): number | undefined {
    for (let next = seq + 1; next < end; next++) {
      const event = this.#truth.event(`${channel}/${key}`, next);
      if (wish.passes === undefined || (event !== undefined && wish.passes(event))) return next;
    }
    return undefined;
  }

  #value(channel: string, key: string): string | undefined {
    const subscription = this.#all.get(channel, key);
    if (subscription === undefined) return 'a value of what was not subscribed to';
    return subscription.isSnapshotDue ? 'a value before its snapshot' : undefined;
  }

  #system(frame: Received): string | undefined {
    const { seq } = frame;
    if (seq === undefined) return undefined;
    const number = Number(seq);
    const differs = this.#truth.see(`system/${WHOLE_STREAM}`, number, frame);
    const [last, subscription] = [this.#systemSeq, this.#all.get('system', WHOLE_STREAM)];
    this.#systemSeq = number;
    if (subscription !== undefined && !subscription.isSnapshotDue) subscription.seq = number;
    return differs ?? (last !== undefined && number > last + 1 ? `expected the notice ${last + 1} next` : undefined);
  }

  /** A head behind which the client stands would tell it of a loss. */
  #heartbeat(frame: Received): string | undefined {
    if (frame['epoch'] !== this.#truth.epoch) return 'a heartbeat of another epoch';
    const heads = (frame['heads'] ?? {}) as Readonly<Record<string, Readonly<Record<string, number>>>>;
    for (const [channel, keys] of Object.entries(heads)) {
      for (const key of Object.keys(keys)) {
        if (this.#all.get(channel, key) === undefined) return `a head of ${channel}/${key}, not subscribed to`;
      }
    }
    for (const subscription of this.#all.values()) {
      const { channel, key, seq, wish, isPaced } = subscription;
      if (!numbered(channel)) continue;
      const head = heads[channel]?.[key];
      if (head === undefined) return `no head of ${channel}/${key}`;
      // A trade's snapshot has the number of the last tick, quotes included.
      if (head < seq && channel !== 'trade')
        return `the head ${head} of ${channel}/${key} is behind ${seq}, which was told`;
      if (
        channel === 'trade' ? this.#missesTrade(key, seq, head) : head > seq && wish.passes === undefined && !isPaced
      ) {
        return `the head ${head} of ${channel}/${key} is ahead of ${seq}: the client must believe in a loss`;
      }
    }
    return undefined;
  }

  #missesTrade(symbol: string, seq: number, head: number): boolean {
    const next = this.#truth.nextTrade(symbol, seq);
    return next !== undefined && next <= head;
  }
}

/** The state that a ticker's snapshot tells. */
function stateOf(frame: Received): Pick<LoggedTick, 'last' | 'bid' | 'ask'> {
  const data = (frame['data'] ?? {}) as Received;
  const price = (name: string): number | null => (typeof data[name] === 'number' ? data[name] : null);
  return { last: price('last'), bid: price('bid'), ask: price('ask') };
}

/** The streams that stand for the keys of an answer. */
export function streamKeys(channel: Channel, keys: readonly string[]): readonly string[] {
  if (CHANNEL_KEYS[channel] === 'whole') return [WHOLE_STREAM];
  return CHANNEL_KEYS[channel] === 'none' ? [] : keys;
}
