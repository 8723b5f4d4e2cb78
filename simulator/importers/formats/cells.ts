/** The cells of a sample's line, quotes taken off. */
export function cellsOf(line: string, delimiter = ','): string[] {
  const cells = line.match(delimiter === '\t' ? /("([^"]|"")*"|[^\t]*)(\t|$)/g : pattern(delimiter)) ?? [];
  // The match at the very end is an empty one.
  if (cells.at(-1) === '' && cells.length > 1 && !line.endsWith(delimiter)) cells.pop();
  return cells.map((cell) =>
    cell
      .replace(new RegExp(`${escaped(delimiter)}$`), '')
      .trim()
      .replace(/^"|"$/g, '')
      .replaceAll('""', '"'),
  );
}

function pattern(delimiter: string): RegExp {
  return new RegExp(`("([^"]|"")*"|[^${escaped(delimiter)}]*)(${escaped(delimiter)}|$)`, 'g');
}

function escaped(delimiter: string): string {
  return delimiter === '|' ? '\\|' : delimiter;
}
