import { TypeCompiler } from '@sinclair/typebox/compiler';
import WebSocket from 'ws';
import type { Channel } from '../../protocol/channels.ts';
import { ERROR_CODES } from '../../protocol/codes.ts';
import { SERVER_FRAME_SCHEMAS } from '../../protocol/schemas/serverFrames.ts';
import { type LawCodec, readMessage, subprotocolsOf, written } from './protocolCodec.ts';
import { Subscriptions } from './protocolSubscriptions.ts';
import type { Truth } from './protocolTruth.ts';

/** A frame as it came. */
export type Received = Readonly<Record<string, unknown>>;

/** What must come of a frame that was sent with an `id`. */
export interface Expected {
  readonly id: number;
  /** The frame, for people. */
  readonly asked: string;
  /** Answers of one lane come in the order of their questions; those of `refused` whenever they may. */
  readonly lane: 'orders' | 'alerts' | 'state' | 'direct' | 'refused';
  /** Says what is wrong with the answer. */
  readonly check: (answer: Received) => string | undefined;
  readonly onAnswer?: (answer: Received) => void;
}

/** What a connection is held to beside its own frames. */
export interface LinkRules {
  readonly truth: Truth;
  /** Takes what is wrong; the first one counts. */
  readonly fault: (what: string) => void;
  /** Takes a check that can be made only once everything has come. */
  readonly later: (check: () => string | undefined) => void;
  /** Takes note of what has come. */
  readonly seen: (what: string) => void;
  /** Whether an answer must come in the order of all questions, or of its lane's alone. */
  readonly hasLanes: boolean;
}

const schemas = new Map<string, ReturnType<typeof TypeCompiler.Compile>>(
  Object.entries(SERVER_FRAME_SCHEMAS).map(([type, schema]) => [type, TypeCompiler.Compile(schema)]),
);

/** One connection, and everything that holds for what comes over it. */
export class Link {
  readonly name: string;
  readonly subscriptions: Subscriptions;
  /** Settles with the close code. */
  readonly closed: Promise<number>;
  /** Close codes that may come now. */
  readonly mayClose = new Set<number>();
  isOpen = true;
  readonly #socket: WebSocket;
  readonly #codec: LawCodec;
  readonly #rules: LinkRules;
  readonly #pending = new Map<number, Expected>();
  /** What may be answered, or not any more. */
  readonly #forgiven = new Map<number, Expected>();
  /** Refusals without an id that must come, by code. */
  readonly #refusals: string[] = [];
  readonly #notices: { readonly channel: Channel; readonly symbols: ReadonlySet<string> }[] = [];
  #wakers: (() => void)[] = [];
  /** What the socket told before it closed. */
  #why = 'no error';

