import autocannon from 'autocannon';

/** What a closed loop is told. */
export interface ClosedLoopOptions {
  readonly urls: readonly URL[];
  readonly headers: Readonly<Record<string, string>>;
  /** Connections, each of which asks again as soon as it has its answer. */
  readonly connections: number;
  readonly durationS: number;
  readonly signal?: AbortSignal;
}

/** What autocannon saw: how much goes through. Its latencies leave out what waited for a slow answer before, so they judge nothing. */
export interface ClosedLoopResult {
  readonly requestsPerS: number;
  readonly bytesPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly requests: number;
  /** Errors of sockets, time-outs and answers that aren't 2xx. */
  readonly failed: number;
}

/** Asks as fast as the answers come, by autocannon. */
export async function runClosedLoop(options: ClosedLoopOptions): Promise<ClosedLoopResult> {
  const { urls, headers, connections, durationS, signal } = options;
  const [first] = urls;
  if (first === undefined) throw new RangeError('no address to ask');
  const asked = {
    url: first.origin,
    connections,
    duration: durationS,
    headers: { ...headers },
    requests: urls.map((url) => ({ method: 'GET' as const, path: `${url.pathname}${url.search}` })),
  };
  const { requests, throughput, latency, errors, timeouts, non2xx } = await new Promise<autocannon.Result>(
    (resolve, reject) => {
      const running = autocannon(asked, (error: Error | null, result) => {
        signal?.removeEventListener('abort', stop);
        if (error === null) resolve(result);
        else reject(error);
      });
      const stop = (): void => running.stop();
      signal?.addEventListener('abort', stop, { once: true });
    },
  );
  return {
    requestsPerS: requests.average,
    bytesPerS: throughput.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    maxMs: latency.max,
    requests: requests.total,
    failed: errors + timeouts + non2xx,
  };
}
