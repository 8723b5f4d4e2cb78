import { CHANNEL_KEYS, type Channel, LOSSLESS_CHANNELS } from '../../protocol/channels.ts';
import { mint, unsigned } from '../conformance/tokens.ts';
import { type Expected, Link, type LinkRules, type Received } from './protocolLink.ts';
import {
  type Claims,
  getRefusals,
  isForbidden,
  keyNamed,
  keysMeant,
  LAW_LIMITS,
  listTerms,
  mayUse,
  needs,
  needsError,
  orderTerms,
  scopesOf,
  tokenRefusal,
} from './protocolModel.ts';
import type { Junk, Key, OperationOf, SinceKind, TokenKind } from './protocolOperations.ts';
import { KeyedStreams } from './protocolStreams.ts';
import { streamKeys, type Wish } from './protocolSubscriptions.ts';
import type { Truth } from './protocolTruth.ts';

/** What a client has to know of all that goes on in a session. */
export interface Surroundings {
  readonly truth: Truth;
  readonly rules: LinkRules;
  readonly secret: string;
  readonly hasJournal: boolean;
  /** A new number for a question. */
  readonly nextId: () => number;
  /** The port to connect to; with a cut one that is cut there. */
  readonly port: (cut?: OperationOf<'connect'>['cut']) => number;
  /** Takes note of something that may change what answers say, and tells when nothing else has, until it is asked. */
  readonly change: () => () => boolean;
  /** Whether nothing has changed since it was asked, and nothing was under way then. */
  readonly still: () => () => boolean;
  /** Waits for what has to come soon. */
  readonly soon: (awaited: Promise<unknown>, what: string) => Promise<void>;
  /** From now on nobody knows which commands have arrived. */
  readonly blur: () => void;
  /** Alerts by account and name. */
  readonly alerts: Map<string, Alert>;
}

/** An alert as the model has it; `unsure` while a command about it is under way. */
export interface Alert {
  readonly account: string;
  readonly name: string;
  readonly isRise: boolean;
  readonly price: number;
  readonly state: 'unsure' | 'waits' | 'gone';
}

/** A subscription with its keys as they are sent. */
type Subscribing = Omit<OperationOf<'subscribe'>, 'op' | 'client' | 'rush' | 'keys'> & {
  readonly named?: readonly string[] | undefined;
};

/** One client of a session: what it believes, what it sends, and what must come of that. */
export class ProtocolClient {
  readonly own: string;
  readonly other: string;
  link: Link | undefined = undefined;
  readonly #with: Surroundings;
  /** How far streams were read over connections that are no more. */
  readonly #read = new KeyedStreams<number>();
  /** Subscriptions as they will be once all commands are carried out. */
  #held = new KeyedStreams<true>();
  #claims: Claims | undefined = undefined;
  #token: TokenKind = 'full';
  #connections = 0;

  constructor(accounts: { readonly own: string; readonly other: string }, surroundings: Surroundings) {
    this.own = accounts.own;
    this.other = accounts.other;
    this.#with = surroundings;
  }

  /** Whether the server will know who it is. */
  get isWelcome(): boolean {
    return this.link?.isOpen === true && this.#claims !== undefined;
  }

