import type { Plateau } from '../../protocol/schemas/capacity.ts';

/** What the plateaus at one load said. */
export interface LoadVotes {
  readonly held: number;
  readonly broken: number;
  readonly invalid: number;
  /** Who was late in the invalid ones: the generator or the machine at its end counts before noise, which may pass. */
  readonly invalidCause: 'generator' | 'machine' | 'noise';
}

export type LoadStatus = 'held' | 'broken' | 'mixed' | 'unclear';

/** Counts what was said of each load. */
export function tally(plateaus: readonly Plateau[]): Map<number, LoadVotes> {
  const known = new Map<number, LoadVotes>();
  for (const { load, outcome, cause } of plateaus) {
    const votes = known.get(load) ?? { held: 0, broken: 0, invalid: 0, invalidCause: 'noise' };
    const atItsEnd = outcome === 'invalid' && (cause === 'generator' || cause === 'machine') ? cause : undefined;
    known.set(load, { ...votes, [outcome]: votes[outcome] + 1, invalidCause: atItsEnd ?? votes.invalidCause });
  }
  return known;
}

/** What a load's plateaus say together; a load with invalid ones alone is unclear. */
export function statusOf(votes: LoadVotes | undefined): LoadStatus {
  if (votes === undefined || votes.held + votes.broken === 0) return 'unclear';
  if (votes.broken === 0) return 'held';
  return votes.held === 0 ? 'broken' : 'mixed';
}
