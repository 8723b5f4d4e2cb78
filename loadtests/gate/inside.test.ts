import { describe, expect, it } from 'vitest';
import { between, parseMetrics } from './inside.ts';

const PAGE = `# HELP tapedeck_process_seconds x
# TYPE tapedeck_process_seconds histogram
tapedeck_process_seconds_bucket{le="0.001"} 90
tapedeck_process_seconds_bucket{le="0.01"} 99
tapedeck_process_seconds_bucket{le="+Inf"} 100
tapedeck_process_seconds_sum 0.5
tapedeck_process_seconds_count 100
tapedeck_event_loop_delay_max_seconds 0.002
tapedeck_closes_total{code="4008"} 3
`;

describe('parseMetrics', () => {
  it('should read values and histograms, and leave labelled values out', () => {
    const page = parseMetrics(PAGE);

    expect(page.values.get('tapedeck_event_loop_delay_max_seconds')).toBe(0.002);
    expect(page.buckets.get('tapedeck_process_seconds')).toEqual([
      [0.001, 90],
      [0.01, 99],
      // What is over the last bound, as twice that bound.
      [0.02, 100],
    ]);
    expect(page.values.has('tapedeck_closes_total')).toBe(false);
  });
});

describe('between', () => {
  it('should count what came between two readings, just below its bucket’s bound', () => {
    const histogram = between(
      [
        [0.001, 90],
        [0.01, 99],
      ],
      [
        [0.001, 95],
        [0.01, 110],
      ],
    );

    expect(histogram.count).toBe(11);
    expect(histogram.min).toBe(999);
    expect(histogram.max).toBe(9_999);
  });
});
