import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received, StreamClient } from '../testing/streamClient.ts';
import { TestServer } from '../testing/testServer.ts';
import { ask } from './testing/httpClient.ts';

/** Streams of class A of each kind of key, by the key. */
const STREAMS = { order: 'dev', execution: 'dev', news: '*', 'bar.1m': 'S0' } as const;
type Channel = keyof typeof STREAMS;
const CHANNELS: readonly Channel[] = ['order', 'execution', 'news', 'bar.1m'];

let server: TestServer;
let orders = 0;
let price = 10_000;

beforeAll(async () => {
  server = await TestServer.start();
  server.feed.trade({ symbol: 0, price });
});
afterAll(() => server.stop());

/** A client as it falls back from sockets to polls and returns: it keeps a number for each stream, and what it was told. */
class Follower {
  readonly told: Record<Channel, number[]> = { order: [], execution: [], news: [], 'bar.1m': [] };
  readonly start: Record<Channel, number> = { order: 0, execution: 0, news: 0, 'bar.1m': 0 };
  readonly problems: string[] = [];
  #socket: StreamClient | undefined = undefined;
  #read = 0;

  /** Takes the streams' present places from snapshots. */
  async begin(): Promise<void> {
    const { channels } = await this.#ask(() => -1);
    for (const channel of CHANNELS) this.start[channel] = Number(channels[channel][STREAMS[channel]][0].seq);
  }

  async poll(): Promise<void> {
    const { channels, cursor } = await this.#ask((channel) => this.#seq(channel));
    for (const channel of CHANNELS) {
      const key = STREAMS[channel];
      for (const frame of channels[channel]?.[key] ?? []) this.#take(channel, frame);
      if (cursor[channel].seq[key] !== this.#seq(channel)) this.problems.push(`${channel} is elsewhere than it says`);
    }
  }

  /** Opens a socket, and goes on where it stands. */
  async resume(): Promise<void> {
    this.cut();
    this.#read = 0;
    this.#socket = await server.welcome();
    for (const [at, channel] of CHANNELS.entries()) {
      const since = { epoch: server.server.epoch, seq: { [STREAMS[channel]]: this.#seq(channel) } };
      const symbols = channel === 'news' ? {} : { symbols: [STREAMS[channel]] };
      this.#socket.send({ type: 'subscribe', id: 10 + at, channel, ...symbols, since });
    }
  }

  /** Reads what the socket brings of all that has happened. */
  async read(): Promise<void> {
    await this.#socket?.settled();
    const frames = this.#socket?.frames ?? [];
    for (; this.#read < frames.length; this.#read++) {
      const frame = frames[this.#read] ?? {};
      const channel = CHANNELS.find((one) => one === (frame['channel'] ?? frame['type']));
      if (channel !== undefined && (frame['type'] === 'snapshot' || frame['seq'] !== undefined)) {
        this.#take(channel, frame);
      }
    }
  }

  /** Loses the connection with all that is on its way. */
  cut(): void {
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  #seq(channel: Channel): number {
    return this.told[channel].at(-1) ?? this.start[channel];
  }

  #take(channel: Channel, frame: Received): void {
    if (frame['type'] === 'snapshot') this.problems.push(`a snapshot of ${channel}`);
    const seq = Number(frame['seq']);
    // What both ways bring is told once: that is what the number is for.
    if (seq > this.#seq(channel)) this.told[channel].push(seq);
  }

  async #ask(seqOf: (channel: Channel) => number) {
    const places = CHANNELS.map((channel) => {
      return [channel, { epoch: server.server.epoch, seq: { [STREAMS[channel]]: seqOf(channel) } }];
    });
    const since = Object.fromEntries(places);
    const answer = await ask(server, `GET /api/poll?since=${encodeURIComponent(JSON.stringify(since))}`);
    expect(answer.status).toBe(200);
    return Object(answer.body);
  }
}

const events = {
  order: (): Promise<unknown> => {
    const body = { clientOrderId: `law-${orders++}`, symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' };
    return ask(server, 'POST /api/orders', { body });
  },
  news: async (): Promise<unknown> => server.server.publish.publishNews({ headline: 'News', symbols: [] }),
  bar: async (): Promise<unknown> => {
    price++;
    return server.feed.bar({ symbol: 0, open: price, high: price + 5, low: price - 5, close: price });
  },
};

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('order', 'news', 'bar') },
  { weight: 3, arbitrary: fc.constantFrom('poll', 'resume', 'cut', 'read') },
);
/** A step, and whether the next one waits for its end. */
const steps = fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 14 });

describe('polls, cuts and resumes in any order', () => {
  it('should bring every event of class A once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const follower = new Follower();
        await follower.begin();
        const under: Promise<unknown>[] = [];
        for (const [name, waits] of sequence) {
          const isEvent = name === 'order' || name === 'news' || name === 'bar';
          // One client asks one thing at a time; the market goes on meanwhile.
          const done = isEvent ? events[name]() : Promise.resolve(follower[name]());
          if (waits || !isEvent) await done;
          else under.push(done);
        }
        await Promise.all(under);
        await follower.poll();
        follower.cut();
        expect(follower.problems).toEqual([]);
        const present = new Follower();
        await present.begin();
        for (const channel of CHANNELS) {
          const first = follower.start[channel] + 1;
          const count = present.start[channel] - follower.start[channel];
          expect([channel, follower.told[channel]]).toEqual([
            channel,
            Array.from({ length: count }, (_, at) => first + at),
          ]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
