import type { Clock } from '../../protocol/clock.ts';
import { procNames, procText, statFields } from '../../simulator/procfs.ts';

/** How busy the load's generator and the whole machine were. */
export interface Busy {
  /** The generator's busiest thread, share of one core; null where it wasn't seen. */
  readonly generatorCpu: number | null;
  /** All threads of the generator together, in cores. */
  readonly generatorCores: number | null;
  /** Share of all cores of the machine that was in use. */
  readonly machineCpu: number | null;
}

export interface LoadWatch {
  /** Begins to watch the generator with this pid, its threads and its children. */
  readonly watch: (pid: number) => void;
  readonly stop: () => void;
  /** Means between two times of the clock, µs. */
  readonly between: (fromUs: number, toUs: number) => Busy;
}

interface Reading {
  readonly atUs: number;
  /** CPU of each thread since its start, µs. */
  readonly threads: ReadonlyMap<string, number>;
  readonly machineBusyUs: number;
  readonly machineTotalUs: number;
}

const EVERY_MS = 1_000;
/** The kernel counts CPU in hundredths of a second. */
const JIFFY_US = 10_000;

/** Watches how much of its cores the generator uses, by the kernel's books, once a second. */
export function watchLoad(clock: Clock): LoadWatch {
  const readings: Reading[] = [];
  let timer: NodeJS.Timeout | undefined;
  return {
    watch: (pid) => {
      clearInterval(timer);
      const read = (): void => {
        readings.push({ atUs: clock.nowUs(), threads: threadsOf(pid), ...machineTimes() });
      };
      read();
      timer = setInterval(read, EVERY_MS);
    },
    stop: () => clearInterval(timer),
    between: (fromUs, toUs) => busyIn(readings.filter(({ atUs }) => atUs >= fromUs && atUs <= toUs)),
  };
}

function busyIn(readings: readonly Reading[]): Busy {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined || first === last) {
    return { generatorCpu: null, generatorCores: null, machineCpu: null };
  }
  const lastedUs = last.atUs - first.atUs;
  const used = [...last.threads].map(([thread, us]) => (us - (first.threads.get(thread) ?? 0)) / lastedUs);
  const total = last.machineTotalUs - first.machineTotalUs;
  return {
    generatorCpu: used.length === 0 ? null : Math.max(...used),
    generatorCores: used.length === 0 ? null : used.reduce((sum, share) => sum + share, 0),
    machineCpu: total <= 0 ? null : (last.machineBusyUs - first.machineBusyUs) / total,
  };
}

/** CPU time of every thread of a process and of the processes that it started. */
function threadsOf(pid: number): Map<string, number> {
  const threads = new Map<string, number>();
  const waiting = [String(pid)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const thread of procNames(`/proc/${next}/task`)) {
      const fields = statFields(`/proc/${next}/task/${thread}`);
      const us = (Number(fields[11]) + Number(fields[12])) * JIFFY_US;
      if (Number.isFinite(us)) threads.set(`${next}/${thread}`, us);
      waiting.push(
        ...procText(`/proc/${next}/task/${thread}/children`)
          .split(' ')
          .filter((child) => child !== ''),
      );
    }
  }
  return threads;
}

function machineTimes(): { machineBusyUs: number; machineTotalUs: number } {
  const fields = procText('/proc/stat').split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? [];
  const total = fields.reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return { machineBusyUs: (total - idle) * JIFFY_US, machineTotalUs: total * JIFFY_US };
}
