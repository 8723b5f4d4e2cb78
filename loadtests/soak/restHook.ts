/**
 * Loaded into a server before its own code (`node --import`): on SIGUSR2 it collects the garbage and prints a line
 * `{"rest":{"heapBytes":..,"rssBytes":..,"handles":..,"timers":..}}` with what the process then holds.
 */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** Weak references and finalizers are worked off between collections. */
const COLLECTIONS = 3;

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this Node lends out no garbage collector');
  process.on('SIGUSR2', () => collectAndTell(() => collect()));
}

function collectAndTell(collect: () => void, left = COLLECTIONS): void {
  collect();
  if (left > 1) {
    setImmediate(() => collectAndTell(collect, left - 1));
    return;
  }
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout').length;
  const handles = openFiles() ?? resources.length - timers;
  process.stdout.write(`${JSON.stringify({ rest: { heapBytes, rssBytes, handles, timers } })}\n`);
}

/** Open files, sockets among them; undefined where the system doesn't tell. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