  async connect(cut?: OperationOf<'connect'>['cut']): Promise<void> {
    if (this.link?.isOpen === true) return;
    this.#keepCursors();
    const name = `${this.own.slice(0, 1)}${++this.#connections}`;
    this.#claims = undefined;
    this.#held = new KeyedStreams();
    const target = { port: this.#with.port(cut), name, isToBeCut: cut !== undefined };
    this.link = await Link.open(target, this.#with.rules);
  }

  /** Connects if there is no connection, as somebody who may do everything of his own. */
  async arrive(token: TokenKind = 'full'): Promise<void> {
    if (this.link?.isOpen === true) return;
    await this.connect();
    await this.auth(token);
  }

  async auth(token: TokenKind): Promise<void> {
    const id = this.#with.nextId();
    const text = await this.#mint(token);
    const frame = { type: 'auth', id, ...(text !== undefined && { token: text }) };
    const scopes = scopesOf(token, this.other);
    if (this.#claims !== undefined) {
      this.#ask(frame, { lane: 'direct', check: needsError(['bad_message']) });
    } else if (scopes === undefined) {
      const { code, close } = tokenRefusal(token);
      let isTold = false;
      const onAnswer = (): void => {
        isTold = true;
      };
      this.#ask(frame, { lane: 'direct', check: needsError([code]), onAnswer });
      await this.#end([close]);
      if (!isTold && (await this.link?.closed) === close)
        this.#with.rules.fault(`closed with ${close} without a reason`);
    } else {
      this.#claims = { account: this.own, scopes };
      this.#token = token;
      const { epoch } = this.#with.truth;
      const check = needs('welcome', { user: this.own, account: this.own, scopes, epoch });
      this.#ask(frame, { lane: 'direct', check });
    }
  }

  async refresh(token: TokenKind): Promise<void> {
    const id = this.#with.nextId();
    const text = await this.#mint(token);
    const frame = { type: 'refresh', id, ...(text !== undefined && { token: text }) };
    const scopes = scopesOf(token, this.other);
    if (text === undefined) this.#ask(frame, { lane: 'refused', check: needsError(['bad_message']) });
    else if (this.#claims === undefined) this.#askUnknown(frame);
    else if (scopes === undefined) {
      this.#ask(frame, { lane: 'direct', check: needsError([tokenRefusal(token).code]) });
    } else if (token === 'other_user') this.#ask(frame, { lane: 'direct', check: needsError(['forbidden']) });
    else {
      const claims = { account: this.own, scopes };
      this.#claims = claims;
      this.#token = token;
      for (const [channel, keys] of this.#held.byChannel()) {
        for (const key of keys) if (isForbidden(claims, channel, key)) this.#held.delete(channel, key);
      }
      const onAnswer = (): void => this.link?.expectNotices((channel, key) => isForbidden(claims, channel, key));
      this.#ask(frame, { lane: 'direct', check: needs('refreshed', { scopes }), onAnswer });
    }
  }

  subscribe(wanted: Subscribing): void {
    const { channel, named, throttleMs, forming, minConfidence } = wanted;
    const { keys, codes } = keysMeant(channel, named, this.own);
    const since = wanted.since === undefined ? undefined : this.#since(wanted.since, channel, keys);
    const frame = {
      type: 'subscribe',
      id: this.#with.nextId(),
      channel,
      ...(named !== undefined && { symbols: named }),
      ...(since !== undefined && { since }),
      ...(throttleMs !== undefined && { throttleMs }),
      ...(forming !== undefined && { forming }),
      ...(minConfidence !== undefined && { minConfidence }),
    };
    const claims = this.#claims;
    if (claims === undefined) {
      this.#askUnknown(frame);
      return;
    }
    const refusals: string[] = [...codes];
    if (keys.some((key) => isForbidden(claims, channel, key))) refusals.push('forbidden');
    if (mayNotThrottle(channel, wanted)) refusals.push('bad_message');
    const had = this.#held.byChannel().get(channel) ?? new Set();
    const count = new Set([...had, ...keys]).size;
    if (count > LAW_LIMITS.maxSymbolsPerSocket) refusals.push('too_many_symbols');
    if (refusals.length > 0) {
      this.#ask(frame, { lane: 'state', check: needsError(refusals) });
      return;
    }
    const streams = streamKeys(channel, keys);
    for (const key of streams) this.#held.set(channel, key, true);
    const allowed = this.#recoveries(channel, streams, since);
    const symbols = channel === 'system' ? [] : keys;
    const wish: Wish = {
      since: since?.seq ?? {},
      passes: passesOf(channel, keys, minConfidence),
      isPaced: throttleMs !== undefined && throttleMs > 0,
      isForming: forming === true,
    };
    this.#ask(frame, {
      lane: 'state',
      check: (answer) => {
        const wrong = needs('subscribed', { channel, symbols })(answer);
        return (
          wrong ?? (allowed().has(answer['recovered']) ? undefined : `recovered should be ${[...allowed()].join()}`)
        );
      },
      onAnswer: ({ recovered }) =>
        this.link?.subscriptions.begin(channel, keys, { wish, recovered: recovered === true }),
    });
  }

  unsubscribe(channel: Channel, named: readonly string[] | undefined): void {
    const { keys, codes } = keysMeant(channel, named, this.own);
    const frame = {
      type: 'unsubscribe',
      id: this.#with.nextId(),
      channel,
      ...(named !== undefined && { symbols: named }),
    };
    if (this.#claims === undefined) this.#askUnknown(frame);
    else if (codes.length > 0) this.#ask(frame, { lane: 'state', check: needsError(codes) });
    else {
      for (const key of streamKeys(channel, keys)) this.#held.delete(channel, key);
      const onAnswer = (): void => this.link?.subscriptions.end(channel, keys);
      this.#ask(frame, { lane: 'state', check: needs('unsubscribed', { channel, symbols: keys }), onAnswer });
    }
  }

  /** Keys as they are sent. */
  named(keys: readonly Key[] | undefined): readonly string[] | undefined {
    return keys?.map((key) => keyNamed(key, this));
  }

  ping(): void {
    const frame = { type: 'ping', id: this.#with.nextId() };
    if (this.#claims === undefined) this.#askUnknown(frame);
    else this.#ask(frame, { lane: 'direct', check: needs('pong') });
  }

  get({ what, symbol, account }: OperationOf<'get'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const key = symbol === undefined ? undefined : keyNamed(symbol, this);
    const frame = {
      type: 'get',
      id: this.#with.nextId(),
      what,
      ...(key !== undefined && { symbol: key }),
      ...(account !== undefined && { account: wanted }),
    };
    if (this.#claims === undefined) {
      this.#askUnknown(frame);
      return;
    }
    const codes = getRefusals(this.#claims, { what, symbol: key, account: wanted });
    if (codes.length > 0) {
      this.#ask(frame, { lane: 'state', check: needsError(codes) });
      return;
    }
    const isStill = this.#with.still();
    this.#ask(frame, {
      lane: 'state',
      check: (answer) => {
        const wrong = needs('result', { what })(answer);
        if (wrong !== undefined || what !== 'orders' || !isStill()) return wrong;
        const data = answer['data'];
        const names = Array.isArray(data) ? data.map((order: Received) => String(order['clientOrderId'])).sort() : [];
        const working = this.#with.truth.working(wanted);
        return names.join() === working.join() ? undefined : `expected the orders ${working.join()}`;
      },
    });
  }

  place({ name, kind, account }: OperationOf<'place'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const { terms, reason, code } = orderTerms(kind, this.#last());
    const frame = {
      type: 'order.place',
      id: this.#with.nextId(),
      clientOrderId: name,
      ...(account !== undefined && { account: wanted }),
      ...terms,
    };
    if (code !== undefined) {
      this.#ask(frame, { lane: 'refused', check: needsError([code]) });
      return;
    }
    const known = this.#with.truth.orders(wanted).get(name);
    this.#order(frame, wanted, (answer) => {
      // No symbol, no order: that is found before the name is looked at.
      if (reason === 'unknown_symbol') return needs('error', { code: 'order_rejected', reason })(answer);
      if (known !== undefined) return sameOrder(answer, known.orderId);
      if (reason !== undefined) return needs('error', { code: 'order_rejected', reason, clientOrderId: name })(answer);
      return needs('order.accepted', { duplicate: false })(answer);
    });
  }

  list({ name, contingency, account }: OperationOf<'list'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const orders = listTerms(contingency, name, this.#last());
    const frame = {
      type: 'order.placeList',
      id: this.#with.nextId(),
      contingency,
      ...(account !== undefined && { account: wanted }),
      orders,
    };
    const isKnown = [...this.#with.truth.orders(wanted).keys()].some((known) => known.startsWith(`${name}-`));
    this.#order(frame, wanted, (answer) =>
      isKnown ? undefined : needs('order.accepted', { duplicate: false })(answer),
    );
  }

  modify({ name, quantity, account }: OperationOf<'modify'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const frame = {
      type: 'order.modify',
      id: this.#with.nextId(),
      clientOrderId: name,
      quantity: String(quantity),
      ...(account !== undefined && { account: wanted }),
    };
    const known = this.#with.truth.orders(wanted).get(name);
    const works = this.#with.truth.working(wanted).includes(name);
    this.#order(frame, wanted, (answer) => {
      const refused = (reason: string) => needs('error', { code: 'order_rejected', reason })(answer);
      if (known === undefined) return refused('unknown_order');
      if (!works) return refused('order_not_open');
      return quantity === 0 ? refused('bad_quantity') : needs('order.accepted')(answer);
    });
  }

  cancel({ name, account }: OperationOf<'cancel'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const frame = {
      type: 'order.cancel',
      id: this.#with.nextId(),
      clientOrderId: name,
      ...(account !== undefined && { account: wanted }),
    };
    const known = this.#with.truth.orders(wanted).get(name);
    const works = this.#with.truth.working(wanted).includes(name);
    this.#order(frame, wanted, (answer) => {
      if (works) return needs('order.accepted')(answer) ?? sameOrder(answer, known?.orderId, false);
      const reason = known === undefined ? 'unknown_order' : 'order_not_open';
      return needs('error', { code: 'order_rejected', reason })(answer);
    });
  }

  alert({ name, kind, price, account }: OperationOf<'alert'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const isRise = kind !== 'below';
    const text = (price / 100).toFixed(2);
    const frame = {
      type: 'alert.set',
      id: this.#with.nextId(),
      alertId: name,
      symbol: kind === 'unknown_symbol' ? 'NONESUCH' : 'S0',
      ...(isRise ? { above: kind === 'bad_price' ? '0' : text } : { below: text }),
      ...(kind === 'two' && { below: text }),
      ...(account !== undefined && { account: wanted }),
    };
    const codes = this.#alertRefusals(wanted);
    if (kind === 'unknown_symbol') codes.push('unknown_symbol');
    if (kind === 'two' || kind === 'bad_price') codes.push('bad_message');
    if (this.#claims === undefined) this.#askUnknown(frame);
    else if (codes.length > 0) this.#ask(frame, { lane: 'direct', check: needsError(codes) });
    else {
      const alert = { account: wanted, name, isRise, price };
      const place = `${wanted}/${name}`;
      this.#with.alerts.set(place, { ...alert, state: 'unsure' });
      const isStill = this.#with.change();
      const onAnswer = (): void => {
        this.#with.alerts.set(place, { ...alert, state: isStill() ? 'waits' : 'unsure' });
      };
      this.#ask(frame, { lane: 'direct', check: needs('alert.accepted'), onAnswer });
    }
  }

  clear({ name, account }: OperationOf<'clear'>): void {
    const wanted = account === 'other' ? this.other : this.own;
    const frame = {
      type: 'alert.clear',
      id: this.#with.nextId(),
      alertId: name,
      ...(account !== undefined && { account: wanted }),
    };
    const codes = this.#alertRefusals(wanted);
    if (this.#claims === undefined) this.#askUnknown(frame);
    else if (codes.length > 0) this.#ask(frame, { lane: 'direct', check: needsError(codes) });
    else {
      const place = `${wanted}/${name}`;
      const alert = this.#with.alerts.get(place);
      if (alert !== undefined) this.#with.alerts.set(place, { ...alert, state: 'unsure' });
      const isStill = this.#with.change();
      this.#ask(frame, {
        lane: 'direct',
        check: (answer) => {
          const cleared = needs('alert.cleared', { alertId: name })(answer);
          const unknown = needsError(['unknown_alert'])(answer);
          if (alert?.state === 'unsure' || !isStill()) return cleared === undefined ? undefined : unknown;
          return alert?.state === 'waits' ? cleared : unknown;
        },
        onAnswer: () => {
          if (alert !== undefined && isStill()) this.#with.alerts.set(place, { ...alert, state: 'gone' });
        },
      });
    }
  }

  presence(state: string): void {
    const frame = { type: 'presence.set', id: this.#with.nextId(), state };
    if (this.#claims === undefined) this.#askUnknown(frame);
    else this.#ask(frame, { lane: 'direct', check: needs('presence.accepted', { state }) });
  }

  async junk(kind: Junk): Promise<void> {
    const { link } = this;
    const id = this.#with.nextId();
    const refused = (frame: object, code: string): void =>
      this.#ask({ id, ...frame }, { lane: 'refused', check: needsError([code]) });
    switch (kind) {
      case 'not_json':
        link?.sendRaw('{"type":', 'bad_json');
        return this.#end([4400]);
      case 'binary':
        link?.sendRaw(new Uint8Array([1, 2, 3]), 'bad_json');
        return this.#end([4400]);
      case 'too_deep':
        link?.sendRaw('['.repeat(17) + ']'.repeat(17), 'too_deep');
        return this.#end([4400]);
      case 'too_large':
        link?.sendRaw(JSON.stringify({ type: 'ping', more: 'x'.repeat(LAW_LIMITS.maxFrameBytes) }));
        return this.#end([4413]);
      case 'bad_utf8':
        link?.sendText(Buffer.from([0x22, 0xc3, 0x28, 0x22]));
        return this.#end([1006]);
      case 'array':
        return link?.sendRaw('[]', 'bad_message');
      case 'bad_id':
        return link?.sendRaw('{"type":"ping","id":-1}', 'bad_message');
      case 'no_type':
        return refused({}, 'bad_message');
      case 'unknown_type':
        return refused({ type: 'hello' }, 'unknown_type');
      case 'missing_field':
        return refused({ type: 'alert.set' }, 'bad_message');
      case 'unknown_channel':
        return refused({ type: 'subscribe', channel: 'nonesuch' }, 'unknown_channel');
      case 'proto': {
        const expected = this.#claims === undefined ? needsError(['unauthenticated']) : needs('pong');
        const text = `{"type":"ping","id":${id},"__proto__":{"type":"auth"},"constructor":1}`;
        return link?.send(text, { id, asked: text, lane: 'direct', check: expected });
      }
    }
  }

  /** Ends the connection without a word; with `returns` the client comes back as who it was, and resumes all it had. */
  async cut(returns: boolean): Promise<void> {
    const { link } = this;
    if (link === undefined) return;
    const had = this.#held.byChannel();
    if (link.isOpen) {
      if (!link.isQuiet) this.#with.blur();
      link.forgive();
      await link.cut();
    }
    if (returns) await this.#return(had);
  }

  /** Comes back after the server has ended the connection. */
  async resume(): Promise<void> {
    const had = this.#held.byChannel();
    await this.link?.closed;
    await this.#return(had);
  }

  async #return(had: ReadonlyMap<Channel, ReadonlySet<string>>): Promise<void> {
    await this.connect();
    await this.auth(this.#token);
    for (const [channel, keys] of had) {
      if (CHANNEL_KEYS[channel] === 'none') continue;
      this.subscribe({ channel, named: [...keys], since: 'right' });
    }
  }

  #keepCursors(): void {
    for (const [channel, keys] of this.link?.subscriptions.byChannel() ?? []) {
      for (const key of keys) {
        const seq = this.link?.subscriptions.cursor(channel, key);
        if (seq !== undefined) this.#read.set(channel, key, seq);
      }
    }
  }

  #since(
    kind: SinceKind,
    channel: Channel,
    keys: readonly string[],
  ): { readonly epoch: string; readonly seq: Record<string, number> } {
    const { epoch } = this.#with.truth;
    const seq: Record<string, number> = {};
    const streams = streamKeys(channel, keys);
    for (const key of kind === 'partial' ? streams.slice(0, 1) : streams) {
      const at = this.link?.subscriptions.cursor(channel, key) ?? this.#read.get(channel, key);
      if (at !== undefined) seq[key] = at;
      if (kind === 'older') seq[key] = Math.max(0, (at ?? 0) - 3);
      if (kind === 'oldest') seq[key] = 0;
      if (kind === 'ahead') seq[key] = (at ?? 0) + 100_000_000;
    }
    if (kind === 'other_key') return { epoch, seq: { nothing: 1 } };
    return { epoch: kind === 'other_epoch' ? 'another' : epoch, seq };
  }

  /** What `recovered` may say, asked when it has. */
  #recoveries(
    channel: Channel,
    keys: readonly string[],
    since: { readonly epoch: string; readonly seq: Readonly<Record<string, number>> } | undefined,
  ): () => ReadonlySet<unknown> {
    const { truth } = this.#with;
    const no = new Set([false]);
    const named = keys.filter((key) => since !== undefined && Object.hasOwn(since.seq, key));
    if (since === undefined || since.epoch !== truth.epoch || named.length === 0) return () => no;
    if (CHANNEL_KEYS[channel] === 'channel' || channel === 'portfolio' || channel === 'position.value') return () => no;
    const isTicks = channel === 'ticker' || channel === 'trade';
    const head = (key: string): number => (isTicks ? truth.tickHead(key) : truth.head(`${channel}/${key}`));
    const reaches = (): boolean =>
      named.every((key) => {
        const [at, last] = [since.seq[key] ?? 0, head(key)];
        return at <= last && last - at <= LAW_LIMITS.historyEvents;
      });
    const before = reaches();
    const isStill = this.#with.still();
    return () => (isTicks || isStill() ? new Set([before, reaches()]) : new Set([true, false]));
  }

  #order(
    frame: { readonly id: number; readonly type: string },
    account: string,
    exact: (answer: Received) => string | undefined,
  ): void {
    const claims = this.#claims;
    if (claims === undefined) {
      this.#askUnknown(frame);
      return;
    }
    if (!claims.scopes.includes('orders:write') || !mayUse(claims, account)) {
      this.#ask(frame, { lane: 'orders', check: needsError(['forbidden']) });
      return;
    }
    const isStill = this.#with.change();
    this.#ask(frame, {
      lane: 'orders',
      check: (answer) => {
        if (isStill()) return exact(answer);
        return answer['type'] === 'order.accepted' ? undefined : needsError(['order_rejected'])(answer);
      },
    });
  }

  #alertRefusals(account: string): string[] {
    const claims = this.#claims;
    if (claims === undefined) return [];
    return claims.scopes.includes('market:read') && mayUse(claims, account) ? [] : ['forbidden'];
  }

  #last(): number {
    const { truth } = this.#with;
    return Math.round((truth.tick('S0', truth.tickHead('S0'))?.last ?? 100) * 100);
  }

  #ask(frame: object, expected: Pick<Expected, 'lane' | 'check' | 'onAnswer'>): void {
    const id = 'id' in frame ? Number(frame.id) : 0;
    this.link?.send(JSON.stringify(frame), { id, asked: JSON.stringify(frame).slice(0, 300), ...expected });
  }

  #askUnknown(frame: object): void {
    this.#ask(frame, { lane: 'direct', check: needsError(['unauthenticated']) });
  }

  /** Waits for the end that the last frame must bring; what was asked before it may stay without an answer. */
  async #end(codes: readonly number[]): Promise<void> {
    const { link } = this;
    if (link === undefined) return;
    if (!link.isQuiet) this.#with.blur();
    for (const code of codes) link.mayClose.add(code);
    await this.#with.soon(link.closed, `the close with ${codes.join()}`);
  }

  async #mint(token: TokenKind): Promise<string | undefined> {
    const { secret } = this.#with;
    const user = token === 'other_user' && this.#claims !== undefined ? this.other : this.own;
    const scopes = scopesOf(token, this.other) ?? ['market:read', 'orders:write'];
    switch (token) {
      case 'absent':
        return undefined;
      case 'unsigned':
        return unsigned(user);
      case 'foreign':
        return mint(secret.split('').reverse().join(''), { user, scopes });
      default:
        return mint(secret, { user, scopes, expiresInS: token === 'expired' ? -10 : token === 'soon' ? 50 : 3_600 });
    }
  }
}

