import type { DialectName } from './case.ts';
import { NEEDS, type Need, Skip } from './case.ts';
import { check, type Frame, has, text } from './expect.ts';
import { ask, type HttpAnswer, type HttpAsk } from './http.ts';
import { Socket } from './socket.ts';
import { PATHS, type Target } from './target.ts';
import { mint, type TokenWish } from './tokens.ts';

/** How a connection of a case differs from the usual one. */
export interface OpenOptions {
  /** Absent: the case's own; null: none. */
  readonly token?: string | null;
  /** Where the token is shown (default: the `Authorization` header). */
  readonly tokenIn?: 'header' | 'query';
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  /** What follows the endpoint's path. */
  readonly suffix?: string;
}

/** A native connection that is authenticated. */
export interface Welcomed {
  readonly socket: Socket;
  readonly welcome: Frame;
  readonly account: string;
}

/** What a case works with: connections of its own, names of its own, and the server's address. */
export class Context {
  readonly target: Target;
  /** A user of this case alone, where the secret is known. */
  readonly user: string;
  readonly #sockets: Socket[] = [];
  readonly #name: string;
  #serial = 0;
  readonly #end = new AbortController();

  constructor(target: Target, name: string) {
    this.target = target;
    this.#name = name;
    this.user = `conform-${name}`;
  }

  /** A symbol that trades; the case says which of them. */
  symbol(at = 0): string {
    const { symbols } = this.target;
    const symbol = symbols[at];
    if (symbol === undefined) throw new Skip(`needs ${at + 1} symbols that trade (--symbols)`);
    return symbol;
  }

  /** A symbol that hasn't traded. @throws Skip */
  get quietSymbol(): string {
    const { quietSymbol } = this.target;
    if (quietSymbol === undefined) throw new Skip(`needs ${NEEDS['quiet-symbol']}`);
    return quietSymbol;
  }

  /** A name that no other order, alert or user of this run has. */
  unique(): string {
    return `c-${this.#name}-${this.#serial++}`;
  }

  /** The token of this case's user; undefined in development. */
  async token(): Promise<string | undefined> {
    const { secret, token } = this.target;
    return secret === undefined ? token : mint(secret, { user: this.user });
  }

  /** A token of another user. @throws Skip */
  async otherToken(): Promise<string> {
    const { secret, otherToken } = this.target;
    if (secret !== undefined) return mint(secret, { user: `${this.user}-other` });
    if (otherToken !== undefined) return otherToken;
    throw lackOf('other-token');
  }

  /** A token to wish, of this case's user unless it names another. @throws Skip without the secret */
  mint(wish: TokenWish = {}): Promise<string> {
    const { secret } = this.target;
    if (secret === undefined) throw lackOf('secret');
    return mint(secret, { user: this.user, ...wish });
  }

  /** Opens a connection to a dialect's endpoint, by default with the case's identity in the upgrade. @throws UpgradeRefused */
  async open(dialect: DialectName, options: OpenOptions = {}): Promise<Socket> {
    const { target } = this;
    const { token = (await this.token()) ?? null, tokenIn = 'header', suffix = '' } = options;
    const isNative = dialect === 'native';
    const protocols = options.protocols ?? (isNative && target.codec === 'msgpack' ? ['tapedeck.v1.msgpack'] : []);
    const url = new URL(`${target.paths[dialect] ?? PATHS[dialect]}${suffix}`, target.base);
    if (token !== null && tokenIn === 'query') url.searchParams.set('token', token);
    const bearer = token === null || tokenIn === 'query' ? {} : { authorization: `Bearer ${token}` };
    const socket = await Socket.open({
      url: url.href,
      headers: { ...bearer, ...options.headers },
      protocols,
      codec: isNative ? target.codec : 'json',
      ca: target.ca,
      isInsecure: target.isInsecure,
      signal: this.#end.signal,
    });
    this.#sockets.push(socket);
    return socket;
  }

  /** Opens a native connection that has said nothing yet, and shown no token. */
  openNative(options: OpenOptions = {}): Promise<Socket> {
    return this.open('native', { token: null, ...options });
  }

  /** Opens a native connection and authenticates it by an `auth` frame. */
  async welcome(token?: string): Promise<Welcomed> {
    const socket = await this.openNative();
    const shown = token ?? (await this.token());
    const welcome = await socket.ask({ type: 'auth', ...(shown !== undefined && { token: shown }) });
    check(welcome['type'] === 'welcome', 'a welcome', welcome);
    return { socket, welcome, account: text(welcome, 'account') };
  }

  /** Subscribes; returns the answer. @throws Broken when it is refused */
  async subscribe(socket: Socket, channel: string, more: Frame = {}): Promise<Frame> {
    const answer = await socket.ask({ type: 'subscribe', channel, ...more });
    has(answer, { type: 'subscribed', channel }, `subscribed to ${channel}`);
    return answer;
  }

  /** Subscribes to a ticker and takes its snapshot. */
  async ticker(socket: Socket, symbol: string): Promise<Frame> {
    await this.subscribe(socket, 'ticker', { symbols: [symbol] });
    const isIt = (frame: Frame): boolean =>
      frame['type'] === 'snapshot' && frame['channel'] === 'ticker' && frame['symbol'] === symbol;
    return socket.take(isIt, `the snapshot of ${symbol}`);
  }

  /** Asks over HTTP, with the case's identity. */
  async http(wish: HttpAsk): Promise<HttpAnswer> {
    const token = await this.token();
    const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return this.ask({ ...wish, headers: { ...bearer, ...wish.headers } });
  }

  /** Asks over HTTP, as nobody. */
  ask(wish: HttpAsk): Promise<HttpAnswer> {
    return ask(this.target, wish, this.#end.signal);
  }

  /** Whether the server has waited for a connection's `auth`, and then closed it: where a case expects that, it isn't broken. */
  get hasBeenLate(): boolean {
    return this.#sockets.some((socket) => socket.wasLate);
  }

  /** Ends every connection, those that are being made too, and every wait with `reason`. */
  end(reason: Error): void {
    this.#end.abort(reason);
    for (const socket of this.#sockets) socket.end(reason);
  }
}

function lackOf(need: Need): Skip {
  return new Skip(`needs ${NEEDS[need]}`);
}
