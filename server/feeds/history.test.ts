import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderBar } from '../../market/bars/types.ts';
import { type Instrument, type Tick, TickKind } from '../../market/types.ts';
import { PROVIDER_KINDS } from '../../simulator/providers/kinds.ts';
import { OPEN_US, openTestHost, quoteAt, SYMBOLS, tradeAt } from '../../simulator/providers/testing/testHost.ts';
import { fetchHistory, type HistorySource, restAddress, tellHistory } from './history.ts';
import type { ProviderAccess } from './provider.ts';
import { binanceHistory } from './providers/binanceHistory.ts';
import { polygonHistory } from './providers/polygonHistory.ts';
import { SymbolBook } from './symbolBook.ts';

const MINUTE_US = 60_000_000;
const KEY = 'a-secret-key';
const SOURCES = { polygon: polygonHistory, binance: binanceHistory } as const;
const book = new SymbolBook(instruments(SYMBOLS));

function instruments(symbols: readonly string[]): Instrument[] {
  const rest = { priceDecimals: 2, quantityDecimals: 0, previousClose: 0 };
  return symbols.map((symbol, index) => ({ symbol, index, ...rest }));
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

function access(url: string): ProviderAccess {
  return { url, key: KEY, plan: {}, pollMs: 1_000, maxPollMs: 1_000 };
}

/** Trades of some minutes, the last of them not over, and quotes between. */
function someMinutes(): Tick[] {
  return Array.from({ length: 900 }, (_, at) => {
    const symbol = (at * 7) % SYMBOLS.length;
    const ms = at * 250;
    return at % 5 === 4
      ? quoteAt(ms, { symbol })
      : tradeAt(ms, { symbol, price: 10_000 + ((at * 37) % 113), size: 100 + (at % 9) * 100 });
  });
}

/** The bars that the trades before an instant make, made the plain way. */
function barsOf(ticks: readonly Tick[], untilUs: number): ProviderBar[] {
  const bars = new Map<string, ProviderBar>();
  for (const { kind, symbol, eventTimeUs, price, size } of ticks) {
    if (kind !== TickKind.TRADE || eventTimeUs >= untilUs) continue;
    const startUs = Math.floor(eventTimeUs / MINUTE_US) * MINUTE_US;
    const key = `${startUs} ${symbol}`;
    const bar = bars.get(key);
    bars.set(key, {
      symbol,
      startUs,
      open: bar?.open ?? price,
      high: Math.max(bar?.high ?? price, price),
      low: Math.min(bar?.low ?? price, price),
      close: price,
      volume: (bar?.volume ?? 0) + size,
      notional: (bar?.notional ?? 0) + price * size,
      trades: (bar?.trades ?? 0) + 1,
    });
  }
  return [...bars.values()].sort((one, other) => one.startUs - other.startUs || one.symbol - other.symbol);
}

/** A server that answers by `answer`; what it was asked is kept. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? ''}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A source whose bars are what the server answers as they stand. */
function plainSource(url: string): HistorySource {
  const base = restAddress(url, { stream: '', rest: '' });
  return {
    nowUs: async () => OPEN_US,
    question: (name) => ({ url: `${base}/${name}?key=${KEY}` }),
    bars: (answer) => (Array.isArray(answer) ? answer : undefined),
  };
}

describe('the minutes before a feed begins', () => {
  it.each(['polygon', 'binance'] as const)('should be those of the tape that %s plays', async (name) => {
    const ticks = someMinutes();
    const fromUs = OPEN_US + 150_000_000;
    const host = await openTestHost({ kind: PROVIDER_KINDS[name], plan: 'unlimited', ticks, fromUs, speed: 1 });
    closers.push(host.close);
    void host.host.run();
    host.player.pause();

    const history = await fetchHistory(SOURCES[name](access(host.url(''))), book);
    expect(Math.floor(history.untilUs / MINUTE_US)).toBe(Math.floor(fromUs / MINUTE_US));
    expect(history.faults).toBe(0);
    const { positionUs } = host.player.state();
    const must = barsOf(ticks, Math.max(fromUs, positionUs + 1));
    // Polygon rounds its mean price; what is traded in a minute isn't to be had exactly by it.
    const near = history.bars.map((bar, at) => ({
      ...bar,
      notional: Math.abs(bar.notional - (must[at]?.notional ?? 0)) < bar.volume ? must[at]?.notional : bar.notional,
    }));
    expect(near).toEqual(must);
    expect(must.length).toBe(3 * SYMBOLS.length);
  });

  it('should be told as bars, and what is forming as trades of its minute', () => {
    const [first, second] = [OPEN_US, OPEN_US + MINUTE_US].map((startUs) => ({
      ...{ symbol: 1, startUs, open: 100, high: 130, low: 90, close: 110, volume: 700, notional: 70_000, trades: 7 },
    })) as [ProviderBar, ProviderBar];
    const bars: ProviderBar[] = [];
    const ticks: Tick[] = [];
    const history = { untilUs: OPEN_US + MINUTE_US + 5_000_000, bars: [first, second], faults: 0 };
    tellHistory(history, { bar: (bar) => bars.push(bar), tick: (tick) => ticks.push({ ...tick }) });
    expect(bars).toEqual([first]);
    expect(ticks.map(({ price, size }) => [price, size])).toEqual([
      [100, 700],
      [130, 0],
      [90, 0],
      [110, 0],
    ]);
    expect(ticks.every(({ symbol, eventTimeUs }) => symbol === 1 && eventTimeUs === second.startUs)).toBe(true);
  });

  it('should go on without the symbols that have no answer, and count them', async () => {
    const bar = { startUs: OPEN_US, open: 1, high: 2, low: 1, close: 2, volume: 5, notional: 7, trades: 2 };
    const { url } = await serve((request, response) => {
      if (request.url?.startsWith('/MSFT')) response.writeHead(500).end();
      else response.end(request.url?.startsWith('/BRK') ? '{"no":"bars"}' : JSON.stringify([bar]));
    });
    const history = await fetchHistory(plainSource(url), book);
    expect(history.faults).toBe(2);
    expect(history.bars).toEqual([{ ...bar, symbol: 0, open: 100, high: 200, low: 100, close: 200, notional: 700 }]);
  });

  it('should be given up when nobody has an answer, in one line without the key', async () => {
    const many = new SymbolBook(instruments(Array.from({ length: 100 }, (_, at) => `S${at}`)));
    const { url, asked } = await serve((_, response) => response.writeHead(429).end());
    const failed = await fetchHistory(plainSource(url), many).catch((error: unknown) => String(error));
    expect(failed).toMatch(/^Error: the history can't be had: http:\/\/127\.0\.0\.1:\d+\/S\d+ answers 429$/);
    expect(asked.length).toBeLessThan(50);
  });

  it.each([
    ['polygon', '{"serverTime":"yesterday"}', 'the market status has no time'],
    ['binance', '[]', 'the server tells no time'],
  ] as const)('should refuse %s without a time', async (name, body, message) => {
    const { url, asked } = await serve((_, response) => response.end(body));
    await expect(fetchHistory(SOURCES[name](access(url)), book)).rejects.toThrow(message);
    expect(asked).toHaveLength(1);
  });

  it("should be asked for at the provider's own address, or where the stream is", () => {
    const own = { stream: 'wss://socket.example.com', rest: 'https://api.example.com' };
    expect(restAddress(own.stream, own)).toBe(own.rest);
    expect(restAddress('ws://127.0.0.1:9000', own)).toBe('http://127.0.0.1:9000');
    expect(restAddress('wss://127.0.0.1:9000', own)).toBe('https://127.0.0.1:9000');
  });
});
