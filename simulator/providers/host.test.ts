import { fc, test } from '@fast-check/vitest';
import { afterEach, describe, expect, it } from 'vitest';
import type { Tick } from '../../market/types.ts';
import { type LinkEvent, type LinkState, SOUND_LINK } from '../faults/types.ts';
import { HostError } from './host.ts';
import { POLYGON } from './polygon.ts';
import { OPEN_US, openTestHost, SYMBOLS, type TestHost, type TestHostOptions, tradeAt } from './testing/testHost.ts';
import { WireClient } from './testing/wireClient.ts';

const open: { close: () => void }[] = [];
function closeAll(): void {
  for (const one of open.splice(0).reverse()) one.close();
}
afterEach(closeAll);

async function polygon(options: Partial<TestHostOptions> = {}): Promise<TestHost> {
  const host = await openTestHost({ kind: POLYGON, ticks: [tradeAt(0)], plan: 'unlimited', ...options });
  open.push(host);
  return host;
}

/** A client that hears topics. */
async function listener(host: TestHost, topics: string, query = ''): Promise<WireClient> {
  const client = await WireClient.open(host.url(`/stocks${query}`));
  open.push(client);
  client.send({ action: 'auth', params: 'k' });
  await change(client, 'subscribe', topics);
  return client;
}

async function change(client: WireClient, action: string, topics: string): Promise<void> {
  client.send({ action, params: topics });
  const last = topics.split(',').at(-1);
  await client.until((text) => text.includes(`"${action}d to: ${last}"`));
}

/** Ids of trades by symbol that a client has heard, once all before now has come. */
async function heard(client: WireClient): Promise<string[]> {
  await change(client, 'unsubscribe', 'T.NONE');
  return trades(client);
}

function trades(client: WireClient): string[] {
  return client.texts
    .flatMap((text) => JSON.parse(text))
    .flatMap(({ ev, sym, i }) => (ev === 'T' ? `${sym} ${i}` : []));
}

function someTicks(count: number): Tick[] {
  return Array.from({ length: count }, (_, at) =>
    tradeAt(at, { symbol: at % SYMBOLS.length, price: 10_000 + (at % 7) }),
  );
}

/** Trades of symbols, as clients name them, in the tape's order. */
function expected(ticks: readonly Tick[], symbols: readonly number[]): string[] {
  const counts = SYMBOLS.map(() => 0);
  return ticks.flatMap(({ symbol }) => {
    counts[symbol] = (counts[symbol] ?? 0) + 1;
    return symbols.includes(symbol) ? [`${SYMBOLS[symbol]} ${counts[symbol]}`] : [];
  });
}

/** Faults of the link that a test sets. */
function settableLink() {
  const link = { state: SOUND_LINK as LinkState, events: [] as LinkEvent[], draw: 0 };
  const faults = {
    at: () => link.state,
    random: () => link.draw,
    eventsIn: () => link.events.splice(0),
    nextChangeUs: (nowUs: number) => nowUs,
  };
  return { link, faults: () => ({ link: faults }) };
}

describe('ProviderHost: fan-out', () => {
  it('should give each client the events of its topics, all of them, in the order of the tape', async () => {
    const ticks = someTicks(5_000);
    const host = await polygon({ ticks });
    const clients = await Promise.all(
      ['T.AAPL', 'T.MSFT,T.BRK.B', 'T.*', 'T.*', 'Q.*'].map((topics) => listener(host, topics)),
    );
    await host.host.run();
    const wanted = [[0], [1, 2], [0, 1, 2], [0, 1, 2], []].map((symbols) => expected(ticks, symbols));
    expect(await Promise.all(clients.map(heard))).toEqual(wanted);
    expect(host.host.counts.deliveries).toBe(wanted.flat().length);
  });

  test.prop(
    [
      fc.array(
        fc.record({
          step: fc.integer({ min: 1, max: 40 }),
          verb: fc.constantFrom('subscribe', 'unsubscribe'),
          topic: fc.constantFrom('T.AAPL', 'T.MSFT', 'T.BRK.B', 'T.*'),
        }),
        { minLength: 1, maxLength: 12 },
      ),
    ],
    { numRuns: 15 },
  )('should follow every change of subscriptions to the event', async (changes) => {
    const ticks = someTicks(500);
    const host = await polygon({ ticks, speed: 1e-6, fromUs: OPEN_US - 1_000_000 });
    const client = await listener(host, 'T.NONE');
    const topics = new Set<string>();
    const wanted: string[] = [];
    const all = expected(ticks, [0, 1, 2]);
    void host.host.run();
    let at = 0;
    for (const { step, verb, topic } of changes) {
      await change(client, verb, topic);
      if (verb === 'subscribe') topics.add(topic);
      else topics.delete(topic);
      host.player.step('tick', step);
      wanted.push(
        ...all.slice(at, at + step).filter((name) => topics.has('T.*') || topics.has(`T.${name.split(' ')[0]}`)),
      );
      at += step;
    }
    expect(await heard(client)).toEqual(wanted);
    closeAll();
  });

  it('should end a client that reads too slowly, and nobody else', async () => {
    const ticks = someTicks(100_000);
    const host = await polygon({ ticks, maxBufferedBytes: 64 * 1024 });
    const slow = await listener(host, 'T.*');
    const quick = await listener(host, 'T.AAPL');
    slow.socket.pause();
    await host.host.run();
    expect(await heard(quick)).toEqual(expected(ticks, [0]));
    expect(host.host.counts).toMatchObject({ kicked: 1, connections: 1 });
    slow.socket.resume();
    expect(await slow.closed).toMatchObject({ code: 1006 });
  });
});

