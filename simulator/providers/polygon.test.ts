import { afterEach, describe, expect, it } from 'vitest';
import { POLYGON } from './polygon.ts';
import { FacadeRig } from './testing/facadeRig.ts';
import { OPEN_US, openTestHost, quoteAt, type TestHost, type TestHostOptions, tradeAt } from './testing/testHost.ts';
import { WireClient } from './testing/wireClient.ts';

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
});

async function polygon(options: Partial<TestHostOptions> = {}): Promise<TestHost> {
  const host = await openTestHost({ kind: POLYGON, ticks: [tradeAt(0)], ...options });
  open.push(host);
  return host;
}

async function connect(host: TestHost, path = '/stocks'): Promise<WireClient> {
  const client = await WireClient.open(host.url(path));
  open.push(client);
  expect(await client.next()).toEqual([{ ev: 'status', status: 'connected', message: 'Connected Successfully' }]);
  return client;
}

async function authenticated(host: TestHost, key = 'k'): Promise<WireClient> {
  const client = await connect(host);
  client.send({ action: 'auth', params: key });
  expect(await client.next()).toEqual([AUTHENTICATED]);
  return client;
}

async function ask(client: WireClient, action: string, params: string): Promise<unknown> {
  client.send({ action, params });
  return client.next();
}

const AUTHENTICATED = { ev: 'status', status: 'auth_success', message: 'authenticated' };
const FAILED = { ev: 'status', status: 'auth_failed', message: 'authentication failed' };
const NOT_AUTHORIZED = { ev: 'status', status: 'error', message: 'not authorized' };
const UNKNOWN = { ev: 'status', status: 'error', message: 'unknown action' };
const ack = (verb: string, topic: string) => ({ ev: 'status', status: 'success', message: `${verb}d to: ${topic}` });

/** All events of a client, in order. */
function events(client: WireClient): Record<string, unknown>[] {
  return client.texts.flatMap((text) => JSON.parse(text)).filter(({ ev }) => ev !== 'status');
}

/** What a client has heard once everything before it has come. */
async function heard(client: WireClient): Promise<Record<string, unknown>[]> {
  await ask(client, 'unsubscribe', 'T.NONE');
  await client.until((text) => text.includes('T.NONE'));
  return events(client);
}

describe('Polygon: the stream', () => {
  it('should say trades and quotes in order, in the published form', async () => {
    const ticks = [
      tradeAt(0, { price: 11_412, size: 50 }),
      quoteAt(1),
      tradeAt(1.5, { symbol: 1 }),
      tradeAt(2, { price: 11_413, size: 100 }),
    ];
    const host = await polygon({ ticks });
    const client = await authenticated(host);
    expect(await ask(client, 'subscribe', 'T.AAPL,Q.*')).toEqual([ack('subscribe', 'T.AAPL'), ack('subscribe', 'Q.*')]);
    await host.host.run();
    const common = { sym: 'AAPL', z: 3 };
    expect(await heard(client)).toEqual([
      { ...common, ev: 'T', x: 12, i: '1', p: 114.12, s: 50, c: [37], t: 1_584_365_400_000, q: 1 },
      { ...common, ev: 'Q', bx: 12, bp: 99.99, bs: 3, ax: 12, ap: 100.01, as: 2, c: 0, t: 1_584_365_400_001, q: 1 },
      { ...common, ev: 'T', x: 12, i: '2', p: 114.13, s: 100, t: 1_584_365_400_002, q: 2 },
    ]);
  });

  it('should say minutes when they end, each with the day so far', async () => {
    const ticks = [
      tradeAt(0, { price: 10_000, size: 100 }),
      tradeAt(30_000, { price: 10_100, size: 200 }),
      tradeAt(59_999, { price: 10_050, size: 100 }),
      tradeAt(60_000, { price: 10_200, size: 10 }),
    ];
    const host = await polygon({ ticks });
    const client = await authenticated(host);
    await ask(client, 'subscribe', 'AM.AAPL');
    await host.host.run();
    const minute = { ev: 'AM', sym: 'AAPL', op: 100 };
    expect(await heard(client)).toEqual([
      {
        ...minute,
        ...{ v: 400, av: 400, vw: 100.625, o: 100, c: 100.5, h: 101, l: 100, a: 100.625, z: 133 },
        ...{ s: 1_584_365_400_000, e: 1_584_365_460_000 },
      },
    ]);
  });

  it('should say bars of a second to those who asked', async () => {
    const host = await polygon({
      ticks: [tradeAt(0), tradeAt(999, { price: 10_100 }), tradeAt(1_000), tradeAt(2_500)],
    });
    const client = await authenticated(host);
    await ask(client, 'subscribe', 'A.AAPL');
    await host.host.run();
    expect((await heard(client)).map(({ ev, s, e, o, c }) => [ev, s, e, o, c])).toEqual([
      ['A', 1_584_365_400_000, 1_584_365_401_000, 100, 101],
      ['A', 1_584_365_401_000, 1_584_365_402_000, 100, 100],
    ]);
  });

  it('should say a price band with each minute and at a halt', async () => {
    const halts = [{ symbol: 0, haltUs: OPEN_US + 500_000, reason: 'LULD pause' }];
    const host = await polygon({ ticks: [tradeAt(0), tradeAt(1_000, { symbol: 1 }), tradeAt(61_000)], halts });
    const client = await authenticated(host);
    await ask(client, 'subscribe', 'LULD.AAPL');
    await host.host.run();
    const band = { ev: 'LULD', T: 'AAPL', h: 105, l: 95, i: [21], z: 3 };
    expect(await heard(client)).toEqual([
      { ...band, t: 1_584_365_400_500, q: 1 },
      { ...band, t: 1_584_365_460_000, q: 2 },
    ]);
  });

  it('should mark trades outside the regular session', async () => {
    const host = await polygon({ ticks: [tradeAt(-60_000), tradeAt(0)] });
    const client = await authenticated(host);
    await ask(client, 'subscribe', 'T.*');
    await host.host.run();
    expect((await heard(client)).map(({ c }) => c)).toEqual([[12], undefined]);
  });

  it.each(['T.AAPL,T.*', 'T.*,T.AAPL'])('should say an event once to a client that asked for %s', async (topics) => {
    const host = await polygon({ ticks: [tradeAt(0), tradeAt(1, { symbol: 1 })] });
    const client = await authenticated(host);
    await ask(client, 'subscribe', topics);
    await host.host.run();
    expect((await heard(client)).map(({ sym }) => sym)).toEqual(['AAPL', 'MSFT']);
  });

  it('should keep single topics when all of their kind are given up', async () => {
    const host = await polygon({ ticks: [tradeAt(0), tradeAt(1, { symbol: 1 })] });
    const client = await authenticated(host);
    await ask(client, 'subscribe', 'T.*,T.MSFT');
    expect(await ask(client, 'unsubscribe', 'T.*')).toEqual([ack('unsubscribe', 'T.*')]);
    await host.host.run();
    expect((await heard(client)).map(({ sym }) => sym)).toEqual(['MSFT']);
  });
});

