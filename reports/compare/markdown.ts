import { markdownTable } from 'markdown-table';
import type { Comparison } from '../../protocol/schemas/comparison.ts';
import { escapeMarkdown } from '../markdown.ts';
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

const SIGNS = { pass: '✅', fail: '❌', invalid: '⚠️', absent: '➖' } as const;

/** A comparison as Markdown for a pull request: verdict, why, the table of metrics, how to repeat it. */
export function comparisonMarkdown(comparison: Comparison): string {
  const whole = COMPARED_WORDS[comparison.verdict];
  const rows = comparison.rows.map((row) => [
    `${SIGNS[COMPARED_WORDS[row.verdict].className]} ${row.verdict}`,
    `**${row.id}**`,
    figureWords(row.id, row.a),
    figureWords(row.id, row.b),
    changeWords(row.ratio),
    rangeWords(row),
    chanceWords(row.p),
    powerWords(row),
    escapeMarkdown(row.reason),
  ]);
  const head = ['', 'metric', 'A', 'B', 'change', '95 % interval', 'p', 'detectable', 'reason'];
  const align = ['l', 'l', 'r', 'r', 'r', 'l', 'r', 'l', 'l'];
  const parts = [
    `### ${SIGNS[whole.className]} tapedeck, B against A: ${whole.word.toLowerCase()}`,
    `**Why:** ${escapeMarkdown(comparison.why)}`,
    ...(rows.length === 0 ? [] : [markdownTable([head, ...rows], { align, alignDelimiters: false })]),
    ...[shapeWords(comparison)].filter((text) => text !== ''),
    ...comparison.notes.map(escapeMarkdown),
    `${escapeMarkdown(armsWords(comparison))} · ${comparison.blocks.length} blocks in ${comparison.durationS.toFixed(0)} s · load by ${escapeMarkdown(comparison.load)} · seed ${comparison.seed}`,
    `Repeat it:\n\n    ${comparison.command.replace(/[\r\n]+/g, ' ')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}
