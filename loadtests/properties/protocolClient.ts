import { CHANNEL_KEYS, type Channel } from '../../protocol/channels.ts';
import type { Cursor } from '../../protocol/clientFrames.ts';
import { mint, unsigned } from '../conformance/tokens.ts';
import { AlertDesk } from './protocolAlerts.ts';
import type { LawCodec } from './protocolCodec.ts';
import { type Expected, Link, type Received } from './protocolLink.ts';
import {
  type Claims,
  getRefusals,
  isForbidden,
  keyNamed,
  keysMeant,
  LAW_LIMITS,
  needs,
  needsError,
  scopesOf,
  tokenRefusal,
} from './protocolModel.ts';
import type { Junk, Key, OperationOf, SinceKind, TokenKind } from './protocolOperations.ts';
import { OrderDesk } from './protocolOrders.ts';
import { mayNotThrottle, passesOf, recoveriesOf, type Subscribing, sinceOf } from './protocolResume.ts';
import { KeyedStreams } from './protocolStreams.ts';
import { streamKeys, type Wish } from './protocolSubscriptions.ts';
import type { Asker, Surroundings } from './protocolSurroundings.ts';

/** One client of a session: what it believes, what it sends, and what must come of that. */
export class ProtocolClient implements Asker {
  readonly own: string;
  readonly other: string;
  readonly orders: OrderDesk;
  readonly alerts: AlertDesk;
  link: Link | undefined = undefined;
  readonly #with: Surroundings;
  /** How far streams were read over connections that are no more. */
  readonly #read = new KeyedStreams<number>();
  /** Subscriptions as they will be once all commands are carried out. */
  #held = new KeyedStreams<true>();
  claims: Claims | undefined = undefined;
  #token: TokenKind = 'full';
  #codec: LawCodec = 'json';
  #connections = 0;

  constructor(accounts: { readonly own: string; readonly other: string }, surroundings: Surroundings) {
    this.own = accounts.own;
    this.other = accounts.other;
    this.#with = surroundings;
    this.orders = new OrderDesk(this, surroundings);
    this.alerts = new AlertDesk(this, surroundings);
  }

  /** Whether the server will know who it is. */
  get isWelcome(): boolean {
    return this.link?.isOpen === true && this.claims !== undefined;
  }

