import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { trade } from '../simulator/testTape.ts';
import type { Transport } from '../transport/types.ts';
import { openTransport } from '../transport/uws.ts';
import { CertificateWatch } from './certificateWatch.ts';

type Pair = 'first' | 'second';

const fixture = (name: string): string => projectFile('fixtures', 'tls', name);
const fingerprint = (name: Pair): string =>
  new X509Certificate(readFileSync(fixture(`${name}.cert.pem`))).fingerprint256;

let folder: string;
let files: { readonly certPath: string; readonly keyPath: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-certificate-'));
  files = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
  install('first');
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(name: Pair): void {
  copyFileSync(fixture(`${name}.cert.pem`), files.certPath);
  copyFileSync(fixture(`${name}.key.pem`), files.keyPath);
}

/** Fingerprint of the certificate that a new connection is shown. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  socket.destroy();
  return shown;
}

describe('CertificateWatch', () => {
  let transport: Transport;
  let watch: CertificateWatch;
  let port: number;
  let logged: string[];

  /** Begins to watch the files as they are. */
  async function start(): Promise<void> {
    logged = [];
    transport = await openTransport({ tls: files });
    const outcome = await transport.listen({ host: '127.0.0.1', port: 0 });
    if (!outcome.ok) throw new Error(outcome.message);
    port = outcome.port;
    const log = pino({ level: 'info' }, { write: (line) => void logged.push(line) });
    watch = new CertificateWatch({ files, transport, log });
  }

  afterEach(() => {
    watch.close();
    transport.close();
  });

  it('should take a pair that has changed, once', async () => {
    await start();
    await watch.look();
    expect(logged).toEqual([]);
    install('second');

    await watch.look();
    await watch.look();

    expect(await shownAt(port)).toBe(fingerprint('second'));
    expect(logged).toEqual([expect.stringContaining('new connections get the new certificate')]);
  });

  it('should keep the pair in use while a new one is half written, say so, and take it when it is whole', async () => {
    await start();
    await watch.look();
    copyFileSync(fixture('second.cert.pem'), files.certPath);
    await watch.look();
    const meanwhile = await shownAt(port);
    copyFileSync(fixture('second.key.pem'), files.keyPath);
    await watch.look();

    expect(meanwhile).toBe(fingerprint('first'));
    expect(logged[0]).toContain('the certificate in use stays');
    expect(logged).toHaveLength(2);
    expect(await shownAt(port)).toBe(fingerprint('second'));
  });

  it('should keep the pair in use when the files are gone', async () => {
    await start();
    await watch.look();
    rmSync(files.certPath);
    await watch.look();

    expect(logged).toEqual([expect.stringContaining('the certificate in use stays')]);
    expect(await shownAt(port)).toBe(fingerprint('first'));
  });

  it('should follow a link that is turned to another folder, as mounted secrets are', async () => {
    for (const name of ['first', 'second'] as const) {
      mkdirSync(join(folder, name));
      copyFileSync(fixture(`${name}.cert.pem`), join(folder, name, 'cert.pem'));
      copyFileSync(fixture(`${name}.key.pem`), join(folder, name, 'key.pem'));
    }
    const link = join(folder, 'current');
    symlinkSync('first', link);
    files = { certPath: join(link, 'cert.pem'), keyPath: join(link, 'key.pem') };
    await start();
    await watch.look();
    symlinkSync('second', join(folder, 'next'));
    renameSync(join(folder, 'next'), link);

    await watch.look();

    expect(await shownAt(port)).toBe(fingerprint('second'));
  });
});

describe('SIGHUP', () => {
  it('should make a running server take the pair that lies in its files, though nothing else tells of a change', async () => {
    const tape = join(folder, 'tiny.tape');
    writeTape(tape);
    // Times are set in whole seconds: finer ones can't be put back.
    for (const path of [files.certPath, files.keyPath]) utimesSync(path, 1_600_000_000, 1_600_000_000);
    const args = ['serve', '--port', '0', '--tape', tape, '--from', '0', '--ready-json'];
    args.push('--tls-cert', files.certPath, '--tls-key', files.keyPath);
    const env = { ...process.env, TAPEDECK_LOG_LEVEL: 'info' };
    const server = spawn(process.execPath, ['--import', 'tsx', projectFile('cli', 'main.ts'), ...args], { env });
    const ended = once(server, 'exit');
    const heard = (stream: NodeJS.ReadableStream, wanted: string): Promise<string> =>
      new Promise((resolve) => {
        let text = '';
        stream.on('data', (chunk: Buffer) => {
          text += String(chunk);
          if (text.includes(wanted)) resolve(text);
        });
      });
    const renewed = heard(server.stderr, 'new connections get the new certificate');
    const ready: unknown = JSON.parse(await heard(server.stdout, '\n'));
    const [port] = ready !== null && typeof ready === 'object' && 'ports' in ready ? [ready.ports].flat() : [];
    const before = await shownAt(Number(port));
    replaceUnseen('second');

    server.kill('SIGHUP');
    await renewed;
    const after = await shownAt(Number(port));
    server.kill('SIGTERM');

    expect([before, after]).toEqual([fingerprint('first'), fingerprint('second')]);
    expect(await ended).toEqual([0, null]);
  });
});

/** Replaces the pair by one of the same length, at the same time and place: the watch by the clock has nothing to see. */
function replaceUnseen(name: Pair): void {
  for (const [path, source] of [
    [files.certPath, `${name}.cert.pem`],
    [files.keyPath, `${name}.key.pem`],
  ] as const) {
    const { mtimeMs, size, ino } = statSync(path);
    writeFileSync(path, readFileSync(fixture(source)));
    utimesSync(path, 1_600_000_000, 1_600_000_000);
    expect(statSync(path)).toMatchObject({ mtimeMs, size, ino });
  }
}

function writeTape(path: string): void {
  const openUs = Date.UTC(2020, 2, 16, 13, 30) * 1_000;
  const writer = createTapeWriter({
    path,
    name: 'tiny',
    seed: 1,
    origin: { kind: 'derived', description: 'Made for a test.', sources: [] },
    instruments: [{ symbol: 'AAA', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 9_900 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: openUs,
    sessionCloseUs: openUs + 23_400e6,
  });
  for (let event = 0; event < 600; event++) writer.append(trade({ eventTimeUs: openUs + event * 100_000 }));
  writer.finish();
}
