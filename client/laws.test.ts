import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { TestServer } from '../server/testing/testServer.ts';
import { TapedeckClient } from './client.ts';
import type { ChannelEvents } from './events.ts';
import { ByteCutProxy, type Cut } from './testing/byteCutProxy.ts';

const SYMBOLS = ['S0', 'S1'];
/** Bytes of a connection until its first ticks are read, in either direction, and more. */
const BYTES = { down: 1_900, up: 1_200 };
/** Every so many-th byte is tried; 1 tries them all, in half a minute. */
const STRIDE = 7;

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
});

/** A server, a proxy before it, and a client that reads two symbols and its own orders and fills. */
class Bench {
  readonly proxy: ByteCutProxy;
  readonly client: TapedeckClient;
  readonly view: View;
  #server: TestServer;
  /** The last event of either symbol. */
  #seq = 0;

  private constructor(parts: { readonly server: TestServer; readonly proxy: ByteCutProxy }) {
    this.#server = parts.server;
    this.proxy = parts.proxy;
    this.client = new TapedeckClient({
      url: `ws://127.0.0.1:${parts.proxy.port}/v1/stream`,
      WebSocket,
      // No wait between attempts: the law is about what is read, not when.
      random: () => 0,
      pingMs: 0,
    });
    this.view = new View(this.client);
  }

  static async start(cuts: readonly Cut[] = []): Promise<Bench> {
    const server = await TestServer.start({ symbols: 2 });
    const proxy = await ByteCutProxy.start(server.port);
    proxy.cuts.push(...cuts);
    const bench = new Bench({ server, proxy });
    ends.push(() => bench.stop());
    bench.trade();
    return bench;
  }

  /** Both symbols trade, each event at a price of its own. */
  trade(): void {
    this.#seq++;
    for (const symbol of [0, 1]) this.#server.feed.trade({ symbol, price: 10_000 + this.#seq - 1 });
  }

  /** Whether every tick has been read. */
  hasAll(): boolean {
    const { heads, epochOf } = this.view;
    const isRead = (stream: string) =>
      heads.get(stream) === this.#seq && epochOf.get(stream) === this.#server.server.epoch;
    return SYMBOLS.every((symbol) => isRead(`ticker ${symbol}`));
  }

  /** Another server takes the place of the first: other streams, of another epoch. */
  async restart(): Promise<void> {
    const old = this.#server;
    this.#server = await TestServer.start({ symbols: 2 });
    this.#seq = 0;
    this.trade();
    this.proxy.targetPort = this.#server.port;
    this.proxy.cutAll();
    await old.stop();
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.proxy.close();
    await this.#server.stop();
  }
}

