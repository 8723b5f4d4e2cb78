/**
 * A planted leak, loaded into a server beside its own code: every six seconds it holds on to 24 MB more, and leaves a timer and
 * an open file behind.
 */
import { openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 6_000;
/** Of 8 bytes each. */
const NUMBERS = 3 * 1024 * 1024;
const held: number[][] = [];

if (isMainThread) {
  setInterval(() => {
    held.push(new Array<number>(NUMBERS).fill(held.length + 0.5));
    // Timers that keep nothing alive aren't told of.
    setInterval(() => held.length, 3_600_000);
    openSync('/dev/null', 'r');
  }, EVERY_MS).unref();
}
