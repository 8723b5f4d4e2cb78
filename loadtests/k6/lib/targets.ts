import type { PlanTarget } from '../../../protocol/generatorPlan.ts';

/** A bound without the number of its samples: that follows from the run's size. */
type Bound = Omit<PlanTarget, 'minSamples'>;

/** Bounds that k6 can judge by itself, by the name of their set in `loadtests/targets/`: k6 reads no YAML, so they stand here, and a test holds them against it. */
export const TARGET_SETS: Readonly<Record<string, readonly Bound[]>> = {
  default: [
    { metric: 'connect', percentile: 99, belowMs: 1000 },
    { metric: 'tick', percentile: 99, belowMs: 100 },
    { metric: 'pattern', percentile: 99, belowMs: 1000 },
    { metric: 'trigger', percentile: 99, belowMs: 500 },
    { metric: 'reconnect', percentile: 99, belowMs: 2000 },
    { metric: 'heartbeat', percentile: 100, belowMs: 2500 },
  ],
  strict: [
    { metric: 'connect', percentile: 99, belowMs: 20 },
    { metric: 'tick', percentile: 99, belowMs: 5 },
    { metric: 'pattern', percentile: 99, belowMs: 20 },
    { metric: 'trigger', percentile: 99, belowMs: 5 },
    { metric: 'reconnect', percentile: 99, belowMs: 200 },
    { metric: 'heartbeat', percentile: 100, belowMs: 1200 },
  ],
};
