import Table from 'cli-table3';
import pc from 'picocolors';
import type { Comparison } from '../../protocol/schemas/comparison.ts';
import { plain } from '../words.ts';
import {
  armsWords,
  COMPARED_WORDS,
  chanceWords,
  changeWords,
  figureWords,
  powerWords,
  rangeWords,
  shapeWords,
} from './words.ts';

const PLACES = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const LINES = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
const NO_BORDERS = Object.fromEntries([...PLACES, ...LINES].map((place) => [place, '']));

/** A comparison for the terminal: the table of metrics, the verdict, where the report is. */
export function comparisonText(
  comparison: Comparison,
  options: { readonly reportPath: string; readonly colour: boolean },
): string {
  const paint = pc.createColors(options.colour);
  const table = new Table({
    head: ['verdict', 'metric', 'A', 'B', 'change', '95 % interval', 'p', 'detectable'],
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of comparison.rows) {
    const { sign } = COMPARED_WORDS[row.verdict];
    const figures = [figureWords(row.id, row.a), figureWords(row.id, row.b), changeWords(row.ratio), rangeWords(row)];
    table.push([`${sign} ${row.verdict}`, row.id, ...figures, chanceWords(row.p), powerWords(row)]);
  }
  const { word, sign, className } = COMPARED_WORDS[comparison.verdict];
  const colour = { pass: paint.green, fail: paint.red, invalid: paint.yellow, absent: paint.dim }[className];
  const reasons = comparison.rows.filter((row) => row.reason !== '').map((row) => `${row.id}: ${plain(row.reason)}`);
  const lines = [
    ...(comparison.rows.length === 0 ? [] : [table.toString(), '']),
    ...reasons,
    ...(reasons.length === 0 ? [] : ['']),
    armsWords(comparison),
    ...[shapeWords(comparison)].filter((text) => text !== ''),
    `${paint.bold(colour(`${sign} ${word.toUpperCase()}`))}  ${plain(comparison.why)}`,
    '',
    `report  ${options.reportPath}`,
    `repeat  ${plain(comparison.command)}`,
    '',
  ];
  return lines.join('\n');
}
