import { readFileSync } from 'node:fs';
import { ExitCode } from '../protocol/codes.ts';

/** A setting that can't be used: one line that names it, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Reads a file that a setting names.
 *
 * @throws ConfigError
 */
export function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new ConfigError(`${path}: no such ${what}`, ExitCode.MISSING_INPUT);
    throw new ConfigError(`${path}: the ${what} can't be read (${String(code)})`, ExitCode.MISSING_INPUT);
  }
}
