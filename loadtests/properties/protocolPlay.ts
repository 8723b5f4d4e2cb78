import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteCutProxy } from '../../client/testing/byteCutProxy.ts';
import { ProtocolClient } from './protocolClient.ts';
import type { Link, Received } from './protocolLink.ts';
import type { Operation } from './protocolOperations.ts';
import type { Alert, LawServer, Surroundings } from './protocolSurroundings.ts';
import { Truth } from './protocolTruth.ts';
import { ProtocolWitness } from './protocolWitness.ts';

/** What never comes is waited for so long, ms: nothing takes a hundredth of it. */
const NEVER_MS = 5_000;
/** How often all is looked at again before something counts as lost: what a cut connection had sent may still be arriving. */
const LOOKS = 5;
const FIRST_PRICE = 10_000;
const SYMBOLS = [0, 1, 2] as const;
/** What a session has shown not to hold. */
export class ProtocolBroken extends Error {
  override readonly name = 'ProtocolBroken';
}

/** Plays sessions against one server, one after another, each with accounts of its own. */
export class ProtocolLaw {
  readonly #server: LawServer;
  readonly #proxy: ByteCutProxy;
  /** How often what has come, in a word or two. */
  readonly happened = new Map<string, number>();
  readonly #truth = new Truth();
  readonly #witness: ProtocolWitness;
  #sessions = 0;
  #id = 0;
  #fault: string | undefined = undefined;
  #later: (() => string | undefined)[] = [];
  /** Counts what may change answers; even while something is under way. */
  #changes = 0;
  #settledChanges = -1;
  #isBlurred = false;
  #alerts = new Map<string, Alert>();
  #clients: readonly ProtocolClient[] = [];

