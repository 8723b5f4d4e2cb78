import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Histogram } from '../../reports/histogram.ts';
import { runClosedLoop } from './closedLoop.ts';
import { judgeHttp } from './judge.ts';
import { type HttpProbeResult, probeHttp, UNSENT } from './probe.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api/quotes?symbols=A`);
}

const nowUs = (): number => performance.now() * 1000;
const probe = (url: URL, more: Partial<Parameters<typeof probeHttp>[0]> = {}) =>
  probeHttp({ urls: [url], headers: { authorization: 'Bearer t' }, rate: 100, durationS: 0.5, nowUs, ...more });

describe('probeHttp', () => {
  it('should ask at its rate and count from when each request was due', async () => {
    const heard: string[] = [];
    const url = await serve((request, response) => {
      heard.push(`${request.url} ${request.headers.authorization}`);
      response.end('{}');
    });
    const result = await probe(url);
    expect(result).toMatchObject({ planned: 50, sent: 50, ok: 50 });
    expect(new Set(heard)).toEqual(new Set(['/api/quotes?symbols=A Bearer t']));
    expect(result.latency.count).toBe(50);
    expect(result.latency.min).toBeGreaterThanOrEqual(result.slip.min);
  });

  it('should charge a stall for all that became due in it, on connections of its own', async () => {
    const held: (() => void)[] = [];
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      if (asked === 50) for (const answer of [...held, () => response.end('{}')]) answer();
      else held.push(() => response.end('{}'));
    });
    const { latency, ok } = await probe(url);
    expect(ok).toBe(50);
    // All are answered with the last: the first waited for half a second, the one in the middle for half of that.
    expect(latency.max).toBeGreaterThan(480_000);
    expect(latency.percentile(50)).toBeGreaterThan(230_000);
  });

  it('should count failures by what they are: a status, a time-out, a connection that ends', async () => {
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end();
      else if (asked === 2) request.socket.destroy();
      else if (asked > 3) response.end('{}');
    });
    const { failures, ok, latency } = await probe(url, { rate: 50, durationS: 0.2, timeoutMs: 1_000 });
    expect(ok).toBe(7);
    expect([...failures.keys()].sort()).toEqual(['no answer in 1000 ms', 'socket hang up', 'status 503']);
    // From when it was due, however late we asked.
    expect(latency.max).toBeGreaterThanOrEqual(1_000_000);
  });

  it('should keep what it has when it is interrupted', async () => {
    const interrupt = new AbortController();
    const url = await serve((_, response) => {
      response.end('{}', () => interrupt.abort());
    });
    const { planned, latency } = await probe(url, { durationS: 60, signal: interrupt.signal });
    expect(planned).toBe(6_000);
    expect(latency.count).toBeLessThan(6_000);
  });
});

describe('judgeHttp', () => {
  const measured = (
    ms: number,
    more: Partial<HttpProbeResult> & { readonly slipMs?: number } = {},
  ): HttpProbeResult => {
    const latency = new Histogram();
    const slip = new Histogram();
    latency.record(ms * 1000, 2_000);
    slip.record((more.slipMs ?? 0) * 1000, 2_000);
    return { planned: 2_000, sent: 2_000, ok: 2_000, failures: new Map(), latency, slip, ...more };
  };
  const bounds = { p99Ms: 50, failedShare: 0.001 };

  it.each([
    ['pass', measured(10)],
    ['pass', measured(10, { slipMs: 40 })],
    ['fail', measured(60)],
    ['invalid', measured(60, { slipMs: 20 })],
    ['fail', measured(10, { ok: 1_990, failures: new Map([['status 503', 10]]) })],
    ['invalid', measured(10, { planned: 9_000 })],
    ['fail', measured(10, { failures: new Map([[UNSENT, 100]]) })],
    ['invalid', measured(10, { failures: new Map([[UNSENT, 100]]), slipMs: 20 })],
  ] as const)('should say %s', (verdict, result) => {
    expect(judgeHttp(result, bounds).verdict).toBe(verdict);
  });
});

describe('runClosedLoop', () => {
  it('should tell how much goes through, and what failed', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(asked % 2 === 0 ? 503 : 200).end('{}');
    });
    const result = await runClosedLoop({ urls: [url], headers: {}, connections: 2, durationS: 1 });
    expect(result.requests).toBeGreaterThan(10);
    expect(result.failed).toBeGreaterThan(4);
    expect(result.requestsPerS).toBeGreaterThan(10);
  });
});
