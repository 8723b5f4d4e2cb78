import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../server/testing/testServer.ts';
import { ByteCutProxy } from './testing/byteCutProxy.ts';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const QUIET = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
/** Each connection is cut a little later than the one before. */
const CUTS = Array.from({ length: 40 }, (_, at) => ({ direction: 'down', bytes: 600 + at * 40 }) as const);
const TRADES = 400;

function findBrowser(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders
    .flatMap((folder) => BROWSERS.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no browser on PATH; install one of ${BROWSERS.join(', ')}`);
  return found;
}

/** What the page runs: it counts on from the first snapshot and notes whatever doesn't follow. */
const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
  import { TapedeckClient, CommandError } from './client.js';
  const url = new URLSearchParams(location.search).get('url');
  const client = new TapedeckClient({ url, random: () => 0 });
  globalThis.result = { seqs: [], faults: [], states: [], order: undefined, isClosed: false };
  client.status.subscribe(({ state }) => result.states.push(state));
  client.onNotice((notice) => result.faults.push(JSON.stringify(notice)));
  const order = client.placeOrder({ symbol: 'S1', side: 'BUY', orderType: 'MARKET', quantity: '0' });
  order.catch((error) => { result.order = error instanceof CommandError ? error.reason : String(error); });
  for await (const event of client.ticker('S0')) {
    const last = result.seqs.at(-1);
    if (last !== undefined && event.seq !== last + 1) result.faults.push(last + ' then ' + event.type + ' ' + event.seq);
    result.seqs.push(event.seq);
    if (event.seq === ${TRADES}) break;
  }
  client.close();
  result.isClosed = true;
</script>`;

let browser: Browser;
let pages: Server;
let server: TestServer;
let proxy: ByteCutProxy;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const script = outputFiles[0]?.text ?? '';
  pages = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html').end(isScript ? script : PAGE);
  });
  await new Promise<void>((resolve) => {
    pages.listen(0, '127.0.0.1', resolve);
  });
  server = await TestServer.start({ symbols: 2, config: { allowedOrigins: [originOf(pages)] } });
  proxy = await ByteCutProxy.start(server.port);
  browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
});
afterAll(async () => {
  await browser?.close();
  await proxy?.close();
  await server?.stop();
  pages?.close();
});

function originOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

describe("the client on a browser's own WebSocket", () => {
  it('should read every tick once through forty cuts, and leave no socket', async () => {
    proxy.cuts.push(...CUTS);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${originOf(pages)}/?url=ws://127.0.0.1:${proxy.port}/v1/stream`);
    let trades = 0;
    const trade = (): void => {
      trades++;
      server.feed.trade({ symbol: 0, price: 10_000 + trades });
    };
    trade();
    await page.waitForFunction('result.seqs.length > 0');
    // Each look at the page takes a turn of its own: the market moves at the page's pace.
    while (trades < TRADES) {
      trade();
      await page.evaluate('result.seqs.length');
    }
    await page.waitForFunction('result.isClosed && result.order !== undefined');
    const result: unknown = await page.evaluate('result');
    await page.close();

    expect(complaints).toEqual([]);
    expect(result).toMatchObject({ faults: [], order: 'bad_quantity', isClosed: true });
    expect(proxy.accepted).toBeGreaterThan(10);
    expect(await server.metric('tapedeck_connections')).toBe(0);
  });
});