  /** @param proxy forwards to the server */
  constructor(server: LawServer, proxy: ByteCutProxy) {
    this.#server = server;
    this.#proxy = proxy;
    this.#witness = new ProtocolWitness({
      server,
      truth: this.#truth,
      rules: this.#rules(),
      nextId: () => ++this.#id,
      soon: (awaited, what) => this.#soon(awaited, what),
      quiet: (link) => this.#quiet(link),
    });
  }

  /**
   * Plays a session to its end, with a last look at whether every client can have all that has happened.
   *
   * @throws ProtocolBroken when something that a client may believe doesn't hold
   */
  async play(operations: readonly Operation[]): Promise<void> {
    await this.#begin();
    try {
      for (const operation of operations) {
        await this.#do(operation);
        if (!('rush' in operation && operation.rush === true)) await this.#settle();
      }
      for (const client of this.#clients) await client.cut(true);
      await this.#settle();
    } finally {
      await Promise.all(this.#clients.map((client) => client.cut(false)));
    }
  }

  /** Ends the witness. */
  async close(): Promise<void> {
    await this.#witness.link?.cut();
  }

  async #begin(): Promise<void> {
    this.#sessions++;
    this.#fault = undefined;
    this.#later = [];
    this.#isBlurred = false;
    this.#alerts = new Map();
    const accounts = [`a${this.#sessions}`, `b${this.#sessions}`] as const;
    if (this.#witness.link?.isOpen !== true) await this.#witness.call();
    await this.#witness.watch(accounts);
    for (const symbol of SYMBOLS) this.#trade(symbol, FIRST_PRICE);
    const surroundings = this.#surroundings();
    this.#clients = [
      new ProtocolClient({ own: accounts[0], other: accounts[1] }, surroundings),
      new ProtocolClient({ own: accounts[1], other: accounts[0] }, surroundings),
    ];
    await this.#settle();
  }

  async #do(operation: Operation): Promise<void> {
    switch (operation.op) {
      case 'trade':
        for (let at = 0; at < operation.count; at++) this.#trade(operation.symbol, operation.price + at);
        return;
      case 'quote':
        this.#quote(operation.symbol);
        return;
      case 'minute':
        this.#changes++;
        this.#server.endMinute();
        return;
      case 'news':
        this.#changes++;
        this.#server.publishNews(operation.symbols);
        return;
      case 'turn':
        for (let turn = 0; turn < operation.count; turn++) await nextTurn();
        return;
      case 'restart':
        await this.#restart();
        return;
      default:
        await this.#byClient(operation);
    }
  }

  async #byClient(
    operation: Exclude<Operation, { readonly op: 'trade' | 'quote' | 'minute' | 'news' | 'turn' | 'restart' }>,
  ): Promise<void> {
    const client = this.#clients[operation.client];
    if (client === undefined) return;
    switch (operation.op) {
      case 'cut':
        return client.cut(operation.returns);
      case 'speak':
        return client.speak(operation.codec);
      case 'connect':
        return client.connect(operation.cut);
      case 'auth':
        await client.connect();
        return client.auth(operation.token);
      case 'junk':
        await client.connect();
        return client.junk(operation.kind);
    }
    await client.arrive();
    switch (operation.op) {
      case 'refresh':
        return client.refresh(operation.token);
      case 'subscribe':
        return client.subscribe({ ...operation, named: client.named(operation.keys) });
      case 'unsubscribe':
        return client.unsubscribe(operation.channel, client.named(operation.keys));
      case 'ping':
        return client.ping();
      case 'get':
        return client.get(operation);
      case 'place':
        return client.orders.place(operation);
      case 'list':
        return client.orders.list(operation);
      case 'modify':
        return client.orders.modify(operation);
      case 'cancel':
        return client.orders.cancel(operation);
      case 'alert':
        return client.alerts.set(operation);
      case 'clear':
        return client.alerts.clear(operation);
      case 'presence':
        return client.presence(operation.state);
    }
  }

  #trade(symbol: number, price: number): void {
    this.#changes++;
    this.#truth.addTick(`S${symbol}`, { kind: 'trade', last: price / 100 });
    const seq = this.#truth.tickHead(`S${symbol}`);
    if (symbol === 0) this.#fire(price, seq);
    this.#server.trade({ symbol, price });
  }

  #quote(symbol: number): void {
    this.#changes++;
    const name = `S${symbol}`;
    const last = Math.round((this.#truth.tick(name, this.#truth.tickHead(name))?.last ?? 100) * 100);
    this.#truth.addTick(name, { kind: 'quote', bid: (last - 1) / 100, ask: (last + 1) / 100 });
    this.#server.quote({ symbol, bid: last - 1, ask: last + 1 });
  }

  /** Alerts that a trade of S0 meets must be told with its number. */
  #fire(price: number, tickSeq: number): void {
    for (const [place, alert] of this.#alerts) {
      const isMet = alert.isRise ? price >= alert.price : price <= alert.price;
      if (alert.state !== 'waits' || !isMet) continue;
      this.#alerts.set(place, { ...alert, state: 'gone' });
      this.#later.push(() => {
        const stream = `alert/${alert.account}`;
        for (let seq = this.#truth.head(stream); seq > 0; seq--) {
          const event = this.#truth.event(stream, seq);
          const data = (event?.['data'] ?? {}) as Received;
          if (data['alertId'] === alert.name && event?.['tickSeq'] === tickSeq) return undefined;
        }
        return `the alert ${place} never fired at the tick ${tickSeq}`;
      });
    }
  }

  async #restart(): Promise<void> {
    await this.#settle();
    const open = [this.#witness.link, ...this.#clients.map(({ link }) => link)];
    for (const link of open) link?.mayClose.add(4001);
    await this.#server.restart();
    // Alerts are no part of what a journal keeps.
    this.#alerts.clear();
    this.#changes++;
    await this.#witness.link?.closed;
    const accounts = this.#witness.watched;
    this.#proxy.targetPort = this.#server.port;
    await this.#witness.call();
    await this.#witness.watch(accounts);
    for (const symbol of SYMBOLS) this.#trade(symbol, FIRST_PRICE);
    for (const client of this.#clients) if (client.link !== undefined) await client.resume();
  }

  /** Waits until everything has come that must, and looks whether it has. */
  async #settle(): Promise<void> {
    let lacking: string | undefined;
    for (let look = 0; look < LOOKS; look++) {
      for (const client of this.#clients) if (client.link !== undefined) await this.#quiet(client.link);
      await this.#witness.flush();
      for (const client of this.#clients) {
        if (!client.isWelcome || client.link === undefined) continue;
        client.ping();
        await this.#quiet(client.link);
      }
      lacking = this.#lacking();
      if (lacking === undefined) break;
    }
    if (lacking !== undefined) this.#rules().fault(lacking);
    for (const check of this.#later.splice(0)) {
      const wrong = check();
      if (wrong !== undefined) this.#rules().fault(wrong);
    }
    this.#settledChanges = this.#changes;
    if (this.#fault !== undefined) throw new ProtocolBroken(this.#fault);
  }

  #lacking(): string | undefined {
    for (const { link } of this.#clients) {
      const lacks = link?.isOpen === true ? link.subscriptions.lacks() : undefined;
      if (lacks !== undefined) return `${link?.name}: ${lacks}`;
    }
    const { link } = this.#witness;
    return link?.isOpen === true ? link.subscriptions.lacks() : 'the witness was cut';
  }

  #quiet(link: Link): Promise<void> {
    return this.#soon(
      link.until(() => link.isQuiet),
      () => `${link.name}: ${link.waitsFor}`,
    );
  }

  async #soon(awaited: Promise<unknown>, what: string | (() => string)): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const never = new Promise<void>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ProtocolBroken(this.#fault ?? `never came: ${typeof what === 'string' ? what : what()}`));
      }, NEVER_MS);
    });
    try {
      await Promise.race([awaited, never]);
    } finally {
      clearTimeout(timer);
    }
  }

  #rules(): Surroundings['rules'] {
    return {
      truth: this.#truth,
      hasLanes: this.#server.hasJournal,
      fault: (what) => {
        this.#fault ??= what;
      },
      later: (check) => this.#later.push(check),
      seen: (what) => this.happened.set(what, (this.happened.get(what) ?? 0) + 1),
    };
  }

  #surroundings(): Surroundings {
    return {
      truth: this.#truth,
      rules: this.#rules(),
      secret: this.#server.secret,
      nextId: () => ++this.#id,
      port: (cut) => {
        if (cut === undefined) return this.#server.port;
        this.#proxy.cuts.push(cut);
        return this.#proxy.port;
      },
      change: () => {
        const wasSettled = this.#settledChanges === this.#changes;
        const at = ++this.#changes;
        return () => wasSettled && !this.#isBlurred && at === this.#changes;
      },
      still: () => {
        const [wasSettled, at] = [this.#settledChanges === this.#changes, this.#changes];
        return () => wasSettled && !this.#isBlurred && at === this.#changes;
      },
      soon: (awaited, what) => this.#soon(awaited, what),
      blur: () => {
        this.#isBlurred = true;
      },
      alerts: this.#alerts,
    };
  }
}
