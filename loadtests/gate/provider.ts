import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type GateFeed, planOf, urlOf } from '../feeds/fedBy.ts';
import { type JsonChild, startReady } from './children.ts';
import { GateError } from './errors.ts';
import { keepMax, type Series } from './host.ts';
import type { PlayedPart } from './part.ts';

/** A provider of ours in a process of its own, with what its subscriber must know of it. */
export interface RunningProvider {
  readonly name: GateFeed;
  readonly url: string;
  /** What is asked for, as the server's `--instruments` takes them. */
  readonly instrumentsPath: string;
  readonly child: JsonChild;
  /** The longest that an event left after it was due, by second, µs: our own fault. */
  readonly lateUs: Series;
  /** Resolves with the number of topics that are subscribed, once some are and no more have come for a second; undefined when that took too long. */
  readonly subscribed: (options: {
    readonly withinMs: number;
    readonly signal?: AbortSignal | undefined;
  }) => Promise<number | undefined>;
  /** Lets it play from `startUs` on. */
  readonly begin: (startUs: number) => void;
}

/** The server must hear its provider by then. */
const LIVE_MS = 20_000;
const LOOK_MS = 50;
const HealthSchema = Type.Object({ feed: Type.Object({ chain: Type.Array(Type.Object({ state: Type.String() })) }) });

/** Starts a provider that stands at the part's start until it is told to begin. */
export async function startProvider(options: {
  readonly entry: string;
  readonly name: GateFeed;
  readonly tapePath: string;
  readonly runFolder: string;
  readonly part: PlayedPart;
  /** The first so many of the tape's symbols are asked for. */
  readonly symbols: number;
  readonly speed: number;
  readonly env: NodeJS.ProcessEnv;
  /** Where it listens; default: any free port of this machine, for itself alone. */
  readonly listen?: { readonly host: string; readonly port: number };
}): Promise<RunningProvider> {
  const { name, part } = options;
  const instrumentsPath = join(options.runFolder, 'instruments.json');
  const wanted = part.instruments.slice(0, options.symbols).map(({ index: _, ...instrument }) => instrument);
  writeFileSync(instrumentsPath, JSON.stringify(wanted));
  const lateUs: Series = new Map();
  let startUs = Number.POSITIVE_INFINITY;
  const topics = new TopicWatch();
  const { child, port } = await startReady(`the provider ${name}`, {
    file: options.entry,
    args: [
      ...['--provider', name, '--tape', options.tapePath, '--speed', String(options.speed)],
      ...['--plan', planOf(name)],
      ...['--from-us', String(part.fromUs), '--to-us', String(part.toUs)],
      ...(options.listen === undefined ? [] : ['--host', options.listen.host, '--port', String(options.listen.port)]),
    ],
    env: options.env,
    onLine: ({ kind, atUs, maxUs, topics: heard }) => {
      if (kind === 'late' && typeof heard === 'number') topics.told(heard);
      if (kind !== 'late' || atUs === undefined || startUs === Number.POSITIVE_INFINITY) return;
      if (typeof atUs !== 'number' || typeof maxUs !== 'number') return;
      // What a line tells of happened in the second before it.
      keepMax(lateUs, Math.floor((atUs - startUs) / 1e6) - 1, maxUs);
    },
  });
  const begin = (atUs: number): void => {
    startUs = atUs;
    child.tell({ startUs });
  };
  return {
    name,
    url: urlOf(name, port),
    instrumentsPath,
    child,
    lateUs,
    begin,
    subscribed: (within) => topics.settled(within),
  };
}

/** Sees when the topics that are subscribed have become what they will be. */
class TopicWatch {
  #last = 0;
  #onSettled: (topics: number) => void = () => undefined;

  told(topics: number): void {
    if (topics > 0 && topics === this.#last) this.#onSettled(topics);
    this.#last = topics;
  }

  settled(options: {
    readonly withinMs: number;
    readonly signal?: AbortSignal | undefined;
  }): Promise<number | undefined> {
    const { withinMs, signal } = options;
    return new Promise((resolve) => {
      const giveUp = (): void => resolve(undefined);
      const timer = setTimeout(giveUp, withinMs);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#onSettled = (topics) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(topics);
      };
    });
  }
}

/** Resolves when the server hears its provider. @throws GateError when it doesn't in time */
export async function awaitLive(baseUrl: string, signal?: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + LIVE_MS;
  while (performance.now() < deadlineMs) {
    signal?.throwIfAborted();
    const answer = await fetch(`${baseUrl}/api/health`, { signal: AbortSignal.timeout(LIVE_MS) }).catch(
      () => undefined,
    );
    const health: unknown = await answer?.json().catch(() => undefined);
    if (Value.Check(HealthSchema, health) && health.feed.chain[0]?.state === 'live') return;
    await delay(LOOK_MS);
  }
  throw new GateError(`the server didn't hear its provider within ${LIVE_MS / 1000} s; its log says why`);
}
