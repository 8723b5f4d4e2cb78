import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { GateError } from './errors.ts';

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

/** What it takes to start `node FILE ARGS...`; every JSON line that it prints goes to `onLine`. */
export interface ChildStart {
  readonly file: string;
  readonly args: readonly string[];
  /** Modules that the process loads before its own. */
  readonly preload?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onLine?: (line: Record<string, unknown>) => void;
}

/** A process of ours that listens. */
export interface ReadyChild {
  readonly child: JsonChild;
  readonly port: number;
  /** Build of the transport, where it tells. */
  readonly transport: string;
}

const READY_MS = 20_000;

/**
 * Starts a process that prints `{"ready":true,"ports":[..]}` when it listens, and waits for that.
 *
 * @throws GateError when it ends before, or takes too long
 */
export function startReady(name: string, start: ChildStart): Promise<ReadyChild> {
  return new Promise((resolve, reject) => {
    const child = startChild({
      ...start,
      onLine: (line) => {
        const { ready, ports, transport } = line;
        if (ready === true && Array.isArray(ports)) {
          clearTimeout(timer);
          resolve({ child, port: Number(ports[0]), transport: typeof transport === 'string' ? transport : '' });
        } else start.onLine?.(line);
      },
    });
    const timer = setTimeout(() => {
      void child.end(500);
      reject(new GateError(`${name} didn't listen within ${READY_MS / 1000} s`));
    }, READY_MS);
    void child.ended.then((end) => {
      clearTimeout(timer);
      reject(new GateError(`${name} ended before it listened: ${describeEnd(end)}`));
    });
  });
}

/** How a process ended, in words: its exit code or signal, and its last word. */
export function describeEnd(end: ChildEnd): string {
  const how = end.signal === null ? `exit code ${end.code}` : `killed by ${end.signal}`;
  const last = end.lastWords.split('\n').at(-1) ?? '';
  return last === '' ? how : `${how}: ${last}`;
}

/** Starts a process; what it prints besides JSON lines is left out. */
export function startChild(options: ChildStart): JsonChild {
  // A child of a TypeScript source (in development and tests) needs the loader that its parent runs under.
  const loader = options.file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  for (const module of options.preload ?? []) loader.push('--import', pathToFileURL(module).href);
  const child: ChildProcess = spawn(process.execPath, [...loader, options.file, ...options.args], {
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C on the terminal reaches the gate alone, which then ends its children in order.
    detached: true,
  });
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('close', () => process.off('exit', killed));
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