describe('Polygon: who may', () => {
  it.each([
    ['a key that is known', { keys: ['right'] }, 'right', AUTHENTICATED],
    ['a key that is not', { keys: ['right'] }, 'wrong', FAILED],
    ['any key, when none is named', {}, 'any', AUTHENTICATED],
    ['no key', {}, '', FAILED],
  ])('should answer %s', async (_, options, key, answer) => {
    const client = await connect(await polygon(options));
    expect(await ask(client, 'auth', key)).toEqual([answer]);
  });

  it('should let a client try again after a wrong key', async () => {
    const client = await connect(await polygon({ keys: ['right'] }));
    await ask(client, 'auth', 'wrong');
    expect(await ask(client, 'auth', 'right')).toEqual([AUTHENTICATED]);
  });

  it('should answer a subscription without authentication, or without a stream in the plan, with not authorized', async () => {
    const stranger = await connect(await polygon());
    expect(await ask(stranger, 'subscribe', 'T.AAPL')).toEqual([NOT_AUTHORIZED]);
    const free = await authenticated(await polygon({ plan: 'free' }));
    expect(await ask(free, 'subscribe', 'T.AAPL')).toEqual([NOT_AUTHORIZED]);
  });

  it('should end the older socket of a key beyond its plan, and leave other keys and clusters alone', async () => {
    const host = await polygon({ plan: '1' });
    const [older, other] = [await authenticated(host, 'a'), await authenticated(host, 'b')];
    const cluster = await connect(host, '/');
    expect(await ask(cluster, 'auth', 'a')).toEqual([AUTHENTICATED]);
    const newer = await authenticated(host, 'a');
    expect(await older.next()).toMatchObject([{ status: 'max_connections' }]);
    expect(await older.closed).toMatchObject({ code: 1008 });
    for (const client of [other, cluster, newer]) {
      expect(await ask(client, 'subscribe', 'T.AAPL')).toEqual([ack('subscribe', 'T.AAPL')]);
    }
  });

  it('should let five sockets be with the plan for five', async () => {
    const host = await polygon({ plan: '5' });
    const clients = [];
    for (let at = 0; at < 6; at++) clients.push(await authenticated(host));
    expect(await clients[0]?.closed).toMatchObject({ code: 1008 });
    expect(host.host.counts.connections).toBe(5);
  });
});

