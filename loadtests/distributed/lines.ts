import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { GeneratorLine, GeneratorName } from '../../protocol/run.ts';
import { type GeneratorData, mergeLine, newGeneratorData } from '../judge/merge.ts';

/** What a file of lines held. */
export interface ReadLines {
  readonly data: GeneratorData;
  /** Lines in its midst that can't be read; the last one may have been cut off by the generator's end. */
  readonly unreadable: number;
}

/** Reads what a generator wrote; a missing file is one without lines. */
export async function readLines(generator: GeneratorName, path: string): Promise<ReadLines> {
  const data = newGeneratorData(generator);
  let unreadable = 0;
  let isLastUnreadable = false;
  if (!existsSync(path)) return { data, unreadable };
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parseLine(text);
    isLastUnreadable = line === undefined;
    if (line === undefined) unreadable += 1;
    else mergeLine(data, line);
  }
  return { data, unreadable: isLastUnreadable ? unreadable - 1 : unreadable };
}

const KINDS: ReadonlySet<unknown> = new Set(['window', 'violation', 'order', 'client', 'end']);

/** A process of ours wrote it, so its kind is all that is checked. */
export function parseLine(text: string): GeneratorLine | undefined {
  if (!text.startsWith('{"kind":')) return undefined;
  try {
    const parsed: GeneratorLine = JSON.parse(text);
    return KINDS.has(parsed.kind) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
