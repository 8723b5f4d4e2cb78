import {
  COMPARED,
  type ComparedRow,
  type Comparison,
  type ComparisonVerdict,
} from '../../protocol/schemas/comparison.ts';
import { formatBytes, formatUs, plain } from '../words.ts';

/** How a verdict is told: a word, a sign that needs no colour, and the class and sign of the report's page. */
export const COMPARED_WORDS: Readonly<
  Record<
    ComparedRow['verdict'] | ComparisonVerdict,
    { readonly word: string; readonly sign: string; readonly className: 'pass' | 'fail' | 'invalid' | 'absent' }
  >
> = {
  slower: { word: 'Slower', sign: '✗', className: 'fail' },
  faster: { word: 'Faster', sign: '✓', className: 'pass' },
  same: { word: 'Same', sign: '✓', className: 'pass' },
  "can't tell": { word: 'Can’t tell', sign: '?', className: 'invalid' },
  fail: { word: 'Fail', sign: '✗', className: 'fail' },
  'not applicable': { word: 'Not applicable', sign: '–', className: 'absent' },
};

/** A metric's figure with its unit; `–` where there's none. */
export function figureWords(id: ComparedRow['id'], figure: number | null): string {
  if (figure === null) return '–';
  return COMPARED[id].unit === 'bytes' ? formatBytes(figure) : formatUs(figure);
}

/** A ratio as a signed change: `+10 %`; from a doubling on `2.4x`. */
export function changeWords(ratio: number | null): string {
  if (ratio === null) return '–';
  if (ratio >= 2) return `${ratio.toFixed(ratio < 10 ? 1 : 0)}x`;
  const change = (ratio - 1) * 100;
  const size = Math.abs(change);
  return `${change < 0 ? '-' : '+'}${size.toFixed(size < 9.95 ? 1 : 0)} %`;
}

/** The interval of a row's ratio: `-1.0 % to +4.2 %`. */
export function rangeWords({ interval }: ComparedRow): string {
  return interval === null ? '–' : `${changeWords(interval[0])} to ${changeWords(interval[1])}`;
}

/** What a row could have detected, beside its gate. */
export function powerWords({ detectable, gate }: ComparedRow): string {
  return `${changeWords(detectable)} (gate ${changeWords(gate)})`;
}

/** A chance: `0.012`, `< 0.001`. */
export function chanceWords(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** What the shape test has to say; '' where nothing was seen. */
export function shapeWords({ shape }: Comparison): string {
  if (shape === null) return '';
  const differ = shape.p <= 0.05 ? 'differ in their shape' : 'have shapes that chance explains';
  return `The arms’ tick latencies ${differ} (Kolmogorov-Smirnov distance ${shape.distance.toFixed(3)}, p ${chanceWords(shape.p)}).`;
}

/** Both arms in one line. */
export function armsWords({ arms }: Comparison): string {
  return `A ${plain(arms.a)}, B ${plain(arms.b)}`;
}
