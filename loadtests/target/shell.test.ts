import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGroupAlive } from './processGroup.ts';
import { type ShellCommand, startShell } from './shell.ts';

const NEVER_MS = 60_000;

/** Starts a program of Node's as the child of a shell that ends at once when it is asked to; resolves when it runs. */
async function startBehindShell(program: string, env: NodeJS.ProcessEnv = {}): Promise<ShellCommand> {
  const ready = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(ready, 'listening');
  const address = ready.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const command = startShell('node -e "$PROGRAM"; true', {
    ...process.env,
    ...env,
    PROGRAM: `${program}; require('net').connect(${port}, '127.0.0.1').on('connect', function () { this.destroy(); }); setInterval(() => 0, 1000);`,
  });
  await once(ready, 'connection');
  ready.close();
  return command;
}

describe('a command in a shell', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shell-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('should have its grace, though the shell before it ends at once', async () => {
    const FILE = join(folder, 'flushed');
    const goodBye = `setTimeout(() => { require('fs').writeFileSync(process.env.FILE, 'all'); process.exit(); }, 100)`;
    const command = await startBehindShell(`process.on('SIGTERM', () => ${goodBye})`, { FILE });

    expect(await command.end(NEVER_MS)).toMatchObject({ signal: 'SIGTERM' });
    expect(readFileSync(FILE, 'utf8')).toBe('all');
    expect(isGroupAlive(command.pid)).toBe(false);
  });

  it('should be killed after it, and be gone', async () => {
    const command = await startBehindShell(`process.on('SIGTERM', () => 0)`);
    expect(isGroupAlive(command.pid)).toBe(true);

    await command.end(50);
    expect(isGroupAlive(command.pid)).toBe(false);
    // Once more is no error.
    expect(await command.end(0)).toMatchObject({ signal: 'SIGTERM' });
  });

  it('should take with it what it started, when it ends by itself', async () => {
    const command = startShell('sleep 600 & exit 3', process.env);
    expect(await command.ended).toMatchObject({ code: 3 });
    await command.end(NEVER_MS);
    expect(isGroupAlive(command.pid)).toBe(false);
  });
});
