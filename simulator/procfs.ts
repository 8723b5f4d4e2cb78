import { readdirSync, readFileSync } from 'node:fs';

/** The text of a file below /proc; '' where its process has ended, it is another user's, or there is no /proc. */
export function procText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The names in a folder below /proc; none where {@link procText} would find nothing. */
export function procNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** The fields of a process's or a thread's `stat` behind its name, which may hold spaces and brackets: `state parent group ...`. */
export function statFields(folder: string): string[] {
  const text = procText(`${folder}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
