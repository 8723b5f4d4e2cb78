import { describe, expect, it } from 'vitest';
import { BASELINE, SOUND } from './cases.ts';
import { renewedMarkdown, type Trial, trustMarkdown } from './table.ts';

const sound = (verdict: 'pass' | 'invalid', load: 'k6' | 'swarm' = 'swarm'): Trial => ({
  planted: SOUND,
  load,
  summary: { verdict, why: '', rows: [] },
  right: verdict === 'pass',
  held: [],
});
const front: Trial = { ...sound('pass'), planted: BASELINE };

describe('the table of what was planted', () => {
  it('should count trials of a case by one generator together', () => {
    const table = trustMarkdown([sound('pass'), sound('pass'), sound('invalid'), sound('pass', 'k6')]);

    expect(table).toContain('| a sound server | swarm | pass | pass 2, invalid 1 |  | 2 of 3 |  |');
    expect(table).toContain('| a sound server | k6 | pass | pass |  | 1 of 1 |  |');
  });

  it('should renew the lines of the cases that were played again, in their places', () => {
    const earlier = trustMarkdown([sound('invalid'), front]);
    const renewed = renewedMarkdown(earlier, [sound('pass'), sound('pass', 'k6')]);

    expect(renewed).toBe(trustMarkdown([sound('pass'), front, sound('pass', 'k6')]));
  });

  it('should tell numbers planted and found, and which of them are off', () => {
    const held = {
      words: 'tick p50',
      unit: 'us',
      by: 'probe',
      planted: 140_000,
      found: 90_000,
      isRight: false,
    } as const;

    expect(trustMarkdown([{ ...front, held: [held] }])).toContain('tick p50 140.0 ms: 90.0 ms (probe) OFF');
  });
});
