import { describe, expect, it } from 'vitest';
import type { GeneratorName } from '../../protocol/run.ts';
import type { TargetSet } from '../../protocol/schemas/targets.ts';
import { Histogram } from '../../reports/histogram.ts';
import { loadTargets } from '../targets/load.ts';
import { AbortRules } from './abortWatch.ts';

/** The default set with an abort rule for ticks. */
function rulesOf(windows: number, source: 'all' | 'probes' = 'all'): AbortRules {
  const set = loadTargets('default');
  const targets = set.targets.map((target) =>
    target.id === 'tick' ? { ...target, abortAfterWindows: windows, source } : target,
  );
  return new AbortRules({ ...set, targets } satisfies TargetSet);
}

function line(second: number, tickMs: number | undefined, generator: GeneratorName = 'swarm'): string {
  const tick = new Histogram();
  if (tickMs !== undefined) tick.record(tickMs * 1000, 50);
  const histograms = tickMs === undefined ? {} : { tick: tick.toJSON() };
  return JSON.stringify({ kind: 'window', generator, second, histograms, received: 50, sent: 0, connected: 1 });
}

/** What ends the run, of a latency in ms for each second from 0 on. */
function play(rules: AbortRules, latencies: readonly (number | undefined)[], generator?: GeneratorName) {
  const lines = [...latencies, 1, 1, 1].map((latency, second) => line(second, latency, generator));
  return lines.map((each) => rules.take(each)).find((ended) => ended !== undefined);
}

describe('AbortRules', () => {
  it('should end the run after as many broken windows in a row as the rule says', () => {
    expect(play(rulesOf(3), [5, 300, 300, 300, 5])).toEqual({ row: 'tick', seconds: [1, 2, 3] });
  });

  it('should begin to count anew after a window that is held', () => {
    expect(play(rulesOf(3), [300, 300, 5, 300, 300, 5])).toBeUndefined();
  });

  it('should neither count nor begin anew where a window has no sample', () => {
    expect(play(rulesOf(3), [300, undefined, 300, undefined, 300])).toEqual({ row: 'tick', seconds: [0, 2, 4] });
  });

  it('should judge a window with what several lines tell of it', () => {
    const rules = rulesOf(1);
    const lines = [line(0, 5), line(1, 5), line(0, 300), line(2, 5), line(3, 5)];

    expect(lines.map((each) => rules.take(each)).find((ended) => ended !== undefined)).toEqual({
      row: 'tick',
      seconds: [0],
    });
  });

  it('should look at the probes alone where the row does', () => {
    expect(play(rulesOf(2, 'probes'), [300, 300, 300])).toBeUndefined();
    expect(play(rulesOf(2, 'probes'), [300, 300, 300], 'probe')).toBeDefined();
  });

  it('should pass over what is no window', () => {
    const rules = rulesOf(1);
    expect([rules.take(''), rules.take('{"kind":"end"}'), rules.take('{"kind":"wind')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('should have nothing to do with a set without abort rules', () => {
    expect(new AbortRules(loadTargets('default')).isEmpty).toBe(true);
    expect(new AbortRules(loadTargets('tickstock')).isEmpty).toBe(false);
  });
});
