import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { GateError } from '../gate/errors.ts';
import { awaitListening, freePort, pidListeningOn } from './listening.ts';
import { type ForeignStart, startForeign } from './start.ts';
import { madeAhead, tokenMaker } from './tokens.ts';

const START: ForeignStart = {
  schedule: { startUs: 1, fromEventUs: 0, toEventUs: 1, speed: 2 },
  tapePath: 'day.tape',
  fromS: 5,
  durationS: 10,
  provider: undefined,
  env: process.env,
  signal: undefined,
};
const LISTENER = `node -e 'require("net").createServer().listen(Number(process.env.PORT), "127.0.0.1")'`;

it('should start a command, find its process by its port, and end it with all that it started', async () => {
  const server = await startForeign({ kind: 'command', command: `sleep 600 & ${LISTENER}` }, START);

  expect(server.pid).toBe(pidListeningOn(server.port));
  expect(server.pid).not.toBe(process.pid);
  const end = await server.child.end(2_000);
  expect(end.signal).toBe('SIGTERM');
  expect(pidListeningOn(server.port)).toBeUndefined();
});

it('should tell how a command died that never listened, by its last word', async () => {
  const dying = startForeign(
    { kind: 'command', command: 'echo no licence {port} {tape} {fromS} {durationS} >&2; exit 3' },
    START,
  );

  await expect(dying).rejects.toThrow(GateError);
  await expect(dying).rejects.toThrow(/exit code 3: no licence \d+ day\.tape 5 20; it must listen/);
});

it.each([
  ['node /nowhere/x.mjs', /exit code 1: Error: Cannot find module '\/nowhere\/x\.mjs'; it must listen/],
  ["node -e 'throw new TypeError(1)'", /exit code 1: TypeError: 1; it must listen/],
  ['echo it failed with an Error; echo bye; exit 2', /exit code 2: it failed with an Error; it must listen/],
  ['echo no licence; echo; exit 2', /exit code 2: no licence; it must listen/],
])('should tell what went wrong in a command that died, not the last line of its trace: %s', async (command, line) => {
  await expect(startForeign({ kind: 'command', command }, START)).rejects.toThrow(line);
});

it('should find a server that runs, and not end it', async () => {
  const listening = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const server = await startForeign({ kind: 'url', url: `ws://127.0.0.1:${port}/x` }, START);

  expect(server.at).toMatchObject({ port, path: '/x' });
  expect(await server.child.end(0)).toMatchObject({ code: 0 });
  expect(await awaitListening({ host: '127.0.0.1', port }, { withinMs: 1_000 })).toBe(true);
  expect(pidListeningOn(port)).toBe(process.pid);
  listening.close();
});

it('should say that nothing listens', async () => {
  const url = `ws://127.0.0.1:${await freePort()}`;
  await expect(startForeign({ kind: 'url', url }, { ...START, urlWithinMs: 0 })).rejects.toThrow(
    /nothing listens there/,
  );
});

it('should take the token that a command prints for each account, and nothing else', async () => {
  const sign = async (file: string, account: string) => `${file}:${account}`;
  const ahead = await madeAhead(
    ['acct-1', 'acct-2'],
    tokenMaker({ kind: 'command', command: 'echo t-{account}' }, sign),
  );

  expect(await ahead('acct-2')).toBe('t-acct-2');
  expect(await tokenMaker({ kind: 'secret', file: 'f' }, sign)('a')).toBe('f:a');
  expect(await tokenMaker({ kind: 'fixed', token: 'x' }, sign)('a')).toBe('x');
  expect(await tokenMaker(undefined, sign)('a')).toBeUndefined();
  for (const command of ['echo a b', 'true', 'echo denied >&2; exit 1']) {
    await expect(tokenMaker({ kind: 'command', command }, sign)('acct-1')).rejects.toThrow(
      /^--token-command for acct-1: /,
    );
  }
});
