import type { GeneratorLine } from '../../protocol/run.ts';
import { Recorder } from './recorder.ts';

/** When the schedule of {@link testRecorder} starts, µs. */
export const START_US = 5_000_000;

/** A swarm's recorder over ten seconds that lists two violations, and the lines that it has told. */
export function testRecorder(): { readonly recorder: Recorder; readonly lines: GeneratorLine[] } {
  const lines: GeneratorLine[] = [];
  const recorder = new Recorder({
    generator: 'swarm',
    schedule: { startUs: START_US, fromEventUs: 0, toEventUs: 10_000_000, speed: 1 },
    maxListedViolations: 2,
    emit: (line) => lines.push(line),
  });
  return { recorder, lines };
}
