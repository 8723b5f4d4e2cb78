import { once } from 'node:events';
import { ExitCode } from '../protocol/codes.ts';
import { ioWords } from './errors.ts';

/** Standard output takes no more: {@link printingFailed} says whether that is anybody's fault. */
export class OutputLost extends Error {
  override readonly name = 'OutputLost';
}

/** Prints a part of something long, no faster than it is read. @throws OutputLost when nobody reads any more */
export async function printPart(text: string): Promise<void> {
  const { stdout } = process;
  if (!stdout.writable) throw new OutputLost();
  if (stdout.write(text)) return;
  try {
    await once(stdout, 'drain');
  } catch {
    throw new OutputLost();
  }
}

/** Says that what was printed is not whole; undefined where it is, or where its reader left of its own will. */
export function printingFailed(error: Error | undefined): string | undefined {
  if (error === undefined || ('code' in error && error.code === 'EPIPE')) return undefined;
  return `standard output: ${ioWords(error) ?? error.message}; what was printed is not whole`;
}

/** How a command leaves: as it ended, but not with success when what it printed was lost. */
export function exitCodeAfter(ended: number, failed: string | undefined): number {
  return failed !== undefined && ended === ExitCode.PASS ? ExitCode.IO_ERROR : ended;
}
