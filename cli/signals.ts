import { ExitCode } from '../protocol/codes.ts';

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
