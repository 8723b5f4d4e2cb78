import { setTimeout as delay } from 'node:timers/promises';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type ReadyChild, startReady } from '../gate/children.ts';
import { GateError } from '../gate/errors.ts';
import { parseMetrics } from '../gate/inside.ts';
import type { RestReading } from '../judge/evidence.ts';
import type { LapPart } from './lapPart.ts';

/** What a server's process holds when asked. */
export type Holding = Omit<RestReading, 'server' | 'hours'>;

const RestLine = TypeCompiler.Compile(
  Type.Object({
    rest: Type.Object({
      heapBytes: Type.Number(),
      rssBytes: Type.Number(),
      handles: Type.Integer(),
      timers: Type.Integer(),
    }),
  }),
);

/** Clients are gone, and what was told is written, by then. */
const QUIET_MS = 20_000;
const LOOK_MS = 100;
const READING_MS = 30_000;

/** The reference server of a soak, which plays part after part. */
export interface SoakServer {
  readonly ready: ReadyChild;
  /** Has it play a part. */
  readonly play: (lap: LapPart['told'] & { readonly startAtUs: number }) => void;
  /** What it holds once nobody is connected and its garbage is collected. @throws GateError when it doesn't come to rest */
  readonly atRest: () => Promise<Holding>;
}

/** Starts the server of a soak. `preload` are modules that its process loads first; the first of them is the one that reads. */
export async function startSoakServer(options: {
  readonly cli: string;
  readonly preload: readonly string[];
  readonly tapePath: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<SoakServer> {
  let told: (holding: Holding) => void = () => undefined;
  const ready = await startReady('the server', {
    file: options.cli,
    preload: options.preload,
    args: ['serve', '--port', '0', '--ready-json', '--end-with-stdin', '--laps-from-stdin', '--tape', options.tapePath],
    env: options.env,
    onLine: (line) => {
      if (RestLine.Check(line)) told(line.rest);
    },
  });
  const { child, port } = ready;
  const atRest = async (): Promise<Holding> => {
    await nobodyConnected(port);
    const reading = new Promise<Holding>((resolve) => {
      told = resolve;
    });
    process.kill(child.pid, 'SIGUSR2');
    return within(READING_MS, reading, child.ended);
  };
  return { ready, play: (lap) => child.tell({ lap }), atRest };
}

async function within<T>(ms: number, wanted: Promise<T>, ended: Promise<unknown>): Promise<T> {
  const gone = new AbortController();
  const { signal } = gone;
  const late = delay(ms, undefined, { signal }).then(() => {
    throw new GateError(`the server didn't say within ${ms / 1000} s what it holds`);
  });
  const died = ended.then(() => {
    throw new GateError('the server ended before it said what it holds');
  });
  try {
    return await Promise.race([wanted, late, died]);
  } finally {
    late.catch(() => undefined);
    died.catch(() => undefined);
    gone.abort();
  }
}

/** Resolves when the server says that no socket is open, or when it was given time enough for that. */
async function nobodyConnected(port: number): Promise<void> {
  const deadlineMs = performance.now() + QUIET_MS;
  while (performance.now() < deadlineMs) {
    const page = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) }).then(
      (answer) => answer.text(),
      () => '',
    );
    if (parseMetrics(page).values.get('tapedeck_connections') === 0) return;
    await delay(LOOK_MS);
  }
}
