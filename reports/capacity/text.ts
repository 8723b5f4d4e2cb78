import Table from 'cli-table3';
import pc from 'picocolors';
import type { Capacity, Plateau } from '../../protocol/schemas/capacity.ts';
import { formatBytes, formatCount, formatShare, formatUs, plain } from '../words.ts';
import { OUTCOMES } from './words.ts';

export interface CapacityPrintOptions {
  /** Path of `report.html` as the reader may type it. */
  readonly reportPath: string;
  readonly out: (text: string) => void;
  /** Whether to colour; by default only on a terminal, and never with `NO_COLOR` set. */
  readonly colour?: boolean;
}

/** Prints the plateaus in the order in which they were played, the answer, the report's path, and how to repeat it. */
export function printCapacity(capacity: Capacity, options: CapacityPrintOptions): void {
  const paint = pc.createColors(options.colour ?? (process.stdout.isTTY === true && !process.env['NO_COLOR']));
  const table = new Table({
    head: COLUMNS.map((name) => paint.bold(name)),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_BORDERS, middle: '  ' },
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const one of capacity.plateaus) {
    const colour = { held: paint.green, broken: paint.red, invalid: paint.yellow }[one.outcome];
    table.push(cellsOf(one).map((cell, at) => (at === 1 ? colour(cell) : cell)));
  }
  const lines = [
    table.toString().replace(/ +$/gm, ''),
    '',
    ...capacity.answer.map((sentence, at) => (at === 0 ? paint.bold(plain(sentence)) : plain(sentence))),
    '',
    `report  ${options.reportPath}`,
    `repeat  ${plain(capacity.command)}`,
    '',
  ];
  options.out(lines.join('\n'));
}

const COLUMNS = ['load', 'outcome', 'p99', 'CPU', 'memory', 'messages/s', 'bytes/s', 'why'];
const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((place) => [place, '']),
);
const WIDEST_WHY = 70;

/** A plateau's figures in words, in the order of the table's columns. */
function cellsOf(one: Plateau): string[] {
  const why = one.outcome === 'held' ? '' : plain(one.why);
  return [...figuresOf(one), why.length > WIDEST_WHY ? `${why.slice(0, WIDEST_WHY - 1)}…` : why];
}

/** Load, outcome, p99, CPU, memory, messages and bytes a second; – where nothing was seen. */
export function figuresOf(one: Plateau): string[] {
  const seen = (value: number | null, words: (value: number) => string): string =>
    value === null ? '–' : words(value);
  return [
    formatCount(one.load),
    OUTCOMES[one.outcome],
    seen(one.p99Us, formatUs),
    seen(one.cpu, formatShare),
    seen(one.rssBytes, formatBytes),
    formatCount(one.messagesPerS),
    seen(one.bytesPerS, formatBytes),
  ];
}
