import { appendFileSync, closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TapeHeader, TapeWork, TickSource } from '../types.ts';
import { TURN_EVENTS, takeTurn } from '../work.ts';
import type { TickFormat } from './formats.ts';

const CHUNK_CHARS = 1 << 16;

/** What came of an export. */
export interface Exported {
  readonly written: number;
  /** Events that the format has no words for. */
  readonly leftOut: number;
}

/** Takes text piece by piece; a promise asks to wait. */
export type TakeText = (text: string) => void | Promise<void>;

/** Writes all events of a source in a format, the lines of all symbols together. */
export async function exportLines(
  source: TickSource,
  options: TapeWork & { readonly format: TickFormat; readonly take: TakeText },
): Promise<Exported> {
  const { format, take } = options;
  let text = format.head;
  let written = 0;
  let done = 0;
  while (source.next()) {
    const line = format.line(source.tick);
    if (line !== '') written += 1;
    text += line;
    if (text.length >= CHUNK_CHARS) {
      await take(text);
      text = '';
    }
    if (++done % TURN_EVENTS === 0) await takeTurn(options, done);
  }
  if (text !== '') await take(text);
  return { written, leftOut: done - written };
}

/** {@link exportLines} into a file, which has its name only when it is complete. */
export async function exportToFile(
  source: TickSource,
  options: TapeWork & { readonly format: TickFormat; readonly path: string },
): Promise<Exported> {
  const { path } = options;
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  try {
    const exported = await withFile(partial, (file) =>
      exportLines(source, { ...options, take: (text) => writeFileSync(file, text) }),
    );
    renameSync(partial, path);
    return exported;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

async function withFile<Result>(path: string, work: (file: number) => Promise<Result>): Promise<Result> {
  const file = openSync(path, 'w');
  try {
    return await work(file);
  } finally {
    closeSync(file);
  }
}

/** Writes the events of each symbol into a file of its own: `SYMBOL-NAME.csv` in the folder; those that are there are replaced. */
export async function exportToFolder(
  source: TickSource,
  options: TapeWork & {
    readonly format: TickFormat;
    readonly folder: string;
    readonly header: Pick<TapeHeader, 'instruments'>;
    /** What stands behind the symbol in each file's name. */
    readonly name: string;
  },
): Promise<Exported & { readonly files: number }> {
  const { format, folder, name } = options;
  mkdirSync(folder, { recursive: true });
  const paths = fileNames(options.header).map((symbol) => join(folder, `${symbol}-${name}.csv`));
  const texts: (string | undefined)[] = paths.map(() => undefined);
  const begun = new Set<number>();
  const flush = (symbol: number): void => {
    const path = paths[symbol] as string;
    const text = texts[symbol] ?? '';
    if (begun.has(symbol)) appendFileSync(path, text);
    else writeFileSync(path, format.head + text);
    begun.add(symbol);
    texts[symbol] = '';
  };
  let written = 0;
  let done = 0;
  while (source.next()) {
    const { symbol } = source.tick;
    const line = format.line(source.tick);
    if (line !== '') {
      written += 1;
      texts[symbol] = (texts[symbol] ?? '') + line;
      if ((texts[symbol] as string).length >= CHUNK_CHARS) flush(symbol);
    }
    if (++done % TURN_EVENTS === 0) await takeTurn(options, done);
  }
  for (const [symbol, text] of texts.entries()) if (text !== undefined && text !== '') flush(symbol);
  return { written, leftOut: done - written, files: begun.size };
}

/** The symbols as parts of file names: `BRK/B` must not name a folder, nor become the file of `BRK_B`. */
function fileNames({ instruments }: Pick<TapeHeader, 'instruments'>): readonly string[] {
  const taken = new Set<string>();
  return instruments.map(({ symbol, index }) => {
    const plain = symbol.replace(/[^\w.-]/g, '_');
    const name = taken.has(plain) ? `${plain}_${index}` : plain;
    taken.add(name);
    return name;
  });
}
