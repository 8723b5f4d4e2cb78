import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** The only major version of k6 that the scripts run on: `k6/websockets` and its timestamps are stable from 2.0 on. */
const K6_MAJOR = 2;
/** Oldest Go that compiles the pinned k6 (`go` line of `loadtests/k6/go.mod`). */
const LEAST_GO = { major: 1, minor: 25 } as const;
const VERSION_TIMEOUT_MS = 10_000;

/** A k6 that was seen and not taken: too old, too new, or it doesn't start. */
interface PassedOver {
  readonly path: string;
  readonly why: string;
}

export type K6Location =
  | {
      readonly kind: 'found';
      readonly path: string;
      /** Without the leading `v`: `2.2.0`. */
      readonly version: string;
      readonly from: 'PATH' | '.tools/bin';
      readonly passedOver: readonly PassedOver[];
    }
  | {
      readonly kind: 'buildable';
      readonly goPath: string;
      readonly goVersion: string;
      readonly passedOver: readonly PassedOver[];
    }
  | {
      readonly kind: 'unavailable';
      /** One line: what is missing and what to do. */
      readonly why: string;
      readonly passedOver: readonly PassedOver[];
    };

/** Where {@link buildK6} puts k6, and where {@link locateK6} looks after PATH. */
export function builtK6Path(projectRoot: string): string {
  return join(projectRoot, '.tools', 'bin', 'k6');
}

/**
 * Finds k6 2.x on PATH, then in `.tools/bin`, else says whether Go is there to build it. Every other k6 on the way is
 * named in `passedOver`, so that a reader sees why it wasn't used.
 *
 * @param options.path value of PATH
 * @param options.projectRoot folder of package.json
 */
export async function locateK6(options: { path: string; projectRoot: string }): Promise<K6Location> {
  const passedOver: PassedOver[] = [];
  const candidates = (await onPath('k6', options.path)).map((path) => ({ path, from: 'PATH' as const }));
  const built = builtK6Path(options.projectRoot);
  const all = (await isExecutable(built)) ? [...candidates, { path: built, from: '.tools/bin' as const }] : candidates;
  for (const { path, from } of all) {
    const version = versionIn(await outputOf(path, ['version']), /\bk6(?:\.exe)? v(\d+)\.(\d+)\.(\d+\S*)/);
    if (version === undefined) passedOver.push({ path, why: 'does not tell its version' });
    else if (version.major !== K6_MAJOR) passedOver.push({ path, why: `is ${version.text}, ${K6_MAJOR}.x is needed` });
    else return { kind: 'found', path, version: version.text, from, passedOver };
  }
  return { ...(await locateGo(options.path)), passedOver };
}

async function locateGo(
  path: string,
): Promise<{ kind: 'buildable'; goPath: string; goVersion: string } | { kind: 'unavailable'; why: string }> {
  const least = `${LEAST_GO.major}.${LEAST_GO.minor}`;
  const seen: string[] = [];
  for (const goPath of await onPath('go', path)) {
    const version = versionIn(await outputOf(goPath, ['version']), /\bgo(\d+)\.(\d+)(\S*)/);
    if (version === undefined) continue;
    const newEnough =
      version.major > LEAST_GO.major || (version.major === LEAST_GO.major && version.minor >= LEAST_GO.minor);
    if (newEnough) return { kind: 'buildable', goPath, goVersion: version.text };
    seen.push(version.text);
  }
  const go = seen.length === 0 ? 'no Go' : `only Go ${seen.join(', ')}`;
  return {
    kind: 'unavailable',
    why: `no k6 ${K6_MAJOR}.x on PATH or in .tools/bin, and ${go} on PATH to build it: install k6 ${K6_MAJOR}.x, or Go ${least} or newer and run: npm run setup:k6`,
  };
}

function versionIn(
  output: string,
  pattern: RegExp,
): { readonly major: number; readonly minor: number; readonly text: string } | undefined {
  const match = pattern.exec(output);
  if (match === null) return undefined;
  const [, major, minor, rest = ''] = match;
  const tail = rest === '' || rest.startsWith('.') ? rest : `.${rest}`;
  return { major: Number(major), minor: Number(minor), text: `${major}.${minor}${tail}` };
}

/** Every executable of that name on PATH, in PATH's order. */
async function onPath(name: string, path: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const file = resolve(folder, name);
    if (!found.includes(file) && (await isExecutable(file))) found.push(file);
  }
  return found;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a command writes to stdout; '' when it fails or hangs. */
function outputOf(file: string, args: readonly string[]): Promise<string> {
  return new Promise((done) => {
    execFile(file, args, { timeout: VERSION_TIMEOUT_MS }, (error, stdout) => done(error === null ? stdout : ''));
  });
}
