import { describe, expect, it } from 'vitest';
import { TapedeckClient } from './client.ts';
import type { ChannelEvents } from './events.ts';
import type { Notice } from './notices.ts';
import { VirtualWorld } from './testing/virtualWorld.ts';

async function start() {
  const world = new VirtualWorld();
  const client = new TapedeckClient({ url: 'ws://server.test/v1/stream', pingMs: 0, ...world.ports });
  const notices: Notice[] = [];
  client.onNotice((notice) => notices.push(notice));
  await world.settle();
  return { world, client, notices };
}

const snapshot = (seq: number, more: object = {}) => ({
  type: 'snapshot',
  channel: 'ticker',
  symbol: 'AAPL',
  epoch: 'e1',
  seq,
  data: {},
  ...more,
});
const tick = (seq: number, more: object = {}) => ({ type: 'ticker', symbol: 'AAPL', seq, data: {}, ...more });
const subscribed = (id: number | undefined, recovered: boolean) => ({
  type: 'subscribed',
  id,
  channel: 'ticker',
  symbols: ['AAPL'],
  recovered,
});
const heartbeat = (heads: object, epoch = 'e1') => ({ type: 'heartbeat', serverTimeUs: 1, epoch, heads });

/** A client that has read AAPL up to a number, and what its listener was told since. */
async function at(seq: number) {
  const { world, client, notices } = await start();
  const told: string[] = [];
  client.listen('ticker', ['AAPL'], (event: ChannelEvents['ticker']) => told.push(`${event.type} ${event.seq}`));
  world.socket.welcome();
  world.socket.tell(subscribed(world.socket.of('subscribe')[0]?.id, false));
  world.socket.tell(snapshot(seq));
  told.length = 0;
  return { world, client, notices, told };
}

