import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamClient } from './testing/streamClient.ts';
import { TestServer } from './testing/testServer.ts';

const LIMITS = { softBufferedBytes: 64 * 1024, hardBufferedBytes: 256 * 1024 };
/** More than the kernel's buffers of a loopback connection take. */
const FLOOD_EVENTS = 120_000;
const EVENTS_PER_TURN = 500;
const SYMBOLS = 4;

let server: TestServer;

afterEach(() => server.stop());

/** Gives `events` trades over all symbols, letting the event loop turn in between; the last price tells the count. */
async function flood(events: number): Promise<void> {
  for (let event = 0; event < events; event++) {
    server.feed.trade({ symbol: event % SYMBOLS, price: 10_000 + Math.floor(event / SYMBOLS) });
    if (event % EVENTS_PER_TURN === 0) await turn();
  }
}

/** Checks that each symbol's frames cover every number up to `head` once, in order; returns how many were conflated. */
function auditTickers(client: StreamClient, head: number): number {
  const next = new Map<unknown, number>();
  let conflated = 0;
  for (const { symbol, seq, seqFrom, data } of client.of('ticker')) {
    const expected = next.get(symbol) ?? 1;
    expect(seqFrom ?? seq, `${String(symbol)}`).toBe(expected);
    conflated += Number(seq) - expected;
    next.set(symbol, Number(seq) + 1);
    expect(data).toMatchObject({ last: (10_000 + Number(seq) - 1) / 100 });
  }
  for (let symbol = 0; symbol < SYMBOLS; symbol++) expect(next.get(`S${symbol}`)).toBe(head + 1);
  return conflated;
}

async function reader(): Promise<StreamClient> {
  const client = await server.welcome();
  await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1', 'S2', 'S3'] });
  await client.ask({ type: 'subscribe', id: 3, channel: 'order' });
  return client;
}

describe('a reader that pauses', () => {
  it('should get what it missed conflated, with the numbers that it stands for, and no order event less', async () => {
    server = await TestServer.start({ symbols: SYMBOLS, limits: { ...LIMITS, hardBufferedMs: 60_000 } });
    const slow = await reader();
    const quick = await reader();
    slow.pause();
    await flood(FLOOD_EVENTS);
    await expect.poll(() => server.metric('tapedeck_slow_sockets')).toBe(1);
    const order = { type: 'order.place', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' };
    for (const clientOrderId of ['a', 'b']) await quick.ask({ ...order, id: 4, clientOrderId });
    const head = FLOOD_EVENTS / SYMBOLS;
    slow.resume();
    await slow.first(({ type, seq }) => type === 'order' && seq === 4);
    await slow.first(({ type, symbol, seq }) => type === 'ticker' && symbol === 'S3' && seq === head);
    await Promise.all([slow.settled(), quick.settled()]);
    const conflated = auditTickers(slow, head);
    expect(conflated).toBeGreaterThan(1000);
    expect(slow.of('order').map(({ seq, reason }) => `${seq} ${reason}`)).toEqual([
      '1 accepted',
      '2 filled',
      '3 accepted',
      '4 filled',
    ]);
    expect(auditTickers(quick, head)).toBe(0);
    expect(await server.metric('tapedeck_conflated_total')).toBe(conflated);
    expect(await server.metric('tapedeck_dropped_total')).toBe(0);
    expect(await server.metric('tapedeck_slow_sockets')).toBe(0);
    server.feed.trade({ symbol: 0, price: 10_000 + head });
    await slow.settled();
    expect(slow.of('ticker').at(-1)).toMatchObject({ symbol: 'S0', seq: head + 1 });
    expect(slow.of('ticker').at(-1)).not.toHaveProperty('seqFrom');
  });

  it('should be closed with 4008 when it stays over the hard limit', async () => {
    const limits = { softBufferedBytes: 4 * 1024, hardBufferedBytes: 4 * 1024, hardBufferedMs: 0 };
    server = await TestServer.start({ symbols: SYMBOLS, limits });
    const slow = await reader();
    slow.pause();
    await flood(FLOOD_EVENTS);
    const quick = await server.welcome();
    await expect.poll(() => server.metric('tapedeck_slow_closes_total')).toBe(1);
    slow.resume();
    expect(await slow.closed).toMatchObject({ code: 4008 });
    await quick.settled();
  });
});
