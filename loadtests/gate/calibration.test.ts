import { describe, expect, it } from 'vitest';
import { mergeLines } from '../judge/merge.ts';
import { calibrationNotes } from './calibration.ts';

const told = (generator: 'swarm' | 'probe', more: { readonly floorP99Us?: number; readonly hasPriority?: boolean }) =>
  mergeLines(generator, [
    { kind: 'end', generator, violations: {}, dueTimeErrorUs: 0, clockOffsetUs: 0, clockErrorUs: 0, ...more },
  ]);

describe('calibrationNotes', () => {
  it('should tell each floor, and a priority that was not given', () => {
    expect(
      calibrationNotes([told('swarm', { floorP99Us: 120 }), told('probe', { floorP99Us: 300, hasPriority: false })]),
    ).toEqual([
      'floor of measuring (loopback echo, p99): swarm 120 µs, probe 300 µs',
      'the probe ran without a higher priority: the system allowed none',
    ]);
    expect(calibrationNotes([told('probe', { hasPriority: true })])).toEqual([]);
  });

  it('should say when generators disagree', () => {
    const [note] = calibrationNotes([told('swarm', { floorP99Us: 120 }), told('probe', { floorP99Us: 2_620 })]);
    expect(note).toContain('they disagree by 2.5 ms');
  });
});
