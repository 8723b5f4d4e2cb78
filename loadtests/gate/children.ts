import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process of ours that speaks JSON lines on its standard output. */
export interface JsonChild {
  readonly pid: number;
  /** Writes one JSON line to its standard input. */
  readonly tell: (message: unknown) => void;
  /** Ends it: SIGTERM now, SIGKILL after `graceMs`. Resolves when it is gone. */
  readonly end: (graceMs: number) => Promise<ChildEnd>;
  /** Resolves when it is gone, however that came about. */
  readonly ended: Promise<ChildEnd>;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of its standard error. */
  readonly lastWords: string;
}

const KEPT_ERROR_LINES = 8;

/** Starts `node FILE ARGS...`; every JSON line that it prints goes to `onLine`, anything else is left out. */
export function startChild(options: {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onLine?: (line: Record<string, unknown>) => void;
}): JsonChild {
  // A child of a TypeScript source (in development and tests) needs the loader that its parent runs under.
  const loader = options.file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child: ChildProcess = spawn(process.execPath, [...loader, options.file, ...options.args], {
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const words: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      words.push(line);
      if (words.length > KEPT_ERROR_LINES) words.shift();
    });
  }
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = parseObject(line);
      if (message !== undefined) options.onLine?.(message);
    });
  }
  child.stdin?.on('error', () => undefined); // It may be gone before a last word to it is written.
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, lastWords: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, lastWords: words.join('\n') }));
  });
  return {
    pid: child.pid ?? -1,
    tell: (message) => child.stdin?.write(`${JSON.stringify(message)}\n`),
    ended,
    end: async (graceMs) => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const end = await ended;
      clearTimeout(killer);
      return end;
    },
  };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
