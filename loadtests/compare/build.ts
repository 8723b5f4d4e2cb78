import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A revision that can't be built, in one line with the log's path. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** A build of a revision. */
export interface Build {
  /** Its `dist/cli/main.js`. */
  readonly cli: string;
  /** The commit, shortened. */
  readonly commit: string;
}

const DONE = '.built';

/**
 * Builds a git revision in a work tree of its own below `cacheDir`, once per commit. Its packages are installed where
 * its lock file differs from this checkout's, and shared otherwise.
 *
 * @throws BuildError when there's no such revision, or installing or building it fails
 */
export async function buildRevision(options: {
  readonly projectRoot: string;
  readonly cacheDir: string;
  readonly revision: string;
  readonly onProgress: (state: string) => void;
}): Promise<Build> {
  const { projectRoot, cacheDir, revision, onProgress } = options;
  const commit = await commitOfRevision(projectRoot, revision);
  const folder = join(cacheDir, commit);
  const build = { cli: join(folder, 'dist', 'cli', 'main.js'), commit: commit.slice(0, 12) };
  if (existsSync(join(folder, DONE)) && existsSync(build.cli)) return build;

  mkdirSync(cacheDir, { recursive: true });
  const log = join(cacheDir, `${commit}.log`);
  const run = (what: string, command: string, args: readonly string[]): Promise<void> => {
    onProgress(`${revision} (${build.commit}): ${what}`);
    return runLogged({ command, args, cwd: folder, log, told: `${revision} (${build.commit}): ${what} failed` });
  };
  // What an interrupt left behind is begun anew.
  rmSync(folder, { recursive: true, force: true });
  await git(projectRoot, ['worktree', 'prune']);
  const added = await git(projectRoot, ['worktree', 'add', '--detach', folder, commit]);
  if (added.code !== 0) throw new BuildError(`${revision}: no work tree in ${folder}: ${added.err}`);
  if (lockOf(folder) === lockOf(projectRoot))
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  else await run('installing its packages', 'npm', ['ci', '--no-audit', '--no-fund']);
  await run('building', 'npm', ['run', 'build']);
  if (!existsSync(build.cli))
    throw new BuildError(`${revision} (${build.commit}) builds no dist/cli/main.js; log: ${log}`);
  writeFileSync(join(folder, DONE), '');
  return build;
}

/** Builds the working tree as it is. @throws BuildError with the log's path when it fails */
export async function buildWorkingTree(options: { projectRoot: string; cacheDir: string }): Promise<void> {
  mkdirSync(options.cacheDir, { recursive: true });
  const log = join(options.cacheDir, 'working-tree.log');
  const told = 'building the working tree failed';
  await runLogged({ command: 'npm', args: ['run', 'build'], cwd: options.projectRoot, log, told });
}

async function commitOfRevision(projectRoot: string, revision: string): Promise<string> {
  const found = await git(projectRoot, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ]);
  const commit = found.out.trim();
  if (found.code === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  throw new BuildError(
    `there's no revision '${revision}' in ${projectRoot}; name a commit, a tag or a branch (fetched?)`,
  );
}

function git(cwd: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile('git', args, { cwd }, (error, out, err) => {
      done({ code: error === null ? 0 : 1, out, err: err.trim() === '' ? (error?.message ?? '') : err.trim() });
    });
  });
}

function lockOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'package-lock.json'), 'utf8');
  } catch {
    return '';
  }
}

interface LoggedRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly log: string;
  readonly told: string;
}

function runLogged({ command, args, cwd, log, told }: LoggedRun): Promise<void> {
  return new Promise((done, fail) => {
    const file = createWriteStream(log, { flags: 'a' });
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    child.once('error', (error) => fail(new BuildError(`${told}: ${error.message}`)));
    child.once('close', (code) => {
      file.end(() => (code === 0 ? done() : fail(new BuildError(`${told} (exit code ${code}); log: ${log}`))));
    });
  });
}
