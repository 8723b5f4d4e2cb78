import { MergeError, type MergeFault } from '../loadtests/distributed/errors.ts';
import { GateError } from '../loadtests/gate/errors.ts';
import { PlanError } from '../loadtests/session/planFile.ts';
import { SoakError } from '../loadtests/soak/state.ts';
import { TargetsError } from '../loadtests/targets/load.ts';
import { ExitCode } from '../protocol/codes.ts';
import { SummaryError } from '../reports/errors.ts';
import { plain } from '../reports/words.ts';
import { ConfigError } from '../server/config.ts';
import { ScenarioError } from '../simulator/scenario.ts';
import { TapeError, TapeMissingError } from '../simulator/tape/types.ts';

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

/** What is told of an error, and how the process leaves. */
export interface Failure {
  readonly line: string;
  readonly exitCode: ExitCode;
}

/** Puts any error into one line. What isn't meant for users is an internal error, told as such. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError || error instanceof ConfigError) {
    return { line: oneLine(error.message), exitCode: error.exitCode };
  }
  if (error instanceof TapeMissingError) return { line: oneLine(error.message), exitCode: ExitCode.MISSING_INPUT };
  if (error instanceof TapeError) return { line: oneLine(error.message), exitCode: ExitCode.BAD_DATA };
  if (error instanceof ScenarioError || error instanceof TargetsError || error instanceof SoakError) {
    const missing = error.reason === 'missing';
    return { line: oneLine(error.message), exitCode: missing ? ExitCode.MISSING_INPUT : ExitCode.BAD_DATA };
  }
  if (error instanceof SummaryError) {
    const exitCode = error.reason === 'missing' ? ExitCode.MISSING_INPUT : ExitCode.BAD_DATA;
    return { line: oneLine(plain(error.message)), exitCode };
  }
  if (error instanceof MergeError) return { line: oneLine(error.message), exitCode: MERGE_EXIT[error.fault] };
  if (error instanceof PlanError) return { line: oneLine(error.message), exitCode: ExitCode.BAD_DATA };
  if (error instanceof GateError) return { line: oneLine(error.message), exitCode: ExitCode.UNAVAILABLE };
  const io = ioFailure(error);
  if (io !== undefined) return io;
  const message = error instanceof Error ? error.message : String(error);
  return {
    line: `internal error: ${oneLine(message)} (set TAPEDECK_DEBUG=1 for the stack)`,
    exitCode: ExitCode.INTERNAL,
  };
}

/** What the system said of a file or a folder, and the way out. */
const IO_WORDS: ReadonlyMap<string, { readonly words: string; readonly exitCode: ExitCode }> = new Map([
  ['EISDIR', { words: 'is a folder; name a file', exitCode: ExitCode.USAGE }],
  ['ENOTDIR', { words: 'a part of this path is a file; name another folder', exitCode: ExitCode.USAGE }],
  ['EEXIST', { words: 'is a file; name a folder', exitCode: ExitCode.USAGE }],
  ['ENOENT', { words: 'no such file or folder', exitCode: ExitCode.MISSING_INPUT }],
  ['EACCES', { words: 'no permission', exitCode: ExitCode.IO_ERROR }],
  ['EPERM', { words: 'no permission', exitCode: ExitCode.IO_ERROR }],
  ['EROFS', { words: 'the file system is read-only', exitCode: ExitCode.IO_ERROR }],
  ['ENOSPC', { words: 'no space is left on the device', exitCode: ExitCode.IO_ERROR }],
  ['EDQUOT', { words: 'the quota of the disk is used up', exitCode: ExitCode.IO_ERROR }],
  ['EIO', { words: 'the device failed', exitCode: ExitCode.IO_ERROR }],
]);

/** What the system said, in words; undefined of what it doesn't say of files. */
export function ioWords(error: Error): string | undefined {
  return 'code' in error ? IO_WORDS.get(String(error.code))?.words : undefined;
}

/** A failure to read or write; one that names no path is told only where no path could make a difference. */
function ioFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const known = IO_WORDS.get(String(error.code));
  if (known === undefined) return undefined;
  const { words, exitCode } = known;
  if ('path' in error) return { line: `${oneLine(String(error.path))}: ${words}`, exitCode };
  return exitCode === ExitCode.IO_ERROR ? { line: words, exitCode } : undefined;
}

const MERGE_EXIT: Readonly<Record<MergeFault, ExitCode>> = {
  missing: ExitCode.MISSING_INPUT,
  bad: ExitCode.BAD_DATA,
  unavailable: ExitCode.UNAVAILABLE,
};

function oneLine(message: string): string {
  return message.trim().replace(/\s*\n\s*/g, ' ');
}
