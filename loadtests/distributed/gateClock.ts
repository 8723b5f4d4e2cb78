import { TypeCompiler } from '@sinclair/typebox/compiler';
import { CLOCK_OFFSET_ENV, type Clock } from '../../protocol/clock.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import {
  type ClockEstimate,
  type ClockSample,
  clockOver,
  clockUnwatched,
  estimateOffset,
  SAME_CLOCK,
} from './clock.ts';
import { GateClockSchema } from './coordinator.ts';
import { MergeError } from './errors.ts';
import { ask } from './http.ts';
import { bootId } from './offer.ts';
import type { ClockRecord } from './records.ts';

const gateClockCheck = TypeCompiler.Compile(GateClockSchema);
/** Questions of one estimate: the shortest round trip of them counts. */
const QUESTIONS = 24;
/** Clocks of one machine that disagree by more than their estimate's error, and this, are two after all (a time namespace). */
const SAME_WITHIN_US = 50;

/** A generator's clock, set to the gate's. */
export interface GateClock {
  readonly clock: Clock;
  /** Asks anew, to be done now and then while the run lasts. */
  readonly ask: () => Promise<void>;
  /** How well it was set, over all that was asked. */
  readonly record: () => ClockRecord;
  /** How well it was set, when nobody asks for the next `forUs`. */
  readonly recordFor: (forUs: number) => ClockRecord;
}

/** Sets a clock by the coordinator's, which is asked at `url`. @throws MergeError when it doesn't answer as one */
export async function setByGate(url: string): Promise<GateClock> {
  const own = hostClock({});
  const { samples, offsetUs, boot } = await questions(url, own);
  const set = estimateOffset(samples);
  // Both clocks are the kernel's monotonic one and an offset; where it is one kernel, the gate's own offset is exact.
  const differenceUs = offsetUs - own.offsetUs;
  const isSame =
    boot !== '' && boot === bootId() && Math.abs(set.offsetUs - differenceUs) <= set.errorUs + SAME_WITHIN_US;
  const later: ClockEstimate[] = [];
  const addUs = isSame ? differenceUs : set.offsetUs;
  return {
    clock: hostClock({ [CLOCK_OFFSET_ENV]: String(own.offsetUs + addUs) }),
    ask: async () => {
      if (!isSame) later.push(estimateOffset((await questions(url, own)).samples));
    },
    record: () => (isSame ? SAME_CLOCK : clockOver(set, later)),
    recordFor: (forUs) => (isSame ? SAME_CLOCK : clockUnwatched(set, forUs)),
  };
}

async function questions(url: string, own: Clock): Promise<{ samples: ClockSample[]; offsetUs: number; boot: string }> {
  const samples: ClockSample[] = [];
  let told = { offsetUs: 0, boot: '' };
  for (let question = 0; question < QUESTIONS; question++) {
    const sentUs = own.nowUs();
    const { status, body } = await ask(url);
    const receivedUs = own.nowUs();
    const said: unknown = status === 200 ? JSON.parse(body) : undefined;
    if (!gateClockCheck.Check(said)) {
      throw new MergeError(
        `${new URL(url).host}: no coordinator of tapedeck answers there (HTTP ${status})`,
        'unavailable',
      );
    }
    samples.push({ sentUs, gateUs: said.nowUs, receivedUs });
    told = { offsetUs: said.offsetUs, boot: said.bootId };
  }
  return { samples, ...told };
}
