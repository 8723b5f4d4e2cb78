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

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** A server, a proxy before it, and a client that reads two symbols and its own orders and fills. */
async function start(cuts: readonly Cut[] = []) {
  const server = await TestServer.start({ symbols: 2 });
  ends.push(() => server.stop());
  const proxy = await ByteCutProxy.start(server.port);
  ends.push(() => proxy.close());
  proxy.cuts.push(...cuts);
  const client = new TapedeckClient({
    url: `ws://127.0.0.1:${proxy.port}/v1/stream`,
    WebSocket,
    // No wait between attempts: the law is about what is read, not when.
    random: () => 0,
    pingMs: 0,
    maxCommands: 10_000,
  });
  ends.push(() => client.close());
  let seq = 0;
  const trade = (): void => {
    seq++;
    for (const symbol of [0, 1]) server.feed.trade({ symbol, price: 10_000 + seq - 1 });
  };
  trade();
  const view = new View(client);
  const hasAll = () => SYMBOLS.every((symbol) => view.heads.get(`ticker ${symbol}`) === seq);
  return { server, proxy, client, view, trade, hasAll };
}

/** What the client's readers got, held against the law as it comes. */
class View {
  readonly faults: string[] = [];
  readonly heads = new Map<string, number>();
  readonly executions: string[] = [];
  readonly filled: string[] = [];
  snapshots = 0;
  /** Called after each event. */
  onEvent: () => void = () => undefined;
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(client: TapedeckClient) {
    client.onNotice((notice) => {
      if (notice.kind !== 'system') this.faults.push(JSON.stringify(notice));
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
      if (head !== undefined) this.faults.push(`${stream}: a snapshot in place of what came after ${head}`);
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
    const { proxy, client, view, trade, hasAll } = await start(cuts);
    const isCutting = () => proxy.accepted <= cuts.length;
    // Each tick that is read is followed by another, until the connection's byte has come; and some happen while it is down.
    view.onEvent = () => {
      if (isCutting() && hasAll()) trade();
    };
    client.status.subscribe(() => {
      if (isCutting()) trade();
    });
    await view.until(() => !isCutting() && hasAll() && view.heads.size === 4);

    expect(view.faults).toEqual([]);
    expect(view.snapshots).toBe(4);
  });

  it('should place every order once, whatever byte to the server the cut is at', async () => {
    const cuts = everyByteOf('up');
    const { proxy, client, view, trade } = await start(cuts);
    trade();
    const placed: Promise<string>[] = [];
    const place = (): void => {
      const clientOrderId = `order-${placed.length}`;
      const order = client.placeOrder({ clientOrderId, symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' });
      placed.push(order.then(({ data }) => data.clientOrderId));
    };
    const isCutting = () => proxy.accepted <= cuts.length;
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
});