describe('Streams', () => {
  it('should drop what it has already', async () => {
    const { world, told } = await at(5);
    for (const seq of [5, 6, 6, 4, 7]) world.socket.tell(tick(seq));
    expect(told).toEqual(['ticker 6', 'ticker 7']);
  });

  it('should take frames that stand for several, and those of which it has a part', async () => {
    const { world, told } = await at(5);
    world.socket.tell(tick(9, { seqFrom: 6 }));
    world.socket.tell(tick(12, { seqFrom: 8 }));
    expect(told).toEqual(['ticker 9', 'ticker 12']);
  });

  it('should ask for what is missing and tell nothing before it has come', async () => {
    const { world, told, notices } = await at(5);
    for (const seq of [7, 8, 9, 10]) {
      world.socket.tell(tick(seq));
      await world.settle();
    }
    const asked = world.socket.of('subscribe').slice(1);
    expect(asked).toMatchObject([{ symbols: ['AAPL'], since: { epoch: 'e1', seq: { AAPL: 5 } } }]);
    world.socket.tell(subscribed(asked[0]?.id, true));
    for (const seq of [6, 7, 8, 9, 10, 11]) world.socket.tell(tick(seq));
    expect(told).toEqual(['ticker 6', 'ticker 7', 'ticker 8', 'ticker 9', 'ticker 10', 'ticker 11']);
    expect(notices).toEqual([]);
  });

  it('should ask for a snapshot when what is missing does not come', async () => {
    const { world, told, notices } = await at(5);
    world.socket.tell(tick(8));
    await world.settle();
    world.socket.tell(subscribed(world.socket.of('subscribe')[1]?.id, true));
    world.socket.tell(tick(9));
    await world.settle();
    const again = world.socket.of('subscribe')[2];
    expect(again).not.toHaveProperty('since');
    world.socket.tell(subscribed(again?.id, false));
    world.socket.tell(snapshot(9));
    expect(told).toEqual(['snapshot 9']);
    expect(notices).toEqual([{ kind: 'gap', channel: 'ticker', key: 'AAPL', afterSeq: 5 }]);
  });

  it('should see by the heartbeat that a quiet stream has lost its last event', async () => {
    const { world } = await at(5);
    world.socket.tell(heartbeat({ ticker: { AAPL: 5 } }));
    await world.settle();
    expect(world.socket.of('subscribe').length).toBe(1);
    world.socket.tell(heartbeat({ ticker: { AAPL: 6 } }));
    world.socket.tell(heartbeat({ ticker: { AAPL: 6 } }));
    await world.settle();
    expect(world.socket.of('subscribe').slice(1)).toMatchObject([{ since: { seq: { AAPL: 5 } } }]);
  });

  it('should go on from the same place however often it resumes', async () => {
    const { world, told } = await at(5);
    for (let time = 0; time < 3; time++) {
      world.socket.end(1006);
      await world.pass(500);
      world.socket.welcome();
      const [asked] = world.socket.of('subscribe');
      expect(asked?.since).toEqual({ epoch: 'e1', seq: { AAPL: time === 0 ? 5 : 7 } });
      world.socket.tell(subscribed(asked?.id, true));
      for (const seq of [6, 7]) world.socket.tell(tick(seq));
    }
    expect(told).toEqual(['ticker 6', 'ticker 7']);
  });

  it('should take up a server that has started anew, even where it counts lower', async () => {
    const { world, client, told, notices } = await at(5);
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome({ epoch: 'e2' });
    expect(world.socket.of('subscribe')[0]?.since?.epoch).toBe('e1');
    world.socket.tell(tick(6));
    expect(client.last('AAPL')).toMatchObject({ seq: 5, isLive: false });
    world.socket.tell(subscribed(world.socket.of('subscribe')[0]?.id, false));
    world.socket.tell(snapshot(2, { epoch: 'e2' }));
    world.socket.tell(tick(3));
    expect(told).toEqual(['snapshot 2', 'ticker 3']);
    expect(notices).toEqual([{ kind: 'gap', channel: 'ticker', key: 'AAPL', afterSeq: 5 }]);
    expect(client.last('AAPL')).toMatchObject({ seq: 3, isLive: true });
  });

  it('should not take a new server that counts as far as the old one for the old one', async () => {
    const { world, told } = await at(5);
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome({ epoch: 'e2' });
    world.socket.tell(snapshot(5, { epoch: 'e2' }));
    expect(told).toEqual(['snapshot 5']);
  });

  it('should get a reader that came during an outage its snapshot, and tell the others nothing twice', async () => {
    const { world, client } = await start();
    const [early, late]: string[][] = [[], []];
    const orders = (into: string[] | undefined) =>
      client.listen('order', [], (event) => into?.push(`${event.type} ${event.seq}`));
    orders(early);
    world.socket.welcome();
    world.socket.tell(snapshot(3, { channel: 'order', symbol: 'ann', data: [] }));
    world.socket.end(1006);
    orders(late);
    await world.pass(250);
    world.socket.welcome();
    const [first] = world.socket.of('subscribe');
    expect(first?.since?.seq).toEqual({ ann: 3 });
    world.socket.tell({ ...subscribed(first?.id, true), channel: 'order' });
    world.socket.tell({ type: 'order', account: 'ann', seq: 4, reason: 'filled', data: {} });
    expect(world.socket.of('subscribe')[1]).not.toHaveProperty('since');
    world.socket.tell(snapshot(4, { channel: 'order', symbol: 'ann', data: [] }));
    expect({ early, late }).toEqual({ early: ['snapshot 3', 'order 4'], late: ['snapshot 4'] });
  });

  it('should never take a frame without a number for its place', async () => {
    const { world, client } = await start();
    const reasons: string[] = [];
    client.listen('order', [], (event) => reasons.push(event.type === 'order' ? event.reason : event.type));
    world.socket.welcome();
    world.socket.tell(snapshot(3, { channel: 'order', symbol: 'ann', data: [] }));
    const order = { type: 'order', account: 'ann', tickSeq: 900, data: {} };
    world.socket.tell({ ...order, seq: 4, reason: 'accepted' });
    world.socket.tell({ ...order, reason: 'ratcheted' });
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome();
    expect(world.socket.of('subscribe')[0]?.since).toEqual({ epoch: 'e1', seq: { ann: 4 } });
    expect(reasons).toEqual(['snapshot', 'accepted', 'ratcheted']);
  });

  it('should keep the place of a quiet, filtered stream fresh by the heartbeat', async () => {
    const { world, client } = await start();
    client.listen('pattern', ['AAPL'], () => undefined, { minConfidence: 0.9 });
    world.socket.welcome();
    world.socket.tell(subscribed(world.socket.of('subscribe')[0]?.id, false));
    world.socket.tell(snapshot(3, { channel: 'pattern', data: [] }));
    world.socket.tell(heartbeat({ pattern: { AAPL: 5_000 } }));
    await world.settle();
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome();
    const since = { epoch: 'e1', seq: { AAPL: 5_000 } };
    expect(world.socket.of('subscribe')).toMatchObject([{ minConfidence: 0.9, since }]);
  });

  it('should subscribe once for several readers, give a late one the present state, and unsubscribe with the last', async () => {
    const { world, client, told } = await at(5);
    world.socket.tell(tick(6));
    const late = client.ticker('AAPL');
    expect((await late.next()).value).toMatchObject({ type: 'snapshot', seq: 6 });
    world.socket.tell(tick(7));
    expect((await late.next()).value).toMatchObject({ type: 'ticker', seq: 7 });
    expect(told).toEqual(['ticker 6', 'ticker 7']);
    expect(world.socket.of('subscribe').length).toBe(1);
    late.close();
    expect(world.socket.of('unsubscribe').length).toBe(0);
    const only = client.ticker('MSFT');
    await only.return?.();
    expect(world.socket.of('unsubscribe')).toMatchObject([{ channel: 'ticker', symbols: ['MSFT'] }]);
    expect(client.last('MSFT')).toBeUndefined();
  });

  it('should fail only the reader whose symbol the server does not know', async () => {
    const { world, client } = await start();
    const bad = client.ticker('NONESUCH');
    const good = ['A', 'B', 'C', 'D'].map((symbol) => client.ticker(symbol));
    world.socket.welcome();
    for (let at = 0; at < world.socket.of('subscribe').length; at++) {
      const { id, symbols = [] } = world.socket.of('subscribe')[at] ?? {};
      if (symbols.includes('NONESUCH')) {
        const refusal = { code: 'unknown_symbol', message: 'unknown symbol', retryable: false, retryAfterMs: 0 };
        world.socket.tell({ type: 'error', id, ...refusal });
      } else {
        world.socket.tell({ ...subscribed(id, false), symbols });
        for (const symbol of symbols) world.socket.tell(snapshot(1, { symbol }));
      }
    }
    await expect(bad.next()).rejects.toMatchObject({ name: 'SubscriptionError', code: 'unknown_symbol' });
    expect(await bad.next()).toEqual({ done: true, value: undefined });
    for (const reader of good) expect((await reader.next()).value).toMatchObject({ type: 'snapshot' });
  });

  it('should subscribe again after the time that a busy server asks for', async () => {
    const { world, client } = await start();
    client.listen('ticker', ['AAPL'], () => undefined);
    world.socket.welcome();
    const { id } = world.socket.of('subscribe')[0] ?? {};
    world.socket.tell({ type: 'error', id, code: 'rate_limited', message: '', retryable: true, retryAfterMs: 700 });
    await world.pass(699);
    expect(world.socket.of('subscribe').length).toBe(1);
    await world.pass(1);
    expect(world.socket.of('subscribe').length).toBe(2);
  });

  it('should go on from a place of an earlier run of the program', async () => {
    const { world, client } = await start();
    const reader = client.read('ticker', ['AAPL'], { since: { epoch: 'e1', seq: { AAPL: 41 } } });
    world.socket.welcome();
    const [asked] = world.socket.of('subscribe');
    expect(asked?.since).toEqual({ epoch: 'e1', seq: { AAPL: 41 } });
    world.socket.tell(subscribed(asked?.id, true));
    world.socket.tell(tick(42));
    expect((await reader.next()).value).toMatchObject({ type: 'ticker', seq: 42 });
    expect(client.cursors()).toEqual({ ticker: { epoch: 'e1', seq: { AAPL: 42 } } });
  });

  it('should subscribe to many symbols in commands that the server can read', async () => {
    const { world, client } = await start();
    client.ticker(...Array.from({ length: 2_000 }, (_, at) => `S${at}`));
    world.socket.welcome();
    expect(world.socket.of('subscribe').map(({ symbols }) => symbols?.length)).toEqual(Array(8).fill(250));
  });

  it('should ignore what it does not know, and report what is not as documented', async () => {
    const { world, told, notices } = await at(5);
    world.socket.tell({ type: 'of-a-later-version', seq: 1 });
    world.socket.tell(tick(6, { later: true }));
    for (const bad of [
      tick(-1),
      tick(1.5),
      tick(7, { seqFrom: '6' }),
      { type: 'ticker' },
      [],
      null,
      'text',
      { type: 7 },
    ]) {
      world.socket.tell(bad);
    }
    expect(told).toEqual(['ticker 6']);
    expect(notices.map(({ kind }) => kind)).toEqual(Array(8).fill('bad-frame'));
  });
});
