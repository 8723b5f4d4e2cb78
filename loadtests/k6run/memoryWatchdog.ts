import { readFile } from 'node:fs/promises';

const LOOK_EVERY_MS = 500;

export interface MemoryWatchdog {
  /** Highest resident set seen, bytes; 0 before the first look, or where the system has no `/proc`. */
  readonly peakRssBytes: number;
  stop(): void;
}

/**
 * Looks at a process's resident set every 500 ms and tells once when it is over the bound. Linux only: elsewhere it
 * sees nothing.
 */
export function watchMemory(options: {
  pid: number;
  maxRssBytes: number;
  onLook?: (rssBytes: number) => void;
  onOver: (rssBytes: number) => void;
}): MemoryWatchdog {
  const { pid, maxRssBytes, onLook, onOver } = options;
  let peak = 0;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  const look = async (): Promise<void> => {
    const rssBytes = await readRssBytes(pid);
    if (stopped || rssBytes === undefined) return;
    peak = Math.max(peak, rssBytes);
    onLook?.(rssBytes);
    if (rssBytes <= maxRssBytes) return;
    stop();
    onOver(rssBytes);
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    get peakRssBytes() {
      return peak;
    },
    stop,
  };
}

/** Resident set in bytes; undefined when the process is gone or the system has no `/proc`. */
async function readRssBytes(pid: number): Promise<number | undefined> {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}
