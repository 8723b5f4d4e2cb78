import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { SteppedFeed, trade, writeTape } from '../docs/spec/steppedFeed.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { startServer } from '../server/server.ts';
import { testClock } from '../server/testing/testServer.ts';

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

it('should read, order and end as the example in README.md does', async () => {
  const [, example] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  if (example === undefined) throw new Error('README.md has no example');
  const folder = mkdtempSync(join(tmpdir(), 'client-readme-'));
  const tapePath = join(folder, 'two.tape');
  writeTape(tapePath, [trade({ symbol: 0, price: 10_049, size: 5 }), trade({ symbol: 0, price: 10_050, size: 5 })]);
  const feed = new SteppedFeed({ tapePath, nowUs: testClock.nowUs });
  const config = {
    listen: [{ host: '127.0.0.1', port: 0 }],
    limits: { ...DEFAULT_LIMITS, drainMs: 40 },
    allowedOrigins: [],
    logLevel: 'silent',
  } as const;
  const server = await startServer(config, { clock: testClock, log: pino({ level: 'silent' }), feed });
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => {
    printed.push(words.join(' '));
    // The market moves when the connection is open, and again when its first move has been read.
    if (printed.length <= 2) feed.step();
  });
  const file = new URL(`./readme-example-${process.pid}.ts`, import.meta.url);
  writeFileSync(file, example);
  vi.stubEnv('TAPEDECK_URL', `ws://127.0.0.1:${server.ports[0]}/v1/stream`);
  try {
    await import(file.href);
  } finally {
    vi.unstubAllEnvs();
    log.mockRestore();
    rmSync(file);
    rmSync(folder, { recursive: true });
    await server.drain();
  }
  expect(printed).toEqual(['open', 'AAPL 1 100.49', 'AAPL 2 100.5', 'FILLED 100.50', 'closed']);
});
