import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { NYSE } from '../../market/calendar/calendars.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { mintToken } from '../../server/identity.ts';
import { type RunningServer, startServer } from '../../server/server.ts';
import { type Received, StreamClient } from '../../server/testing/streamClient.ts';
import { testClock } from '../../server/testing/testServer.ts';
import type { Example, Step } from './example.ts';
import { SteppedFeed, type TapeEvent, trade, writeTape } from './steppedFeed.ts';

/** The epoch that the document shows wherever the running server's is meant. */
export const SHOWN_EPOCH = '8c1f0e6a94d2b753';
const SECRET = 'the secret of the examples, long enough';
/** Longer than the interval of heartbeats, the longest that an example waits for. */
const PATIENCE_MS = 4_000;
/** Enough to fill the kernel's buffers of a loopback connection. */
const FLOOD_EVENTS = 60_000;
const FLOOD_EVENTS_PER_TURN = 500;
const FLOOD_EVENTS_PER_LOOK = 4_000;
/** What comes at intervals, so that it can come between any two frames. */
const AT_INTERVALS: ReadonlySet<unknown> = new Set([
  'heartbeat',
  'POSITION_UPDATE',
  'PORTFOLIO_UPDATE',
  'position.value',
  'portfolio',
  'position_update',
  'portfolio_update',
  'HEARTBEAT',
]);

/** What came, and where: an endpoint's path. */
export interface Arrival {
  readonly path: string;
  readonly frame: Received;
}

/** A server that plays the document's examples, with a tape of its own. */
export class Player {
  readonly server: RunningServer;
  readonly #feed: SteppedFeed;
  readonly #clients: { readonly path: string; readonly client: StreamClient }[] = [];
  readonly #bodies: Arrival[] = [];
  #client: StreamClient | undefined = undefined;
  /** Frames of the client that the example has accounted for. */
  #read = 0;

  private constructor(feed: SteppedFeed, server: RunningServer) {
    this.#feed = feed;
    this.server = server;
  }

  /** Starts a server over a tape of the example's ticks. */
  static async start(options: {
    readonly folder: string;
    readonly name: string;
    readonly events: readonly TapeEvent[];
    readonly hasSecret: boolean;
    readonly limits: Example['limits'];
    /** Whether the market keeps the exchange's hours; absent: it never closes. */
    readonly hasSessions?: boolean;
  }): Promise<Player> {
    const tapePath = join(options.folder, `${options.name}.tape`);
    // A tape needs an event; the last one is never played.
    const minute = options.events.at(-1)?.minute ?? 0;
    writeTape(tapePath, [...options.events, { ...trade({ symbol: 0, price: 10_000, size: 1 }), minute }]);
    const calendar = options.hasSessions === true ? NYSE : undefined;
    const feed = new SteppedFeed({ tapePath, nowUs: testClock.nowUs, calendar });
    const server = await startServer(
      {
        listen: [{ host: '127.0.0.1', port: 0 }],
        limits: { ...DEFAULT_LIMITS, drainMs: 500, ...options.limits },
        allowedOrigins: [],
        logLevel: 'silent',
        ...(options.hasSecret && { secret: SECRET }),
      },
      { clock: testClock, log: pino({ level: 'silent' }), feed },
    );
    return new Player(feed, server);
  }

