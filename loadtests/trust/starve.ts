/** How a generator is starved: stopped for this long, again and again, as by a neighbour that takes its core. */
const STOPPED_MS = 700;
const RUNNING_MS = 300;

/** Stops and continues a process by turns until `stop`; a process that is gone is left alone. */
export function starve(pid: number): { stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const turn = (stopped: boolean): void => {
    if (!signal(pid, stopped ? 'SIGSTOP' : 'SIGCONT')) return;
    timer = setTimeout(() => turn(!stopped), stopped ? STOPPED_MS : RUNNING_MS);
  };
  turn(true);
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
