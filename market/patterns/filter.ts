import type { FrameIndex } from '../bars/types.ts';
import type { PatternType } from './catalog.ts';
import type { DirectionName, PatternEvent } from './types.ts';

/** What a subscriber wants of patterns; what is left out lets everything pass. */
export interface PatternFilter {
  readonly types?: readonly PatternType[];
  readonly kinds?: readonly PatternEvent['kind'][];
  /** Indices of symbols. */
  readonly symbols?: readonly number[];
  readonly frames?: readonly FrameIndex[];
  readonly directions?: readonly DirectionName[];
  /** 0..1, least confidence. */
  readonly minConfidence?: number;
  /** By type, in place of `minConfidence`. */
  readonly minConfidenceOf?: Readonly<Partial<Record<PatternType, number>>>;
  /** 0..1; patterns whose rate is not known yet don't pass. */
  readonly minSuccessRate?: number;
  /** Early forms pass only if asked for. */
  readonly early?: boolean;
}

/** Says whether a subscriber with this filter gets the pattern. Pure. */
export function passes(event: PatternEvent, filter: PatternFilter): boolean {
  if (event.early && filter.early !== true) return false;
  const least = filter.minConfidenceOf?.[event.type] ?? filter.minConfidence ?? 0;
  if (event.confidence < least) return false;
  if (filter.minSuccessRate !== undefined && !((event.successRate.rate ?? -1) >= filter.minSuccessRate)) return false;
  return (
    isAmong(filter.types, event.type) &&
    isAmong(filter.kinds, event.kind) &&
    isAmong(filter.symbols, event.symbol) &&
    isAmong(filter.frames, event.frame) &&
    isAmong(filter.directions, event.direction)
  );
}

function isAmong<T>(wanted: readonly T[] | undefined, value: T): boolean {
  return wanted === undefined || wanted.includes(value);
}