  private constructor(socket: WebSocket, own: { readonly name: string; readonly codec: LawCodec }, rules: LinkRules) {
    this.#socket = socket;
    this.name = own.name;
    this.#codec = own.codec;
    this.#rules = rules;
    this.subscriptions = new Subscriptions(rules);
    socket.on('message', (data: Buffer, isBinary) => this.#onMessage(data, isBinary));
    // The close event follows.
    socket.on('error', (error) => {
      this.#why = error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.#onClose(code);
        resolve(code);
      });
    });
  }

  /** Opens a connection; resolves also when it was cut before it was open. */
  static open(
    target: {
      readonly port: number;
      readonly name: string;
      readonly isToBeCut?: boolean;
      /** Absent: JSON. */
      readonly codec?: LawCodec;
    },
    rules: LinkRules,
  ): Promise<Link> {
    const { name, codec = 'json' } = target;
    const url = `ws://127.0.0.1:${target.port}/v1/stream`;
    const socket = new WebSocket(url, subprotocolsOf(codec), { perMessageDeflate: false });
    const link = new Link(socket, { name, codec }, rules);
    if (target.isToBeCut === true) link.mayClose.add(1006);
    return new Promise((resolve) => {
      socket.on('open', () => resolve(link));
      socket.on('close', () => resolve(link));
    });
  }

  /** Whether every answer has come that must. */
  get isQuiet(): boolean {
    return !this.isOpen || (this.#pending.size === 0 && this.#refusals.length === 0 && this.#notices.length === 0);
  }

  /** What has been asked and not been answered, for people. */
  get waitsFor(): string {
    const asked = [...this.#pending.values()].map((expected) => expected.asked);
    return [...asked, ...this.#refusals, ...this.#notices.map(({ channel }) => `unsubscribed ${channel}`)].join(', ');
  }

  send(text: string, expected: Expected): void {
    if (!this.isOpen) return;
    this.#pending.set(expected.id, expected);
    this.sendRaw(text);
  }

  /** Sends bytes as if they were text. */
  sendText(bytes: Uint8Array): void {
    if (this.isOpen) this.#socket.send(bytes, { binary: false });
  }

  /** Sends something that isn't answered by its id, but by a refusal of this code if there is one. */
  sendRaw(data: string | Uint8Array, refusal?: string): void {
    if (!this.isOpen) return;
    if (refusal !== undefined) this.#refusals.push(refusal);
    this.#socket.send(written(this.#codec, data));
  }

  /** From now on what was asked may stay without an answer. */
  forgive(): void {
    for (const [id, expected] of this.#pending) this.#forgiven.set(id, expected);
    this.#pending.clear();
  }

  /** Ends the subscriptions that an identity may not have any more: the server must say so of each channel. */
  expectNotices(isForbidden: (channel: Channel, key: string) => boolean): void {
    for (const [channel, keys] of this.subscriptions.byChannel()) {
      const symbols = new Set([...keys].filter((key) => isForbidden(channel, key)));
      if (symbols.size > 0) this.#notices.push({ channel, symbols });
    }
  }

  /** Cuts the connection without a close frame. */
  cut(): Promise<number> {
    this.mayClose.add(1006);
    this.#socket.terminate();
    return this.closed;
  }

  /** Resolves when `holds`, asked at each frame, or when the connection has ended. */
  async until(holds: () => boolean): Promise<void> {
    while (this.isOpen && !holds()) {
      await new Promise<void>((resolve) => {
        this.#wakers.push(resolve);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  #fault(what: string): void {
    this.#rules.fault(`${this.name}: ${what}`);
    // Whoever waits for what never comes goes on, and finds the fault.
    this.#pending.clear();
    this.#refusals.splice(0);
    this.#notices.splice(0);
    this.#wake();
  }

  #onClose(code: number): void {
    this.isOpen = false;
    this.#rules.seen(`close ${code}`);
    if (!this.mayClose.has(code))
      this.#fault(`closed with ${code} (${this.#why}), allowed: ${[...this.mayClose].join(', ') || 'nothing'}`);
    this.#wake();
  }

  #onMessage(bytes: Buffer, isBinary: boolean): void {
    const read = readMessage(this.#codec, { bytes, isBinary });
    const what = typeof read === 'string' ? read : isRecord(read.value) ? this.#wrong(read.value) : 'not an object';
    if (what !== undefined) this.#fault(`${what}\n  in ${shown(read, bytes).slice(0, 400)}`);
    this.#wake();
  }

  /** What is wrong with a frame. */
  #wrong(frame: Received): string | undefined {
    const type = String(frame['type']);
    const schema = schemas.get(type);
    if (schema === undefined) return `unknown type ${type}`;
    const first = schema.Check(frame) ? undefined : schema.Errors(frame).First();
    if (first !== undefined) return `${first.path} ${first.message}, against the schema`;
    if (type === 'error' && !Object.hasOwn(ERROR_CODES, String(frame['code']))) return 'an error code of no list';
    this.#rules.seen(whatCame(frame));
    if (frame['id'] !== undefined) return this.#answer(frame);
    if (type === 'error') return this.#refusal(String(frame['code']));
    if (type === 'unsubscribed') return this.#notice(frame);
    return this.subscriptions.take(frame);
  }

  #answer(frame: Received): string | undefined {
    const id = Number(frame['id']);
    const expected = this.#pending.get(id) ?? this.#forgiven.get(id);
    if (expected === undefined) return 'an answer that nobody waits for';
    this.#pending.delete(id);
    this.#forgiven.delete(id);
    const overtaken = this.#overtaken(expected, frame);
    if (overtaken !== undefined) return `the answer to ${expected.asked} came before that to ${overtaken.asked}`;
    const wrong = expected.check(frame);
    if (wrong !== undefined) return `${wrong}, for ${expected.asked}`;
    expected.onAnswer?.(frame);
    return undefined;
  }

  /** An earlier question that should have been answered before this one. */
  #overtaken({ id, lane }: Expected, answer: Received): Expected | undefined {
    // What the engine isn't asked is refused at once.
    if (lane === 'refused') return undefined;
    // A refusal changes nothing that a journal would have to flush first.
    const mayHurry = lane === 'orders' || (lane === 'alerts' && this.#rules.hasLanes);
    if (mayHurry && answer['type'] === 'error') return undefined;
    return [...this.#pending.values()].find((earlier) => {
      if (earlier.id > id || earlier.lane === 'refused') return false;
      return earlier.lane === lane || (!this.#rules.hasLanes && earlier.lane !== 'orders' && lane !== 'orders');
    });
  }

  #refusal(code: string): string | undefined {
    const at = this.#refusals.indexOf(code);
    if (at < 0) return `an error ${code} without a cause`;
    this.#refusals.splice(at, 1);
    return undefined;
  }

  #notice(frame: Received): string | undefined {
    const { channel, symbols } = frame;
    const at = this.#notices.findIndex((notice) => notice.channel === channel);
    const expected = this.#notices[at];
    if (expected === undefined || !Array.isArray(symbols)) return 'nobody unsubscribed, and nothing was forbidden';
    this.#notices.splice(at, 1);
    const keys = symbols.map(String);
    if (keys.length !== expected.symbols.size || keys.some((key) => !expected.symbols.has(key))) {
      return `other keys than ${[...expected.symbols].join(', ')} were taken away`;
    }
    this.subscriptions.end(expected.channel, keys);
    return undefined;
  }
}

/** A frame in a word or two. */
function whatCame({ type, code, reason, recovered, duplicate }: Received): string {
  if (type === 'error') return `error ${String(reason ?? code)}`;
  if (type === 'subscribed') return recovered === true ? 'recovered' : 'subscribed';
  return duplicate === true ? 'duplicate' : String(type);
}

function shown(read: { readonly value: unknown } | string, bytes: Buffer): string {
  return typeof read === 'string' ? String(bytes) : JSON.stringify(read.value);
}

function isRecord(value: unknown): value is Received {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
