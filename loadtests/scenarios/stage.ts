import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { FaultWindow } from '../../simulator/faults/plan.ts';
import type { ScenarioDay } from '../../simulator/scenarioTimes.ts';
import type { ScenarioBackEnd } from './environment.ts';
import type { Truth } from './truth.ts';
import type { Witness } from './witness.ts';

/** What a check found: whether the promise was kept, and the figures in a line. */
export interface Finding {
  readonly isKept: boolean;
  readonly detail: string;
}

/** A run as its checks see it. */
export interface Stage {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
  readonly day: ScenarioDay;
  readonly windows: readonly FaultWindow[];
  /** What the feed says; with providers between, what the first of them would say if it were always there. */
  readonly truth: Truth;
  readonly backEnd: ScenarioBackEnd;
  readonly witnesses: readonly Witness[];
  /** Accounts of the witnesses, in their order. */
  readonly tokens: readonly string[];
  readonly nowUs: () => number;
  /** Resolves when the part has been played and the grace time is over. */
  readonly ended: Promise<void>;
  /** Resolves at a time, µs since the epoch. */
  readonly at: (timeUs: number) => Promise<void>;
}

/** When an instant of the market is due, µs since the epoch. */
export function dueUs({ schedule }: Stage, eventUs: number): number {
  return dueTimeUs(schedule, eventUs);
}

export function kept(detail: string): Finding {
  return { isKept: true, detail };
}

export function broken(detail: string): Finding {
  return { isKept: false, detail };
}

/** Kept unless something was found; the first of those is told. */
export function noneOf(faults: readonly string[], whenKept: string): Finding {
  const [first] = faults;
  if (first === undefined) return kept(whenKept);
  return broken(faults.length === 1 ? first : `${first} (and ${faults.length - 1} more)`);
}
