import { ExitCode } from '../../protocol/codes.ts';

/** A journal that can't be used: one line that names file, offset and the way out. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.BAD_DATA) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The system's word for what went wrong, `ENOSPC` for instance. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
