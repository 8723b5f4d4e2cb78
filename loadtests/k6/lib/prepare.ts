import exec from 'k6/execution';
import type { Options } from 'k6/options';
import type { GeneratorLine, WindowMetric } from '../../../protocol/run.ts';
import { readPlan } from './plan.ts';
import { type SummaryData, summaryOutputs } from './summary.ts';
import { createHandJudge } from './thresholds.ts';
import { runVu } from './vu.ts';
import { vusFor } from './vus.ts';

/** What one script measures. */
export interface Script {
  readonly name: string;
  /** Places the plan's orders; without, clients only read. */
  readonly withOrders: boolean;
  /** Targets of these metrics are judged when it is run by hand. */
  readonly metrics: readonly WindowMetric[];
}

/** The exports of a k6 script. */
export interface Prepared {
  readonly options: Options;
  readonly run: () => void;
  readonly handleSummary: (data: SummaryData) => Record<string, string>;
}

/** After the plan's end, for VUs that have fallen behind and connections that hang, until k6 interrupts them. */
const LINGER_MS = 5_000;

/**
 * Makes a script's exports from the plan. Under the gate (`TAPEDECK_LINES` is set) each line of measurement goes to the
 * console, which k6 writes to a file whole and at once, and nothing is judged; by hand k6's thresholds judge.
 */
export function prepare(script: Script): Prepared {
  const plan = readPlan();
  const underGate = __ENV['TAPEDECK_LINES'] !== undefined;
  const targets = (plan.head.targets ?? []).filter(({ metric }) => script.metrics.includes(metric));
  const judge = underGate ? undefined : createHandJudge(targets, plan.clientCount);
  const lastsMs = (plan.head.endUs + plan.head.wallAheadUs) / 1000 - Date.now();
  return {
    options: {
      scenarios: {
        [script.name]: {
          executor: 'per-vu-iterations',
          vus: vusFor(plan.clientCount),
          iterations: 1,
          maxDuration: `${Math.max(1_000, Math.ceil(lastsMs + LINGER_MS))}ms`,
          gracefulStop: '0s',
        },
      },
      summaryTrendStats: ['min', 'med', 'p(99)', 'max'],
      thresholds: judge?.thresholds ?? {},
    },
    run: () => {
      runVu({ vu: exec.vu.idInTest, plan, withOrders: script.withOrders, emit: judge?.take ?? printLine });
    },
    handleSummary: (data) => (underGate ? {} : summaryOutputs(data, script.name)),
  };
}

function printLine(line: GeneratorLine): void {
  console.log(JSON.stringify(line));
}
