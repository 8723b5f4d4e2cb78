import { startChild } from './children.ts';
import { GateError } from './errors.ts';
import { keepMax, type Series } from './host.ts';
import type { PlannedCut } from './plan.ts';

/** The cut proxy, running in a process of its own. */
export interface RunningProxy {
  readonly port: number;
  /** Worst event-loop delay by second, µs. */
  readonly loopDelayUs: Series;
  readonly plan: (cuts: readonly PlannedCut[]) => void;
  /** Ends it and tells which cuts it made, and when. */
  readonly end: () => Promise<PlannedCut[]>;
}

const READY_MS = 10_000;

/** Starts the proxy through which the clients that are to be cut reach the server. */
export async function startProxy(options: {
  readonly entry: string;
  readonly targetPort: number;
  readonly env: NodeJS.ProcessEnv;
  readonly startUs: number;
}): Promise<RunningProxy> {
  const loopDelayUs: Series = new Map();
  const made: PlannedCut[] = [];
  let listening: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const child = startChild({
    file: options.entry,
    args: ['--target-port', String(options.targetPort)],
    env: options.env,
    onLine: (line) => {
      const { kind, atUs, client, port: open, maxUs } = line;
      if (kind === 'ready' && typeof open === 'number') listening(open);
      if (kind === 'cut' && typeof client === 'number' && typeof atUs === 'number') made.push({ client, atUs });
      if (kind === 'loopDelay' && typeof atUs === 'number' && typeof maxUs === 'number') {
        keepMax(loopDelayUs, Math.floor((atUs - options.startUs) / 1e6), maxUs);
      }
    },
  });
  const tooLate = AbortSignal.timeout(READY_MS);
  const opened = await Promise.race([
    port,
    child.ended.then((end) => Promise.reject(new GateError(`the proxy ended before it listened: ${end.lastWords}`))),
    new Promise<never>((_, reject) => {
      tooLate.addEventListener('abort', () =>
        reject(new GateError(`the proxy didn't listen within ${READY_MS / 1000} s`)),
      );
    }),
  ]);
  return {
    port: opened,
    loopDelayUs,
    plan: (cuts) => child.tell({ kind: 'plan', cuts }),
    end: async () => {
      await child.end(2000);
      return made;
    },
  };
}
