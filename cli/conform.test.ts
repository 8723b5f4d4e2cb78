import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { capture } from './capture.ts';
import { startConformServer } from './conformServer.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const conform = (...args: string[]) => capture('conform', ...args);

describe('tapedeck conform', () => {
  it('should list cases with their paragraphs, and run none', async () => {
    const { code, out } = await conform('--list', '--only', 'native.resume.cursor-*');

    expect(code).toBe(0);
    expect(out.split('\n')).toContain(
      'native.resume.cursor-of-another-epoch-gets-a-snapshot  PROTOCOL.md#sequence-and-resume',
    );
  });

  it('should run against our own server without a target', async () => {
    const { code, out } = await conform('--only', 'native.ping.*', '--only', 'http.health.is-json');

    expect(code).toBe(0);
    expect(out).toMatch(/^TAP version 14\n1\.\.\d+\nok 1 - native\.ping\./);
    expect(out).toContain('# broken 0\n');
  });

  it('should run against a server that it knows by URL and token, and skip what it can not ask for', async () => {
    const server = await startConformServer();
    vi.stubEnv('TAPEDECK_JWT_SECRET', server.target.secret);
    try {
      const only = ['--dialect', 'native', '--only', 'native.ping.*', '--only', 'native.subscribe.a-symbol-that-*'];
      const { code, out } = await conform('--target', server.target.base, ...only);

      expect(code).toBe(0);
      expect(out).toContain('# SKIP needs a symbol that has not traded (--quiet-symbol)');
      expect(out).toContain('# broken 0\n# skip 1\n');
    } finally {
      await server.stop();
    }
  });

  it('should leave with 1 when a promise is broken, and say what came', async () => {
    const server = await startConformServer();
    try {
      const { code, out } = await conform(
        '--target',
        server.target.base,
        '--only',
        'native.ping.is-*',
        '--format',
        'json',
      );

      expect(code).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        broken: 1,
        results: [{ came: expect.stringContaining('unauthenticated') }],
      });
    } finally {
      await server.stop();
    }
  });

  it('should say that a dialect is missing where it was not asked for by name', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const { code, out } = await conform('--target', `ws://127.0.0.1:${port}`, '--only', 'paiid.opening.ping-*');

      expect(code).toBe(0);
      expect(out).toContain('# SKIP nothing is served at /ws (HTTP 404)');
    } finally {
      server.close();
    }
  });

  it.each([
    [['--only', 'native.pnig.*'], 64, 'no case is named native.pnig.*'],
    [['--dialect', 'klingon'], 64, 'native, ai-trading-v2, us-001'],
    [['--lacks', 'luck'], 64, 'ticks, minutes'],
    [['--target', 'http://localhost'], 64, 'ws://127.0.0.1:8000'],
    [['--target', 'ws://localhost/a/path'], 64, 'name it with --dialect'],
    [['--symbols', ','], 64, 'at least one symbol'],
    [['--target', 'wss://localhost', '--tls-ca', 'no-such-file'], 66, 'no-such-file'],
  ])('should refuse %j', async (args, code, words) => {
    const refusal = await conform(...args);

    expect(refusal).toMatchObject({ code, err: expect.stringContaining(words) });
    expect(refusal.err.trim().split('\n')).toHaveLength(1);
  });

  it('should leave with 69 when nothing answers', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));

    const { code, err } = await conform('--target', `ws://127.0.0.1:${port}`);

    expect({ code, err }).toEqual({ code: 69, err: expect.stringContaining(`ws://127.0.0.1:${port} does not answer`) });
  });
});
