import type { ClientPlan } from '../../protocol/generatorPlan.ts';
import type { SessionChannel } from '../../protocol/run.ts';
import type { ClientStreams } from './clientStreams.ts';
import type { Dialect, SessionEvent } from './dialect.ts';
import type { ClientPorts } from './ports.ts';

/** Channels that are subscribed by symbol; the others are the account's. */
const BY_SYMBOL: ReadonlySet<SessionChannel> = new Set<SessionChannel>(['ticker', 'pattern', 'bar.1m']);

/** An answer that takes longer than this has failed, as one that never comes: what was due meanwhile was heard by nobody. */
const ANSWER_WITHIN_US = 2_000_000;

interface Pending {
  readonly askedUs: number;
  readonly channel: SessionChannel;
  readonly symbols: readonly string[] | undefined;
  readonly resumed: boolean;
}

export interface SubscriptionsOptions {
  readonly plan: ClientPlan;
  readonly dialect: Dialect;
  readonly streams: ClientStreams;
  readonly ports: Pick<ClientPorts, 'nowUs'>;
  readonly nextId: () => number;
  readonly send: (frame: string) => void;
  /** A channel, or symbols of it, are subscribed anew. */
  readonly onConfirmed: (channel: SessionChannel, atUs: number) => void;
  /** A subscription was answered too late. */
  readonly onLate: (detail: string, atUs: number) => void;
}

/** What one client has asked to hear, what of it is answered, and which symbols it has left for a while. */
export class ClientSubscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #recovered = new Map<SessionChannel, boolean>();
  readonly #left = new Set<string>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Whether an answer is owed. */
  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  /** Channels whose subscription isn't answered. */
  get unanswered(): readonly SessionChannel[] {
    return [...this.#pending.values()].map(({ channel }) => channel);
  }

  /** Whether all that was resumed on this connection was recovered from the history. */
  get isRecovered(): boolean {
    return [...this.#recovered.values()].every(Boolean);
  }

  /** Subscribes everything anew; returns how many subscriptions that were. */
  onWelcome(welcome: { readonly epoch: string; readonly account: string }): number {
    const { plan, streams } = this.#options;
    const { channels } = plan;
    const cursors = channels.map((channel) => streams.cursor(channel));
    streams.onWelcome(welcome);
    let asked = 0;
    channels.forEach((channel, at) => {
      const symbols = BY_SYMBOL.has(channel) ? this.#heard(channel) : undefined;
      if (symbols?.length !== 0) {
        this.#subscribe(channel, symbols, cursors[at]);
        asked += 1;
      }
    });
    return asked;
  }

  onClosed(): void {
    this.#pending.clear();
    this.#recovered.clear();
  }

  /** Gives the tickers of these symbols up. */
  leave(symbols: readonly string[], isConnected: boolean): void {
    const { dialect, nextId, send } = this.#options;
    if (dialect.unsubscribe === undefined) return;
    for (const symbol of symbols) this.#left.add(symbol);
    if (isConnected) send(dialect.unsubscribe({ id: nextId(), channel: 'ticker', symbols }));
  }

  /** Takes the tickers of these symbols up again, from where the client stands in them. */
  takeBack(symbols: readonly string[], isConnected: boolean): void {
    if (this.#options.dialect.unsubscribe === undefined) return;
    for (const symbol of symbols) this.#left.delete(symbol);
    if (isConnected) this.#subscribe('ticker', symbols, this.#options.streams.cursor('ticker', symbols));
  }

  /** Takes an answer; a fault in words where it answers nothing. */
  onSubscribed(event: Extract<SessionEvent, { kind: 'subscribed' }>, atUs: number): string {
    const pending = this.#pending.get(event.id);
    if (pending === undefined || pending.channel !== event.channel)
      return `subscribed to ${event.channel}, which was not asked for`;
    this.#pending.delete(event.id);
    const waitedUs = atUs - pending.askedUs;
    if (waitedUs > ANSWER_WITHIN_US) {
      const detail = `the subscription of ${event.channel} was answered after ${Math.round(waitedUs / 1000)} ms`;
      this.#options.onLate(detail, atUs);
    }
    if (pending.resumed) this.#recovered.set(event.channel, event.recovered);
    this.#confirm(pending, event.recovered, atUs);
    return '';
  }

  /** The subscription with this id was refused. */
  onRefused(id: number): void {
    this.#pending.delete(id);
  }

  #heard(channel: SessionChannel): readonly string[] {
    const { symbols } = this.#options.plan;
    return channel !== 'ticker' || this.#left.size === 0 ? symbols : symbols.filter((one) => !this.#left.has(one));
  }

  #subscribe(
    channel: SessionChannel,
    symbols: readonly string[] | undefined,
    since: ReturnType<ClientStreams['cursor']>,
  ): void {
    const { dialect, ports, nextId, send } = this.#options;
    const id = nextId();
    const atUs = ports.nowUs();
    const { frames, isAnswered } = dialect.subscribe({ id, channel, symbols, since, atUs });
    const pending = { askedUs: atUs, channel, symbols, resumed: since !== undefined };
    if (isAnswered) this.#pending.set(id, pending);
    else this.#confirm({ ...pending, resumed: false }, false, atUs);
    for (const frame of frames) send(frame);
  }

  #confirm({ channel, symbols, resumed }: Pending, recovered: boolean, atUs: number): void {
    const { streams, onConfirmed } = this.#options;
    onConfirmed(channel, atUs);
    streams.onSubscribed(channel, { resumed, recovered, atUs, ...(symbols === undefined ? {} : { symbols }) });
  }
}
