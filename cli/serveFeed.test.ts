import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PolygonServer } from '../server/feeds/testing/polygonServer.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function run(args: readonly string[], own: Readonly<Record<string, string>>) {
  const env = { ...process.env, NO_COLOR: '1', TAPEDECK_LOG_LEVEL: 'trace', ...own };
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve', '--port', '0', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (told.out += chunk));
  child.stderr.on('data', (chunk) => (told.err += chunk));
  return { child, told, ended: once(child, 'close').then(([code]): unknown => code) };
}

describe('tapedeck serve --feed', () => {
  it('should serve what a provider says, and tell its key to nobody else', async () => {
    const polygon = await PolygonServer.start();
    const feed = ['--feed', 'polygon', '--feed-url', `polygon=${polygon.url}`, '--symbols', 'AAPL, MSFT'];
    const { child, told, ended } = run(feed, { TAPEDECK_POLYGON_KEY: PolygonServer.KEY });
    const early = ended.then(() => Promise.reject(new Error(`ended: ${told.err}`)));
    while (!told.out.includes('Ctrl-C')) await Promise.race([once(child.stdout, 'data'), early]);
    early.catch(() => undefined);
    await polygon.subscribed();
    const [, port] = /health +http:\/\/127\.0\.0\.1:(\d+)/.exec(told.out) ?? [];
    const health = await fetch(`http://127.0.0.1:${port}/api/health`);
    child.kill('SIGTERM');

    expect(told.out).toMatch(/feed +polygon \(ws:\/\/127\.0\.0\.1:\d+\): 2 symbols\n/);
    expect(await health.json()).toMatchObject({ feed: { state: 'playing', chain: [{ provider: 'polygon' }] } });
    expect(await ended).toBe(0);
    expect(told.out + told.err).not.toContain(PolygonServer.KEY);
    await polygon.stop();
  });

  it('should refuse a tape beside it', async () => {
    const { told, ended } = run(['--tape', 'some.tape'], {
      TAPEDECK_FEED_CHAIN: 'yahoo',
      TAPEDECK_FEED_SYMBOLS: 'AAPL',
    });
    expect(await ended).toBe(64);
    expect(told.err).toBe(
      'tapedeck: --tape some.tape: feedChain (TAPEDECK_FEED_CHAIN, or in the configuration file) names a feed of providers, which has no tape; leave one of the two away\n',
    );
  });
});
