import { type BigIntStats, existsSync, statSync } from 'node:fs';

/** Tells whether two names are of one file, by links too; false when either isn't there. */
export function isSameFile(one: string, other: string): boolean {
  const a = statOf(one);
  const b = statOf(other);
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Asks whether it exists first: that has no error for a path through a file. */
function statOf(path: string): BigIntStats | undefined {
  return existsSync(path) ? statSync(path, { throwIfNoEntry: false, bigint: true }) : undefined;
}