  async connect(cut?: OperationOf<'connect'>['cut']): Promise<void> {
    if (this.link?.isOpen === true) return;
    this.#keepCursors();
    const name = `${this.own.slice(0, 1)}${++this.#connections}`;
    this.claims = undefined;
    this.#held = new KeyedStreams();
    const target = { port: this.#with.port(cut), name, isToBeCut: cut !== undefined, codec: this.#codec };
    if (this.#codec === 'msgpack') this.#with.rules.seen('msgpack');
    this.link = await Link.open(target, this.#with.rules);
  }

  /** Writes its frames so from the next connection on. */
  speak(codec: LawCodec): void {
    this.#codec = codec;
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
    if (this.claims !== undefined) {
      this.ask(frame, { lane: 'direct', check: needsError(['bad_message']) });
    } else if (scopes === undefined) {
      const { code, close } = tokenRefusal(token);
      let isTold = false;
      const onAnswer = (): void => {
        isTold = true;
      };
      this.ask(frame, { lane: 'direct', check: needsError([code]), onAnswer });
      await this.#end([close]);
      if (!isTold && (await this.link?.closed) === close)
        this.#with.rules.fault(`closed with ${close} without a reason`);
    } else {
      this.claims = { account: this.own, scopes };
      this.#token = token;
      const { epoch } = this.#with.truth;
      const check = needs('welcome', { user: this.own, account: this.own, scopes, epoch });
      this.ask(frame, { lane: 'direct', check });
    }
  }

  async refresh(token: TokenKind): Promise<void> {
    const id = this.#with.nextId();
    const text = await this.#mint(token);
    const frame = { type: 'refresh', id, ...(text !== undefined && { token: text }) };
    const scopes = scopesOf(token, this.other);
    if (text === undefined) this.ask(frame, { lane: 'refused', check: needsError(['bad_message']) });
    else if (this.claims === undefined) this.askUnknown(frame);
    else if (scopes === undefined) {
      this.ask(frame, { lane: 'direct', check: needsError([tokenRefusal(token).code]) });
    } else if (token === 'other_user') this.ask(frame, { lane: 'direct', check: needsError(['forbidden']) });
    else {
      const claims = { account: this.own, scopes };
      this.claims = claims;
      this.#token = token;
      for (const [channel, keys] of this.#held.byChannel()) {
        for (const key of keys) if (isForbidden(claims, channel, key)) this.#held.delete(channel, key);
      }
      const onAnswer = (): void => this.link?.expectNotices((channel, key) => isForbidden(claims, channel, key));
      this.ask(frame, { lane: 'direct', check: needs('refreshed', { scopes }), onAnswer });
    }
  }

  subscribe(wanted: Subscribing): void {
    const { channel, named, throttleMs, forming, minConfidence } = wanted;
    const { keys, codes } = keysMeant(channel, named, this.own);
    const since = wanted.since === undefined ? undefined : this.#stand(wanted.since, channel, keys);
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
    const claims = this.claims;
    if (claims === undefined) {
      this.askUnknown(frame);
      return;
    }
    const refusals: string[] = [...codes];
    if (keys.some((key) => isForbidden(claims, channel, key))) refusals.push('forbidden');
    if (mayNotThrottle(channel, wanted)) refusals.push('bad_message');
    const had = this.#held.byChannel().get(channel) ?? new Set();
    const count = new Set([...had, ...keys]).size;
    if (count > LAW_LIMITS.maxSymbolsPerSocket) refusals.push('too_many_symbols');
    if (refusals.length > 0) {
      this.ask(frame, { lane: 'state', check: needsError(refusals) });
      return;
    }
    const streams = streamKeys(channel, keys);
    for (const key of streams) this.#held.set(channel, key, true);
    const allowed = recoveriesOf({ channel, streams, since }, this.#with);
    const symbols = channel === 'system' ? [] : keys;
    const wish: Wish = {
      since: since?.seq ?? {},
      passes: passesOf(channel, keys, minConfidence),
      isPaced: throttleMs !== undefined && throttleMs > 0,
      isForming: forming === true,
    };
    this.ask(frame, {
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
    if (this.claims === undefined) this.askUnknown(frame);
    else if (codes.length > 0) this.ask(frame, { lane: 'state', check: needsError(codes) });
    else {
      for (const key of streamKeys(channel, keys)) this.#held.delete(channel, key);
      const onAnswer = (): void => this.link?.subscriptions.end(channel, keys);
      this.ask(frame, { lane: 'state', check: needs('unsubscribed', { channel, symbols: keys }), onAnswer });
    }
  }

  /** Keys as they are sent. */
  named(keys: readonly Key[] | undefined): readonly string[] | undefined {
    return keys?.map((key) => keyNamed(key, this));
  }

  ping(): void {
    const frame = { type: 'ping', id: this.#with.nextId() };
    if (this.claims === undefined) this.askUnknown(frame);
    else this.ask(frame, { lane: 'direct', check: needs('pong') });
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
    if (this.claims === undefined) {
      this.askUnknown(frame);
      return;
    }
    const codes = getRefusals(this.claims, { what, symbol: key, account: wanted });
    if (codes.length > 0) {
      this.ask(frame, { lane: 'state', check: needsError(codes) });
      return;
    }
    const isStill = this.#with.still();
    this.ask(frame, {
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

  presence(state: string): void {
    const frame = { type: 'presence.set', id: this.#with.nextId(), state };
    if (this.claims === undefined) this.askUnknown(frame);
    else this.ask(frame, { lane: 'direct', check: needs('presence.accepted', { state }) });
  }

  async junk(kind: Junk): Promise<void> {
    const { link } = this;
    const id = this.#with.nextId();
    const refused = (frame: object, code: string): void =>
      this.ask({ id, ...frame }, { lane: 'refused', check: needsError([code]) });
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
        const expected = this.claims === undefined ? needsError(['unauthenticated']) : needs('pong');
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

  #stand(kind: SinceKind, channel: Channel, keys: readonly string[]): Cursor {
    const at = (key: string): number | undefined =>
      this.link?.subscriptions.cursor(channel, key) ?? this.#read.get(channel, key);
    return sinceOf(kind, { streams: streamKeys(channel, keys), epoch: this.#with.truth.epoch, at });
  }

  /** Sends a frame with an `id`. */
  ask(frame: object, expected: Pick<Expected, 'lane' | 'check' | 'onAnswer'>): void {
    const id = 'id' in frame ? Number(frame.id) : 0;
    this.link?.send(JSON.stringify(frame), { id, asked: JSON.stringify(frame).slice(0, 300), ...expected });
  }

  /** Sends a frame that must be refused since nobody knows who asks. */
  askUnknown(frame: object): void {
    this.ask(frame, { lane: 'direct', check: needsError(['unauthenticated']) });
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
    const user = token === 'other_user' && this.claims !== undefined ? this.other : this.own;
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
