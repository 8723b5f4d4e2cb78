import { Writable } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import { SignJWT, UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { mintToken } from './identity.ts';
import { ProcessMonitor } from './processMonitor.ts';
import { frame, Opcode, RawSocket } from './testing/rawSocket.ts';
import type { StreamClient } from './testing/streamClient.ts';
import { TestServer } from './testing/testServer.ts';

const SECRET = 'a secret of thirty-two bytes, at least';
const OTHER = 'another secret of thirty-two bytes or so';
/** No client may wait longer for another one's bytes, ms. */
const LONGEST_STALL_MS = 50;
const PLAYS = 5;

const servers: TestServer[] = [];
const raws: RawSocket[] = [];
let logged = '';

afterEach(async () => {
  for (const raw of raws.splice(0)) raw.destroy();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options: Parameters<typeof TestServer.start>[0] = {}): Promise<TestServer> {
  logged = '';
  const sink = new Writable({
    write: (line, _, done) => {
      logged += String(line);
      done();
    },
  });
  const server = await TestServer.start({
    config: { secret: SECRET },
    log: pino({ level: 'trace' }, sink),
    ...options,
  });
  servers.push(server);
  return server;
}

const annsToken = mintToken({ secret: SECRET, user: 'ann' });

async function ann(server: TestServer): Promise<StreamClient> {
  return server.welcome(await annsToken);
}

async function raw(server: TestServer): Promise<RawSocket> {
  const socket = await RawSocket.upgrade(server.port, { headers: { authorization: `Bearer ${await annsToken}` } });
  raws.push(socket);
  return socket;
}

function count(server: TestServer, name: string, label: string, value: string | number): Promise<number> {
  return server.metric(`${name}{${label}="${value}"}`);
}

/**
 * Plays an attack beside a client that pings, and returns the event loop's longest block, ms. A stall that the attack
 * causes comes each time, one that this machine causes doesn't: so the least of several plays counts.
 */
async function longestStallMs(server: TestServer, attack: () => Promise<void>): Promise<number> {
  const neighbour = await ann(server);
  let leastMs = Number.POSITIVE_INFINITY;
  for (let play = 0; play < PLAYS && leastMs > LONGEST_STALL_MS; play++) {
    const monitor = new ProcessMonitor();
    const [first, attacked] = [neighbour.settled(), attack()];
    await first;
    await attacked;
    await neighbour.settled();
    leastMs = Math.min(leastMs, monitor.loopDelayTotalMaxUs / 1000);
    monitor.close();
  }
  return leastMs;
}

describe('a frame that is no frame', () => {
  it.each([
    ['bad JSON', '{"type":', 'bad_json', 4400],
    ['nesting of 10,000', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'too_deep', 4400],
    [
      'nesting of 10,000 in a field',
      `{"type":"ping","x":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
      'too_deep',
      4400,
    ],
  ])('should be refused and end its socket: %s', async (_, text, code, closeCode) => {
    const server = await start();
    const client = await ann(server);
    client.sendRaw(text);

    expect((await client.closed).code).toBe(closeCode);
    expect(client.frames.at(-1)).toMatchObject({ type: 'error', code, retryable: false });
    expect(await count(server, 'tapedeck_errors_total', 'code', code)).toBe(1);
    expect(await count(server, 'tapedeck_connections_closed_total', 'code', closeCode)).toBe(1);
  });

  it('should be cut and counted when its text is not UTF-8', async () => {
    const server = await start();
    const socket = await raw(server);
    socket.write(frame(Opcode.TEXT, Buffer.from('{"type":"ping","x":"\xff\xfe"}', 'latin1')));

    expect(await socket.closed).toBe(1006);
    expect(await count(server, 'tapedeck_sockets_cut_total', 'cause', 'bad_utf8')).toBe(1);
  });

  it.each([
    ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['a ping of 200 bytes', frame(Opcode.PING, Buffer.alloc(200))],
    ['a ping in fragments', frame(Opcode.PING, 'x', { isFinal: false })],
    ['a continuation of nothing', frame(Opcode.CONTINUATION, 'x')],
  ])('should be cut and counted when its framing is broken: %s', async (_, bytes) => {
    const server = await start();
    const socket = await raw(server);
    socket.write(bytes);

    expect(await socket.closed).toBe(1006);
    expect(await count(server, 'tapedeck_sockets_cut_total', 'cause', 'cut')).toBe(1);
  });

  it('should end its socket with 4413 over maxFrameBytes, and be cut over the limit of the transport', async () => {
    const server = await start();
    const { maxFrameBytes, maxTransportFrameBytes } = DEFAULT_LIMITS;
    const large = await ann(server);
    large.sendRaw('x'.repeat(maxFrameBytes + 1));
    expect((await large.closed).code).toBe(4413);

    const larger = await ann(server);
    larger.sendRaw('x'.repeat(maxTransportFrameBytes + 1));
    expect((await larger.closed).code).toBe(1006);
    expect(await count(server, 'tapedeck_connections_closed_total', 'code', 4413)).toBe(1);
    expect(await count(server, 'tapedeck_sockets_cut_total', 'cause', 'too_large')).toBe(1);
  });

  it('should be cut before it is inflated beyond the limit of the transport', async () => {
    const server = await start({ config: { secret: SECRET, compression: true } });
    const headers = {
      authorization: `Bearer ${await annsToken}`,
      'sec-websocket-extensions': 'permessage-deflate; client_no_context_takeover',
    };
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
    expect(bomb.length).toBeLessThan(DEFAULT_LIMITS.maxFrameBytes * 1.1);
    const stallMs = await longestStallMs(server, async () => {
      const socket = await RawSocket.upgrade(server.port, { headers });
      raws.push(socket);
      expect(socket.head).toContain('permessage-deflate');
      socket.write(frame(Opcode.TEXT, bomb, { isDeflated: true }));
      expect(await socket.closed).toBe(1006);
    });

    expect(stallMs).toBeLessThan(LONGEST_STALL_MS);
    expect(await count(server, 'tapedeck_sockets_cut_total', 'cause', 'too_large')).toBeGreaterThan(0);
  });
});

describe('a frame that says something odd', () => {
  it.each([
    ['a text for a number', '{"type":"ping","id":"1"}', 'bad_message'],
    ['a number beyond all numbers', '{"type":"ping","id":1e400}', 'bad_message'],
    ['a number beyond the exact ones', '{"type":"ping","id":9007199254740993}', 'bad_message'],
    ['a list', '[]', 'bad_message'],
    ['null', 'null', 'bad_message'],
    ['no type', '{"id":1}', 'bad_message'],
    ['a type that is a list', '{"type":["ping"]}', 'bad_message'],
    ['an unknown type', '{"type":"drop table","id":1}', 'unknown_type'],
    ['a type of Object', '{"type":"__proto__"}', 'unknown_type'],
    ['a type that every object has', '{"type":"constructor"}', 'unknown_type'],
    ['a channel that every object has', '{"type":"subscribe","channel":"constructor"}', 'unknown_channel'],
    ['half a surrogate pair', '{"type":"subscribe","channel":"ticker","symbols":["\\ud800"]}', 'bad_message'],
    ['a NUL', '{"type":"subscribe","channel":"ticker","symbols":["S\\u0000"]}', 'bad_message'],
    ['a symbol of Object', '{"type":"subscribe","channel":"ticker","symbols":["__proto__"]}', 'unknown_symbol'],
    [
      'a quantity beyond all numbers',
      '{"type":"order.place","clientOrderId":"a","symbol":"S0","side":"BUY","orderType":"MARKET","quantity":1e400}',
      'bad_message',
    ],
  ])('should be refused, the socket goes on: %s', async (_, text, code) => {
    const server = await start();
    const client = await ann(server);
    const answer = client.next(({ type }) => type === 'error');
    client.sendRaw(text);

    expect(await answer).toMatchObject({ type: 'error', code, retryable: false });
    expect(await client.ask({ type: 'ping', id: 7 })).toMatchObject({ type: 'pong' });
    expect(await count(server, 'tapedeck_errors_total', 'code', code)).toBe(1);
  });

  it('should be taken without its unknown fields, the last of duplicate keys, and no prototype of its own', async () => {
    const client = await ann(await start());
    const answer = client.next(({ type }) => type === 'pong');
    client.sendRaw(
      '{"type":"subscribe","type":"ping","id":1,"id":2,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"more":[]}',
    );

    expect(await answer).toMatchObject({ type: 'pong', id: 2 });
    expect('polluted' in {}).toBe(false);
  });
});

describe('a stranger', () => {
  const foreign = new SignJWT({ scope: 'market:read' }).setSubject('ann').setProtectedHeader({ alg: 'HS256' });
  const tokens = {
    'of another key': foreign.sign(new TextEncoder().encode(OTHER)),
    'with alg none': Promise.resolve(new UnsecuredJWT({ sub: 'ann', scope: 'market:read' }).encode()),
    'with alg none and a signature': annsToken.then((token) =>
      [Buffer.from('{"alg":"none"}').toString('base64url'), ...token.split('.').slice(1)].join('.'),
    ),
    'that has ended': mintToken({ secret: SECRET, user: 'ann', expiresInS: -1 }),
    'that is not valid yet': new SignJWT({ nbf: 9_999_999_999 })
      .setSubject('ann')
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET)),
    'that is huge': mintToken({ secret: SECRET, user: 'ann', scopes: ['x'.repeat(9_000)] }),
  };

  it.each(Object.entries(tokens))('should not get in with a token %s, which reaches no log', async (kind, promise) => {
    const server = await start();
    const token = await promise;
    const [code, closeCode] = kind === 'that has ended' ? ['token_expired', 4401] : ['bad_token', 4403];
    const url = await RawSocket.upgrade(server.port, { path: `/v1/stream?token=${token}` });
    const header = await RawSocket.upgrade(server.port, { headers: { authorization: `Bearer ${token}` } });
    raws.push(url, header);
    const client = await server.connect();
    client.send({ type: 'auth', id: 1, token });
    const refused = await client.first(({ type }) => type === 'error');

    expect(url.head).toContain(' 401 ');
    expect(header.head).toContain(' 401 ');
    // A huge token is no frame of the protocol at all, so its socket has its time to send a better one.
    expect(refused['code']).toBe(kind === 'that is huge' ? 'bad_message' : code);
    if (kind !== 'that is huge') expect((await client.closed).code).toBe(closeCode);
    expect(await count(server, 'tapedeck_connections_refused_total', 'reason', code)).toBe(2);
    for (const part of token.split('.').filter((text) => text.length > 20))
      expect(logged).not.toContain(part.slice(0, 20));
    expect(JSON.stringify(client.frames)).not.toContain(token.slice(0, 30));
  });

  it('should not get in from a foreign origin', async () => {
    const server = await start({ config: { secret: SECRET, allowedOrigins: ['https://app.example'] } });
    const headers = { origin: 'https://evil.example', authorization: `Bearer ${await annsToken}` };
    const socket = await RawSocket.upgrade(server.port, { headers });
    raws.push(socket);

    expect(socket.head).toContain(' 403 ');
    expect(await count(server, 'tapedeck_connections_refused_total', 'reason', 'origin')).toBe(1);
  });

  it('should be told to wait who shakes hands too often', async () => {
    const server = await start({ limits: { handshakesPerSecond: 1, handshakeBurst: 3 } });
    const headers = { authorization: `Bearer ${await annsToken}` };
    const answers: string[] = [];
    for (let at = 0; at < 4; at++) {
      const socket = await RawSocket.upgrade(server.port, { headers });
      raws.push(socket);
      answers.push(socket.head);
    }

    expect(answers.map((head) => head.slice(9, 12))).toEqual(['101', '101', '101', '429']);
    expect(answers[3]).toMatch(/retry-after: 1\r\n/i);
    expect(await count(server, 'tapedeck_connections_refused_total', 'reason', 'handshake_rate')).toBe(1);
  });

  it('should be cut unread when it connects too often', async () => {
    const server = await start({ limits: { handshakesPerSecond: 1, handshakeBurst: 2 } });
    const sockets = await Promise.all(Array.from({ length: 8 }, () => RawSocket.connect(server.port)));
    raws.push(...sockets);
    let closed = 0;
    await new Promise<void>((resolve) => {
      for (const socket of sockets) void socket.closed.then(() => ++closed === 4 && resolve());
    });

    expect(closed).toBe(4);
  });
});

/** A few at a time: opening them all at once would keep this process busy, which isn't what is measured. */
async function connectMany(server: TestServer, total: number): Promise<RawSocket[]> {
  const opened: RawSocket[] = [];
  while (opened.length < total) {
    opened.push(...(await Promise.all(Array.from({ length: 10 }, () => RawSocket.connect(server.port)))));
  }
  raws.push(...opened);
  return opened;
}

describe('half-open handshakes', () => {
  it('should hinder nobody else, be counted, and be cut unread beyond their limit', async () => {
    const server = await start({ limits: { maxPendingConnections: 80 } });
    const half = Buffer.from('GET /v1/stream HTTP/1.1\r\nHost: a\r\nX-Never-Ends: ');
    const stallMs = await longestStallMs(server, async () => {
      const open = await connectMany(server, 70);
      for (const socket of open) socket.write(half);
      const more = await connectMany(server, 30);
      await Promise.any(more.map(({ closed }) => closed));
      for (const socket of [...open, ...more]) socket.destroy();
      await Promise.all([...open, ...more].map(({ closed }) => closed));
    });

    expect(stallMs).toBeLessThan(LONGEST_STALL_MS);
    expect(await count(server, 'tapedeck_connections_refused_total', 'reason', 'pending')).toBeGreaterThan(0);
  });
});

describe('a flood', () => {
  it('of commands should be refused with a time to wait, then end its socket', async () => {
    const server = await start();
    const ping = frame(Opcode.TEXT, '{"type":"ping","id":1}');
    const flood = Buffer.concat(Array.from({ length: 20_000 }, () => ping));
    const stallMs = await longestStallMs(server, async () => {
      const socket = await raw(server);
      socket.write(flood);
      expect(await socket.closed).toBe(4129);
      expect(socket.text).toMatch(/"code":"rate_limited","message":"[^"]+","retryable":true,"retryAfterMs":[1-9]/);
    });

    expect(stallMs).toBeLessThan(LONGEST_STALL_MS);
    expect(await count(server, 'tapedeck_connections_closed_total', 'code', 4129)).toBeGreaterThan(0);
    expect(await count(server, 'tapedeck_errors_total', 'code', 'rate_limited')).toBeGreaterThanOrEqual(200);
  });

  it.each([
    ['pings', Opcode.PING],
    ['pongs', Opcode.PONG],
  ])('of %s should end its socket', async (_, opcode) => {
    const server = await start();
    const flood = Buffer.concat(Array.from({ length: 50_000 }, () => frame(opcode, 'x')));
    const stallMs = await longestStallMs(server, async () => {
      const socket = await raw(server);
      socket.write(flood);
      expect(await socket.closed).toBe(4129);
    });

    expect(stallMs).toBeLessThan(LONGEST_STALL_MS);
    expect(await count(server, 'tapedeck_connections_closed_total', 'code', 4129)).toBeGreaterThan(0);
  });

  it('of fragments should hinder nobody else, and be cut when they are too much together', async () => {
    const server = await start();
    const empty = Buffer.concat(
      Array.from({ length: 100_000 }, () => frame(Opcode.CONTINUATION, '', { isFinal: false })),
    );
    const full = Buffer.concat(
      Array.from({ length: 300 }, () => frame(Opcode.CONTINUATION, 'x'.repeat(1_000), { isFinal: false })),
    );
    const stallMs = await longestStallMs(server, async () => {
      const socket = await raw(server);
      socket.write(frame(Opcode.TEXT, '{', { isFinal: false }));
      socket.write(empty);
      socket.write(full);
      expect(await socket.closed).toBe(1006);
    });

    expect(stallMs).toBeLessThan(LONGEST_STALL_MS);
    expect(await count(server, 'tapedeck_sockets_cut_total', 'cause', 'too_large')).toBeGreaterThan(0);
  });

  it('of subscriptions should be refused with a time to wait', async () => {
    const server = await start({ limits: { maxSymbolsPerSocket: 4, subscriptionBurst: 4, subscriptionsPerSecond: 1 } });
    const client = await ann(server);
    const symbols = ['S0', 'S1', 'S2'];
    expect(await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols })).toMatchObject({
      type: 'subscribed',
    });
    const refused = await client.ask({ type: 'unsubscribe', id: 3, channel: 'ticker', symbols });

    expect(refused).toMatchObject({ type: 'error', code: 'rate_limited', retryable: true });
    expect(Number(refused['retryAfterMs'])).toBeGreaterThan(1_000);
    expect(await client.ask({ type: 'unsubscribe', id: 4, channel: 'ticker', symbols: ['S0'] })).toMatchObject({
      type: 'unsubscribed',
    });
  });
});
