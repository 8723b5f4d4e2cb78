import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { CLOCK_OFFSET_ENV, type Clock } from '../../protocol/clock.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import type { LoadChoice } from '../gate/generators.ts';
import { wallAheadUs } from '../gate/host.ts';
import { SAME_CLOCK } from './clock.ts';
import { MergeError } from './errors.ts';
import type { GateClock } from './gateClock.ts';
import { bootId, type Offer, readOffer } from './offer.ts';
import { linesOf, playSegment } from './play.ts';
import type { ClockRecord, GeneratorRecord } from './records.ts';
import { writeGeneratorRecord } from './runFile.ts';
import { planOfSegment, type Segment, segmentName } from './segment.ts';

export interface PlayOfferOptions {
  /** The gate's `offer.json`. */
  readonly path: string;
  readonly segment: Segment;
  readonly folder: string;
  readonly swarmEntry: string;
  readonly chooseLoad: (generator: 'k6' | 'swarm') => Promise<LoadChoice>;
  /** How well this machine's clock agrees with the gate's, µs, by whoever keeps the clocks; absent: nobody knows. */
  readonly clockErrorUs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (state: string) => void;
}

/** Plays a segment of a gate's run with nothing but its file: lines and record go into a folder, to be merged later. @throws MergeError when the file doesn't fit */
export async function playOffer(options: PlayOfferOptions): Promise<GeneratorRecord> {
  const { path, segment, folder } = options;
  const whole = readOffer(path);
  const plan = planOfSegment(whole.plan, segment);
  if (plan === undefined) throw new MergeError(`${path}: fewer clients than ${segment.of} segments`, 'bad');
  const { generator } = plan;
  if (generator === 'probe') throw new MergeError(`${path}: the plan of a gate's probes`, 'bad');
  const { clock, set } = clockFor(whole, options.clockErrorUs);
  if (plan.endUs <= clock.nowUs()) throw new MergeError(`${path}: this run is over; start the gate again`, 'bad');
  mkdirSync(folder, { recursive: true });
  options.onProgress?.(`segment ${segmentName(segment)}, ${plan.clients.length} clients`);
  const offer = { ...whole, plan, messagesPerS: whole.messagesPerS / segment.of };
  const played = await playSegment({
    offer,
    segment,
    folder,
    clock,
    choice: await options.chooseLoad(generator),
    swarmEntry: options.swarmEntry,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const record = played.record(set, linesOf(offer));
  writeGeneratorRecord(folder, record);
  return record;
}

/** The gate's own clock where this is its machine; else this machine's, as good as is stated. */
function clockFor({ clock }: Offer, clockErrorUs: number | undefined): { clock: Clock; set: ClockRecord } {
  if (clock.bootId !== '' && clock.bootId === bootId()) {
    return { clock: hostClock({ [CLOCK_OFFSET_ENV]: String(clock.offsetUs) }), set: SAME_CLOCK };
  }
  const none = { offsetUs: 0, driftPpm: 0, estimates: 0 };
  const set: ClockRecord =
    clockErrorUs === undefined
      ? { ...none, method: 'none', errorUs: null }
      : { ...none, method: 'stated', errorUs: clockErrorUs };
  return { clock: hostClock({}), set };
}

/** Name of the whole plan that a k6 with segments of its own reads. */
export const PREPARED_PLAN = 'plan-k6.json';
/** Name under which its lines are looked for. */
export const PREPARED_LINES = 'k6.ndjson';

/** Leaves a plan, set to this machine's wall clock, for a k6 that cuts its segments itself, and the record that belongs to its lines. */
export function writePrepared(
  { offer, gate }: { readonly offer: Offer; readonly gate: GateClock },
  folder: string,
): { folder: string; record: GeneratorRecord } {
  mkdirSync(folder, { recursive: true });
  const { plan } = offer;
  const { aheadUs, errorUs } = wallAheadUs(gate.clock);
  writeFileSync(join(folder, PREPARED_PLAN), JSON.stringify({ ...plan, wallAheadUs: aheadUs }));
  const set = gate.recordFor(plan.endUs - gate.clock.nowUs());
  const record: GeneratorRecord = {
    schema: 'tapedeck.generator',
    version: 1,
    run: offer.run,
    generator: 'k6',
    segment: null,
    lines: PREPARED_LINES,
    host: { name: hostname(), cores: availableParallelism() },
    clock: set.errorUs === null ? set : { ...set, errorUs: set.errorUs + Math.ceil(errorUs) },
    canaryUs: [],
    stealShare: [],
    failed: '',
  };
  writeGeneratorRecord(folder, record);
  return { folder, record };
}
