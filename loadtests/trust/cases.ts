import type { Summary, Verdict } from '../../protocol/schemas/summary.ts';
import { FAULTS } from '../faulty/faults.ts';

/** One thing to plant and what must come of it. */
export interface TrustCase {
  readonly name: string;
  readonly description: string;
  /** The front's fault; undefined: the server itself, without a front. */
  readonly fault: string | undefined;
  readonly starved: boolean;
  readonly verdict: Verdict;
  /** Rows of which the failing one must be. */
  readonly rows: readonly string[];
}

/** Every planted fault, a sound server behind the same front, and a starved generator. */
export function trustCases(): TrustCase[] {
  const planted = Object.entries(FAULTS).map(
    ([name, fault]): TrustCase => ({
      name: name === 'none' ? 'front' : name,
      description: name === 'none' ? 'a sound server behind the same front' : fault.description,
      fault: name,
      starved: false,
      verdict: fault.verdict,
      rows: fault.rows,
    }),
  );
  return [
    ...planted,
    {
      name: 'starved',
      description: 'a sound server, the load generator stopped 70 % of the time',
      fault: undefined,
      starved: true,
      verdict: 'invalid',
      rows: [],
    },
  ];
}

export const SOUND: TrustCase = {
  name: 'sound',
  description: 'a sound server',
  fault: undefined,
  starved: false,
  verdict: 'pass',
  rows: [],
};

/** Whether a run's verdict is the one that was planted, with the right row named. */
export function isRight(planted: TrustCase, summary: Summary): boolean {
  if (summary.verdict !== planted.verdict) return false;
  if (planted.rows.length === 0) return true;
  const failed = summary.rows.filter((row) => row.verdict === 'fail').map((row) => row.id);
  return failed.some((id) => planted.rows.includes(id)) && planted.rows.includes(namedRow(summary));
}

/**
 * What some trials together say of the instrument: `pass` when each is right; `fail` when a verdict is wrong; `invalid` when
 * some runs only said that they can't tell, the machine having been late: then nothing is proved, and nothing refuted.
 */
export function instrumentVerdict(
  trials: readonly { readonly right: boolean; readonly summary: Pick<Summary, 'verdict'> }[],
): Summary['verdict'] {
  const others = trials.filter(({ right }) => !right);
  if (others.length === 0) return 'pass';
  return others.every(({ summary }) => summary.verdict === 'invalid') ? 'invalid' : 'fail';
}

/** The row that the verdict's sentence names. */
export function namedRow(summary: Summary): string {
  return /^(\w+) \(/.exec(summary.why)?.[1] ?? '';
}
