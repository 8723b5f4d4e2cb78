import type { Disturbance } from './cases.ts';

/** How a generator is starved: stopped for this long, again and again, as by a neighbour that takes its core. */
const STARVED_MS = { stopped: 700, running: 300 };
/** One pause in mid-run. */
const PAUSED_MS = { after: 8_000, stopped: 5_000 };
/** A generator's clock that somebody set wrong, µs. */
export const WRONG_CLOCK_US = 200_000;

/** Disturbs a generator's process until `stop`; a process that is gone is left alone. */
export function disturb(pid: number, how: Disturbance): { stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const after = (ms: number, act: () => void): void => {
    timer = setTimeout(act, ms);
  };
  const turn = (stopped: boolean): void => {
    if (!signal(pid, stopped ? 'SIGSTOP' : 'SIGCONT')) return;
    after(stopped ? STARVED_MS.stopped : STARVED_MS.running, () => turn(!stopped));
  };
  switch (how) {
    case 'starved':
      turn(true);
      break;
    case 'paused':
      after(PAUSED_MS.after, () => {
        signal(pid, 'SIGSTOP');
        after(PAUSED_MS.stopped, () => signal(pid, 'SIGCONT'));
      });
      break;
    case 'stopped':
      after(PAUSED_MS.after, () => signal(pid, 'SIGSTOP'));
      break;
    case 'wrong clock':
      break;
  }
  return {
    stop: () => {
      clearTimeout(timer);
      signal(pid, 'SIGCONT');
    },
  };
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
