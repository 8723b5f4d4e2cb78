import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../protocol/clock.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { type ChildEnd, describeEnd, type JsonChild, startChild } from '../gate/children.ts';
import { GateError } from '../gate/errors.ts';
import type { Generator, GeneratorEnd } from '../gate/generators.ts';
import { addGenerator, newGeneratorData } from '../judge/merge.ts';
import { type Coordinator, LINES_FILE, startCoordinator } from './coordinator.ts';
import { readLines } from './lines.ts';
import { bootId, OFFER_FILE, type Offer } from './offer.ts';
import { type RunIdentity, SEGMENTS_FOLDER } from './records.ts';

/** What a crew needs of the run that it makes the load of. */
export interface CrewRun {
  readonly runFolder: string;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
  readonly onState: (state: string) => void;
}

/** The plan that a crew plays. */
export interface CrewPlan {
  readonly plan: GeneratorPlan;
  readonly run: RunIdentity;
  readonly messagesPerS: number;
}

/** Several generators that make the load of one run. */
export interface Crew {
  readonly segments: number;
  /** This machine, as the generators reach it. */
  readonly host: string;
  /** What they need from the plan's making to their first connection, beyond what a generator of the gate's own does, µs. */
  readonly leadUs: number;
  /** Resolves when all are there. @throws GateError when one isn't in time */
  readonly gather: (run: CrewRun) => Promise<void>;
  /** Hands the plan out; `done` resolves when all have delivered, or can't any more. */
  readonly start: (plan: CrewPlan) => Generator;
  readonly end: () => Promise<void>;
}

/** After the plan's end generators have so long to deliver. */
const DELIVERY_MS = 20_000;
/** Fetching the plan, asking the clock, starting the process. */
const JOIN_LEAD_US = 2_500_000;
const JOIN_WITHIN_MS = 600_000;
const CHILD_END_MS = 3_000;

export interface JoiningOptions {
  readonly segments: number;
  /** Where the coordinator listens; port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** This machine, as generators elsewhere reach it. */
  readonly host: string;
  /** Our command line, where the generators are started here; absent: they come by themselves. */
  readonly cli?: string;
  /** What stands behind the coordinator's address; absent: one made up. */
  readonly key?: string;
  /** From the plan's making to the first connection, s; absent: what a process takes to start. */
  readonly leadS?: number;
  /** Told where generators join, once it is known. */
  readonly onOpen?: (url: string) => void;
}

/** A crew whose generators join over the network: from other machines, or as processes of this one. */
export function joiningCrew(options: JoiningOptions): Crew {
  const { segments, host, cli } = options;
  let coordinator: Coordinator | undefined;
  let run: CrewRun | undefined;
  let children: JsonChild[] = [];
  const deaths: ChildEnd[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.end(CHILD_END_MS)));
    await coordinator?.end();
  };
  return {
    segments,
    host,
    leadUs: options.leadS === undefined ? JOIN_LEAD_US : options.leadS * 1e6,
    gather: async (given) => {
      run = given;
      const folder = join(given.runFolder, SEGMENTS_FOLDER);
      rmSync(folder, { recursive: true, force: true });
      const opened = await startCoordinator({
        ...options.listen,
        ...(options.key === undefined ? {} : { key: options.key }),
        segments,
        folder,
        clock: given.clock,
        onJoined: (joined, name) => given.onState(`${joined} of ${segments} generators are there (${name})`),
      });
      coordinator = opened;
      const url = `http://${host}:${opened.port}${opened.path}`;
      options.onOpen?.(url);
      if (cli !== undefined) {
        children = Array.from({ length: segments }, (_, at) =>
          startHere({ cli, url, run: given, index: at + 1 }, segments),
        );
        for (const child of children) void child.ended.then((ended) => deaths.push(ended));
      }
      await Promise.race([opened.joined, refusal(given, deaths, children, segments)]);
    },
    start: ({ plan, run: identity, messagesPerS }) => {
      if (coordinator === undefined || run === undefined) throw new Error('the crew was not gathered');
      coordinator.offer(offerOf({ plan, run: identity, messagesPerS }, run.clock));
      const { clock, signal, runFolder } = run;
      const lastMs = Math.max(0, (plan.endUs - clock.nowUs()) / 1000) + DELIVERY_MS;
      const done = Promise.race([
        coordinator.delivered,
        delay(lastMs, undefined, { ref: false }),
        aborted(signal),
        ...(children.length === 0 ? [] : [Promise.all(children.map((child) => child.ended))]),
      ]).then(() => collected(plan, join(runFolder, SEGMENTS_FOLDER), segments, signal?.aborted === true));
      return { pid: Promise.resolve(children[0]?.pid ?? -1), done };
    },
    end,
  };
}

