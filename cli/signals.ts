import { ExitCode } from '../protocol/codes.ts';
import { CliError } from './errors.ts';

/**
 * Waits for the first SIGTERM or SIGINT and says how the process should leave: 0 on SIGTERM (an orderly end was asked
 * for), 130 on SIGINT. A second signal ends the process at once.
 */
export function firstSignal(): Promise<ExitCode> {
  return new Promise((resolve) => {
    let seen = false;
    const onSignal = (exitCode: ExitCode) => {
      if (seen) process.exit(ExitCode.INTERRUPTED);
      seen = true;
      resolve(exitCode);
    };
    process.on('SIGTERM', () => onSignal(ExitCode.PASS));
    process.on('SIGINT', () => onSignal(ExitCode.INTERRUPTED));
  });
}

/** Runs what Ctrl-C ends in good order; a second Ctrl-C ends the process. */
export async function stoppable<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.INTERRUPTED);
    controller.abort(new CliError('interrupted', ExitCode.INTERRUPTED));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await run(controller.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
