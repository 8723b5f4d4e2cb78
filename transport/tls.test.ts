import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { checkTlsFiles } from './tls.ts';
import { type Transport, TransportError, type TransportSocket } from './types.ts';
import { openTransport } from './uws.ts';

const fixture = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
let folder = '';
let files = { certPath: '', keyPath: '' };
let transport: Transport;
let port = 0;
const sockets: TransportSocket[] = [];

function install(name: 'first' | 'second'): void {
  copyFileSync(fixture(`${name}.cert.pem`), files.certPath);
  copyFileSync(fixture(`${name}.key.pem`), files.keyPath);
}

/** The certificate that a new connection is shown, in PEM's letters. */
async function shown(): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate().raw.toString('base64');
  socket.destroy();
  return certificate;
}

function letters(name: string): string {
  return readFileSync(fixture(name), 'latin1').replace(/-----.*-----|\s/g, '');
}

async function open(): Promise<{ readonly client: WebSocket; readonly texts: string[] }> {
  const client = new WebSocket(`wss://127.0.0.1:${port}/`, { ca: readFileSync(files.certPath) });
  const texts: string[] = [];
  client.on('message', (data) => texts.push(String(data)));
  await once(client, 'open');
  return { client, texts };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-tls-'));
  files = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  install('first');
  transport = await openTransport({ tls: files });
  transport.ws({
    path: '/*',
    maxPayloadBytes: 1024,
    maxBackpressureBytes: 65_536,
    idleTimeoutS: 120,
    upgrade: async () => ({
      accept: true,
      open: (socket) => {
        sockets.push(socket);
        socket.join('all');
        const message = (bytes: Uint8Array): void => void socket.send(Buffer.from(bytes).toString());
        return { message, drain: () => undefined, dropped: () => undefined, close: () => undefined };
      },
      gone: () => undefined,
    }),
  });
  const outcome = await transport.listen({ host: '127.0.0.1', port: 0 });
  if (!outcome.ok) throw new Error(outcome.message);
  port = outcome.port;
});
afterEach(() => transport.close());

describe('TLS', () => {
  it('should serve the certificate that it was given', async () => {
    expect(await shown()).toBe(letters('first.cert.pem'));
    const { client } = await open();
    client.send('hello');
    expect(String((await once(client, 'message'))[0])).toBe('hello');
  });

  it('should show new clients a new certificate while the open ones go on', async () => {
    const before = await open();
    install('second');
    expect(await transport.renewCertificate()).toEqual({ ok: true });

    expect(await shown()).toBe(letters('second.cert.pem'));
    const after = await open();
    const both = Promise.all([once(before.client, 'message'), once(after.client, 'message')]);
    transport.publish('all', 'to every app');
    await both;
    expect([before.texts, after.texts]).toEqual([['to every app'], ['to every app']]);
    before.client.send('still there');
    expect(String((await once(before.client, 'message'))[0])).toBe('still there');
  });

  it('should take a third certificate after the second, and serve clients of all', async () => {
    const clients = [await open()];
    for (const name of ['second', 'first', 'second'] as const) {
      install(name);
      expect(await transport.renewCertificate()).toEqual({ ok: true });
      expect(await shown()).toBe(letters(`${name}.cert.pem`));
      clients.push(await open());
    }
    const heard = Promise.all(clients.map(({ client }) => once(client, 'message')));
    transport.publish('all', 'x');
    expect((await heard).map(([data]) => String(data))).toEqual(['x', 'x', 'x', 'x']);
  });

  it('should keep what it has when the new files are not a pair', async () => {
    copyFileSync(fixture('second.cert.pem'), files.certPath);
    expect(await transport.renewCertificate()).toEqual({
      ok: false,
      message: `${files.keyPath}: not the key of the certificate in ${files.certPath}`,
    });
    expect(await shown()).toBe(letters('first.cert.pem'));
  });

  it('should refuse to start with files that it cannot use', async () => {
    const keyPath = join(folder, 'nowhere.pem');
    const opening = openTransport({ tls: { ...files, keyPath } });
    await expect(opening).rejects.toThrow(new TransportError(`${keyPath}: no such file`));
  });

  it('should say that its port is taken', async () => {
    expect(await transport.listen({ host: '127.0.0.1', port })).toMatchObject({ ok: false, reason: 'taken' });
  });
});

describe('checkTlsFiles', () => {
  it('should name the file that is not what it should be', async () => {
    const path = join(folder, 'text.pem');
    writeFileSync(path, 'hello');
    expect(await checkTlsFiles({ ...files, certPath: path })).toBe(`${path}: not a certificate in PEM`);
    expect(await checkTlsFiles({ ...files, keyPath: path })).toBe(
      `${path}: not a private key in PEM, or one with a passphrase`,
    );
    expect(await checkTlsFiles(files)).toBeUndefined();
  });
});
