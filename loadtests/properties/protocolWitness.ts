import { mint } from '../conformance/tokens.ts';
import { Link, type LinkRules, type Received } from './protocolLink.ts';
import { needs } from './protocolModel.ts';
import type { LawServer, Surroundings } from './protocolSurroundings.ts';
import type { Truth } from './protocolTruth.ts';

const SYMBOLS = ['S0', 'S1', 'S2'] as const;
const SYMBOL_CHANNELS = ['bar.1m', 'bar.5m', 'bar.15m', 'bar.1h', 'pattern'] as const;
const ACCOUNT_CHANNELS = ['order', 'execution', 'position', 'alert'] as const;

/** What a witness needs of the law that calls it. */
interface WitnessParts extends Pick<Surroundings, 'nextId' | 'soon'> {
  readonly server: LawServer;
  readonly truth: Truth;
  readonly rules: LinkRules;
  /** Waits until everything that was asked over a connection is answered. */
  readonly quiet: (link: Link) => Promise<void>;
}

/** A reader of everything that is never cut but by the server itself: its view is what all others are held against. */
export class ProtocolWitness {
  link: Link | undefined = undefined;
  /** The accounts whose streams it reads. */
  watched: readonly string[] = [];
  readonly #parts: WitnessParts;

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** Lets the server write all that waits, to everyone, and reads it. */
  async flush(): Promise<void> {
    if (this.link === undefined) return;
    // A subscription does so.
    this.#follow(this.link, 'order', this.watched);
    await this.#parts.quiet(this.link);
  }

  /** Lets the witness read what there is, in the epoch of the server as it is now. */
  async call(): Promise<void> {
    const { port, secret, epoch, hasJournal } = this.#parts.server;
    if (this.#parts.truth.epoch !== epoch) this.#parts.truth.forget();
    this.#parts.truth.epoch = epoch;
    this.#parts.truth.forgetTicks();
    const link = await Link.open({ port, name: 'witness' }, { ...this.#parts.rules, hasLanes: hasJournal });
    this.link = link;
    const token = await mint(secret, { user: 'witness', scopes: ['market:read', 'account:*'] });
    this.#ask(link, { type: 'auth', token }, needs('welcome'));
    for (const symbol of [...SYMBOLS, 'S3']) await this.#beginTicks(link, symbol);
    for (const channel of SYMBOL_CHANNELS) this.#follow(link, channel, SYMBOLS);
    this.#follow(link, 'news', ['*']);
    this.watched = [];
  }

  /** Learns which number a symbol's next tick will have. */
  async #beginTicks(link: Link, symbol: string): Promise<void> {
    const wish = { since: {}, isPaced: false, isForming: false };
    const id = this.#parts.nextId();
    const frame = JSON.stringify({ type: 'subscribe', id, channel: 'ticker', symbols: [symbol] });
    link.send(frame, {
      id,
      asked: frame,
      lane: 'state',
      check: needs('subscribed'),
      onAnswer: () => link.subscriptions.begin('ticker', [symbol], { wish, recovered: false }),
    });
    await this.#parts.soon(
      link.until(() => link.subscriptions.cursor('ticker', symbol) !== undefined),
      'a snapshot',
    );
    this.#ask(link, { type: 'unsubscribe', channel: 'ticker', symbols: [symbol] }, needs('unsubscribed'), () =>
      link.subscriptions.end('ticker', [symbol]),
    );
    await this.#parts.quiet(link);
  }

  /** Lets the witness read the streams of a session's accounts, and no others. */
  async watch(accounts: readonly string[]): Promise<void> {
    const { link } = this;
    if (link === undefined) return;
    for (const channel of ACCOUNT_CHANNELS) {
      if (this.watched.length > 0) {
        const old = this.watched;
        this.#ask(link, { type: 'unsubscribe', channel, symbols: old }, needs('unsubscribed'), () =>
          link.subscriptions.end(channel, old),
        );
      }
      this.#follow(link, channel, accounts);
    }
    this.watched = accounts;
    await this.#parts.quiet(link);
  }

  /** Subscribes the witness from where it stood. */
  #follow(
    link: Link,
    channel: (typeof SYMBOL_CHANNELS)[number] | (typeof ACCOUNT_CHANNELS)[number] | 'news',
    keys: readonly string[],
  ): void {
    const { epoch } = this.#parts.truth;
    const seq = Object.fromEntries(keys.map((key) => [key, this.#parts.truth.head(`${channel}/${key}`)]));
    const wish = { since: seq, isPaced: false, isForming: false };
    this.#ask(
      link,
      { type: 'subscribe', channel, symbols: keys, since: { epoch, seq } },
      needs('subscribed'),
      (answer) => link.subscriptions.begin(channel, keys, { wish, recovered: answer['recovered'] === true }),
    );
  }

  #ask(
    link: Link,
    question: object,
    check: (answer: Received) => string | undefined,
    onAnswer?: (answer: Received) => void,
  ): void {
    const id = this.#parts.nextId();
    const text = JSON.stringify({ id, ...question });
    link.send(text, { id, asked: text, lane: 'state', check, ...(onAnswer !== undefined && { onAnswer }) });
  }
}
