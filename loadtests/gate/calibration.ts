import type { GeneratorData } from '../judge/merge.ts';

/** Floors that differ by more than this make two generators' figures differ without the server. */
const DISAGREEMENT_US = 1_000;

/** What the run says of its own instruments: what each can't measure below, whether they agree, and whether the probe has priority. */
export function calibrationNotes(generators: readonly GeneratorData[]): string[] {
  const notes: string[] = [];
  const floors = generators.flatMap(({ generator, floorP99Us }) =>
    floorP99Us === undefined ? [] : [{ generator, floorP99Us }],
  );
  if (floors.length > 0) {
    const each = floors.map(({ generator, floorP99Us }) => `${generator} ${Math.round(floorP99Us)} µs`);
    const values = floors.map(({ floorP99Us }) => floorP99Us);
    const apart = Math.max(...values) - Math.min(...values);
    const disagree =
      apart > DISAGREEMENT_US
        ? `; they disagree by ${(apart / 1000).toFixed(1)} ms, which is none of the server's`
        : '';
    notes.push(`floor of measuring (loopback echo, p99): ${each.join(', ')}${disagree}`);
  }
  for (const { generator, hasPriority } of generators) {
    if (hasPriority === false) notes.push(`the ${generator} ran without a higher priority: the system allowed none`);
  }
  return notes;
}
