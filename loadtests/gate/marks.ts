import type { Schedule } from '../../protocol/run.ts';
import type { Summary } from '../../protocol/schemas/summary.ts';

export interface MarkedRun {
  readonly schedule: Schedule;
  /** Cuts made, µs since the epoch. */
  readonly cuts: readonly { readonly atUs: number }[];
  /** The market's regular session, on the tape's clock. */
  readonly sessionOpenUs: number;
  readonly sessionCloseUs: number;
}

/** What a run's time axis is marked with: waves of cuts as faults, and what lies outside the regular session as phases. */
export function marksOf({ schedule, cuts, sessionOpenUs, sessionCloseUs }: MarkedRun): Summary['marks'] {
  const atS = (eventTimeUs: number): number => (eventTimeUs - schedule.fromEventUs) / schedule.speed / 1e6;
  const endS = atS(schedule.toEventUs);
  const phases = [
    { fromS: 0, toS: Math.min(endS, atS(sessionOpenUs)), label: 'before the market opens' },
    { fromS: Math.max(0, atS(sessionCloseUs)), toS: endS, label: 'after the market has closed' },
  ].filter(({ fromS, toS }) => toS > fromS);
  return [...phases.map((phase) => ({ ...phase, kind: 'phase' as const })), ...waves(schedule, cuts)];
}

/** Cuts further apart are two waves. */
const APART_S = 2;
/** Spread over less, a wave's cuts come at once. */
const AT_ONCE_S = 0.5;

function waves(schedule: Schedule, cuts: MarkedRun['cuts']): Summary['marks'] {
  const found: { fromS: number; toS: number; clients: number }[] = [];
  for (const { atUs } of [...cuts].sort((a, b) => a.atUs - b.atUs)) {
    const atS = (atUs - schedule.startUs) / 1e6;
    const wave = found.at(-1);
    if (wave === undefined || atS - wave.toS > APART_S) found.push({ fromS: atS, toS: atS, clients: 1 });
    else {
      wave.toS = atS;
      wave.clients += 1;
    }
  }
  return found.map(({ fromS, toS, clients }) => {
    const how = toS - fromS < AT_ONCE_S ? 'at once' : 'one after another';
    return {
      fromS,
      toS,
      label: `${clients === 1 ? '1 client' : `${clients} clients`} cut, ${how}`,
      kind: 'fault' as const,
    };
  });
}
