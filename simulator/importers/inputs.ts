import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ImportError } from './errors.ts';

/** A file to be read, as the user would name it. */
export interface InputFile {
  readonly path: string;
  readonly bytes: number;
}

/** What lies beside archives and is none. */
const SKIPPED = /(^\.|^(readme|licen[cs]e|notice)(\.|$)|\.(checksum|md|tape|partial|sha256)$|rejects\.csv$)/i;
const GLOB = /[*?]/;

/**
 * Finds the files that are meant: files as they are, folders with all below them, patterns with `*`, `**` and `?`. In folders
 * and patterns, checksums, notes, tapes and lists of bad rows are left out. Order: as given, in a folder by name; a file that is named twice counts once.
 *
 * @throws ImportError for a name without a file
 */
export function findInputs(names: readonly string[]): InputFile[] {
  const found = new Map<string, InputFile>();
  for (const name of names) {
    const files = filesOf(name);
    if (files.length === 0) throw new ImportError('missing', `${name}: no file to import is there`);
    for (const path of files) found.set(resolve(path), { path, bytes: statSync(path).size });
  }
  return [...found.values()];
}

function filesOf(name: string): string[] {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (stat?.isFile()) return [name];
  if (stat?.isDirectory()) return filesBelow(name);
  if (!GLOB.test(name)) throw new ImportError('missing', `${name}: no such file`);
  const { folder, pattern } = splitGlob(name);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return filesBelow(folder).filter((path) => pattern.test(path));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !SKIPPED.test(name));
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (isFolder(entry, path)) return filesBelow(path);
      return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
    });
}

function isFolder(entry: Dirent, path: string): boolean {
  return (
    entry.isDirectory() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
  );
}

/** The folder that holds all that a pattern may name, and the pattern as paths below it are tested by. */
function splitGlob(glob: string): { readonly folder: string; readonly pattern: RegExp } {
  const parts = glob.split('/');
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => GLOB.test(part)),
  );
  const folder = glob.startsWith('/') ? `/${join(...fixed)}` : join('.', ...fixed);
  const source = join(glob)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(
      /\*\*\/|\*\*|\*|\?/g,
      (part) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[part] ?? part,
    );
  return { folder, pattern: new RegExp(`^${source}$`) };
}