/** Whether a throttle is asked of a channel of which every event is sent. */
function mayNotThrottle(channel: Channel, { throttleMs = 0, forming = false }: Subscribing): boolean {
  if (throttleMs === 0 || (forming && channel.startsWith('bar.'))) return false;
  return LOSSLESS_CHANNELS.some((lossless) => lossless === channel);
}

/** What an answer has to say for an order that was there before. */
function sameOrder(answer: Received, orderId: unknown, duplicate = true): string | undefined {
  const wrong = needs('order.accepted', { duplicate })(answer);
  const data = (answer['data'] ?? {}) as Received;
  return wrong ?? (data['orderId'] === orderId ? undefined : `expected the order ${String(orderId)}`);
}

/** Which events of a channel a subscription is for; undefined: all. */
function passesOf(channel: Channel, keys: readonly string[], minConfidence: number | undefined): Wish['passes'] {
  const fields = (frame: Received): Received => (frame['data'] ?? {}) as Received;
  if (channel === 'pattern' && minConfidence !== undefined) {
    return (frame) => Number(fields(frame)['confidence']) >= minConfidence;
  }
  if (channel !== 'news' || keys.includes('*')) return undefined;
  return (frame) => {
    const symbols = fields(frame)['symbols'];
    return !Array.isArray(symbols) || symbols.length === 0 || symbols.some((symbol) => keys.includes(String(symbol)));
  };
}
