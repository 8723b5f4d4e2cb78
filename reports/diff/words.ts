import { VERDICT_WORDS } from '../words.ts';
import type { Figures, RowDiff } from './diff.ts';

/** Heads of the table of targets. */
export const ROW_HEAD = ['target', 'A', 'B', 'B / A', 'intervals'] as const;
export const LATENCY_HEAD = ['latency', 'A', 'B', 'B / A'] as const;
export const DIFFERENCE_HEAD = ['what differs', 'A', 'B'] as const;

/** A figure with its verdict's sign, which needs no colour: `✓ p99 4.20 ms`. */
export function figuresWords(figures: Figures | null): string {
  if (figures === null) return '–';
  return `${VERDICT_WORDS[figures.verdict].sign} ${figures.measured || 'nothing'}`;
}

/** `1.08×`; `–` where there is no ratio. */
export function ratioWords(ratio: number | null): string {
  if (ratio === null) return '–';
  return `${ratio >= 100 ? Math.round(ratio).toLocaleString('en-US') : ratio.toPrecision(3)}×`;
}

/** What the intervals say, in a word or two. */
export function intervalsWords(intervals: RowDiff['intervals']): string {
  return intervals === 'unknown' ? '–' : intervals === 'overlap' ? 'overlap' : 'lie apart';
}
