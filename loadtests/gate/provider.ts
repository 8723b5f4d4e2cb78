import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { Schedule } from '../../protocol/run.ts';
import { type JsonChild, startReady } from './children.ts';
import { keepMax, type Series } from './host.ts';
import type { PlayedPart } from './part.ts';

/** A provider of ours in a process of its own, with what its subscriber must know of it. */
export interface RunningProvider {
  readonly name: ProviderName;
  readonly url: string;
  /** The tape's instruments, as the server's `--instruments` takes them. */
  readonly instrumentsPath: string;
  readonly child: JsonChild;
  /** The longest that an event left after it was due, by second, µs: our own fault. */
  readonly lateUs: Series;
}

/** Starts a provider that plays the part by the gate's schedule. */
export async function startProvider(options: {
  readonly entry: string;
  readonly name: ProviderName;
  readonly tapePath: string;
  readonly runFolder: string;
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly env: NodeJS.ProcessEnv;
}): Promise<RunningProvider> {
  const { name, schedule, part } = options;
  const instrumentsPath = join(options.runFolder, 'instruments.json');
  writeFileSync(instrumentsPath, JSON.stringify(part.instruments.map(({ index: _, ...instrument }) => instrument)));
  const lateUs: Series = new Map();
  const { child, port } = await startReady(`the provider ${name}`, {
    file: options.entry,
    args: [
      ...['--provider', name, '--tape', options.tapePath, '--speed', String(schedule.speed)],
      ...['--from-us', String(schedule.fromEventUs), '--to-us', String(schedule.toEventUs)],
      ...['--start-us', String(schedule.startUs)],
    ],
    env: options.env,
    onLine: ({ kind, atUs, maxUs }) => {
      if (kind !== 'late' || typeof atUs !== 'number' || typeof maxUs !== 'number') return;
      // What a line tells of happened in the second before it.
      keepMax(lateUs, Math.floor((atUs - schedule.startUs) / 1e6) - 1, maxUs);
    },
  });
  const scheme = name === 'alpha-vantage' || name === 'yahoo' || name === 'tradier' ? 'http' : 'ws';
  return { name, url: `${scheme}://127.0.0.1:${port}`, instrumentsPath, child, lateUs };
}
