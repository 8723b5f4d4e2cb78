import type { Clock } from '../../protocol/clock.ts';
import { Histogram } from '../../reports/histogram.ts';
import type { InsideEvidence } from '../judge/evidence.ts';
import type { Windows } from '../judge/merge.ts';
import { keepMax, readProcess, type Series } from './host.ts';

/** Cumulative counts of a Prometheus histogram by upper bound in seconds, ascending. */
type Buckets = readonly (readonly [number, number])[];

/** Samples of a Prometheus page: plain values by name, histograms by name. */
export interface MetricsPage {
  readonly values: ReadonlyMap<string, number>;
  readonly buckets: ReadonlyMap<string, Buckets>;
}

const BUCKET = /^(\w+)_bucket\{le="([^"]+)"[^}]*\} (\S+)/;
const VALUE = /^(\w+) (\S+)/;

/** Reads a Prometheus text page; lines with labels other than `le` are left out. */
export function parseMetrics(page: string): MetricsPage {
  const values = new Map<string, number>();
  const buckets = new Map<string, [number, number][]>();
  for (const line of page.split('\n')) {
    const bucket = BUCKET.exec(line);
    if (bucket !== null) {
      const [, name = '', le = '', count = ''] = bucket;
      const known = buckets.get(name) ?? [];
      const [highest = 0] = known.at(-1) ?? [];
      // What is over the last bound is told as twice that bound: how much more it is, nobody knows.
      known.push([le === '+Inf' ? 2 * highest : Number(le), Number(count)]);
      buckets.set(name, known);
      continue;
    }
    const value = VALUE.exec(line);
    if (value !== null) values.set(value[1] ?? '', Number(value[2]));
  }
  return { values, buckets };
}

/** What arrived in a histogram between two readings, each count at its bucket's upper bound (just below it), µs. */
export function between(before: Buckets | undefined, after: Buckets): Histogram {
  const histogram = new Histogram();
  const earlier = new Map(before ?? []);
  let below = 0;
  for (const [le, count] of after) {
    const grown = count - (earlier.get(le) ?? 0);
    // Cumulative: what is new at or below this bound, less what is new below the one before.
    if (grown > below) histogram.record(Math.max(0, Math.round(le * 1e6) - 1), grown - below);
    below = Math.max(below, grown);
  }
  return histogram;
}

/** What can be seen of a server from within. */
export interface Seen {
  /** Times of processing and publishing. */
  readonly hasInside: boolean;
  /** Memory and CPU. */
  readonly hasResources: boolean;
}

