import { statSync } from 'node:fs';
import { ExitCode } from '../protocol/codes.ts';
import { isSameFile } from '../simulator/sameFile.ts';
import type { TapeHeader, TapeWork } from '../simulator/tape/types.ts';
import { CliError } from './errors.ts';
import { interruptible } from './interruptible.ts';
import type { OutputFormat } from './options.ts';
import { openProgress } from './progress.ts';
import { describe, print, whole } from './tapeText.ts';

/** Puts what can go wrong while a file is made into words for the user; other errors come back as they are. */
export function asWriteError(error: unknown, path: string): unknown {
  if (error instanceof RangeError) return new CliError(error.message, ExitCode.USAGE);
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return new CliError(`${path}: can't be written (${error.code}); choose another place with --out`, ExitCode.USAGE);
  }
  return error;
}

/** Refuses `-`: a tape is written from its end as well. @throws CliError */
export function refuseStdout(out: string): void {
  if (out === '-') throw new CliError("a tape can't go to stdout: name a file with --out", ExitCode.USAGE);
}

/** Refuses an output that is an input: the input would be lost. @throws CliError */
export function refuseOwnInput(out: string, inputs: readonly string[]): void {
  if (inputs.some((input) => isSameFile(input, out))) {
    throw new CliError(`--out ${out}: is read here, and would be overwritten; choose another place`, ExitCode.USAGE);
  }
}

/** Runs work that makes a file, with progress on the terminal, stopped by SIGINT. @throws CliError in place of what the user can mend */
export async function making<Result>(
  file: { readonly path: string; readonly doing: string },
  work: (given: Required<TapeWork>) => Promise<Result>,
): Promise<Result> {
  const progress = openProgress(process.stderr);
  const onProgress = (events: number): void => progress.show(`${file.doing}: ${whole(events)} events`);
  try {
    const meaning = file.path === '-' ? 'the output is not whole' : `${file.path} was not written`;
    return await interruptible((signal) => work({ signal, onProgress }), meaning);
  } catch (error) {
    throw asWriteError(error, file.path);
  } finally {
    progress.done();
  }
}

/** Makes a tape of tapes that lie in `inputs`, and tells what is in it. @throws CliError when it would overwrite one of them */
export async function makeTape(
  options: {
    readonly inputs: readonly string[];
    readonly out: string;
    readonly format: OutputFormat;
    readonly doing: string;
  },
  work: (given: Required<TapeWork> & { readonly path: string }) => Promise<TapeHeader>,
): Promise<void> {
  const { out: path, format } = options;
  refuseStdout(path);
  refuseOwnInput(path, options.inputs);
  const startedMs = performance.now();
  const header = await making({ path, doing: options.doing }, (given) => work({ ...given, path }));
  const seconds = (performance.now() - startedMs) / 1000;
  print(format, { tape: path, bytes: statSync(path).size, seconds, ...header }, () =>
    [`made in ${seconds.toFixed(1)} s`, describe(path, header)].join('\n'),
  );
}
