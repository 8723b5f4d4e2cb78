import { runCli } from './program.ts';

/** How a command line ended, and all that it printed. */
export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, for tests: its output is gathered instead of printed. One at a time. */
export async function capture(...args: readonly string[]): Promise<Captured> {
  const printed = { out: '', err: '' };
  const outWrite = process.stdout.write;
  const errWrite = process.stderr.write;
  const gather = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    printed[stream] += String(text);
    return true;
  };
  process.stdout.write = gather('out');
  process.stderr.write = gather('err');
  try {
    const code = await runCli(args, { out: gather('out'), err: gather('err') }, false);
    return { code, ...printed };
  } finally {
    process.stdout.write = outWrite;
    process.stderr.write = errWrite;
    process.exitCode = undefined;
  }
}
