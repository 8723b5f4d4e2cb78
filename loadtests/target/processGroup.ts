import { readdirSync, readFileSync } from 'node:fs';

/** A process that has ended and that nobody has asked about, or one that is about to be no more. */
const ENDED = new Set(['Z', 'X']);

/** Whether any process of a group still runs. Where there is no /proc, one that has ended counts until its parent asks about it. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    // EPERM: somebody else's processes, which run.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const states = statesOf(group);
  // None found: it forked while we looked, or another user's processes are hidden from us.
  return states === undefined || states.length === 0 || states.some((state) => !ENDED.has(state));
}

/** The states of a group's processes by `/proc/N/stat`, whose columns are `pid (name) state parent group ...`. */
function statesOf(group: number): string[] | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  if (names.length === 0) return undefined;
  return names.flatMap((name) => {
    const [state = '', , of] = columnsOf(name);
    return Number(of) === group ? [state] : [];
  });
}

/** What stands behind the name, which may hold spaces and brackets. */
function columnsOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
