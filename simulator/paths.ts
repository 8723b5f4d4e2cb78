import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/**
 * The absolute path of a file of this project, whether the code runs from source or compiled.
 *
 * @param parts path below the project's folder
 * @throws Error when the code lies in no such folder
 */
export function projectFile(...parts: readonly string[]): string {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return join(root, ...parts);
}

/** Whether the code runs as a package of another project, and not from a checkout of its own. */
export function isInstalled(): boolean {
  return projectFile().split(sep).includes('node_modules');
}

/** The folder that runs belong to, for the commit they name: the checkout, or the working directory of who installed the package. */
export function homeFolder(): string {
  return isInstalled() ? process.cwd() : projectFile();
}

/** Where reports go unless `--out` says otherwise: `reports/runs` of a checkout, else `tapedeck-runs` below the working directory. */
export function runsFolder(): string {
  return isInstalled() ? join(process.cwd(), 'tapedeck-runs') : projectFile('reports', 'runs');
}

/** Where tapes that are built once are kept: `.cache` of a checkout, else `tapedeck` in the user's cache folder, for all projects. */
export function cacheFolder(): string {
  if (!isInstalled()) return projectFile('.cache');
  const { XDG_CACHE_HOME } = process.env;
  return join(
    XDG_CACHE_HOME === undefined || XDG_CACHE_HOME === '' ? join(homedir(), '.cache') : XDG_CACHE_HOME,
    'tapedeck',
  );
}

/** How a user calls a command of ours from where he is, as a report's "how to repeat" says it: its paths are relative to that. */
export function commandPrefix(): string {
  if (isInstalled()) return 'npx tapedeck';
  return `node ${isAtHome() ? 'dist/cli/main.js' : projectFile('dist', 'cli', 'main.js')}`;
}

/** Whether we were called from the checkout's root, where its scripts are. */
export function isAtHome(): boolean {
  return !isInstalled() && process.cwd() === homeFolder();
}

function findRoot(start: string): string {
  let folder = start;
  while (!isRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json of tapedeck above ${start}`);
    folder = parent;
  }
  return folder;
}

function isRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'tapedeck';
}
