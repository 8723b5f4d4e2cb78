import { afterEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { TapedeckClient } from '../../client/index.ts';
import { ByteCutProxy } from '../../client/testing/byteCutProxy.ts';
import { TestServer } from '../testing/testServer.ts';
import { ask } from './testing/httpClient.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A place in nobody's use: connections there are refused. */
const NOWHERE = 1;

it('should lose nothing to a client that polls while its sockets are cut, and then goes back to them', async () => {
  const server = await TestServer.start();
  ends.push(() => server.stop());
  const proxy = await ByteCutProxy.start(server.port);
  ends.push(() => proxy.close());
  const client = new TapedeckClient({
    url: `ws://127.0.0.1:${proxy.port}/v1/stream`,
    pollUrl: `http://127.0.0.1:${server.port}/api/poll`,
    WebSocket,
    policy: () => ({ delayMs: 5, isPolling: true }),
  });
  ends.push(() => client.close());
  const told: string[] = [];
  const notices: string[] = [];
  client.onNotice(({ kind }) => notices.push(kind));
  const waiting = new Map<string, () => void>();
  const reached = (name: string): Promise<void> => {
    return told.includes(name) ? Promise.resolve() : new Promise((resolve) => waiting.set(name, resolve));
  };
  const tell = (name: string): void => {
    told.push(name);
    waiting.get(name)?.();
  };
  client.listen('order', [], (event) => {
    if ('seq' in event) tell(`order ${event.type === 'snapshot' ? 'snapshot' : event.seq}`);
  });
  client.listen('news', [], (event) => tell(`news ${event.type === 'snapshot' ? 'snapshot' : event.seq}`));
  client.listen('ticker', ['S0'], (event) => tell(`ticker ${event.seq}`));
  let happened = 0;
  const happen = async (): Promise<void> => {
    happened++;
    server.feed.trade({ symbol: 0, price: 10_000 + happened });
    server.server.publish.publishNews({ headline: 'News', symbols: [] });
    const body = { symbol: 'S0', side: 'BUY', orderType: 'LIMIT', quantity: '1', limitPrice: '1.00' };
    await ask(server, 'POST /api/orders', { body: { ...body, clientOrderId: `order-${happened}` } });
  };
  const all = (): Promise<unknown> =>
    Promise.all(['order', 'news', 'ticker'].map((channel) => reached(`${channel} ${happened}`)));

  await Promise.all([reached('order snapshot'), reached('news snapshot'), reached('ticker 0')]);
  await happen();
  await all();
  for (let round = 0; round < 3; round++) {
    proxy.targetPort = NOWHERE;
    proxy.cutAll();
    await happen();
    await happen();
    await all();
    expect(client.status.current.state).not.toBe('open');
    proxy.targetPort = server.port;
    await happen();
    await all();
    while (client.status.current.state !== 'open')
      await new Promise<void>((resolve) => client.status.subscribe(() => resolve()));
    await happen();
    await all();
  }

  const seqs = Array.from({ length: happened }, (_, at) => at + 1);
  const ofChannel = (channel: string): string[] => told.filter((name) => name.startsWith(`${channel} `));
  expect(ofChannel('order')).toEqual(['order snapshot', ...seqs.map((seq) => `order ${seq}`)]);
  expect(ofChannel('news')).toEqual(['news snapshot', ...seqs.map((seq) => `news ${seq}`)]);
  expect(ofChannel('ticker')).toEqual(['ticker 0', ...seqs.map((seq) => `ticker ${seq}`)]);
  expect(notices).not.toContain('gap');
  expect(notices.filter((kind) => kind === 'polling')).toHaveLength(3);
});