  /** Every frame and HTTP body that came. */
  get received(): Arrival[] {
    const frames = this.#clients.flatMap(({ path, client }) => client.frames.map((frame) => ({ path, frame })));
    return [...frames, ...this.#bodies];
  }

  async stop(): Promise<void> {
    for (const { client } of this.#clients) client.terminate();
    await this.server.drain();
  }

  /** Opens a connection, authenticated if so wished, and makes it the one that the example speaks of. */
  async connect(path: string, isWelcomed: boolean): Promise<StreamClient> {
    const client = await StreamClient.open(`ws://127.0.0.1:${this.server.ports[0]}${path}`);
    this.#clients.push({ path: pathOf(path), client });
    this.#client = client;
    this.#read = 0;
    if (!isWelcomed) return client;
    const hasSecret = this.server.developmentToken === undefined;
    const token = hasSecret ? '<JWT of ann: market:read orders:write>' : undefined;
    client.sendRaw(await this.#written(JSON.stringify({ type: 'auth', token })));
    await within(client.first(({ type }) => type === 'welcome'));
    this.#read = client.frames.length;
    return client;
  }

  /** Plays the tape's next event. */
  step(): void {
    this.#feed.step();
  }

  /** Sends a text with its stand-ins replaced. */
  async send(text: string): Promise<void> {
    this.#connected().sendRaw(await this.#written(text));
  }

  /** The next frame of the client, those left out that come at intervals and aren't of `type`. */
  async nextFrame(type: unknown): Promise<Received> {
    const client = this.#connected();
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      if (client.frames.length <= this.#read)
        await within(
          client.next(() => true),
          deadlineMs - performance.now(),
        );
      const frame = client.frames[this.#read++];
      if (frame !== undefined && (frame['type'] === type || !AT_INTERVALS.has(frame['type']))) return frame;
    }
  }

  /** Plays an example. @throws Error that names the line of the first difference */
  async play(example: Example): Promise<void> {
    for (const step of example.steps) {
      try {
        await this.#take(step, example.isShapeOnly);
      } catch (error) {
        throw new Error(`PROTOCOL.md:${step.line}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    await this.#expectNothingMore(example);
  }

  async #take(step: Step, isShapeOnly: boolean): Promise<void> {
    switch (step.kind) {
      case 'connect':
        await this.connect(step.path, step.isWelcomed);
        return;
      case 'tick':
        this.step();
        return;
      case 'news': {
        const { symbol, headline } = step;
        const more = { body: 'In full.', source: 'an agency', url: 'https://example.com/1' };
        this.server.publish.publishNews({ headline, ...more, symbols: [symbol] });
        return;
      }
      case 'trading':
        for (const symbol of step.symbols) this.#feed.control({ kind: step.change, symbol });
        return;
      case 'minute':
        this.#feed.endMinute();
        return;
      case 'bars':
        for (const bar of step.bars) {
          for (let at = 0; at < bar.length; at++) this.step();
          this.#feed.endMinute();
        }
        return;
      case 'send':
        if (step.text.startsWith('GET ')) await this.#get(step.text.slice('GET '.length));
        else await this.send(step.text);
        return;
      case 'sendLarge':
        this.#connected().sendRaw('x'.repeat(step.bytes));
        return;
      case 'expect':
        await this.#expect(step.frame, isShapeOnly);
        return;
      case 'close': {
        const { code } = await within(this.#connected().closed);
        if (code !== step.code) throw new Error(`closed with ${code}`);
        return;
      }
      case 'cut':
        this.#connected().terminate();
        return;
      case 'drain':
        void this.server.drain();
        return;
      case 'endSession':
        this.#feed.endSession();
        return;
      case 'endFeed':
        this.#feed.stop();
        return;
      case 'aside':
        await this.#aside(step.text);
        return;
      case 'flood':
        await this.#flood();
        return;
    }
  }

  async #expect(shown: Received, isShapeOnly: boolean): Promise<void> {
    const body = this.#client === undefined ? this.#bodies.at(-1)?.frame : undefined;
    let frame = body ?? (await this.nextFrame(shown['type']));
    const expected = isShapeOnly ? shapeText(shown) : JSON.stringify(settled(shown));
    const textOf = (value: Received): string => (isShapeOnly ? shapeText(value) : JSON.stringify(settled(value)));
    // A flood's frames are those shown, but for the first ones, which stand for one event each.
    while (isShapeOnly && textOf(frame) !== expected && frame['type'] === shown['type']) {
      frame = await this.nextFrame(shown['type']);
    }
    if (textOf(frame) !== expected) throw new Error(`shown: ${expected}\ncame:  ${textOf(frame)}`);
  }

  async #expectNothingMore(example: Example): Promise<void> {
    const client = this.#client;
    if (client === undefined || example.isShapeOnly) return;
    if (example.steps.some(({ kind }) => kind === 'close') || example.steps.at(-1)?.kind === 'cut') return;
    const isNative = !example.steps.some((step) => step.kind === 'connect' && step.path !== '/v1/stream');
    if (!isNative) return;
    await within(client.settled());
    const more = client.frames.slice(this.#read).filter(({ type }) => !AT_INTERVALS.has(type) && type !== 'pong');
    if (more.length > 0) throw new Error(`PROTOCOL.md:${example.line}: also came ${JSON.stringify(more)}`);
  }

  async #get(path: string): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.server.ports[0]}${path}`);
    const body: unknown = await answer.json();
    this.#bodies.push({ path: pathOf(path), frame: Object.fromEntries(Object.entries(body ?? {})) });
  }

  async #aside(text: string): Promise<void> {
    const client = this.#connected();
    const read = this.#read;
    const other = await this.connect('/v1/stream', true);
    other.sendRaw(text);
    await within(other.next(({ id }) => id !== undefined));
    this.#client = client;
    this.#read = read;
  }

  async #flood(): Promise<void> {
    const client = this.#connected();
    client.pause();
    for (let events = 1; this.#feed.step(); events++) {
      if (events % FLOOD_EVENTS_PER_TURN === 0) await turn();
      if (events % FLOOD_EVENTS_PER_LOOK === 0 && (await this.#hasSlowSocket())) break;
    }
    for (let event = 0; event < FLOOD_EVENTS_PER_TURN; event++) this.#feed.step();
    client.resume();
  }

  async #hasSlowSocket(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.server.ports[0]}/metrics`);
    return /^tapedeck_slow_sockets 1$/m.test(await answer.text());
  }

  async #written(text: string): Promise<string> {
    const token = /<JWT of (\w+)(, ended|, ends in 50 s)?: ([^>]*)>/.exec(text);
    const withEpoch = text.replaceAll(SHOWN_EPOCH, this.server.epoch);
    if (token === null) return withEpoch;
    const [shown, user = '', end, scopes = ''] = token;
    const expiresInS = end === undefined ? {} : { expiresInS: end === ', ended' ? -10 : 50 };
    const jwt = await mintToken({ secret: SECRET, user, scopes: scopes.split(' '), ...expiresInS });
    return withEpoch.replace(shown, jwt);
  }

  #connected(): StreamClient {
    if (this.#client === undefined) throw new Error('there is no connection');
    return this.#client;
  }
}

function pathOf(address: string): string {
  return address.split('?')[0] ?? '';
}

/** The ticks that an example needs on its tape, in order. */
export function ticksOf(example: Example): TapeEvent[] {
  let minute = 0;
  return example.steps.flatMap((step) => {
    if (step.kind === 'tick') return [{ ...step.event, minute }];
    if (step.kind === 'minute') minute++;
    if (step.kind === 'bars')
      return step.bars.flatMap((bar) => {
        const trades = bar.map((event) => ({ ...event, minute }));
        minute++;
        return trades;
      });
    if (step.kind !== 'flood') return [];
    return Array.from({ length: FLOOD_EVENTS }, () => trade({ symbol: 0, price: 10_000, size: 1 }));
  });
}

const DIFFERS_FROM_RUN_TO_RUN =
  /^(session|epoch|newsId|.*TimeUs|asOfUs|computeUs|expiresAtUs|timestamp|retry_after_ms|ageMs|position|retryAfterMs|message|uptimeS|version|transport)$/;

/** The value without what differs from run to run. */
function settled(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, inner: unknown) => (DIFFERS_FROM_RUN_TO_RUN.test(name) ? typeof inner : inner)),
  );
}

/** The names of the fields in their order, without values. */
function shapeText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'number' ? 0 : settled(inner)));
}

async function within<T>(waiting: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it didn't come in ${PATIENCE_MS} ms`)), patienceMs);
  });
  try {
    return await Promise.race([waiting, late]);
  } finally {
    clearTimeout(timer);
  }
}
