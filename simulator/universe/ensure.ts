import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectFile } from '../paths.ts';
import { openTape } from '../tape/reader.ts';
import { TapeError, TapeMissingError } from '../tape/types.ts';
import { type BuildProgress, buildTape, DEFAULT_UNIVERSE, UNIVERSE_VERSION, type UniverseOptions } from './build.ts';

/** Parameters of a cached tape; what is absent is taken from {@link DEFAULT_UNIVERSE}. */
export interface EnsureTapeOptions extends Partial<UniverseOptions> {
  /** Default: `.cache` in the project's folder. */
  readonly cacheDir?: string;
}

/**
 * Gives the path of the tape with these parameters, building it when the cache lacks it or holds one that can't be
 * opened. Two processes may do so at once: each builds under a name of its own, the last rename wins, the bytes are equal.
 */
export async function ensureTape(
  options: EnsureTapeOptions = {},
  onProgress?: (progress: BuildProgress) => void,
): Promise<string> {
  const { cacheDir = projectFile('.cache'), ...given } = options;
  const universe = { ...DEFAULT_UNIVERSE, ...given };
  const path = join(cacheDir, tapeFileName(universe));
  if (isUsable(path)) return path;
  await buildTape({ ...universe, path }, onProgress);
  return path;
}

/** The name of a tape in the cache: its parameters, the format's version and the builder's. */
export function tapeFileName({ symbols, seed, sessionDate, events }: UniverseOptions): string {
  return `universe-v1.${UNIVERSE_VERSION}-${sessionDate}-${symbols}-symbols-${events}-events-seed-${seed}.tape`;
}

function isUsable(path: string): boolean {
  try {
    openTape(path).close();
    return true;
  } catch (error) {
    if (!(error instanceof TapeError)) throw error;
    if (!(error instanceof TapeMissingError)) rmSync(path, { force: true });
    return false;
  }
}
