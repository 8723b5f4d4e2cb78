import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../paths.ts';
import { isRunning } from '../processes.ts';
import { FORMAT_VERSION } from '../tape/layout.ts';
import { openTape } from '../tape/reader.ts';
import { TapeError, TapeMissingError } from '../tape/types.ts';
import { buildTape, DEFAULT_UNIVERSE, type OnBuildProgress, UNIVERSE_VERSION, type UniverseOptions } from './build.ts';

/** Parameters of a cached tape; what is absent is taken from {@link DEFAULT_UNIVERSE}. */
export interface EnsureTapeOptions extends Partial<UniverseOptions> {
  /** Default: `.cache` in the project's folder. */
  readonly cacheDir?: string;
}

/**
 * Gives the path of the tape with these parameters, building it when the cache lacks it or holds one that can't be
 * opened. Two processes may do so at once: each builds under a name of its own, the last rename wins, the bytes are equal.
 */
export async function ensureTape(options: EnsureTapeOptions = {}, onProgress?: OnBuildProgress): Promise<string> {
  const { cacheDir = cacheFolder(), ...given } = options;
  const universe = { ...DEFAULT_UNIVERSE, ...given };
  const path = join(cacheDir, tapeFileName(universe));
  if (isUsable(path)) return path;
  sweepPartials(cacheDir);
  await buildTape({ ...universe, path }, onProgress);
  return path;
}

/** The name of a tape in the cache: its parameters, the format's version and the builder's. */
export function tapeFileName({ symbols, seed, sessionDate, events, indexSymbol }: UniverseOptions): string {
  const withIndex = indexSymbol === undefined ? '' : `-with-${indexSymbol}`;
  return `universe-v${FORMAT_VERSION}.${UNIVERSE_VERSION}-${sessionDate}-${symbols}-symbols-${events}-events-seed-${seed}${withIndex}.tape`;
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

/** Removes what builders left behind that were killed: a file whose process, named in it, is gone. */
function sweepPartials(folder: string): void {
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder)) {
    const pid = /\.tape\.(\d+)\.\d+\.partial$/.exec(file)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, file), { force: true });
  }
}
