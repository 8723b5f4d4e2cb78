import { startReady } from './children.ts';
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

/** Starts the proxy through which the clients that are to be cut reach the server. */
export async function startProxy(options: {
  readonly entry: string;
  /** Default: this machine. */
  readonly targetHost?: string | undefined;
  readonly targetPort: number;
  readonly env: NodeJS.ProcessEnv;
  readonly startUs: number;
  /** Where it listens; default: for this machine alone. */
  readonly host?: string;
}): Promise<RunningProxy> {
  const loopDelayUs: Series = new Map();
  const made: PlannedCut[] = [];
  const { child, port } = await startReady('the proxy', {
    file: options.entry,
    args: [
      ...['--target-port', String(options.targetPort)],
      ...(options.targetHost === undefined ? [] : ['--target-host', options.targetHost]),
      ...(options.host === undefined ? [] : ['--host', options.host]),
    ],
    env: options.env,
    onLine: ({ kind, atUs, client, maxUs }) => {
      if (kind === 'cut' && typeof client === 'number' && typeof atUs === 'number') made.push({ client, atUs });
      if (kind === 'loopDelay' && typeof atUs === 'number' && typeof maxUs === 'number') {
        keepMax(loopDelayUs, Math.floor((atUs - options.startUs) / 1e6), maxUs);
      }
    },
  });
  return {
    port,
    loopDelayUs,
    plan: (cuts) => child.tell({ kind: 'cuts', cuts }),
    end: async () => {
      await child.end(2000);
      return made;
    },
  };
}
