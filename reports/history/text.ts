import Table from 'cli-table3';
import { markdownTable } from 'markdown-table';
import { COMPARED } from '../../protocol/schemas/comparison.ts';
import type { History, HistorySeries } from '../../protocol/schemas/history.ts';
import { changeWords, figureWords } from '../compare/words.ts';
import { escapeMarkdown } from '../markdown.ts';
import { plain } from '../words.ts';
import { changeSentence, groupedSeries, groupWords, sparkline } from './words.ts';

const PLACES = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const LINES = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
const NO_BORDERS = Object.fromEntries([...PLACES, ...LINES].map((place) => [place, '']));

/** The newest figure of a series, and its last change. */
function ends(series: HistorySeries): { readonly newest: string; readonly change: string } {
  const last = series.changes.at(-1);
  return {
    newest: figureWords(series.metric, series.points.at(-1)?.value ?? null),
    change: last === undefined ? 'none' : `${changeWords(last.ratio)} at ${plain(last.run)}`,
  };
}

/** The history for the terminal: a table of trends a group, then each change in a sentence. */
export function historyText(history: History, { pagePath }: { readonly pagePath: string }): string {
  const lines: string[] = [];
  for (const [group, series] of groupedSeries(history)) {
    const table = new Table({
      head: ['metric', 'runs', 'trend', 'newest', 'last change'],
      chars: { ...NO_BORDERS, middle: '  ' },
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    });
    for (const one of series) {
      const { newest, change } = ends(one);
      table.push([one.metric, one.points.length, sparkline(one.points.map(({ value }) => value)), newest, change]);
    }
    lines.push(group, '', table.toString(), '');
    const sentences = series.flatMap((one) => one.changes.map((change) => changeSentence(one, change)));
    lines.push(...(sentences.length === 0 ? ['no change was found'] : sentences), '');
  }
  for (const { run, why } of history.leftOut) lines.push(`left out: ${plain(run)}: ${plain(why)}`);
  lines.push(`trends  ${pagePath}`, '');
  return lines.join('\n');
}

/** The history as Markdown. */
export function historyMarkdown(history: History): string {
  const parts: string[] = [];
  for (const [group, series] of groupedSeries(history)) {
    const rows = series.map((one) => {
      const { newest, change } = ends(one);
      const trend = sparkline(one.points.map(({ value }) => value));
      return [`**${one.metric}**`, String(one.points.length), trend, newest, escapeMarkdown(change)];
    });
    const sentences = series.flatMap((one) =>
      one.changes.map((change) => `- ${escapeMarkdown(changeSentence(one, change))}`),
    );
    parts.push(
      `### ${escapeMarkdown(group)}`,
      markdownTable([['metric', 'runs', 'trend', 'newest', 'last change'], ...rows], { alignDelimiters: false }),
      sentences.length === 0 ? 'No change was found.' : sentences.join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** One figure in the form that github-action-benchmark reads (`tool: customSmallerIsBetter`). */
export interface BenchmarkEntry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly extra: string;
}

/** The newest figure of each series, for github-action-benchmark. */
export function historyBenchmark(history: History): BenchmarkEntry[] {
  return history.series.flatMap((series) => {
    const newest = series.points.at(-1);
    if (newest === undefined) return [];
    const { unit } = COMPARED[series.metric];
    const extra = `run ${newest.run}, commit ${newest.commit}`;
    return [{ name: `${groupWords(series)}: ${series.metric}`, unit, value: newest.value, extra }];
  });
}
