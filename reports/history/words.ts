import type { History, HistoryChange, HistorySeries } from '../../protocol/schemas/history.ts';
import { changeWords } from '../compare/words.ts';
import { plain } from '../words.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Wider ones don't fit beside the table's other columns. */
const MOST_BARS = 32;

/** The newest values as a line of bars, lowest to highest. */
export function sparkline(values: readonly number[]): string {
  const shown = values.slice(-MOST_BARS);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  return shown
    .map((value) => BARS[high === low ? 0 : Math.round(((value - low) / (high - low)) * (BARS.length - 1))])
    .join('');
}

/** A change in a sentence: `tick.p99 rose 12 % (+8.0 % to +16 %) at run R, commit C`. */
export function changeSentence({ metric }: Pick<HistorySeries, 'metric'>, change: HistoryChange): string {
  const moved = change.ratio >= 1 ? 'rose' : 'fell';
  const size = change.ratio >= 2 ? `to ${changeWords(change.ratio)}` : changeWords(change.ratio).slice(1);
  const [low, high] = change.interval;
  const place = `at run ${plain(change.run)}, commit ${plain(change.commit)}`;
  return `${metric} ${moved} ${size} (${changeWords(low)} to ${changeWords(high)}) ${place}`;
}

/** What a series is of, beside its metric. */
export function groupWords({ scenario, load }: Pick<HistorySeries, 'scenario' | 'load'>): string {
  return `${plain(scenario)}, ${plain(load)}`;
}

/** The series that can be read together, by their scenario, load and machine. */
export function groupedSeries({ series }: History): Map<string, HistorySeries[]> {
  const groups = new Map<string, HistorySeries[]>();
  for (const one of series) {
    const key = `${groupWords(one)}, ${plain(one.machine)}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return groups;
}