/** What the client's readers got, held against the law as it comes. */
class View {
  readonly faults: string[] = [];
  readonly heads = new Map<string, number>();
  readonly executions: string[] = [];
  readonly filled: string[] = [];
  snapshots = 0;
  readonly epochOf = new Map<string, string>();
  /** Called after each event. */
  onEvent: () => void = () => undefined;
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(client: TapedeckClient) {
    client.onNotice((notice) => {
      // A snapshot without need is a fault of its own, and after another server's start a gap is the truth.
      if (notice.kind !== 'system' && notice.kind !== 'gap') this.faults.push(JSON.stringify(notice));
    });
    client.listen('ticker', SYMBOLS, (event) => this.#onEvent(`ticker ${event.symbol}`, event));
    client.listen('order', [], (event) => {
      if (event.type === 'order' && event.reason === 'filled') this.filled.push(event.data.clientOrderId);
      this.#onEvent('order', event);
    });
    client.listen('execution', [], (event) => {
      if (event.type === 'execution') this.executions.push(event.data.clientOrderId);
      this.#onEvent('execution', event);
    });
  }

  /** Resolves when `isMet` first holds after an event. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isMet, resolve }));
  }

  #onEvent(stream: string, event: ChannelEvents['ticker' | 'order' | 'execution']): void {
    const head = this.heads.get(stream);
    const { seq } = event;
    if (event.type === 'snapshot') {
      this.snapshots++;
      const isSame = this.epochOf.get(stream) === event.epoch;
      this.epochOf.set(stream, event.epoch);
      if (isSame) this.faults.push(`${stream}: a snapshot in place of what came after ${head}`);
    } else if (seq !== (head ?? 0) + 1) this.faults.push(`${stream}: ${seq} after ${head}`);
    // The price tells which event it is: the feed counts on in hundredths.
    if (event.type === 'ticker' && event.data.last !== priceOf(event.seq)) {
      this.faults.push(`${stream}: ${event.data.last} is not what happened at ${seq}`);
    }
    if (seq !== undefined) this.heads.set(stream, seq);
    this.onEvent();
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => !one.isMet());
    for (const one of waiting) if (!this.#waiting.includes(one)) one.resolve();
  }
}

function priceOf(seq: number): number {
  return (10_000 + seq - 1) / 100;
}

function everyByteOf(direction: Cut['direction']): Cut[] {
  const count = Math.ceil(BYTES[direction] / STRIDE);
  return Array.from({ length: count }, (_, at) => ({ direction, bytes: at * STRIDE }));
}

describe('a client whose connections are cut', () => {
  it('should read every tick once and in order, whatever byte from the server the cut is at', async () => {
    const cuts = everyByteOf('down');
    const bench = await Bench.start(cuts);
    const { proxy, client, view } = bench;
    const isCutting = () => proxy.accepted <= cuts.length;
    // Each tick that is read is followed by another, until the connection's byte has come; and some happen while it is down.
    view.onEvent = () => {
      if (isCutting() && bench.hasAll()) bench.trade();
    };
    client.status.subscribe(() => {
      if (isCutting()) bench.trade();
    });
    await view.until(() => !isCutting() && bench.hasAll() && view.heads.size === 4);

    expect(view.faults).toEqual([]);
    expect(view.snapshots).toBe(4);
  });

  it('should place every order once, whatever byte to the server the cut is at', async () => {
    const cuts = everyByteOf('up');
    const { proxy, client, view } = await Bench.start();
    // An order that is filled before the first snapshot is in that, and in no event.
    await view.until(() => view.heads.size === 4);
    proxy.cuts.push(...cuts);
    proxy.cutAll();
    const placed: Promise<string>[] = [];
    const place = (): void => {
      const clientOrderId = `order-${placed.length}`;
      const order = client.placeOrder({ clientOrderId, symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' });
      placed.push(order.then(({ data }) => data.clientOrderId));
    };
    const isCutting = () => proxy.accepted <= cuts.length + 1;
    const hasAll = () => view.filled.length === placed.length && view.executions.length === placed.length;
    view.onEvent = () => {
      if (isCutting() && hasAll()) place();
    };
    client.status.subscribe(({ state }) => {
      if (isCutting() && state === 'open' && hasAll()) place();
    });
    await view.until(() => !isCutting() && hasAll());
    const ids = await Promise.all(placed);

    expect(view.faults).toEqual([]);
    expect(ids.length).toBeGreaterThan(cuts.length / 4);
    expect(new Set(ids).size).toBe(ids.length);
    expect(view.filled).toEqual(ids);
    expect(view.executions).toEqual(ids);
  });

  it('should read on through cuts and restarts of the server in any order', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant('trade') },
      { weight: 2, arbitrary: fc.constant('read all') },
      { weight: 3, arbitrary: fc.constant('cut') },
      { weight: 1, arbitrary: fc.constant('restart') },
      {
        weight: 3,
        arbitrary: fc.record({ direction: fc.constantFrom('down', 'up'), bytes: fc.integer({ min: 0, max: 1_500 }) }),
      },
    );
    const law = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const bench = await Bench.start();
      const { proxy, view } = bench;
      for (const one of steps) {
        if (one === 'trade') bench.trade();
        else if (one === 'cut') proxy.cutAll();
        else if (one === 'read all') {
          // What cuts still wait for is a connection; ticks alone bring them their bytes.
          proxy.cuts.length = 0;
          proxy.cutAll();
          await view.until(() => bench.hasAll());
        } else if (one === 'restart') await bench.restart();
        else proxy.cuts.push(one);
      }
      proxy.cuts.length = 0;
      proxy.cutAll();
      await view.until(() => bench.hasAll());
      await bench.stop();
      expect(view.faults).toEqual([]);
    });
    await fc.assert(law, { numRuns: 25, seed: 1, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true });
  });
});
