import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Clock } from '../../protocol/clock.ts';
import { MergeError } from './errors.ts';
import { readBody } from './http.ts';
import type { Offer } from './offer.ts';
import { bootId } from './offer.ts';
import type { GeneratorRecord } from './records.ts';
import { checkGeneratorRecord, writeGeneratorRecord } from './runFile.ts';
import { planOfSegment } from './segment.ts';

/** What a generator says when it joins. */
export const JoinSchema = Type.Object({
  name: Type.String({ maxLength: 200 }),
  /** The segment that it wants; absent: the next free one. */
  index: Type.Optional(Type.Integer({ minimum: 1 })),
  /** It takes the whole plan, and its lines come another way: k6 that cuts its segments itself. */
  apart: Type.Boolean(),
});
const joinCheck = TypeCompiler.Compile(JoinSchema);

/** What it is answered. */
export const JoinedSchema = Type.Object({ index: Type.Integer({ minimum: 1 }), of: Type.Integer({ minimum: 1 }) });

/** The gate's clock, and which machine's it is. */
export const GateClockSchema = Type.Object({ nowUs: Type.Number(), offsetUs: Type.Number(), bootId: Type.String() });

/** A question for the plan is held open so long before it is answered with "not yet" (204). */
export const PLAN_WAIT_MS = 20_000;
/** One delivery of lines, at most. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

interface Seat {
  readonly name: string;
  readonly apart: boolean;
  readonly folder: string;
  lines: number;
  record: GeneratorRecord | undefined;
}

export interface CoordinatorOptions {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Generators that it waits for. */
  readonly segments: number;
  /** Each generator's lines go into a folder of its own below this one. */
  readonly folder: string;
  readonly clock: Clock;
  /** Default: one made up now. */
  readonly key?: string;
  /** Called when a generator has joined. */
  readonly onJoined?: (joined: number, name: string) => void;
}

/** Gives the plan to generators wherever they are, tells them the time, and takes their lines. */
export interface Coordinator {
  readonly port: number;
  /** What stands behind the host and port of its address: who doesn't know it gets neither plan nor tokens. */
  readonly path: string;
  /** Resolves when every segment is taken. */
  readonly joined: Promise<void>;
  /** Hands the plan out. */
  readonly offer: (offer: Offer) => void;
  /** Resolves when every generator that delivers here has delivered all. */
  readonly delivered: Promise<void>;
  /** Segments that were taken and have not delivered, by index. */
  readonly owing: () => number[];
  readonly end: () => Promise<void>;
}

