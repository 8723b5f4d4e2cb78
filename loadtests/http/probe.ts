import { Agent, request } from 'node:http';
import { request as requestSecurely, Agent as SecureAgent } from 'node:https';
import { Histogram } from '../../reports/histogram.ts';

/** What the open-model probe asks, and how often. */
export interface HttpProbeOptions {
  /** Addresses, asked in turn. */
  readonly urls: readonly URL[];
  readonly headers: Readonly<Record<string, string>>;
  /** Requests a second, whether or not the server keeps up. */
  readonly rate: number;
  readonly durationS: number;
  /** An answer that takes longer is a failure, and counts with this time, ms (default 10,000). */
  readonly timeoutMs?: number;
  /** The run's clock, µs. */
  readonly nowUs: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (secondsLeft: number) => void;
}

/** What the probe measured; times in µs. */
export interface HttpProbeResult {
  readonly planned: number;
  readonly sent: number;
  readonly ok: number;
  /** Failures by what they were: a status, a time-out, an error of the socket. */
  readonly failures: ReadonlyMap<string, number>;
  /** From the planned time to the answer's last byte, failures included. */
  readonly latency: Histogram;
  /** From the planned time to the attempt: the probe's own lateness. */
  readonly slip: Histogram;
}

const TIMEOUT_MS = 10_000;
/** Requests on their way at once, at most: those beyond it fail unsent. */
const MAX_IN_FLIGHT = 5_000;
/** What failed so, in words. */
export const UNSENT = `over ${MAX_IN_FLIGHT} unanswered`;
/** Requests that go out before answers are looked at again: a probe that was late has many overdue at once. */
const ASKED_AT_ONCE = 100;

/**
 * Asks by an open model: the n-th request is due `n / rate` after the start and is sent then, on a connection of its own
 * when all others wait. Its latency counts from when it was due, so that a server that stalls is charged for all that
 * became due meanwhile.
 */
export async function probeHttp(options: HttpProbeOptions): Promise<HttpProbeResult> {
  const { urls, rate, durationS, nowUs, signal, onProgress } = options;
  const planned = Math.floor(rate * durationS);
  const startUs = nowUs();
  const asked = new Asking(options);
  let next = 0;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const atUs = nowUs();
      const until = Math.min(planned, next + ASKED_AT_ONCE);
      for (; next < until && startUs + (next / rate) * 1e6 <= atUs; next++)
        asked.ask(urls[next % urls.length] as URL, startUs + (next / rate) * 1e6);
      onProgress?.(Math.max(0, Math.ceil(durationS - (atUs - startUs) / 1e6)));
      if (next >= planned || signal?.aborted === true) resolve();
      else if (next === until) setImmediate(turn);
      else setTimeout(turn, 1);
    };
    turn();
  });
  await asked.finish(signal);
  const { sent, ok, failures, latency, slip } = asked;
  return { planned, sent, ok, failures, latency, slip };
}

class Asking {
  readonly latency = new Histogram();
  readonly slip = new Histogram();
  readonly failures = new Map<string, number>();
  sent = 0;
  ok = 0;
  readonly #options: HttpProbeOptions;
  readonly #agents: { readonly plain: Agent; readonly secure: SecureAgent };
  #inFlight = 0;
  #onIdle: () => void = () => undefined;

  constructor(options: HttpProbeOptions) {
    this.#options = options;
    // An open model never waits for a connection that another request has.
    const kept = { keepAlive: true, noDelay: true, maxSockets: Number.POSITIVE_INFINITY };
    this.#agents = { plain: new Agent(kept), secure: new SecureAgent(kept) };
  }

  ask(url: URL, dueUs: number): void {
    const { headers, nowUs, timeoutMs = TIMEOUT_MS } = this.#options;
    this.slip.record(nowUs() - dueUs);
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      this.#count(UNSENT, dueUs + timeoutMs * 1000, dueUs);
      return;
    }
    this.sent += 1;
    this.#inFlight += 1;
    let isDone = false;
    const done = (failure: string, atUs = nowUs()): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      this.#inFlight -= 1;
      this.#count(failure, atUs, dueUs);
      if (this.#inFlight === 0) this.#onIdle();
    };
    const isSecure = url.protocol === 'https:';
    const outgoing = (isSecure ? requestSecurely : request)(url, {
      agent: isSecure ? this.#agents.secure : this.#agents.plain,
      headers,
    });
    const timer = setTimeout(() => {
      done(`no answer in ${timeoutMs} ms`, dueUs + timeoutMs * 1000);
      outgoing.destroy();
    }, timeoutMs);
    outgoing.on('response', (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      response.on('end', () => done(statusCode >= 200 && statusCode < 400 ? '' : `status ${statusCode}`));
      response.on('error', (error) => done(error.message));
    });
    outgoing.on('error', (error) => done(error.message));
    outgoing.end();
  }

  /** Waits for what is on its way; interrupted, what is still unanswered isn't counted. */
  async finish(signal: AbortSignal | undefined): Promise<void> {
    if (this.#inFlight > 0 && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.#agents.plain.destroy();
    this.#agents.secure.destroy();
  }

  #count(failure: string, atUs: number, dueUs: number): void {
    this.latency.record(atUs - dueUs);
    if (failure === '') this.ok += 1;
    else this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
  }
}