export interface InsideWatch {
  readonly evidence: InsideEvidence;
  /** Readings that failed: the page didn't answer within a second. */
  readonly failures: () => number;
  /** What of a server can be seen by the ways that were given, as far as is known by now. */
  readonly seen: () => Seen;
  /** Whether its process has gone. */
  readonly isGone: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Names of the event loop's worst delay: ours, and that of prom-client's own metrics. */
const LOOP_DELAY_NAMES = ['tapedeck_event_loop_delay_max_seconds', 'nodejs_eventloop_lag_max_seconds'];

/** Reads a server's Prometheus page and the kernel's books on it once a second, each where it is given, from the tape's start to `stop`. */
export function watchInside(options: {
  readonly metricsUrl: string | undefined;
  readonly pid: number | undefined;
  /** A front before the server, whose memory is the back end's too. */
  readonly frontPid?: number | undefined;
  readonly clock: Clock;
  readonly startUs: number;
}): InsideWatch {
  const processWindows: Windows = new Map();
  const publishWindows: Windows = new Map();
  const cpu: Series = new Map();
  const rssBytes: Series = new Map();
  const loopDelayUs: Series = new Map();
  const runQueueUs: Series = new Map();
  const gcUs: Series = new Map();
  const heapBytes: Series = new Map();
  const bytesOut: Series = new Map();
  let failures = 0;
  let page: MetricsPage | undefined;
  const { metricsUrl, pid, frontPid } = options;
  const readKernelNow = () => (pid === undefined ? undefined : readProcess(pid));
  const readFrontNow = () => (frontPid === undefined ? undefined : readProcess(frontPid));
  let kernel = readKernelNow();
  let frontKernel = readFrontNow();
  const wasThere = kernel !== undefined;
  let readUs = options.clock.nowUs();
  let busy: Promise<void> = Promise.resolve();

  const readPage = async (url: string, second: number): Promise<void> => {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(1000) });
      const now = parseMetrics(await answer.text());
      for (const [name, windows] of [
        ['tapedeck_process_seconds', processWindows],
        ['tapedeck_publish_seconds', publishWindows],
      ] as const) {
        const buckets = now.buckets.get(name);
        if (buckets !== undefined) addWindow(windows, second, between(page?.buckets.get(name), buckets));
      }
      const [delay] = LOOP_DELAY_NAMES.flatMap((name) => now.values.get(name) ?? []);
      if (delay !== undefined) keepMax(loopDelayUs, second, delay * 1e6);
      if (pid === undefined) keepResources(now, { before: page, second, series: { cpu, rssBytes } });
      const gcSeconds = now.values.get('nodejs_gc_seconds_total');
      const gcBefore = page?.values.get('nodejs_gc_seconds_total');
      if (gcSeconds !== undefined && gcBefore !== undefined) keepMax(gcUs, second, (gcSeconds - gcBefore) * 1e6);
      const heap = now.values.get('nodejs_heap_used_bytes');
      if (heap !== undefined) keepMax(heapBytes, second, heap);
      const sent = now.values.get('tapedeck_bytes_out_total');
      const sentBefore = page?.values.get('tapedeck_bytes_out_total');
      if (sent !== undefined && sentBefore !== undefined) keepMax(bytesOut, second, sent - sentBefore);
      page = now;
    } catch {
      failures += 1;
    }
  };
  const readKernel = (second: number): void => {
    const now = readKernelNow();
    const frontNow = readFrontNow();
    const nowUs = options.clock.nowUs();
    if (now !== undefined && kernel !== undefined && nowUs > readUs) {
      const perSecond = 1e6 / (nowUs - readUs);
      keepMax(cpu, second, ((now.cpuUs - kernel.cpuUs) / 1e6) * perSecond);
      keepMax(runQueueUs, second, (now.runQueueUs - kernel.runQueueUs) * perSecond);
      keepMax(rssBytes, second, now.rssBytes + (frontNow?.rssBytes ?? 0));
      if (frontNow !== undefined && frontKernel !== undefined) {
        // What the front waits for a core, its clients wait too.
        keepMax(runQueueUs, second, (frontNow.runQueueUs - frontKernel.runQueueUs) * perSecond);
      }
    }
    kernel = now;
    frontKernel = frontNow;
    readUs = nowUs;
  };
  let timer: NodeJS.Timeout;
  // Readings fall on whole seconds of the run: what one finds happened in the second before it, and in no part of another.
  const readNext = (): void => {
    const sinceStartS = (options.clock.nowUs() - options.startUs) / 1e6;
    const next = Math.floor(sinceStartS + SAME_SECOND_S) + 1;
    timer = setTimeout(
      () => {
        readKernel(next - 1);
        if (metricsUrl !== undefined) busy = busy.then(() => readPage(metricsUrl, next - 1));
        readNext();
      },
      (next - sinceStartS) * 1000,
    );
  };
  readNext();
  return {
    evidence: {
      process: processWindows,
      publish: publishWindows,
      cpu,
      rssBytes,
      loopDelayUs,
      runQueueUs,
      gcUs,
      heapBytes,
      bytesOut,
    },
    failures: () => failures,
    seen: () => ({
      hasInside: metricsUrl !== undefined && (page === undefined || page.buckets.has('tapedeck_process_seconds')),
      hasResources:
        pid !== undefined || (metricsUrl !== undefined && (page === undefined || page.values.has(RESIDENT_BYTES))),
    }),
    isGone: () => wasThere && readKernelNow() === undefined,
    stop: async () => {
      clearTimeout(timer);
      await busy;
    },
  };
}

/** A timer that goes off this much too early is of the second that it was set for. */
const SAME_SECOND_S = 0.05;
const RESIDENT_BYTES = 'process_resident_memory_bytes';
const CPU_SECONDS = 'process_cpu_seconds_total';

/** What a page says of CPU and memory, where the kernel isn't asked. */
function keepResources(
  page: MetricsPage,
  to: { before: MetricsPage | undefined; second: number; series: { cpu: Series; rssBytes: Series } },
): void {
  const { before, second, series } = to;
  const resident = page.values.get(RESIDENT_BYTES);
  if (resident !== undefined) keepMax(series.rssBytes, second, resident);
  const [now, then] = [page.values.get(CPU_SECONDS), before?.values.get(CPU_SECONDS)];
  // Pages are read a second apart.
  if (now !== undefined && then !== undefined) keepMax(series.cpu, second, now - then);
}

function addWindow(windows: Windows, second: number, histogram: Histogram): void {
  if (histogram.count === 0) return;
  const known = windows.get(second);
  windows.set(second, known === undefined ? histogram : known.merge(histogram));
}