/** Starts a coordinator. @throws MergeError when its port is taken */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const room = new Room(options);
  const path = `/${options.key ?? randomBytes(16).toString('hex')}`;
  const server = createServer((message, response) => {
    room.serve(path, message, response).catch(() => response.destroy());
  });
  // A plan is waited for longer than any request takes.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new MergeError(`can't listen on ${options.host}:${options.port}: ${error.message}`, 'unavailable')),
    );
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    path,
    joined: room.joined.promise,
    delivered: room.delivered.promise,
    offer: (offer) => room.offer(offer),
    owing: () => room.owing(),
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Room {
  readonly joined = deferred();
  readonly delivered = deferred();
  readonly #options: CoordinatorOptions;
  readonly #seats = new Map<number, Seat>();
  readonly #bootId = bootId();
  readonly #offered = deferred<Offer>();

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  offer(offer: Offer): void {
    this.#offered.resolve(offer);
    this.#look();
  }

  owing(): number[] {
    return [...this.#seats]
      .filter(([, seat]) => !seat.apart && seat.record === undefined)
      .map(([index]) => index)
      .sort((a, b) => a - b);
  }

  async serve(path: string, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const reply = await this.#replyTo(path, message, gone.signal);
    if (response.destroyed) return;
    response.statusCode = reply.status;
    if (reply.body === undefined) response.end();
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(reply.body));
  }

  async #replyTo(path: string, message: IncomingMessage, gone: AbortSignal): Promise<Reply> {
    const url = new URL(message.url ?? '/', 'http://gate');
    const body = await readBody(message, MAX_BODY_BYTES);
    if (body === undefined) return refuse(413, `over ${MAX_BODY_BYTES} bytes`);
    if (!url.pathname.startsWith(`${path}/`)) return refuse(404, 'no such run');
    const [, what = '', index = '', part = ''] = url.pathname.slice(path.length).split('/');
    const request = `${message.method} ${what}${part === '' ? '' : `/${part}`}`;
    if (request === 'GET clock') return this.#time();
    if (request === 'POST join') return this.#join(body);
    const seat = this.#seats.get(Number(index));
    if (what !== 'segments' || seat === undefined) return refuse(404, 'nobody joined so');
    if (request === 'GET segments/plan') return this.#plan(Number(index), seat, gone);
    if (request === 'POST segments/lines') return take(seat, body, Number(url.searchParams.get('from')));
    if (request === 'PUT segments/record') return this.#record(seat, body);
    return refuse(404, 'no such part');
  }

  #time(): Reply {
    const { nowUs, offsetUs } = this.#options.clock;
    return { status: 200, body: { nowUs: nowUs(), offsetUs, bootId: this.#bootId } };
  }

  #join(body: string): Reply {
    const asked = parsed(body);
    if (!joinCheck.Check(asked)) return refuse(400, 'not how one joins');
    const { segments, folder } = this.#options;
    const index = asked.index ?? this.#nextFree();
    if (index === undefined) return refuse(409, `all ${segments} segments are taken`);
    if (index > segments) return refuse(409, `there are ${segments} segments, no ${index}`);
    const holder = this.#seats.get(index);
    if (holder !== undefined) return refuse(409, `segment ${index} is ${holder.name}'s`);
    const own = join(folder, `${index}-of-${segments}`);
    if (!asked.apart) mkdirSync(own, { recursive: true });
    this.#seats.set(index, { name: asked.name, apart: asked.apart, folder: own, lines: 0, record: undefined });
    this.#options.onJoined?.(this.#seats.size, asked.name);
    if (this.#seats.size === segments) this.joined.resolve();
    return { status: 200, body: { index, of: segments } };
  }

  #nextFree(): number | undefined {
    for (let index = 1; index <= this.#options.segments; index++) if (!this.#seats.has(index)) return index;
    return undefined;
  }

  async #plan(index: number, seat: Seat, gone: AbortSignal): Promise<Reply> {
    const waited = AbortSignal.any([gone, AbortSignal.timeout(PLAN_WAIT_MS)]);
    const offer = await Promise.race([
      this.#offered.promise,
      new Promise<undefined>((resolve) => {
        waited.addEventListener('abort', () => resolve(undefined), { once: true });
      }),
    ]);
    if (offer === undefined) return { status: 204, body: undefined };
    const of = this.#options.segments;
    if (seat.apart) return { status: 200, body: offer };
    const plan = planOfSegment(offer.plan, { index, of });
    if (plan === undefined) return refuse(410, `the plan has fewer clients than ${of} segments`);
    return { status: 200, body: { ...offer, messagesPerS: offer.messagesPerS / of, plan } };
  }

  #record(seat: Seat, body: string): Reply {
    const record = checkGeneratorRecord(parsed(body));
    if (record === undefined || record.lines !== LINES_FILE) return refuse(400, 'no such record');
    writeGeneratorRecord(seat.folder, record);
    seat.record = record;
    this.#look();
    return { status: 200, body: { lines: seat.lines } };
  }

  #look(): void {
    if (this.#seats.size === this.#options.segments && this.owing().length === 0) this.delivered.resolve();
  }
}

/** Lines of every generator that delivers over the network. */
export const LINES_FILE = 'lines.ndjson';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function refuse(status: number, why: string): Reply {
  return { status, body: { why } };
}

/** Takes lines from number `from` on: those that are here already are passed over, so that a delivery may be repeated. */
function take(seat: Seat, body: string, from: number): Reply {
  if (!Number.isInteger(from) || from < 0 || from > seat.lines) return refuse(409, 'lines before these are missing');
  const lines = body === '' ? [] : body.replace(/\n$/, '').split('\n');
  const fresh = lines.slice(seat.lines - from);
  if (fresh.length > 0) appendFileSync(join(seat.folder, LINES_FILE), `${fresh.join('\n')}\n`);
  seat.lines += fresh.length;
  return { status: 200, body: { lines: seat.lines } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function deferred<Value = void>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
