import type { Fault } from '../../protocol/schemas/faults.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';

/** A cut that takes its time comes in so many steps. */
const STEPS = 10;

/** Gives a scenario in which a provider cuts its clients where the scenario's load cuts those of a back end. */
export function withCutsAsFaults(scenario: Scenario): Scenario {
  const cuts = scenario.cuts.flatMap(({ atS, overS, fromShare, toShare }): Fault[] => {
    const steps = overS === 0 ? 1 : STEPS;
    const share = (toShare - fromShare) / steps;
    return Array.from({ length: steps }, (_, step) => ({ kind: 'cut', at: atS + (overS * step) / steps, share }));
  });
  return cuts.length === 0 ? scenario : { ...scenario, faults: [...(scenario.faults ?? []), ...cuts] };
}
