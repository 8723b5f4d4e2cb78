import { BarList } from './barList.ts';
import { CANDLESTICK_COUNT, PATTERN_TYPES } from './catalog.ts';
import { PatternEngine } from './patternEngine.ts';
import { randomWalk } from './planted.ts';

/** How often each chart pattern is seen where there is nothing to see. */
export interface AlarmRate {
  readonly type: string;
  /** Patterns per 1000 bars. */
  readonly perThousandBars: number;
  readonly meanConfidence: number;
  /** Share that came true under the engine's own definition, of those whose outcome is known; 0 with none. */
  readonly successRate: number;
}

/** Counts what the engine finds in random walks: one walk for each seed 1..`walks`. */
export function measureFalseAlarms(options: { readonly walks: number; readonly bars: number }): AlarmRate[] {
  const { walks, bars } = options;
  const counts = new Float64Array(PATTERN_TYPES.length);
  const confidences = new Float64Array(PATTERN_TYPES.length);
  const engine = new PatternEngine({
    symbols: walks,
    sink: ({ type, confidence }) => {
      counts[type] = (counts[type] as number) + 1;
      confidences[type] = (confidences[type] as number) + confidence;
    },
  });
  for (let walk = 0; walk < walks; walk++) {
    const list = new BarList(randomWalk({ seed: walk + 1, bars }));
    for (list.end = 1; list.end <= bars; list.end++) engine.onBarClosed(walk, 0, list);
  }
  return PATTERN_TYPES.map((type, index) => ({
    type,
    perThousandBars: ((counts[index] as number) * 1_000) / (walks * bars),
    meanConfidence: (confidences[index] as number) / Math.max(1, counts[index] as number),
    successRate: engine.successRate(index).rate ?? 0,
  })).slice(CANDLESTICK_COUNT);
}

/** Prints the rates as the table of README.md. */
export function alarmTable(rates: readonly AlarmRate[]): string {
  const rows = rates.map(({ type, perThousandBars, meanConfidence, successRate }) => {
    const success = `${Math.round(successRate * 100)} %`;
    return `| ${type} | ${perThousandBars.toFixed(2)} | ${meanConfidence.toFixed(2)} | ${success} |`;
  });
  return ['| type | per 1000 bars | mean confidence | came true |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
