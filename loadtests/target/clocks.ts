import type { GeneratorData } from '../judge/merge.ts';
import { type Address, isLoopback } from './address.ts';
import { connectMs } from './listening.ts';

/** One clock for both. */
export const SAME_CLOCK: ClockAgreement = { errorUs: 0, note: '' };

const ATTEMPTS = 5;
const ATTEMPT_MS = 2_000;
/** Times are stated in ms, at the finest that is common. */
const STATED_MS_US = 1_000;

/** How far the clock of a target may be off ours. */
export interface ClockAgreement {
  /** Counts against every second's lateness, µs. */
  readonly errorUs: number;
  /** In words for the report; '' on this machine. */
  readonly note: string;
}

/** Pings on one machine agree to their own error; what they are off beyond this is a wrong clock. */
const AGREES_US = 5_000;

/**
 * What is known of generators' clocks where the server's is right by construction: one that is off by ping is wrong itself.
 * What was read before it was due makes times worthless as well, whether a clock is wrong or the server plays ahead.
 */
export function generatorsAgreement(
  generators: readonly Pick<GeneratorData, 'generator' | 'clockErrorUs' | 'clockOffsetUs' | 'earlyUs'>[],
): ClockAgreement {
  const wrong = generators
    .map(({ generator, clockOffsetUs, clockErrorUs }) => ({ generator, offUs: Math.abs(clockOffsetUs) - clockErrorUs }))
    .filter(({ offUs }) => offUs > AGREES_US)
    .sort((a, b) => b.offUs - a.offUs);
  const [worst] = wrong;
  const earlyUs = Math.max(0, ...generators.map((data) => data.earlyUs));
  if (earlyUs > (worst?.offUs ?? 0)) {
    const note = `ticks were read up to ${ms(earlyUs)} before they were due: the server plays ahead of the schedule, or a clock is wrong`;
    return { errorUs: earlyUs, note };
  }
  if (worst === undefined) return SAME_CLOCK;
  const note = `the clock of the ${worst.generator} is ${ms(worst.offUs)} off the server's, on one machine: its times can't be trusted`;
  return { errorUs: worst.offUs, note };
}

/** Half of the best of some connections' times to a host, µs; 0 for this machine, which has one clock. */
export async function halfRoundTripUs(at: Address): Promise<number> {
  if (isLoopback(at.host)) return 0;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    bestMs = Math.min(bestMs, (await connectMs(at, ATTEMPT_MS)) ?? Number.POSITIVE_INFINITY);
  }
  return Number.isFinite(bestMs) ? (bestMs / 2) * 1_000 : ATTEMPT_MS * 1_000;
}

/**
 * What is known of a remote clock: by pings where the dialect has them, else by the journey alone, which takes both clocks
 * for right. A message that was read before the time that it states proves that they aren't.
 */
export function clockAgreement(
  halfTripUs: number,
  generators: readonly Pick<GeneratorData, 'clockErrorUs' | 'clockOffsetUs' | 'earlyUs'>[],
): ClockAgreement {
  const earlyUs = Math.max(0, ...generators.map((data) => data.earlyUs));
  if (halfTripUs === 0) {
    if (earlyUs <= STATED_MS_US) return SAME_CLOCK;
    return {
      errorUs: earlyUs,
      note: `messages were read up to ${ms(earlyUs)} before they were due, or before the times that they state`,
    };
  }
  const pinged = generators.filter((data) => data.clockErrorUs > 0).sort((a, b) => a.clockErrorUs - b.clockErrorUs);
  const [best] = pinged;
  if (best !== undefined) {
    const errorUs = Math.max(Math.abs(best.clockOffsetUs) + best.clockErrorUs, earlyUs);
    return {
      errorUs,
      note: `the target's clock is ${ms(best.clockOffsetUs)} off ours by ping, to ${ms(best.clockErrorUs)}: lateness counts from ${ms(errorUs)}`,
    };
  }
  const errorUs = Math.max(halfTripUs, earlyUs);
  return {
    errorUs,
    note: `the target's clock is not known here: both are taken for right to ${ms(errorUs)} (half of the best connection's time${earlyUs > halfTripUs ? ', or what a message was read before its own time' : ''}); keep both by NTP`,
  };
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`;
}
