import type { Clock } from '../protocol/clock.ts';
import { ExitCode } from '../protocol/codes.ts';
import { hostClock as makeHostClock } from '../simulator/hostClock.ts';
import { CliError } from './errors.ts';

/**
 * Makes the clock of this process; see `simulator/hostClock.ts`.
 *
 * @throws CliError when the environment's offset is no number
 */
export function hostClock(env: Readonly<Record<string, string | undefined>>): Clock {
  try {
    return makeHostClock(env);
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(error.message, ExitCode.USAGE);
    throw error;
  }
}
