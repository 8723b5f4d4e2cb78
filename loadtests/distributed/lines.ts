import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { GeneratorLine, GeneratorName } from '../../protocol/run.ts';
import { type GeneratorData, mergeLine, newGeneratorData } from '../judge/merge.ts';

/** Reads what a generator of this process's own wrote; a missing file is one without lines. */
export async function readLines(generator: GeneratorName, path: string): Promise<GeneratorData> {
  const data = newGeneratorData(generator);
  for await (const text of textsOf(path)) {
    const line = parseLine(text);
    if (line !== undefined) mergeLine(data, line);
  }
  return data;
}

/** The lines of a file, unread; none where there is no file. */
export async function* textsOf(path: string): AsyncGenerator<string> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return;
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

const KINDS: ReadonlySet<unknown> = new Set(['window', 'violation', 'order', 'client', 'end']);

/** A process of ours wrote it, so its kind is all that is checked. */
function parseLine(text: string): GeneratorLine | undefined {
  if (!text.startsWith('{"kind":')) return undefined;
  try {
    const parsed: GeneratorLine = JSON.parse(text);
    return KINDS.has(parsed.kind) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