describe('Polygon: on the virtual clock', () => {
  it('should end a socket that does not authenticate within 10 s, and no other', () => {
    const rig = new FacadeRig(POLYGON);
    const [silent, sound] = [rig.connect('/stocks'), rig.connect('/stocks')];
    sound.says({ action: 'auth', params: 'k' });
    rig.passTo(9_999);
    expect(silent.ended).toBeUndefined();
    rig.passTo(10_000);
    expect(silent.heard.at(-1)).toMatchObject([{ status: 'auth_timeout' }]);
    expect([silent.ended, sound.ended]).toEqual([{ code: 1008, reason: '' }, undefined]);
  });

  it('should say that the limit is passed, and end, while a scenario says that all is over the limit', () => {
    const rig = new FacadeRig(POLYGON);
    rig.link = { refusesAuth: false, isRateLimited: true };
    const socket = rig.connect('/stocks');
    expect(socket.says({ action: 'auth', params: 'k' }).at(-1)).toMatchObject([{ status: 'max_connections' }]);
    expect(socket.ended).toEqual({ code: 1008, reason: '' });
  });

  it('should make no bars of a second for a client that has gone', () => {
    const rig = new FacadeRig(POLYGON);
    const socket = rig.connect('/stocks');
    socket.says({ action: 'auth', params: 'k' });
    socket.says({ action: 'subscribe', params: 'A.AAPL,A.*,A.AAPL' });
    expect(rig.facade.wantsSeconds?.()).toBe(true);
    socket.leaves();
    expect(rig.facade.wantsSeconds?.()).toBe(false);
  });

  it('should let a key come back once its socket has gone', () => {
    const rig = new FacadeRig(POLYGON);
    const before = rig.connect('/stocks');
    before.says({ action: 'auth', params: 'k' });
    before.leaves();
    const after = rig.connect('/stocks');
    expect(after.says({ action: 'auth', params: 'k' })).toEqual([[AUTHENTICATED]]);
    expect(before.frames.some((text) => text.includes('max_connections'))).toBe(false);
  });
});

describe('Polygon: what clients send', () => {
  it.each([
    ['', [UNKNOWN]],
    ['{', [UNKNOWN]],
    ['null', [UNKNOWN]],
    ['[]', [UNKNOWN]],
    ['{"action":"subscribe"}', [UNKNOWN]],
    ['{"action":"subscribe","params":["T.AAPL"]}', [UNKNOWN]],
    ['{"action":"dance","params":""}', [UNKNOWN]],
    ['{"action":"subscribe","params":""}', [NOT_AUTHORIZED]],
    ['{"action":"subscribe","params":"T."}', [NOT_AUTHORIZED]],
    ['{"action":"subscribe","params":"X.AAPL"}', [NOT_AUTHORIZED]],
    ['{"action":"subscribe","params":"AAPL"}', [NOT_AUTHORIZED]],
    ['{"action":"subscribe","params":"T.AAPL, Q.MSFT"}', [ack('subscribe', 'T.AAPL'), ack('subscribe', 'Q.MSFT')]],
    ['{"action":"subscribe","params":"T.BRK.B"}', [ack('subscribe', 'T.BRK.B')]],
    ['{"action":"subscribe","params":"Q.AAPL,MSFT"}', [ack('subscribe', 'Q.AAPL'), NOT_AUTHORIZED]],
    ['{"action":"unsubscribe","params":"T.AAPL"}', [ack('unsubscribe', 'T.AAPL')]],
  ])('should answer %s', async (frame, answer) => {
    const client = await authenticated(await polygon());
    client.send(frame);
    expect(await client.next()).toEqual(answer);
  });

  it('should take ten thousand topics in one frame, refuse more at once, and a topic longer than any symbol', () => {
    const client = new FacadeRig(POLYGON).connect('/stocks');
    client.says({ action: 'auth', params: 'k' });
    const params = Array.from({ length: 10_000 }, (_, at) => `T.S${at}`).join(',');
    const [acks] = client.says({ action: 'subscribe', params });
    expect(acks).toHaveLength(10_000);
    const refusal = [{ ev: 'status', status: 'error', message: 'too many topics in one message' }];
    expect(client.says({ action: 'subscribe', params: ','.repeat(250_000) })).toEqual([refusal]);
    expect(client.says({ action: 'subscribe', params: `T.${'S'.repeat(63)}` })).toEqual([[NOT_AUTHORIZED]]);
  });

  it('should carry a prefix on to bare names when lenient', async () => {
    const client = await authenticated(await polygon({ isLenient: true }));
    expect(await ask(client, 'subscribe', 'Q.AAPL,MSFT,T.AAPL,MSFT')).toEqual(
      ['Q.AAPL', 'Q.MSFT', 'T.AAPL', 'T.MSFT'].map((topic) => ack('subscribe', topic)),
    );
    expect(await ask(client, 'subscribe', 'AAPL')).toEqual([NOT_AUTHORIZED]);
  });
});
