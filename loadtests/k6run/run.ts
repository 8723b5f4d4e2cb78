import { type ChildProcess, spawn } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { vusFor } from '../k6/lib/vus.ts';
import { checkBudget } from './budget.ts';
import { lastLines } from './lastLines.ts';
import { watchMemory } from './memoryWatchdog.ts';

/** Where the watchdog ends k6, unless told otherwise: 100 clients take about a tenth of it. */
const DEFAULT_MAX_RSS_BYTES = 2 * 1024 ** 3;
/** What k6 has for an orderly end before it is killed. */
const END_TIMEOUT_MS = 5_000;
const STDERR_LINES = 200;

export interface K6Options {
  readonly k6Path: string;
  /** Path of the script: one of `loadtests/k6/*.ts`. */
  readonly script: string;
  /** A `GeneratorPlan` as JSON. */
  readonly planPath: string;
  /** File for the `GeneratorLine`s (NDJSON); an older one is removed. */
  readonly outPath: string;
  /** Clients in the plan, for the check that every VU came to its end. */
  readonly clients: number;
  /** What the plan makes k6 receive, for the check against its budget before the start. */
  readonly load: { readonly messagesPerS: number; readonly cores: number };
  readonly maxRssBytes?: number;
  readonly signal?: AbortSignal;
  /** Told k6's process id once it is started. */
  readonly onStarted?: (pid: number) => void;
  /** Called every 500 ms. */
  readonly onProgress?: (progress: K6Progress) => void;
}

interface K6Progress {
  readonly elapsedMs: number;
  readonly rssBytes: number;
}

interface K6Ran {
  readonly tookMs: number;
  readonly peakRssBytes: number;
}

export type K6Result =
  /** Every VU came to its end; what was measured is in the file. */
  | ({ readonly kind: 'done' } & K6Ran)
  /** Not started: the plan offers more than k6 can take. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Ended by the memory watchdog: the generator was saturated, the run is invalid. */
  | ({ readonly kind: 'out-of-budget'; readonly rssBytes: number; readonly why: string } & K6Ran)
  /** Ended by the caller's signal. */
  | ({ readonly kind: 'interrupted' } & K6Ran)
  /** k6 itself went wrong. */
  | ({
      readonly kind: 'failed';
      readonly exitCode: number | null;
      readonly why: string;
      readonly stderr: readonly string[];
    } & K6Ran);

/**
 * Runs a k6 script over a plan and waits for its end. Lines of measurement go to `outPath`; k6's own thresholds are off,
 * the caller judges.
 */
export async function runK6(options: K6Options): Promise<K6Result> {
  const budget = checkBudget(options.load);
  if (budget.kind === 'over') return { kind: 'refused', why: budget.why };
  await rm(options.outPath, { force: true });
  const { signal, maxRssBytes = DEFAULT_MAX_RSS_BYTES, onProgress } = options;

  const startedMs = performance.now();
  const child = startK6(options);
  const stderr = child.stderr === null ? { lines: [] } : lastLines(child.stderr, STDERR_LINES);
  if (child.pid !== undefined) options.onStarted?.(child.pid);
  let overBytes = 0;
  const watchdog =
    child.pid === undefined
      ? undefined
      : watchMemory({
          pid: child.pid,
          maxRssBytes,
          onLook: (rssBytes) => onProgress?.({ elapsedMs: performance.now() - startedMs, rssBytes }),
          onOver: (rssBytes) => {
            overBytes = rssBytes;
            endGroup(child, 'SIGKILL');
          },
        });
  const interrupt = (): void => endOrderly(child);
  signal?.addEventListener('abort', interrupt, { once: true });
  if (signal?.aborted) interrupt();
  const ended = await new Promise<{ exitCode: number | null; error: string }>((done) => {
    child.once('error', (error) => done({ exitCode: null, error: error.message }));
    child.once('close', (exitCode, killedBy) =>
      done({ exitCode, error: killedBy === null ? '' : `ended by ${killedBy}` }),
    );
  });
  watchdog?.stop();
  signal?.removeEventListener('abort', interrupt);

  const ran: K6Ran = { tookMs: performance.now() - startedMs, peakRssBytes: watchdog?.peakRssBytes ?? 0 };
  if (overBytes > 0) {
    const why = `k6 took ${megabytes(overBytes)} MB, over its budget of ${megabytes(maxRssBytes)} MB: it can't keep up with this load`;
    return { kind: 'out-of-budget', rssBytes: overBytes, why, ...ran };
  }
  if (signal?.aborted) return { kind: 'interrupted', ...ran };
  const why = await whatWentWrong({ ...ended, outPath: options.outPath, vus: vusFor(options.clients) });
  if (why === '') return { kind: 'done', ...ran };
  return {
    kind: 'failed',
    exitCode: ended.exitCode,
    why: [why, lastMessage(stderr.lines)].filter(Boolean).join(': '),
    stderr: stderr.lines,
    ...ran,
  };
}

