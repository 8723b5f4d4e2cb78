import { isRunning } from '../../simulator/processes.ts';
import { procNames, statFields } from '../../simulator/procfs.ts';

/** A process that has ended and that nobody has asked about, or one that is about to be no more. */
const ENDED = new Set(['Z', 'X']);

/** Whether any process of a group still runs. Where there is no /proc, one that has ended counts until its parent asks about it. */
export function isGroupAlive(group: number): boolean {
  if (!isRunning(-group)) return false;
  const states = statesOf(group);
  // None found: it forked while we looked, or /proc isn't there or hides another user's processes.
  return states.length === 0 || states.some((state) => !ENDED.has(state));
}

function statesOf(group: number): string[] {
  return procNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [state = '', , of] = statFields(`/proc/${name}`);
      return Number(of) === group ? [state] : [];
    });
}
