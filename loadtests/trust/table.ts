import type { Summary } from '../../protocol/schemas/summary.ts';
import type { Held } from '../faulty/truth.ts';
import { namedRow, type TrustCase } from './cases.ts';

/** One planted case as it was judged. */
export interface Trial {
  readonly planted: TrustCase;
  /** What made the load. */
  readonly load: 'k6' | 'swarm';
  readonly summary: Pick<Summary, 'verdict' | 'why' | 'rows'>;
  readonly right: boolean;
  /** Numbers that were planted and found. */
  readonly held: readonly Held[];
}

/** A line of the table; trials of one case by one generator are counted together. */
export interface TrustRow {
  readonly name: string;
  readonly planted: string;
  readonly load: string;
  readonly expected: string;
  readonly verdicts: string;
  readonly named: string;
  readonly right: string;
  /** The planted numbers, and what each generator found. */
  readonly numbers: string;
}

/** The table's head. */
export const TRUST_HEAD = ['planted', 'load', 'must be', 'verdict', 'row named', 'right', 'number planted: found'];

/** Puts trials into lines, in their order. */
export function trustRows(trials: readonly Trial[]): TrustRow[] {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    const key = `${trial.planted.name} ${trial.load}`;
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  return [...groups.values()].map(rowOf);
}

/** A line's cells, in the order of {@link TRUST_HEAD}. */
export function cellsOf(row: TrustRow): string[] {
  return [row.planted, row.load, row.expected, row.verdicts, row.named, row.right, row.numbers];
}

/** The table as Markdown, with the lines of an earlier one whose cases these trials don't have. */
export function renewedMarkdown(earlier: string, trials: readonly Trial[]): string {
  const keyOf = (line: string): string => line.split(' | ', 2).join(' | ');
  const lines = (table: string): string[] => table.split('\n').filter((line) => line.startsWith('| '));
  const [head = '', rule = '', ...renewed] = lines(trustMarkdown(trials));
  const kept = lines(earlier).slice(2);
  const order = kept.map((line) => renewed.find((one) => keyOf(one) === keyOf(line)) ?? line);
  const added = renewed.filter((line) => !kept.some((one) => keyOf(one) === keyOf(line)));
  return `${[head, rule, ...order, ...added].join('\n')}\n`;
}

/** The table as Markdown. */
export function trustMarkdown(trials: readonly Trial[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = trustRows(trials).map((row) => line(cellsOf(row)));
  return `${[line(TRUST_HEAD), line(TRUST_HEAD.map(() => '---')), ...rows].join('\n')}\n`;
}

function rowOf(group: readonly Trial[]): TrustRow {
  const [first] = group as readonly [Trial];
  const { name, description, verdict, rows } = first.planted;
  const verdicts = new Map<string, number>();
  for (const trial of group) verdicts.set(trial.summary.verdict, (verdicts.get(trial.summary.verdict) ?? 0) + 1);
  const words = [...verdicts].map(([told, count]) => (group.length === 1 ? told : `${told} ${count}`));
  const named = [...new Set(group.map((trial) => namedRow(trial.summary)))].filter((row) => row !== '');
  return {
    name,
    planted: description,
    load: first.load,
    expected: rows.length === 0 ? verdict : `${verdict}: ${rows.join(' or ')}`,
    verdicts: words.join(', '),
    named: named.join(', '),
    right: `${group.filter((trial) => trial.right).length} of ${group.length}`,
    numbers: numbersOf(group.flatMap((trial) => trial.held)),
  };
}

function numbersOf(held: readonly Held[]): string {
  return held
    .map(({ words, by, unit, planted, found, isRight }) => {
      const who = by === 'all' ? '' : ` (${by})`;
      return `${words} ${value(planted, unit)}: ${value(found, unit)}${who}${isRight ? '' : ' OFF'}`;
    })
    .join('; ');
}

function value(number: number, unit: Held['unit']): string {
  if (unit === 'count') return String(number);
  if (unit === 'bytes') return `${(number / 2 ** 20).toFixed(0)} MB`;
  return Number.isFinite(number) ? `${(number / 1000).toFixed(1)} ms` : 'nothing';
}
