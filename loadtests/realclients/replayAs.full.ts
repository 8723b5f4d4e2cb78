import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { BINANCE } from '../../simulator/providers/binance.ts';
import { openTestHost, type TestHost, tradeAt } from '../../simulator/providers/testing/testHost.ts';
import { installRealClients, RealClient } from './realClient.ts';

/** The clients again, against the command that users start; it needs the compiled build, which `npm run test:full` makes first. */
const ticks = Array.from({ length: 12_000 }, (_, at) => tradeAt(at * 5, { price: 10_000 + at }));
const CLIENTS = [
  { provider: 'polygon', script: 'polygon', package: '@polygon.io/client-js' },
  { provider: 'binance', script: 'binance-connector', package: '@binance/connector' },
  { provider: 'alpha-vantage', script: 'alphavantage', package: 'alphavantage' },
  { provider: 'yahoo', script: 'yahoo', package: 'yahoo-finance2' },
] as const;

const Ready = Type.Object({ ready: Type.Literal(true), stream: Type.String(), rest: Type.String() });
let tape: TestHost;
const ending: (() => void)[] = [];
beforeAll(async () => {
  await installRealClients();
  // Only for its tape: any provider's host has the same.
  tape = await openTestHost({ kind: BINANCE, ticks });
});
afterEach(() => {
  for (const end of ending.splice(0)) end();
});
afterAll(() => tape.close());

it.each(CLIENTS)('should serve $package as tapedeck replay --as $provider', async ({ provider, script, ...of }) => {
  const replay = spawn(
    process.execPath,
    [
      'dist/cli/main.js',
      'replay',
      '--as',
      provider,
      '--tape',
      tape.tape.path,
      '--port',
      '0',
      '--format',
      'json',
      '--loop',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  ending.push(() => replay.kill('SIGKILL'));
  const { stream, rest } = await readyOf(replay);
  const client = new RealClient(script, {
    ...of,
    ws: stream,
    http: rest,
    symbol: 'AAPL',
    key: 'k',
    from: '2020-03-16',
  });
  ending.push(() => client.stop());
  await client.first('ready');
  client.say('poll');
  await client.until(() => client.ticks.length >= 4);
  const prices = client.ticks.map(({ price }) => price).filter((price) => price > 0);
  expect(prices).toEqual(prices.toSorted((a, b) => a - b));
  replay.kill('SIGINT');
  expect((await once(replay, 'exit'))[0]).toBe(130);
});

/** Its first line says where it is. */
async function readyOf(replay: ChildProcessByStdio<null, Readable, Readable>) {
  let errors = '';
  replay.stderr.on('data', (bytes) => {
    errors += String(bytes);
  });
  for await (const line of createInterface({ input: replay.stdout })) {
    const said: unknown = JSON.parse(line);
    if (Value.Check(Ready, said)) return said;
  }
  throw new Error(`tapedeck replay ended before it was ready: ${errors}`);
}
