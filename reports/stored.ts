import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SummaryError } from './errors.ts';
import { REPORT_NAMES } from './files.ts';

/** A run's folder among those kept. */
export interface StoredRun {
  /** The folder's name, by which commands know it. */
  readonly name: string;
  readonly folder: string;
  /** When its summary was written, ms since the epoch. */
  readonly writtenMs: number;
}

/** The runs of a folder that have a summary, newest first; none where there is no such folder. */
export function storedRuns(runsFolder: string): StoredRun[] {
  if (!existsSync(runsFolder)) return [];
  return readdirSync(runsFolder)
    .flatMap((name) => {
      const folder = join(runsFolder, name);
      const summary = join(folder, REPORT_NAMES.summary);
      // What stands there may be a file: looking into one throws, asking whether it is there doesn't.
      return existsSync(summary) ? [{ name, folder, writtenMs: statSync(summary).mtimeMs }] : [];
    })
    .sort((a, b) => b.writtenMs - a.writtenMs || b.name.localeCompare(a.name));
}

/**
 * The path that a run's name means: `last` is the newest of the folder, `last~2` the second before it; else a path, or the
 * name of a folder among the runs kept.
 *
 * @throws SummaryError when there is no such run
 */
export function resolveRun(name: string, runsFolder: string): string {
  const back = /^last(?:~(\d{1,6}))?$/.exec(name);
  if (back !== null) {
    const runs = storedRuns(runsFolder);
    const run = runs[Number(back[1] ?? 0)];
    if (run !== undefined) return run.folder;
    throw new SummaryError(
      `${name}: ${runsFolder} holds ${runs.length} runs; make one with "tapedeck gate", or name a path`,
      'missing',
    );
  }
  if (existsSync(name)) return name;
  const kept = join(runsFolder, name);
  if (existsSync(kept)) return kept;
  throw new SummaryError(`${name}: no such run; "tapedeck report list" names those of ${runsFolder}`, 'missing');
}
