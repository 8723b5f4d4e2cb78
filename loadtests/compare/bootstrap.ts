/**
 * Draws `length` of `values` in runs of `runLength` neighbours (the ends joined to a ring): the block bootstrap, which
 * keeps what neighbours have in common.
 */
export function drawRuns(
  values: readonly number[],
  draw: { readonly length: number; readonly runLength: number; readonly random: () => number },
): number[] {
  const drawn: number[] = [];
  while (drawn.length < draw.length) {
    const from = Math.floor(draw.random() * values.length);
    for (let at = 0; at < draw.runLength && drawn.length < draw.length; at++) {
      drawn.push(values[(from + at) % values.length] as number);
    }
  }
  return drawn;
}

/**
 * The standard error of `statistic` over `length` values like `values`, by the block bootstrap. Each run of neighbours is
 * taken as it is or mirrored: what compares a thing with itself has no side.
 */
export function standardError(
  values: readonly number[],
  options: {
    readonly length: number;
    readonly runLength: number;
    readonly resamples: number;
    readonly random: () => number;
    readonly statistic: (drawn: readonly number[]) => number;
  },
): number {
  const { length, runLength, resamples, random, statistic } = options;
  let squares = 0;
  for (let sample = 0; sample < resamples; sample++) {
    const drawn = drawRuns(values, { length, runLength, random });
    for (let from = 0; from < length; from += runLength) {
      if (random() < 0.5) continue;
      for (let at = from; at < Math.min(length, from + runLength); at++) drawn[at] = -(drawn[at] as number);
    }
    squares += statistic(drawn) ** 2;
  }
  return Math.sqrt(squares / resamples);
}
