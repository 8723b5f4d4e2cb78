import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../protocol/clock.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { projectFile } from '../../simulator/paths.ts';
import { readLines } from '../distributed/lines.ts';
import type { GeneratorData } from '../judge/merge.ts';
import { runK6 } from '../k6run/run.ts';
import { startChild } from './children.ts';

/** What makes the load of a run. */
export type LoadChoice =
  | { readonly kind: 'k6'; readonly path: string; readonly version: string }
  | {
      readonly kind: 'swarm';
      /** Processes; absent: one for each {@link SOCKETS_PER_PROCESS} clients. */
      readonly workers?: number;
    };

/** How a generator ended: its data, and what went wrong in words ('' when nothing). */
export interface GeneratorEnd {
  readonly data: GeneratorData;
  readonly failed: string;
}

export interface Generator {
  readonly pid: Promise<number>;
  readonly done: Promise<GeneratorEnd>;
}

interface Shared {
  readonly runFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
  readonly endUs: number;
  readonly clock: Clock;
  readonly plan: GeneratorPlan;
}

/** Sockets that one process of the swarm bears. */
const SOCKETS_PER_PROCESS = 10_000;
/** A generator that hasn't ended this long after its plan's end is ended by us. */
const OVERDUE_MS = 10_000;
/** Cores that k6 may count on here: the server and the probes need the rest. */
const K6_CORES = 1;

/** Starts the load: k6 with the gate's script, or the built-in swarm. */
export function startLoad(
  options: Shared & { readonly choice: LoadChoice; readonly messagesPerS: number; readonly swarmEntry: string },
): Generator {
  const planPath = writePlan(options.runFolder, options.plan);
  const outPath = join(options.runFolder, `${options.plan.generator}.ndjson`);
  if (options.choice.kind === 'swarm')
    return startNode({
      ...options,
      entry: options.swarmEntry,
      args: [planPath, '--out', outPath, ...workersOf(options.choice, options.plan)],
      outPath,
    });
  const started = deferred<number>();
  const overdue = AbortSignal.timeout(overdueMs(options));
  const signal = options.signal === undefined ? overdue : AbortSignal.any([options.signal, overdue]);
  const run = runK6({
    k6Path: options.choice.path,
    script: projectFile('loadtests', 'k6', 'gate.ts'),
    planPath,
    outPath,
    clients: options.plan.clients.length,
    load: { messagesPerS: options.messagesPerS, cores: K6_CORES },
    signal,
    onStarted: started.resolve,
  });
  const done = run.then(async (result): Promise<GeneratorEnd> => {
    const data = await readLines(options.plan.generator, outPath);
    switch (result.kind) {
      case 'done':
        return { data, failed: '' };
      case 'interrupted':
        return { data, failed: overdue.aborted ? 'k6 did not come to its end' : 'interrupted' };
      default:
        return { data, failed: result.why };
    }
  });
  return { pid: started.promise, done };
}

function workersOf({ workers }: Extract<LoadChoice, { kind: 'swarm' }>, { clients }: GeneratorPlan): string[] {
  const count = workers ?? Math.ceil(clients.length / SOCKETS_PER_PROCESS);
  return count > 1 ? ['--workers', String(count)] : [];
}

/** Starts the probes, in a process of their own. */
export function startProbe(options: Shared & { readonly entry: string; readonly tapePath: string }): Generator {
  const planPath = writePlan(options.runFolder, options.plan);
  const outPath = join(options.runFolder, 'probe.ndjson');
  return startNode({ ...options, args: [planPath, '--out', outPath, '--tape', options.tapePath], outPath });
}

function startNode(
  options: Shared & { readonly entry: string; readonly args: readonly string[]; readonly outPath: string },
): Generator {
  const { plan } = options;
  // They append: what an earlier run left in this folder would be judged as this one's.
  rmSync(options.outPath, { force: true });
  const child = startChild({ file: options.entry, args: options.args, env: options.env });
  let ending = '';
  const end = (why: string): void => {
    ending = why;
    void child.end(2000);
  };
  const overdue = setTimeout(() => end(`the ${plan.generator} did not come to its end`), overdueMs(options));
  const interrupt = (): void => end('interrupted');
  options.signal?.addEventListener('abort', interrupt, { once: true });
  const done = child.ended.then(async (ended): Promise<GeneratorEnd> => {
    clearTimeout(overdue);
    options.signal?.removeEventListener('abort', interrupt);
    const data = await readLines(plan.generator, options.outPath);
    const last = ended.lastWords.split('\n').at(-1) ?? '';
    const died =
      ended.code === 0
        ? ''
        : `the ${plan.generator} ended with ${ended.signal ?? `exit code ${ended.code}`}${last === '' ? '' : `: ${last}`}`;
    return { data, failed: ending !== '' ? ending : died };
  });
  return { pid: Promise.resolve(child.pid), done };
}

/** Whole ms from now to when the generator must have ended. */
function overdueMs(options: Shared): number {
  return Math.ceil(Math.max(0, (options.endUs - options.clock.nowUs()) / 1000)) + OVERDUE_MS;
}

function writePlan(folder: string, plan: GeneratorPlan): string {
  const path = join(folder, `plan-${plan.generator}.json`);
  writeFileSync(path, JSON.stringify(plan));
  return path;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
