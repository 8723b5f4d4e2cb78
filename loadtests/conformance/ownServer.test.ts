import { describe, expect, it } from 'vitest';
import { startConformServer } from '../../cli/conformServer.ts';
import { projectFile } from '../../simulator/paths.ts';
import { chooseCases } from './cases.ts';
import { type Result, runCases } from './run.ts';
import type { Target } from './target.ts';

const TLS = {
  certPath: projectFile('fixtures', 'tls', 'first.cert.pem'),
  keyPath: projectFile('fixtures', 'tls', 'first.key.pem'),
};
/** One theme of each: what TLS could break is the way there, not the words. */
const OVER_TLS = ['native.endpoint.*', 'native.auth.*', 'native.resume.*', '*.opening.*', '*.market.*', 'http.*'];
const IN_DEVELOPMENT = ['native.auth.*', 'native.identity.*', 'native.order.*'];
const PARALLEL = 48;
/** Longer than any case's: a slow machine makes them late, not wrong. */
const PATIENCE_MS = 240_000;

/** Runs cases against our own server. */
async function judge(
  wish: Parameters<typeof chooseCases>[0],
  options: { readonly server?: Parameters<typeof startConformServer>[0]; readonly target?: Partial<Target> } = {},
): Promise<Result[]> {
  const server = await startConformServer(options.server);
  try {
    const cases = chooseCases(wish);
    const required = cases.map(({ dialect }) => dialect);
    const target = { ...server.target, ...options.target };
    return await runCases({ cases, target, required, parallel: PARALLEL });
  } finally {
    await server.stop();
  }
}

function broken(results: readonly Result[]): string[] {
  return results
    .filter(({ status }) => status === 'broken')
    .map(({ name, expected, came }) => `${name}: expected ${expected}, came ${came}`);
}

function skipped(results: readonly Result[]): string[] {
  return results.filter(({ status }) => status === 'skip').map(({ name }) => name);
}

describe('our own server', { timeout: PATIENCE_MS }, () => {
  it('should keep every promise of every dialect', async () => {
    const results = await judge({});

    expect(broken(results)).toEqual([]);
    expect(skipped(results)).toEqual([
      'native.identity.in-development-everybody-has-an-account',
      'us-001.heartbeat.comes-within-30-s',
    ]);
    expect(results.length).toBeGreaterThanOrEqual(250);
  });

  it('should keep those of the native stream in MessagePack', async () => {
    const results = await judge({ dialects: ['native'] }, { target: { codec: 'msgpack' } });

    expect(broken(results)).toEqual([]);
    const inJsonAlone = skipped(results).filter((name) => !/unreadable|in-development/.test(name));
    expect(inJsonAlone).toEqual([
      'native.endpoint.no-subprotocol-is-welcome-too',
      'native.limit.a-frame-of-just-maxFrameBytes-is-read',
    ]);
  });

  it('should keep them over TLS', async () => {
    const results = await judge({ only: OVER_TLS }, { server: { tls: TLS } });

    expect(broken(results)).toEqual([]);
    expect(new Set(results.map(({ dialect }) => dialect)).size).toBe(6);
  });

  it('should keep them without a secret', async () => {
    const results = await judge({ only: IN_DEVELOPMENT }, { server: { isDevelopment: true } });

    expect(broken(results)).toEqual([]);
    expect(skipped(results)).not.toContain('native.identity.in-development-everybody-has-an-account');
  });
});
