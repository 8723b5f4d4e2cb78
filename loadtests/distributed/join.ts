import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { LoadChoice } from '../gate/generators.ts';
import { JoinedSchema, LINES_FILE, PLAN_WAIT_MS } from './coordinator.ts';
import { Delivery } from './deliver.ts';
import { MergeError } from './errors.ts';
import { type GateClock, setByGate } from './gateClock.ts';
import { ask } from './http.ts';
import { type Offer, parseOffer } from './offer.ts';
import { linesOf, playSegment } from './play.ts';
import type { GeneratorRecord } from './records.ts';
import { writeGeneratorRecord } from './runFile.ts';
import { type Segment, segmentName } from './segment.ts';

const joinedCheck = TypeCompiler.Compile(JoinedSchema);
/** While the run lasts: how often lines are delivered, and every so many times the clock is asked. */
const DELIVER_MS = 2_000;
const CLOCK_EVERY = 3;
/** A last delivery is tried so often, this far apart, before it is given up. */
const LAST_TRIES = 10;
const LAST_TRY_MS = 1_000;

export interface JoinOptions {
  /** `http://host:port/KEY`, as the gate prints it. */
  readonly url: string;
  /** The segment to take; absent: the next free one. */
  readonly segment?: Segment;
  readonly folder: string;
  readonly swarmEntry: string;
  /** Finds what makes the load, once the plan says what should. */
  readonly chooseLoad: (generator: 'k6' | 'swarm') => Promise<LoadChoice>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (state: string) => void;
}

/** A generator that joined a run, played its part and delivered it. */
export interface JoinedRun {
  readonly segment: Segment;
  readonly record: GeneratorRecord;
}

/** Takes a segment of a gate's run, plays it on this machine, and delivers what it measured. @throws MergeError when the gate doesn't answer or has no segment left */
export async function joinRun(options: JoinOptions): Promise<JoinedRun> {
  const { folder, signal } = options;
  mkdirSync(folder, { recursive: true });
  const seat = await take(options, false);
  const gate = await setByGate(`${base(options)}/clock`);
  options.onProgress?.(`segment ${segmentName(seat.segment)}, waiting for the plan`);
  const offer = await planFrom(seat.url, signal);
  await gate.ask();
  const { generator } = offer.plan;
  if (generator === 'probe') throw new MergeError('the gate offers the plan of its probes', 'bad');
  const delivery = new Delivery({ file: join(folder, linesOf(offer)), url: `${seat.url}/lines` });
  const stopDelivering = deliverBeside(delivery, gate);
  let secondsLeft = Math.ceil((offer.plan.endUs - gate.clock.nowUs()) / 1e6);
  const ticking = setInterval(() => {
    secondsLeft = Math.max(0, Math.ceil((offer.plan.endUs - gate.clock.nowUs()) / 1e6));
    options.onProgress?.(
      `segment ${segmentName(seat.segment)}, ${offer.plan.clients.length} clients, ${secondsLeft} s left`,
    );
  }, 1_000);
  try {
    const played = await playSegment({
      offer,
      segment: seat.segment,
      folder,
      clock: gate.clock,
      choice: await options.chooseLoad(generator),
      swarmEntry: options.swarmEntry,
      ...(signal === undefined ? {} : { signal }),
    });
    await stopDelivering();
    options.onProgress?.(`segment ${segmentName(seat.segment)}, delivering`);
    await lastly(() => gate.ask());
    writeGeneratorRecord(folder, played.record(gate.record(), linesOf(offer)));
    await lastly(() => delivery.send());
    const record = played.record(gate.record(), LINES_FILE);
    await lastly(() => deliverRecord(seat.url, record));
    return { segment: seat.segment, record };
  } finally {
    clearInterval(ticking);
    await stopDelivering();
  }
}

/** A plan taken for a tool that cuts its segments itself (k6 in a cluster), and how its machine's clock stands. */
export async function prepareRun(
  options: Pick<JoinOptions, 'url' | 'signal'>,
): Promise<{ offer: Offer; gate: GateClock }> {
  const seat = await take(options, true);
  const gate = await setByGate(`${base(options)}/clock`);
  return { offer: await planFrom(seat.url, options.signal), gate };
}

function base({ url }: Pick<JoinOptions, 'url'>): string {
  return url.replace(/\/+$/, '');
}

async function take(
  options: Pick<JoinOptions, 'url' | 'segment'>,
  apart: boolean,
): Promise<{ segment: Segment; url: string }> {
  const { segment } = options;
  const asked = { name: hostname(), apart, ...(segment === undefined ? {} : { index: segment.index }) };
  const { status, body } = await ask(`${base(options)}/join`, { method: 'POST', body: JSON.stringify(asked) });
  const joined: unknown = status === 200 ? JSON.parse(body) : undefined;
  if (!joinedCheck.Check(joined))
    throw new MergeError(`${new URL(options.url).host}: ${whyOf(status, body)}`, 'unavailable');
  if (segment !== undefined && segment.of !== joined.of) {
    throw new MergeError(`the gate's run has ${joined.of} segments; --segment says ${segmentName(segment)}`, 'bad');
  }
  return { segment: joined, url: `${base(options)}/segments/${joined.index}` };
}

async function planFrom(url: string, signal: AbortSignal | undefined): Promise<Offer> {
  for (;;) {
    signal?.throwIfAborted();
    const { status, body } = await ask(`${url}/plan`, { timeoutMs: PLAN_WAIT_MS + 10_000 });
    if (status === 200) return parseOffer("the gate's plan", body);
    if (status !== 204) throw new MergeError(whyOf(status, body), 'unavailable');
  }
}

/** Delivers and asks the clock beside the run; what fails is done again with the next. Returns what ends it. */
function deliverBeside(delivery: Delivery, gate: GateClock): () => Promise<void> {
  const ending = new AbortController();
  const done = (async () => {
    for (let round = 1; ; round++) {
      await delay(DELIVER_MS, undefined, { signal: ending.signal });
      await delivery.send().catch(() => undefined);
      if (round % CLOCK_EVERY === 0) await gate.ask().catch(() => undefined);
    }
  })().catch(() => undefined);
  return async () => {
    ending.abort();
    await done;
  };
}

async function deliverRecord(url: string, record: GeneratorRecord): Promise<void> {
  const { status, body } = await ask(`${url}/record`, { method: 'PUT', body: JSON.stringify(record) });
  if (status !== 200) throw new MergeError(`the gate doesn't take our record: ${whyOf(status, body)}`, 'unavailable');
}

/** Does what must not be lost to one bad moment of the network. */
async function lastly(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === LAST_TRIES) throw error;
      await delay(LAST_TRY_MS);
    }
  }
}

/** What the coordinator says, in words. */
function whyOf(status: number, body: string): string {
  try {
    const said: unknown = JSON.parse(body);
    if (typeof said === 'object' && said !== null && 'why' in said) return String(said.why);
  } catch {
    // No JSON: whoever answers isn't a coordinator.
  }
  return `no coordinator of tapedeck answers there (HTTP ${status})`;
}
