import type { TapeHeader, TapeWork, TickSource } from './types.ts';
import { createTapeWriter, type TapeWriter, type TapeWriterOptions } from './writer.ts';

/** After so many events other work of the process has its turn. */
export const TURN_EVENTS = 200_000;

/** Tells how far the work is, lets the rest of the process run, and stops when asked to. */
export async function takeTurn(work: TapeWork, doneEvents: number): Promise<void> {
  work.onProgress?.(doneEvents);
  await new Promise((resolve) => setImmediate(resolve));
  work.signal?.throwIfAborted();
}

/** Goes through all events of a source, in turns. */
export async function forEachTick(source: TickSource, work: TapeWork, take: () => void): Promise<number> {
  let done = 0;
  while (source.next()) {
    take();
    if (++done % TURN_EVENTS === 0) await takeTurn(work, done);
  }
  return done;
}

/** Writes a tape to its end; whatever goes wrong on the way leaves no file behind. */
export async function writeWhole(
  options: TapeWriterOptions,
  fill: (writer: TapeWriter) => Promise<void>,
): Promise<TapeHeader> {
  const writer = createTapeWriter(options);
  try {
    await fill(writer);
    return writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}
