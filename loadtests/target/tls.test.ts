import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Reach } from '../../protocol/serverUnderTest.ts';
import { projectFile } from '../../simulator/paths.ts';
import { createWsConnect } from '../probe/wsConnect.ts';
import { type CutProxy, startCutProxy } from '../proxy/cutProxy.ts';
import { CLIENT_HEADER } from '../session/link.ts';
import type { Connection, ConnectRequest } from '../session/ports.ts';
import { createConnector } from '../swarm/socket.ts';

const nowUs = (): number => Math.floor(performance.now() * 1000);
/** Of `localhost`, signed by itself. */
const ca = projectFile('fixtures', 'tls', 'first.cert.pem');
const https = createServer({
  cert: readFileSync(ca),
  key: readFileSync(projectFile('fixtures', 'tls', 'first.key.pem')),
});
const server = new WebSocketServer({ server: https });
/** What the server saw of each client: the name asked for by TLS, and the Host header. */
const seen: string[] = [];
let port = 0;
let proxy: CutProxy;

beforeAll(async () => {
  server.on('connection', (socket, request) => {
    seen.push(`${Reflect.get(request.socket, 'servername')} ${request.headers.host}`);
    socket.on('message', (data) => socket.send(`back: ${data}`));
    socket.on('error', () => undefined);
  });
  https.listen({ host: '127.0.0.1', port: 0 });
  await once(https, 'listening');
  port = (https.address() as AddressInfo).port;
  proxy = await startCutProxy({ targetHost: '127.0.0.1', targetPort: port, nowUs });
});
afterAll(async () => {
  await proxy.close();
  server.close();
  https.closeAllConnections();
  https.close();
});

/** Opens a connection, says something when it stands, and tells what came back and how it ended. */
function open(connect: (request: ConnectRequest) => Connection, at: number, headers: Record<string, string> = {}) {
  let heard: (text: string) => void = () => undefined;
  let closed: (code: number) => void = () => undefined;
  const answer = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const end = new Promise<number>((resolve) => {
    closed = resolve;
  });
  const connection = connect({
    url: `wss://127.0.0.1:${at}/prices`,
    protocol: '',
    headers,
    handlers: {
      onOpen: () => connection.send('hello'),
      onMessage: heard,
      onTicker: () => undefined,
      onClose: closed,
    },
  });
  return { connection, answer, end };
}

it('should reach a server through the cut proxy under its own name, and have one client alone cut', async () => {
  const connect = createConnector(nowUs, { headers: {}, host: 'localhost:8443', isTold: true, tls: { ca } });
  const first = open(connect, proxy.port, { Host: 'localhost:8443', [CLIENT_HEADER]: '31' });
  const second = open(connect, proxy.port, { Host: 'localhost:8443', [CLIENT_HEADER]: '32' });

  expect(await Promise.all([first.answer, second.answer])).toEqual(['back: hello', 'back: hello']);
  expect(seen).toEqual(['localhost localhost:8443', 'localhost localhost:8443']);
  expect(proxy.cut(31)).toMatchObject({ client: 31, connections: 1 });
  expect(await first.end).toBe(1006);
  second.connection.close();
  expect(await second.end).toBe(1000);
});

const MAKERS: readonly [string, (reach: Reach) => (request: ConnectRequest) => Connection][] = [
  ['swarm', (reach) => createConnector(nowUs, reach)],
  ['probe', (reach) => createWsConnect(nowUs, reach)],
];

it.each(MAKERS)(
  'should refuse a certificate of another name or authority, unless told not to look: %s',
  async (_, make) => {
    const refused: Reach[] = [{ headers: {}, host: 'other.test', tls: { ca } }, { headers: {} }];
    for (const reach of refused) expect(await open(make(reach), port).end).toBe(1006);
    const blind = open(make({ headers: {}, tls: { isInsecure: true } }), port);
    expect(await blind.answer).toBe('back: hello');
    blind.connection.close();
    await blind.end;
  },
);