describe('ProviderHost: clients that go', () => {
  it('should write nothing more for them', async () => {
    const host = await polygon({ ticks: someTicks(9) });
    const client = await listener(host, 'T.*');
    client.socket.close();
    await client.closed;
    await host.host.run();
    expect(host.host.counts).toMatchObject({ opened: 1, connections: 0, deliveries: 0, dropped: 0 });
  });
});

describe('ProviderHost: bad input', () => {
  it('should answer an unknown path by HTTP 404, upgrade or not', async () => {
    const host = await polygon();
    await expect(WireClient.open(host.url('/nowhere'))).rejects.toThrow('401');
    await expect(WireClient.open(host.url('/nowhere?apiKey=k'))).rejects.toThrow('404');
    expect((await fetch(host.httpUrl('/nowhere?apiKey=k'))).status).toBe(404);
  });

  it('should live through frames that are none', async () => {
    const host = await polygon();
    const [binary, large, sound] = await Promise.all([1, 2, 3].map(() => listener(host, 'T.AAPL')));
    binary?.socket.send(new Uint8Array([1, 2, 3]));
    large?.socket.send('x'.repeat(300_000));
    expect(await large?.closed).toMatchObject({ code: 1006 });
    await host.host.run();
    for (const client of [binary, sound]) expect(client && (await heard(client))).toEqual(['AAPL 1']);
  });

  it('should refuse a body that is too large and answer HEAD without one', async () => {
    const host = await polygon();
    const large = await fetch(host.httpUrl('/v1/marketstatus/now'), { method: 'POST', body: 'x'.repeat(2_000_000) });
    expect(large.status).toBe(413);
    const head = await fetch(host.httpUrl('/v1/marketstatus/now?apiKey=k'), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('should say which port it can not have', async () => {
    const host = await polygon();
    const other = polygon({ port: host.host.port });
    await expect(other).rejects.toThrow(HostError);
    await expect(other).rejects.toThrow(`127.0.0.1:${host.host.port} is taken; choose another port`);
  });
});

describe('ProviderHost: clocks', () => {
  it('should play the tape to each connection from its own place', async () => {
    const ticks = someTicks(30);
    const host = await polygon({ ticks, isOwn: true, speed: 100 });
    const half = OPEN_US + 15_000;
    const [whole, part] = await Promise.all([
      WireClient.open(host.url('/stocks?speed=0.1')),
      WireClient.open(host.url(`/stocks?from=${half}&speed=0.1`)),
    ]);
    for (const client of [whole, part]) {
      open.push(client);
      client.send({ action: 'auth', params: 'k' });
      client.send({ action: 'subscribe', params: 'T.*' });
    }
    await Promise.all([whole, part].map((client) => client.until((text) => text.includes('"i":"10","p"'))));
    const last = (client: WireClient) => trades(client).at(-1);
    expect([last(whole), last(part)]).toEqual([expect.stringMatching(/ 10$/), expect.stringMatching(/ 10$/)]);
    // What came before the part counts for ids all the same: the first of it is the sixth of its symbol.
    expect(trades(part).every((name) => Number(name.split(' ')[1]) >= 6)).toBe(true);
    expect(trades(whole).length).toBeGreaterThan(trades(part).length);
  });

  it.each(['?from=nowhere', '?speed=0', '?speed=fast'])('should refuse %s', async (query) => {
    const host = await polygon({ isOwn: true });
    await expect(WireClient.open(host.url(`/stocks${query}`))).rejects.toThrow('400');
  });
});

describe('ProviderHost: faults of the link', () => {
  it('should be silent while answers go on', async () => {
    const { link, faults } = settableLink();
    const host = await polygon({ ticks: someTicks(9), faults });
    const client = await listener(host, 'T.*');
    link.state = { ...SOUND_LINK, isSilent: true };
    await host.host.run();
    expect(await heard(client)).toEqual([]);
    expect(host.host.counts).toMatchObject({ dropped: 9, deliveries: 0 });
  });

  it('should cut frames in half, or send the halves', async () => {
    const { link, faults } = settableLink();
    for (const [name, pieces] of [
      ['truncatedShare', 1],
      ['splitShare', 2],
    ] as const) {
      const host = await polygon({ ticks: someTicks(1), faults });
      const client = await listener(host, 'T.*');
      link.state = { ...SOUND_LINK, [name]: 0.5 };
      const before = client.texts.length;
      await host.host.run();
      await change(client, 'unsubscribe', 'T.NONE');
      const data = client.texts.slice(before, -1);
      expect(data).toHaveLength(pieces);
      expect(data.join('').startsWith('[{"ev":"T","sym":"AAPL"')).toBe(true);
      expect(data.join('').endsWith('}]')).toBe(pieces === 2);
    }
  });

  it('should delay everything and keep the order', async () => {
    const { link, faults } = settableLink();
    const ticks = someTicks(500);
    const host = await polygon({ ticks, faults });
    const client = await listener(host, 'T.*');
    link.state = { ...SOUND_LINK, delayUs: 20_000 };
    await host.host.run();
    link.state = SOUND_LINK;
    expect(await heard(client)).toEqual(expected(ticks, [0, 1, 2]));
  });

  it('should reset a share of the sockets, or end them with a code', async () => {
    const { link, faults } = settableLink();
    const host = await polygon({ faults });
    const client = await listener(host, 'T.*');
    link.events = [{ kind: 'cut', share: 0.5 }];
    expect(await client.closed).toMatchObject({ code: 1006 });
    const other = await listener(host, 'T.*');
    link.events = [{ kind: 'cut', share: 0.5, code: 1001 }];
    expect(await other.closed).toMatchObject({ code: 1001 });
    const third = await listener(host, 'T.*');
    link.events = [{ kind: 'kick_slow' }];
    expect(await third.closed).toMatchObject({ code: 1006 });
    expect(host.host.counts).toMatchObject({ kicked: 1 });
  });

  it('should refuse connections while it is down, and be there again after', async () => {
    const { link, faults } = settableLink();
    const host = await polygon({ faults });
    const client = await listener(host, 'T.*');
    link.state = { ...SOUND_LINK, isDown: true };
    expect(await client.closed).toMatchObject({ code: 1006 });
    await expect(WireClient.open(host.url('/stocks'))).rejects.toThrow('ECONNREFUSED');
    link.state = SOUND_LINK;
    await reopened(host);
    await host.host.run();
    expect(await heard(await listener(host, 'T.*'))).toEqual([]);
  });

  it('should leave a half-open socket without data, answers and pongs, and open', async () => {
    const { link, faults } = settableLink();
    const host = await polygon({ faults });
    const client = await listener(host, 'T.*');
    const seen: string[] = [];
    client.socket.on('pong', () => seen.push('pong'));
    link.state = { ...SOUND_LINK, isHalfOpen: true };
    // A new connection hangs as well: by the time that one is given up, a pong would have come.
    await expect(fetch(host.httpUrl('/x'), { signal: AbortSignal.timeout(150) })).rejects.toThrow();
    const hears = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping();
    await expect(fetch(host.httpUrl('/x'), { signal: AbortSignal.timeout(150) })).rejects.toThrow();
    seen.push('over');
    link.state = SOUND_LINK;
    await hears;
    expect(seen).toEqual(['over', 'pong']);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('should answer HTTP with a page while its content type is wrong', async () => {
    const { link, faults } = settableLink();
    const host = await polygon({ faults });
    link.state = { ...SOUND_LINK, hasWrongContentType: true };
    const response = await fetch(host.httpUrl('/v1/marketstatus/now?apiKey=k'));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('should refuse every key while a scenario says so', async () => {
    const { link, faults } = settableLink();
    const host = await polygon({ faults });
    link.state = { ...SOUND_LINK, refusesAuth: true };
    const client = await WireClient.open(host.url('/stocks'));
    open.push(client);
    client.send({ action: 'auth', params: 'k' });
    await client.until((text) => text.includes('auth_failed'));
  });
});

/** Resolves when the host takes connections again. */
async function reopened(host: TestHost): Promise<void> {
  for (;;) {
    const answer = await fetch(host.httpUrl('/')).catch(() => undefined);
    if (answer !== undefined) return;
  }
}
