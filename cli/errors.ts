import type { ExitCode } from '../protocol/codes.ts';

/**
 * An error that a user can meet: its message is one clear line that names the thing, the place and the way out. The
 * command line prints `tapedeck: message` to stderr and leaves with {@link CliError.exitCode}.
 */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
