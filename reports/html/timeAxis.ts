import type { Second, Summary } from '../../protocol/schemas/summary.ts';

/** Points on a chart, at most: longer runs put several seconds into one. */
const MOST_POINTS = 180;

/** A stretch of the time axis that becomes one point: 1 s, or more in a long run. */
export interface Bin {
  readonly fromS: number;
  readonly toS: number;
  readonly seconds: readonly Second[];
}

/** A fault or phase on the time axis, with the letter by which charts and text call it. */
export interface Mark {
  readonly letter: string;
  readonly fromS: number;
  readonly toS: number;
  readonly label: string;
  readonly kind: 'fault' | 'phase';
}

/** The time axis that all charts over time share. */
export interface TimeAxis {
  readonly endS: number;
  readonly bins: readonly Bin[];
  readonly binS: number;
  readonly marks: readonly Mark[];
  /** Spans in which the machine or a generator was late, to a bin's length. */
  readonly late: readonly { readonly fromS: number; readonly toS: number }[];
}

/** Lays out the time axis of a run. */
export function timeAxis(summary: Summary): TimeAxis {
  const seconds = [...summary.seconds].sort((a, b) => a.second - b.second);
  const first = seconds[0]?.second ?? 0;
  const endS = (seconds[seconds.length - 1]?.second ?? 0) + 1;
  const binS = Math.max(1, Math.ceil((endS - first) / MOST_POINTS));
  const grouped = new Map<number, Second[]>();
  for (const second of seconds) {
    const fromS = first + Math.floor((second.second - first) / binS) * binS;
    const group = grouped.get(fromS);
    if (group === undefined) grouped.set(fromS, [second]);
    else group.push(second);
  }
  const bins = [...grouped].map(([fromS, group]) => ({ fromS, toS: Math.min(endS, fromS + binS), seconds: group }));
  return { endS, bins, binS, marks: marksOf(summary, endS), late: lateSpans(bins) };
}

/** Marks named by letter; beyond 26 there's no room for a name on the charts anyway. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function marksOf(summary: Summary, endS: number): Mark[] {
  return [...summary.marks]
    .sort((a, b) => a.fromS - b.fromS)
    .slice(0, LETTERS.length)
    .map((mark, at) => ({
      letter: LETTERS[at] ?? '',
      fromS: Math.max(0, Math.min(endS, mark.fromS)),
      toS: Math.max(0, Math.min(endS, mark.toS)),
      label: mark.label,
      kind: mark.kind,
    }));
}

function lateSpans(bins: readonly Bin[]): { fromS: number; toS: number }[] {
  const spans: { fromS: number; toS: number }[] = [];
  for (const { fromS, toS, seconds } of bins) {
    if (seconds.every(({ late }) => late.length === 0)) continue;
    const last = spans[spans.length - 1];
    if (last !== undefined && last.toS === fromS) last.toS = toS;
    else spans.push({ fromS, toS });
  }
  return spans;
}

/** The worst (largest) of a figure within a bin; null where it was never measured. Percentiles are never averaged. */
export function worstOf(bin: Bin, read: (second: Second) => number | null): number | null {
  let worst: number | null = null;
  for (const second of bin.seconds) {
    const value = read(second);
    if (value !== null && (worst === null || value > worst)) worst = value;
  }
  return worst;
}

/** A count's mean per second within a bin. */
export function perSecond(bin: Bin, read: (second: Second) => number): number {
  return bin.seconds.reduce((sum, second) => sum + read(second), 0) / bin.seconds.length;
}

/** The smallest of a figure within a bin. */
export function leastOf(bin: Bin, read: (second: Second) => number): number {
  return Math.min(...bin.seconds.map(read));
}
