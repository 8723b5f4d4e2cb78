import { describe, expect, it } from 'vitest';
import { TapedeckClient } from './client.ts';
import type { ClientOptions } from './core.ts';
import type { Notice } from './notices.ts';
import { us001 } from './policy.ts';
import { VirtualWorld } from './testing/virtualWorld.ts';

const URL = 'ws://server.test/v1/stream';

async function start(options: Partial<ClientOptions> = {}) {
  const world = new VirtualWorld();
  const client = new TapedeckClient({ url: URL, pingMs: 0, ...world.ports, ...options });
  const notices: Notice[] = [];
  const states: string[] = [];
  client.onNotice((notice) => notices.push(notice));
  client.status.subscribe(({ state }) => states.push(state));
  await world.settle();
  return { world, client, notices, states };
}

describe('Connection', () => {
  it('should show its token first and be open once it is welcome', async () => {
    const { world, client } = await start({ token: 'T' });
    world.socket.open();
    expect(world.socket.sent).toEqual([{ type: 'auth', token: 'T' }]);
    expect(client.status.current.state).toBe('connecting');
    world.socket.welcome();
    expect(client.status.current.state).toBe('open');
  });

  it('should come back within 250 ms after a cut, and at another time than its neighbours', async () => {
    const delays = [0, 0.25, 0.999].map(async (random) => {
      const { world, client } = await start();
      world.random = random;
      world.socket.welcome();
      await world.pass(5_000);
      world.socket.end(1006);
      const { current } = client.status;
      return current.state === 'waiting' ? current.retryInMs : Number.NaN;
    });
    expect(await Promise.all(delays)).toEqual([0, 62.5, 249.75]);
  });

  it('should wait up to twice as long at each failure, 30 s at most', async () => {
    const { world, client } = await start();
    world.random = 1;
    const delays: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      world.socket.end(1006);
      const { current } = client.status;
      if (current.state !== 'waiting') throw new Error(current.state);
      delays.push(current.retryInMs);
      await world.pass(current.retryInMs);
    }
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('should begin anew with short waits only after a connection that lasted', async () => {
    const { world, client } = await start();
    world.random = 1;
    const delayAfter = async (openMs: number) => {
      world.socket.welcome({ heartbeatMs: 0 });
      await world.pass(openMs);
      world.socket.end(1006);
      const { current } = client.status;
      const delayMs = current.state === 'waiting' ? current.retryInMs : Number.NaN;
      await world.pass(delayMs);
      return delayMs;
    };
    expect(await delayAfter(10)).toBe(250);
    expect(await delayAfter(10)).toBe(500);
    expect(await delayAfter(1_000)).toBe(250);
  });

  it.each([
    [4001, 'waiting'],
    [4010, 'waiting'],
    [4008, 'waiting'],
    [1001, 'waiting'],
    [4129, 'waiting'],
    [4400, 'closed'],
    [4403, 'closed'],
    [4409, 'closed'],
    [4413, 'closed'],
    [4477, 'closed'],
  ])('should do as close code %i advises', async (code, state) => {
    const { world, client } = await start();
    world.socket.welcome();
    world.socket.end(code);
    expect(client.status.current.state).toBe(state);
  });

  it('should keep away for at least a second when the server asks for distance', async () => {
    const { world, client } = await start();
    world.random = 0;
    world.socket.welcome();
    world.socket.end(4129);
    expect(client.status.current).toMatchObject({ state: 'waiting', retryInMs: 1_000 });
  });

  it('should stay away as long as a server that shuts down asks for', async () => {
    const { world, client } = await start();
    world.socket.welcome();
    world.socket.tell({ type: 'system', code: 'shutdown', message: '', retryAfterMs: 1_312, serverTimeUs: 1 });
    world.socket.end(4001);
    expect(client.status.current).toMatchObject({ state: 'waiting', retryInMs: 1_312 });
  });

  it('should say why the server would not have it', async () => {
    const { world, client } = await start({ token: 'bad' });
    world.socket.open();
    const error = { type: 'error', code: 'bad_token', message: 'no readable JWT', retryable: false, retryAfterMs: 0 };
    world.socket.tell(error);
    world.socket.end(4403);
    expect(client.status.current).toEqual({ state: 'closed', code: 4403, reason: 'no readable JWT' });
  });

  it('should give a silent server up, and hear nothing of the old socket afterwards', async () => {
    const { world, client, notices } = await start();
    const first = world.socket;
    first.welcome();
    await world.pass(6_500);
    expect(world.sockets.length).toBe(2);
    expect(world.liveSockets).toBe(1);
    world.socket.welcome();
    first.tell({ type: 'error', code: 'internal', message: 'of the old one', retryable: true, retryAfterMs: 0 });
    first.end(4403);
    expect(client.status.current.state).toBe('open');
    expect(notices).toEqual([]);
  });

  it('should not take its own sleep for the silence of the server', async () => {
    const { world, client } = await start();
    world.socket.welcome();
    world.nowMs += 3_600_000;
    await world.pass(1_000);
    expect(client.status.current.state).toBe('open');
  });

  it.each(['a token that never comes', 'an upgrade without an answer', 'no welcome'])(
    'should try again after %s',
    async (what) => {
      const token = what === 'a token that never comes' ? () => new Promise<string>(() => undefined) : undefined;
      const { world, states } = await start({ token });
      if (what === 'no welcome') world.socket.open();
      await world.pass(10_125);
      expect(states).toEqual(['waiting', 'connecting']);
      expect(world.liveSockets).toBe(token === undefined ? 1 : 0);
    },
  );

  it('should have one socket however often it is told to connect', async () => {
    const { world, client } = await start();
    for (let time = 0; time < 5; time++) client.reconnect();
    await world.settle();
    world.socket.end(1006);
    for (let time = 0; time < 5; time++) client.reconnect();
    await world.settle();
    expect(world.sockets.length).toBe(2);
    expect(world.liveSockets).toBe(1);
    world.socket.welcome();
    client.reconnect();
    await world.pass(500);
    expect(world.sockets.length).toBe(2);
  });

  it('should poll after three tries when told to go as US-001 does, and go back to the socket', async () => {
    const { world, client, notices, states } = await start({ policy: us001 });
    const polledMs: number[] = [];
    world.fetch = async (url) => {
      polledMs.push(world.nowMs);
      const since: unknown = JSON.parse(new globalThis.URL(url).searchParams.get('since') ?? '');
      expect(since).toEqual({ ticker: { epoch: 'e1', seq: { AAPL: 1 + polledMs.length } } });
      const event = { type: 'ticker', symbol: 'AAPL', seq: 2 + polledMs.length, data: { last: 1 } };
      const channels = { ticker: { AAPL: [event] } };
      return { ok: true, status: 200, json: async () => ({ epoch: 'e1', channels, cursor: {}, more: false }) };
    };
    const seqs: number[] = [];
    client.listen('ticker', ['AAPL'], ({ seq }) => seqs.push(seq));
    world.socket.welcome({ heartbeatMs: 0 });
    world.socket.tell({ type: 'snapshot', channel: 'ticker', symbol: 'AAPL', epoch: 'e1', seq: 2, data: {} });
    const cutMs = world.nowMs;
    const triedMs: number[] = [];
    for (let count = 0; count < 6; count++) {
      world.socket.end(1006);
      await world.pass(1);
      while (world.liveSockets === 0) await world.pass(1);
      triedMs.push(world.nowMs - cutMs);
    }
    expect(triedMs.map((ms) => Math.round(ms / 1_000))).toEqual([2, 6, 14, 74, 134, 194]);
    expect(polledMs.map((ms) => Math.round((ms - cutMs) / 1_000))).toEqual([14, 74, 134, 194]);
    expect(client.status.current.state).toBe('polling');
    expect(client.last('AAPL')).toMatchObject({ seq: 6, isLive: false });
    world.socket.welcome({ heartbeatMs: 0 });
    const [subscribe] = world.socket.of('subscribe');
    expect(subscribe?.since).toEqual({ epoch: 'e1', seq: { AAPL: 6 } });
    expect(seqs).toEqual([2, 3, 4, 5, 6]);
    expect(states.at(-1)).toBe('open');
    expect(notices).toEqual([{ kind: 'polling', everyMs: 60_000 }, { kind: 'polling-ended' }]);
  });

  it('should not heed an answer to a poll that comes when the socket is back', async () => {
    const { world, client } = await start({ policy: () => ({ delayMs: 1_000, isPolling: true }) });
    const seqs: number[] = [];
    client.listen('ticker', ['AAPL'], ({ seq }) => seqs.push(seq));
    let answer = (): void => undefined;
    world.fetch = () =>
      new Promise((resolve) => {
        const channels = { ticker: { AAPL: [{ type: 'ticker', symbol: 'AAPL', seq: 3, data: {} }] } };
        const json = async () => ({ epoch: 'e1', channels, cursor: {}, more: false });
        answer = () => resolve({ ok: true, status: 200, json });
      });
    world.socket.end(1006);
    await world.pass(1_000);
    world.socket.welcome();
    world.socket.tell({ type: 'snapshot', channel: 'ticker', symbol: 'AAPL', epoch: 'e1', seq: 2, data: {} });
    answer();
    await world.settle();
    expect(seqs).toEqual([2]);
  });

  it('should poll on while there is more, and put many places into a body', async () => {
    const { world, client } = await start({ policy: () => ({ delayMs: 1_000, isPolling: true }) });
    const symbols = Array.from({ length: 300 }, (_, at) => `SYMBOL${at}`);
    client.ticker(...symbols);
    const methods: string[] = [];
    world.fetch = async (url, { method, body = '' }) => {
      methods.push(method);
      expect(url).toBe('http://server.test/api/poll');
      const since: { ticker: { seq: object } } = JSON.parse(body).since;
      expect(Object.values(since.ticker.seq).filter((seq) => seq === -1).length).toBe(methods.length === 1 ? 300 : 299);
      const snapshot = { type: 'snapshot', channel: 'ticker', symbol: 'SYMBOL7', epoch: 'e1', seq: 9, data: {} };
      const channels = { ticker: { SYMBOL7: [snapshot] } };
      return {
        ok: true,
        status: 200,
        json: async () => ({ epoch: 'e1', channels, cursor: {}, more: methods.length < 2 }),
      };
    };
    world.socket.end(1006);
    await world.settle();
    expect(methods).toEqual(['POST', 'POST']);
    expect(client.last('SYMBOL7')).toMatchObject({ seq: 9, isLive: false });
  });

  it('should leave nothing behind when it is closed, in whatever state', async () => {
    for (const at of ['connecting', 'open', 'waiting', 'polling']) {
      const { world, client, states } = await start({ policy: us001, pingMs: 1_000, token: () => 'T' });
      const reader = client.ticker('AAPL');
      const order = client.placeOrder({ symbol: 'AAPL', side: 'BUY', orderType: 'MARKET', quantity: '1' });
      order.catch(() => undefined);
      if (at === 'open') world.socket.welcome();
      if (at === 'waiting') world.socket.end(1006);
      for (let count = 0; at === 'polling' && count < 4; count++) {
        world.socket.end(1006);
        await world.pass([2_000, 4_000, 8_000][count] ?? 0);
      }
      expect(states.at(-1) ?? 'connecting').toBe(at);
      client.close();
      await expect(order).rejects.toMatchObject({ name: 'CommandError', code: 'closed' });
      expect(await reader.next()).toEqual({ done: true, value: undefined });
      expect(world.timers).toBe(0);
      expect(world.liveSockets).toBe(0);
      expect(() => client.ticker('AAPL')).toThrow('the client is closed; make a new one');
    }
  });
});

describe('tokens', () => {
  it('should renew a token before it ends, on the open connection', async () => {
    const tokens = ['first', 'second'];
    const { world } = await start({ token: async () => tokens.shift() ?? '' });
    world.socket.welcome();
    world.socket.tell({ type: 'system', code: 'token_expiring', message: '', serverTimeUs: 1 });
    await world.settle();
    expect(world.socket.of('refresh')).toMatchObject([{ token: 'second' }]);
  });

  it('should come back with a new token after 4401', async () => {
    const tokens = ['first', 'second'];
    const { world } = await start({ token: async () => tokens.shift() ?? '' });
    world.socket.welcome();
    world.socket.end(4401);
    await world.pass(250);
    world.socket.open();
    expect(world.socket.sent).toEqual([{ type: 'auth', token: 'second' }]);
  });

  it('should end when two tokens in a row are refused as ended, or there is no other', async () => {
    const renewing = await start({ token: () => 'stale' });
    renewing.world.socket.end(4401);
    await renewing.world.pass(250);
    renewing.world.socket.end(4401);
    expect(renewing.client.status.current).toMatchObject({ state: 'closed', code: 4401 });
    const fixed = await start({ token: 'stale' });
    fixed.world.socket.end(4401);
    expect(fixed.client.status.current).toMatchObject({ state: 'closed', code: 4401 });
  });

  it('should go on trying when getting a token fails', async () => {
    let asked = 0;
    const token = async (): Promise<string> => {
      asked++;
      if (asked === 1) throw new Error('the login page is down');
      return 'T';
    };
    const { world, notices } = await start({ token });
    expect(notices).toEqual([{ kind: 'token-failed', message: 'the login page is down' }]);
    await world.pass(250);
    world.socket.open();
    expect(world.socket.sent).toEqual([{ type: 'auth', token: 'T' }]);
  });
});
