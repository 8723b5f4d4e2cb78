/** The known names, the one most like `name` first (by edit distance, letter case aside; ties by alphabet). */
export function nearestFirst(name: string, known: readonly string[]): string[] {
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .map(({ candidate }) => candidate);
}

/** The known name that a mistyped one most likely meant: at most a third of its letters away, and at most four; else undefined. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = nearestFirst(name, known);
  if (best === undefined) return undefined;
  const reach = Math.min(4, Math.floor(name.length / 3));
  return editDistance(name.toLowerCase(), best.toLowerCase()) <= reach ? best : undefined;
}

/** Insertions, deletions and replacements between two words (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
