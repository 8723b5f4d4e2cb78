import { markdownTable } from 'markdown-table';
import type { Capacity } from '../../protocol/schemas/capacity.ts';
import { escapeMarkdown } from '../markdown.ts';
import { plain } from '../words.ts';
import { figuresOf } from './text.ts';
import { titleOf } from './words.ts';

/** A search for capacity as Markdown for a pull request or a page: the answer, the plateaus, the command that repeats it. */
export function capacityMarkdown(capacity: Capacity): string {
  const head = ['load', 'outcome', 'p99', 'CPU', 'memory', 'messages/s', 'bytes/s', 'why'];
  const rows = capacity.plateaus.map((one) => [
    ...figuresOf(one).map(escapeMarkdown),
    one.outcome === 'held' ? '' : escapeMarkdown(one.why),
  ]);
  const parts = [
    `### tapedeck capacity: ${escapeMarkdown(titleOf(capacity))}`,
    ...capacity.answer.map(escapeMarkdown),
    markdownTable([head, ...rows], { align: ['r', 'l', 'r', 'r', 'r', 'r', 'r', 'l'], alignDelimiters: false }),
    `Repeat it:\n\n    ${plain(capacity.command)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}
