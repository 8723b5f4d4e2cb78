import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of one test file; they go when it has ended. */
export class TestFolders {
  readonly #made: string[] = [];

  make(): string {
    const folder = mkdtempSync(join(tmpdir(), 'journal-'));
    this.#made.push(folder);
    return folder;
  }

  /** A new folder with the same journal. */
  copy(from: string): string {
    const folder = this.make();
    for (const name of segments(from)) writeFileSync(join(folder, name), readFileSync(join(from, name)));
    return folder;
  }

  clean(): void {
    for (const folder of this.#made) rmSync(folder, { recursive: true, force: true });
  }
}

/** Names of a folder's segments, in order. */
export function segments(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.journal'))
    .sort();
}

/** Changes the bytes of a file in place of what they were. */
export function rewrite(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)));
}
