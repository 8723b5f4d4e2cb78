import { pino } from 'pino';
import type { TradingCalendar } from '../../market/calendar/types.ts';
import { createClock } from '../../protocol/clock.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import type { ServerConfig } from '../config.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Logger } from '../logger.ts';
import { type RunningServer, startServer } from '../server.ts';
import type { Disk } from '../store/disk.ts';
import { ManualFeed } from './manualFeed.ts';
import { StreamClient } from './streamClient.ts';

/** The host's monotonic clock. */
export const testClock = createClock(() => performance.now() * 1000, Math.round(performance.timeOrigin * 1000));

/** A real server on a free port, fed by hand. */
export class TestServer {
  readonly feed: ManualFeed;
  readonly server: RunningServer;
  readonly #clients: StreamClient[] = [];

  private constructor(feed: ManualFeed, server: RunningServer) {
    this.feed = feed;
    this.server = server;
  }

  static async start(
    options: {
      readonly symbols?: number;
      /** When they trade; absent: always. */
      readonly calendar?: TradingCalendar;
      readonly limits?: Partial<Limits>;
      readonly config?: Partial<ServerConfig>;
      /** What the journal writes to; absent: the real one. */
      readonly disk?: Disk;
      /** Absent: silent. */
      readonly log?: Logger;
      /** Absent: all there are. */
      readonly dialects?: readonly Dialect[];
    } = {},
  ): Promise<TestServer> {
    const feed = new ManualFeed(options.symbols ?? 4, options.calendar);
    const config: ServerConfig = {
      listen: [{ host: '127.0.0.1', port: 0 }],
      limits: { ...DEFAULT_LIMITS, drainMs: 40, maxFlushWindowMs: 0, ...options.limits },
      allowedOrigins: [],
      logLevel: 'silent',
      ...options.config,
    };
    const { log = pino({ level: 'silent' }), dialects, disk } = options;
    const ports = {
      clock: testClock,
      log,
      feed,
      ...(dialects !== undefined && { dialects }),
      ...(disk !== undefined && { disk }),
    };
    return new TestServer(feed, await startServer(config, ports));
  }

  get port(): number {
    return this.server.ports[0] ?? 0;
  }

  /** Opens a socket on a path. */
  async connect(path = '/v1/stream', options: Parameters<typeof StreamClient.open>[1] = {}): Promise<StreamClient> {
    const client = await StreamClient.open(`ws://127.0.0.1:${this.port}${path}`, options);
    this.#clients.push(client);
    return client;
  }

  /** Opens a native socket and authenticates it. */
  async welcome(token?: string): Promise<StreamClient> {
    const client = await this.connect();
    await client.ask({ type: 'auth', id: 1, ...(token !== undefined && { token }) });
    return client;
  }

  /** One value of `/metrics`. */
  async metric(name: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/metrics`);
    const line = (await answer.text()).split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  }

  /** Ends the server at once. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    await this.server.drain();
  }
}