/** A crew that plays from files: the plan is left in the run's folder, and what it measured is merged later. */
export function fileCrew(options: { readonly segments: number; readonly host: string; readonly leadS: number }): Crew {
  const { segments, host, leadS } = options;
  let run: CrewRun | undefined;
  return {
    segments,
    host,
    leadUs: leadS * 1e6,
    gather: async (given) => {
      run = given;
      rmSync(join(given.runFolder, SEGMENTS_FOLDER), { recursive: true, force: true });
    },
    start: (given) => {
      if (run === undefined) throw new Error('the crew was not gathered');
      const { clock, signal, runFolder, onState } = run;
      const path = join(runFolder, OFFER_FILE);
      writeFileSync(path, JSON.stringify(offerOf(given, clock)));
      onState(`the plan is in ${path}; its first client connects in ${leadS} s`);
      const lastMs = Math.max(0, (given.plan.endUs - clock.nowUs()) / 1000);
      const done = Promise.race([delay(lastMs, undefined, { ref: false }), aborted(signal)]).then(() =>
        collected(given.plan, join(runFolder, SEGMENTS_FOLDER), segments, signal?.aborted === true),
      );
      return { pid: Promise.resolve(-1), done };
    },
    end: async () => undefined,
  };
}

function offerOf({ plan, run, messagesPerS }: CrewPlan, clock: Clock): Offer {
  const { offsetUs } = clock;
  return { schema: 'tapedeck.offer', version: 1, run, messagesPerS, clock: { offsetUs, bootId: bootId() }, plan };
}

function startHere(
  given: { readonly cli: string; readonly url: string; readonly run: CrewRun; readonly index: number },
  of: number,
): JsonChild {
  const out = join(given.run.runFolder, 'generators', `${given.index}-of-${of}`);
  const args = ['swarm', '--join', given.url, '--segment', `${given.index}/${of}`, '--out', out, '--format', 'json'];
  return startChild({ file: given.cli, args, env: given.run.env });
}

/** Rejects when the crew can't become complete. */
async function refusal(
  run: CrewRun,
  deaths: readonly ChildEnd[],
  children: readonly JsonChild[],
  segments: number,
): Promise<never> {
  const died =
    children.length === 0 ? new Promise<never>(() => undefined) : Promise.race(children.map((child) => child.ended));
  await Promise.race([died, delay(JOIN_WITHIN_MS, undefined, { ref: false }), aborted(run.signal)]);
  const [death] = deaths;
  if (run.signal?.aborted) throw new GateError('interrupted before all generators were there');
  if (death !== undefined) throw new GateError(`a generator ended before the run began: ${describeEnd(death)}`);
  throw new GateError(`not all of ${segments} generators joined within ${JOIN_WITHIN_MS / 60_000} minutes`);
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What the segments' folders hold, as one generator's data. */
async function collected(
  plan: GeneratorPlan,
  folder: string,
  segments: number,
  interrupted: boolean,
): Promise<GeneratorEnd> {
  const data = newGeneratorData(plan.generator);
  for (let index = 1; index <= segments; index++) {
    const path = join(folder, `${index}-of-${segments}`, LINES_FILE);
    if (existsSync(path)) addGenerator(data, await readLines(plan.generator, path));
  }
  return { data, failed: interrupted ? 'interrupted' : '' };
}