function startK6(options: K6Options): ChildProcess {
  const args = ['run', '--quiet', '--no-color', '--log-format', 'raw', '--console-output', resolve(options.outPath)];
  args.push('-e', `TAPEDECK_PLAN=${resolve(options.planPath)}`, '-e', 'TAPEDECK_LINES=1', options.script);
  return spawn(options.k6Path, args, {
    // A group of its own: Ctrl-C on the terminal reaches the caller alone, which then ends k6 in order.
    detached: true,
    env: { ...process.env, K6_AUTO_EXTENSION_RESOLUTION: 'false', K6_NO_USAGE_REPORT: 'true' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function endOrderly(child: ChildProcess): void {
  endGroup(child, 'SIGTERM');
  const timer = setTimeout(() => endGroup(child, 'SIGKILL'), END_TIMEOUT_MS);
  child.once('close', () => clearTimeout(timer));
}

function endGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group ended in between.
  }
}

/** k6's exit codes (its `errext/exitcodes`), as far as a local run can give them. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  99: 'k6 crossed a threshold',
  100: "k6's setup timed out",
  101: "k6's teardown timed out",
  103: 'k6 was stopped through its own REST API',
  104: 'k6 refused its configuration or the plan',
  105: 'k6 was ended by a signal',
  106: "k6 couldn't start its REST API",
  107: 'the k6 script threw',
  108: 'the k6 script gave up',
  109: 'k6 crashed',
  110: 'the k6 script failed its own check',
};

/** One line, or '' when k6 ended well and every VU wrote its `end` line. */
async function whatWentWrong(ended: {
  exitCode: number | null;
  error: string;
  outPath: string;
  vus: number;
}): Promise<string> {
  if (ended.exitCode === null) return `k6 didn't finish: ${ended.error}`;
  if (ended.exitCode !== 0) return EXIT_CODES[ended.exitCode] ?? `k6 ended with exit code ${ended.exitCode}`;
  const ends = await countEnds(ended.outPath);
  return ends === ended.vus ? '' : `only ${ends} of ${ended.vus} k6 VUs came to their end in time`;
}

async function countEnds(outPath: string): Promise<number> {
  let ends = 0;
  try {
    const file = await open(outPath);
    for await (const line of file.readLines()) if (line.startsWith('{"kind":"end"')) ends += 1;
  } catch {
    // No file: k6 wrote nothing.
  }
  return ends;
}

/** What k6 also writes: frames of a stack, a line for each timer of an interrupted VU, and that a test failed that told why. */
const NO_REASON = /^(at |setTimeout \d+ was stopped|No script iterations fully finished|test run was marked as failed)/;

/** The last line that may be a reason; '' when there is none. */
function lastMessage(lines: readonly string[]): string {
  return lines.findLast((line) => !NO_REASON.test(line)) ?? '';
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
