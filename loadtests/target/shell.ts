import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildEnd } from '../gate/children.ts';
import { isGroupAlive } from './processGroup.ts';

/** A command of the user's that runs in a shell, with all that it starts. */
export interface ShellCommand {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** Ends it and its children: SIGTERM now, SIGKILL after `graceMs`; resolves when all of them are gone. */
  readonly end: (graceMs: number) => Promise<ChildEnd>;
}

/** The system takes no longer for what was killed. */
const KILLED_WITHIN_MS = 2_000;
const LOOK_MS = 20;
/** A trace with its causes, and the error above it. */
const KEPT_LINES = 60;

/** Starts a command in a group of processes of its own, so that its children end with it. What it prints is kept to its last lines. */
export function startShell(command: string, env: NodeJS.ProcessEnv): ShellCommand {
  const child: ChildProcess = spawn('/bin/sh', ['-c', command], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      words.push(line);
      if (words.length > KEPT_LINES) words.shift();
    });
  }
  const signal = (name: NodeJS.Signals): void => signalGroup(child.pid, name);
  const killed = (): void => signal('SIGKILL');
  process.once('exit', killed);
  let isEnding = false;
  let isGone = false;
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, lastWords: error.message }));
    child.once('exit', (code, name) => {
      resolve({ code, signal: name, lastWords: words.join('\n') });
      // Asked to end, what a shell has started may outlive it by the grace.
      if (isEnding) return;
      // What it left behind goes with it.
      killed();
      process.off('exit', killed);
    });
  });
  return {
    pid: child.pid ?? -1,
    ended,
    end: async (graceMs) => {
      // Its number may be another group's by now.
      if (isGone) return ended;
      if (child.exitCode === null && child.signalCode === null) {
        isEnding = true;
        signal('SIGTERM');
      }
      if (isEnding && !(await isGoneWithin(child.pid, graceMs))) killed();
      isGone = await isGoneWithin(child.pid, KILLED_WITHIN_MS);
      process.off('exit', killed);
      return ended;
    },
  };
}

async function isGoneWithin(group: number | undefined, withinMs: number): Promise<boolean> {
  if (group === undefined) return true;
  const deadlineMs = performance.now() + withinMs;
  while (isGroupAlive(group)) {
    if (performance.now() >= deadlineMs) return false;
    await delay(LOOK_MS);
  }
  return true;
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone.
  }
}

/** Runs a command in a shell and gives what it prints, trimmed. @throws an Error whose message is one line for the user */
export function outputOf(command: string, options: { readonly timeoutMs: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', command], { timeout: options.timeoutMs }, (error, out, err) => {
      if (error === null) resolve(out.trim());
      else {
        const how = error.killed === true ? `took over ${options.timeoutMs / 1000} s` : `exit code ${error.code}`;
        const last = err.trim().split('\n').at(-1) ?? '';
        reject(new Error(last === '' ? how : `${how}: ${last}`));
      }
    });
  });
}
