import { ExitCode } from '../protocol/codes.ts';
import { CliError } from './errors.ts';

/** Runs work that SIGINT and SIGTERM stop: its signal is aborted with an error that says `interrupted` and what that means. */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  meaning: string,
): Promise<Result> {
  const abort = new AbortController();
  const onSignal = (): void => abort.abort(new CliError(`interrupted; ${meaning}`, ExitCode.INTERRUPTED));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
