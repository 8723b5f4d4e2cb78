import { mkdirSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { CLOCK_OFFSET_ENV, type Clock } from '../../protocol/clock.ts';
import { type GeneratorEnd, type LoadChoice, startLoad } from '../gate/generators.ts';
import { wallAheadUs, watchHost } from '../gate/host.ts';
import type { Offer } from './offer.ts';
import type { ClockRecord, GeneratorRecord } from './records.ts';
import { seriesRecord } from './runFile.ts';
import type { Segment } from './segment.ts';

export interface PlayOptions {
  /** A segment's plan. */
  readonly offer: Offer;
  readonly segment: Segment;
  /** Where the lines go. */
  readonly folder: string;
  /** Set to the gate's. */
  readonly clock: Clock;
  readonly choice: LoadChoice;
  readonly swarmEntry: string;
  readonly signal?: AbortSignal;
}

/** What a generator's machine and its end were; its clock is known to whoever set it. */
export interface Played {
  readonly end: GeneratorEnd;
  readonly record: (clock: ClockRecord, lines: string) => GeneratorRecord;
}

/** The file of a generator's lines, in its folder. */
export function linesOf(offer: Offer): string {
  return `${offer.plan.generator}.ndjson`;
}

/** Plays a segment to its end on this machine, and watches the machine. */
export async function playSegment(options: PlayOptions): Promise<Played> {
  const { offer, clock, folder } = options;
  mkdirSync(folder, { recursive: true });
  const host = watchHost(clock, offer.plan.schedule.startUs);
  // k6 stamps with the wall clock of the machine that it runs on, which isn't the gate's.
  const plan = offer.plan.generator === 'k6' ? { ...offer.plan, wallAheadUs: wallAheadUs(clock).aheadUs } : offer.plan;
  const end = await startLoad({
    choice: options.choice,
    plan,
    runFolder: folder,
    env: { ...process.env, [CLOCK_OFFSET_ENV]: String(clock.offsetUs) },
    signal: options.signal,
    endUs: plan.endUs,
    clock,
    messagesPerS: offer.messagesPerS,
    swarmEntry: options.swarmEntry,
  }).done;
  await host.stop();
  return {
    end,
    record: (set, lines) => ({
      schema: 'tapedeck.generator',
      version: 1,
      run: offer.run,
      generator: plan.generator,
      segment: { ...options.segment },
      lines,
      host: { name: hostname(), cores: availableParallelism() },
      clock: set,
      canaryUs: seriesRecord(host.canaryUs),
      stealShare: seriesRecord(host.stealShare),
      failed: end.failed,
    }),
  };
}
