import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../server/testing/servers.ts';
import type { TestServer } from '../server/testing/testServer.ts';

const start = testServers(afterEach);
const FOLDER = new URL('.', import.meta.url);
const MAX_LINES = 40;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** An example that runs: its lines as they come. */
class Run {
  readonly lines: string[] = [];
  readonly #output: AsyncIterator<string>;
  readonly #errors: string[] = [];

  constructor(server: TestServer, file: string, words: readonly string[]) {
    const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
    const child = spawn(process.execPath, [...loader, fileURLToPath(new URL(file, FOLDER)), ...words], {
      env: { ...process.env, TAPEDECK_URL: `ws://127.0.0.1:${server.port}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    if (child.stdout === null) throw new Error('the example has no output');
    child.stderr?.on('data', (text) => this.#errors.push(String(text)));
    this.#output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Reads on up to a line of this beginning. */
  async until(beginning: string): Promise<string> {
    for (;;) {
      const { done, value } = await this.#output.next();
      if (done === true) throw new Error(`it ended after ${this.lines.join(' | ')}: ${this.#errors.join('')}`);
      this.lines.push(value);
      if (value.startsWith(beginning)) return value;
    }
  }
}

describe('examples', () => {
  it('should be there for each dialect, in under 40 lines', () => {
    // A reader of tapes and a server to be judged are no clients.
    const files = readdirSync(FOLDER).filter((name) => /^(?!read-tape|foreign-server)[a-z0-9-]+\.(mjs|ts)$/.test(name));
    expect(files).toEqual(['ai-trading-v2.mjs', 'native.ts', 'paiid.mjs', 'tickstock.mjs', 'us-001.mjs']);
    for (const file of files) {
      const lines = readFileSync(new URL(file, FOLDER), 'utf8').trimEnd().split('\n').length;
      expect([file, lines < MAX_LINES]).toEqual([file, true]);
    }
  });

  it('should print prices and the way of an order: native', async () => {
    const server = await start();
    const run = new Run(server, 'native.ts', ['S0']);
    await run.until('open');
    server.feed.trade({ symbol: 0, price: 10_000 });
    expect(await run.until('S0')).toBe('S0 100');
    expect(await run.until('')).toMatch(/ accepted 99\.00$/);
    server.feed.trade({ symbol: 0, price: 9_900 });
    // Prices and orders are read side by side: which loop prints first is nobody's promise.
    const told = [await run.until(''), await run.until(''), await run.until('')];
    expect(told).toContain('S0 99');
    const [triggered, filled] = told.filter((line) => !line.startsWith('S0'));
    expect(triggered).toMatch(/ triggered 99\.00$/);
    expect(filled).toMatch(/ filled 99\.00$/);
  });

  it('should print prices, orders and the account: ai-trading-v2', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_029 });
    const run = new Run(server, 'ai-trading-v2.mjs', ['S0']);
    expect(await run.until('S0')).toBe('S0 100.29 0.29 %');
    const trader = await server.welcome();
    const buy = { type: 'order.place', id: 2, clientOrderId: 'b', symbol: 'S0', side: 'BUY', quantity: '2' };
    await trader.ask({ ...buy, orderType: 'MARKET' });
    expect(await run.until('MARKET')).toBe('MARKET b accepted ');
    expect(await run.until('position')).toBe('position S0 2');
    expect(await run.until('equity')).toBe('equity 10000000');
  });

  it('should print the cached price, the latency and what comes: us-001', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_029 });
    const run = new Run(server, 'us-001.mjs', ['S0']);
    expect(await run.until('cached')).toBe('cached 100.29 open');
    await run.until('latency');
    server.feed.trade({ symbol: 0, price: 9_950 });
    expect(await run.until('price')).toBe('price 99.5 -0.5 %');
  });

  it('should print prices and alerts, and buy by HTTP: paiid', async () => {
    const server = await start();
    const run = new Run(server, 'paiid.mjs', ['dev', 'S0', 'S1']);
    expect(await run.until('subscribed')).toBe('subscribed S0 S1');
    server.feed.trade({ symbol: 0, price: 10_029 });
    expect(await run.until('S0')).toBe('S0 100.29 0.29 %');
    await run.until('alert BUY 1 S0: filled');
    await run.until('position S0 1');
  });

  it('should print earlier patterns and those that come: tickstock', async () => {
    const server = await start();
    engulf(server);
    const run = new Run(server, 'tickstock.mjs', ['S0']);
    await run.until('subscribed S0');
    await run.until('earlier S0');
    engulf(server);
    await run.until('now S0');
  });
});

/** Twenty falling bars and one that engulfs the last of them. */
function engulf(server: TestServer): void {
  for (let at = 0; at < 20; at++) {
    const open = 10_400 - 20 * at;
    server.feed.bar({ symbol: 0, open, high: open + 2, low: open - 22, close: open - 20 });
  }
  server.feed.bar({ symbol: 0, open: 9_990, high: 10_102, low: 9_988, close: 10_100 });
}
