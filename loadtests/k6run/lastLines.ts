import type { Readable } from 'node:stream';

const MAX_LINE_CHARS = 1_000;

/** Keeps the last `count` non-empty lines of a text stream, each cut to 1,000 characters; `lines` is live. */
export function lastLines(stream: Readable, count: number): { readonly lines: readonly string[] } {
  const lines: string[] = [];
  let rest = '';
  const keep = (line: string): void => {
    const text = line.trim().slice(0, MAX_LINE_CHARS);
    if (text === '') return;
    lines.push(text);
    if (lines.length > count) lines.shift();
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    // A stream without line ends must not grow without bound.
    rest = (parts.pop() ?? '').slice(-MAX_LINE_CHARS);
    for (const part of parts) keep(part);
  });
  stream.on('end', () => keep(rest));
  return { lines };
}
