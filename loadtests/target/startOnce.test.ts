import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadScenario } from '../../simulator/scenario.ts';
import { freePort, pidListeningOn } from './listening.ts';
import { startOnce } from './startOnce.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-start-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run() {
  return {
    scenario: loadScenario('compare'),
    tapePath: 'day.tape',
    env: process.env,
    nowUs: 1,
    signal: new AbortController().signal,
  };
}

it('should start a command and end it, so that its port is free again', async () => {
  const port = await freePort();
  const command = `touch ${folder}/came-up; node -e 'require("net").createServer().listen(${port}, "127.0.0.1")'`;

  await startOnce({ kind: 'command', command, url: `ws://127.0.0.1:${port}` }, run());

  expect(existsSync(join(folder, 'came-up'))).toBe(true);
  expect(pidListeningOn(port)).toBeUndefined();
});

it('should tell of a command that does not come up', async () => {
  await expect(startOnce({ kind: 'command', command: 'echo no licence; exit 3' }, run())).rejects.toThrow('no licence');
});

it('should find a server that runs, and leave it alone', async () => {
  const listening = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;

  await startOnce({ kind: 'url', url: `ws://127.0.0.1:${port}/x` }, run());

  expect(pidListeningOn(port)).toBe(process.pid);
  listening.close();
});

it('should not start a server that waits for what only a run has', async () => {
  for (const fed of [{ kind: 'tape' }, { kind: 'provider', name: 'polygon', port: 1 }] as const) {
    await startOnce({ kind: 'command', command: `touch ${folder}/${fed.kind}; exit 3`, fed }, run());

    expect(existsSync(join(folder, fed.kind))).toBe(false);
  }
});
