import { describe, expect, it } from 'vitest';
import type { GeneratorLine, WindowMetric } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import { Recorder } from '../audit/recorder.ts';
import { Cadence, type ValueChannel } from './cadence.ts';

/** What a cadence records, by second: the largest of each. */
function recorded(channel: ValueChannel, play: (cadence: Cadence) => void, metric: WindowMetric = 'cadence') {
  const lines: GeneratorLine[] = [];
  const recorder = new Recorder({
    generator: 'swarm',
    schedule: { startUs: 0, fromEventUs: 0, toEventUs: 60_000_000, speed: 1 },
    maxListedViolations: 0,
    emit: (line) => lines.push(line),
  });
  play(new Cadence(channel, recorder));
  recorder.end(60_000_000, 0);
  const found: [second: number, max: number, count: number][] = [];
  for (const line of lines) {
    const wire = line.kind === 'window' ? line.histograms[metric] : undefined;
    if (line.kind === 'window' && wire !== undefined) {
      const histogram = Histogram.fromJSON(wire);
      found.push([line.second, histogram.max, histogram.count]);
    }
  }
  return found;
}

describe('Cadence', () => {
  it('should record how far each interval is off, in millionths of its period', () => {
    const found = recorded('portfolio', (cadence) => {
      cadence.onSubscribed(0);
      for (const atUs of [1_200_000, 3_200_000, 5_300_000]) cadence.onValue(atUs, 40);
    });

    expect(found).toEqual([
      [3, 0, 1],
      [5, 50_000, 1],
    ]);
  });

  it('should count the long and the short interval of one late value in the second in which it was late', () => {
    const found = recorded('position.value', (cadence) => {
      cadence.onSubscribed(0);
      for (const atUs of [500_000, 1_500_000, 2_750_000, 3_500_000]) cadence.onValue(atUs, 40);
    });

    expect(found).toEqual([
      [1, 0, 1],
      [2, 250_000, 2],
    ]);
  });

  it('should owe the first value within one period', () => {
    const late = recorded('position.value', (cadence) => {
      cadence.onSubscribed(0);
      cadence.onValue(1_300_000, 40);
    });

    expect(late).toEqual([[1, 300_000, 1]]);
  });

  it('should count what is still owed at the end, and nothing while it is away', () => {
    const found = recorded('position.value', (cadence) => {
      cadence.onSubscribed(0);
      cadence.onEnd(4_000_000);
      cadence.onEnd(9_000_000);
      cadence.onSubscribed(20_000_000);
      cadence.onEnd(20_900_000);
    });

    expect(found).toEqual([[4, 3_000_000, 1]]);
  });

  it('should record what computing took', () => {
    const found = recorded(
      'portfolio',
      (cadence) => {
        cadence.onSubscribed(0);
        cadence.onValue(500_000, 120_000);
      },
      'compute',
    );

    expect(found).toEqual([[0, 120_000, 1]]);
  });
});
