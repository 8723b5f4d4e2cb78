import type { Summary, Verdict } from '../../protocol/schemas/summary.ts';
import { FAULTS } from '../faulty/faults.ts';

/** What is done to our own load generator: then the run must say that it can't tell. */
export type Disturbance = 'starved' | 'paused' | 'stopped' | 'wrong clock';

/** One thing to plant and what must come of it. */
export interface TrustCase {
  readonly name: string;
  readonly description: string;
  /** The front's fault; undefined: the server itself, without a front. */
  readonly fault: string | undefined;
  readonly disturbed?: Disturbance;
  readonly verdict: Verdict;
  /** Rows of which the failing one must be. */
  readonly rows: readonly string[];
  /** What the verdict's sentence must hold. */
  readonly why?: string;
}

const DISTURBED: readonly Pick<TrustCase, 'name' | 'description' | 'disturbed'>[] = [
  { name: 'starved', description: 'the load generator stopped 70 % of the time', disturbed: 'starved' },
  { name: 'paused', description: 'the load generator stopped for 5 s', disturbed: 'paused' },
  { name: 'stopped', description: 'the load generator stopped and never continued', disturbed: 'stopped' },
  { name: 'wrong-clock', description: "the load generator's clock 200 ms ahead", disturbed: 'wrong clock' },
];

/** A sound server behind the front that plants the faults: what numbers are held against. */
export const BASELINE: TrustCase = {
  name: 'front',
  description: 'a sound server behind the same front',
  fault: 'none',
  verdict: 'pass',
  rows: [],
};

/** A sound server behind the front, every planted fault, and our own generator disturbed. */
export function trustCases(): TrustCase[] {
  const planted = Object.entries(FAULTS)
    .filter(([name]) => name !== BASELINE.fault)
    .map(([name, { description, verdict, rows, why }]): TrustCase => {
      return { name, description, fault: name, verdict, rows, ...(why === undefined ? {} : { why }) };
    });
  const disturbed = DISTURBED.map(
    (one): TrustCase => ({
      ...one,
      description: `a sound server, ${one.description}`,
      fault: undefined,
      verdict: 'invalid',
      rows: [],
    }),
  );
  return [BASELINE, ...planted, ...disturbed];
}

export const SOUND: TrustCase = {
  name: 'sound',
  description: 'a sound server',
  fault: undefined,
  verdict: 'pass',
  rows: [],
};

/** Whether a run's verdict is the one that was planted, with the right row named. */
export function isRight(planted: TrustCase, summary: Pick<Summary, 'verdict' | 'why' | 'rows'>): boolean {
  if (summary.verdict !== planted.verdict || !summary.why.includes(planted.why ?? '')) return false;
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
export function namedRow({ why }: Pick<Summary, 'why'>): string {
  return /^(\w+) \(/.exec(why)?.[1] ?? '';
}
