import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lastLines } from './lastLines.ts';
import { builtK6Path, locateK6 } from './locate.ts';

/** The pinned package; its version and checksums are in `loadtests/k6/go.mod` and `go.sum`. */
const K6_PACKAGE = 'go.k6.io/k6/v2';
const PROGRESS_EVERY_MS = 1_000;

export interface BuildProgress {
  readonly elapsedMs: number;
  /** What Go said last, e.g. `go: downloading ...`; '' when nothing yet. */
  readonly line: string;
}

export type BuildResult =
  | { readonly kind: 'built'; readonly path: string; readonly version: string; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Builds the pinned k6 into `.tools/bin/k6`: about 70 s on two cores with empty caches, and seconds with warm ones. The
 * binary is moved into its place when it is whole, so builds side by side don't harm one another.
 */
export async function buildK6(options: {
  projectRoot: string;
  goPath: string;
  signal?: AbortSignal;
  onProgress?: (progress: BuildProgress) => void;
}): Promise<BuildResult> {
  const { projectRoot, goPath, signal, onProgress } = options;
  const path = builtK6Path(projectRoot);
  const partial = `${path}.${process.pid}.partial`;
  await mkdir(dirname(path), { recursive: true });
  const startedMs = performance.now();
  const outcome = await goBuild({
    goPath,
    output: partial,
    module: join(projectRoot, 'loadtests', 'k6'),
    ...(signal ? { signal } : {}),
    onLine: (line) => onProgress?.({ elapsedMs: performance.now() - startedMs, line }),
  });
  if (outcome !== '') {
    await rm(partial, { force: true });
    return { kind: 'failed', why: outcome };
  }
  await rename(partial, path);
  const tookMs = performance.now() - startedMs;
  const location = await locateK6({ path: '', projectRoot });
  if (location.kind !== 'found') return { kind: 'failed', why: `${path} was built but doesn't run` };
  return { kind: 'built', path, version: location.version, tookMs };
}

/** Runs `go build`; '' when it went well, else why not in one line. */
function goBuild(options: {
  goPath: string;
  module: string;
  output: string;
  signal?: AbortSignal;
  onLine: (line: string) => void;
}): Promise<string> {
  const { goPath, module, output, signal, onLine } = options;
  return new Promise((done) => {
    const child = spawn(
      goPath,
      ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', output, K6_PACKAGE],
      {
        cwd: module,
        // Without cgo no C compiler is needed; a user's go.work must not take the module over.
        env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
        stdio: ['ignore', 'ignore', 'pipe'],
        ...(signal ? { signal } : {}),
      },
    );
    const said = lastLines(child.stderr, 5);
    const ticker = setInterval(() => onLine(said.lines.at(-1) ?? ''), PROGRESS_EVERY_MS);
    child.once('error', (error) => finish(`go build didn't start: ${error.message}`));
    child.once('close', (code, killedBy) => {
      const last = said.lines.join(' | ');
      finish(code === 0 ? '' : `go build ended with ${killedBy ?? `exit code ${code}`}: ${last}`);
    });
    function finish(why: string): void {
      clearInterval(ticker);
      done(why);
    }
  });
}
