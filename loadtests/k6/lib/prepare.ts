import exec from 'k6/execution';
import { Gauge } from 'k6/metrics';
import type { Options } from 'k6/options';
import type { GeneratorLine, WindowMetric } from '../../../protocol/run.ts';
import { Breakpoint } from './breakpoint.ts';
import type { Grain } from './metricNames.ts';
import { createMetrics } from './metrics.ts';
import type { Shape } from './ownPlan.ts';
import { readPlan } from './plan.ts';
import { type SummaryData, summaryOutputs, TREND_STATS } from './summary.ts';
import { runVu } from './vu.ts';
import { segmentsOf, vusFor } from './vus.ts';

/** What one script measures. */
export interface Script {
  readonly name: string;
  /** Places the plan's orders; without, clients only read. */
  readonly withOrders: boolean;
  /** What goes into k6's metrics; targets of these are judged when it is run by hand. */
  readonly metrics: readonly WindowMetric[];
  /** Default `message`. */
  readonly grain?: Grain;
  /** Ends the run when ticks come too late for some seconds: the load at that time is what was looked for. */
  readonly findsBreakpoint?: boolean;
  /** What its clients do without a plan file. */
  readonly shape: Shape;
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
 * Makes a script's exports from the plan that `TAPEDECK_PLAN` names, or else from one of its own for the server at
 * `TAPEDECK_URL`. Under the gate (`TAPEDECK_LINES` is set) each line of measurement goes to the console, which k6 writes to
 * a file whole and at once, and nothing is judged; by hand k6's thresholds judge.
 */
export function prepare(script: Script): Prepared {
  const { name, metrics, grain = 'message' } = script;
  const plan = readPlan(script.shape);
  const { head, clientCount } = plan;
  const underGate = __ENV['TAPEDECK_LINES'] !== undefined;
  const targets = (head.targets ?? []).filter(({ metric }) => metrics.includes(metric));
  const judge = underGate ? undefined : createMetrics({ metrics, targets, clients: clientCount, grain });
  const takeBreak = script.findsBreakpoint === true && !underGate ? breakpointOf(targets, plan) : undefined;
  const lastsMs = (head.endUs + head.wallAheadUs) / 1000 - Date.now();
  const { startUs, fromEventUs, toEventUs, speed } = head.schedule;
  return {
    options: {
      scenarios: {
        [name]: {
          executor: 'per-vu-iterations',
          vus: vusFor(clientCount, segmentsOf(__ENV)),
          iterations: 1,
          maxDuration: `${Math.max(1_000, Math.ceil(lastsMs + LINGER_MS))}ms`,
          gracefulStop: '0s',
        },
      },
      tags: { dialect: head.dialect },
      summaryTrendStats: TREND_STATS,
      thresholds: judge?.thresholds ?? {},
    },
    run: () => {
      const watch = takeBreak?.();
      const emit = (line: GeneratorLine): void => {
        judge?.take(line);
        watch?.(line);
      };
      runVu({
        vu: exec.vu.idInTest,
        plan,
        withOrders: script.withOrders,
        emit: underGate ? printLine : emit,
        // Under the gate the run goes on, and is judged invalid.
        onFellBehind: (why) => (underGate ? exec.test.fail(why) : exec.test.abort(why)),
      });
    },
    handleSummary: (data) => {
      if (underGate) return {};
      const run = {
        script: name,
        grain,
        metrics,
        targets,
        clients: clientCount,
        symbols: plan.client(0).symbols.length,
        seed: head.seed,
        url: plan.client(0).url,
        fromUs: startUs,
        toUs: startUs + (toEventUs - fromEventUs) / speed,
      };
      return summaryOutputs(data, run, __ENV['TAPEDECK_SUMMARY']);
    },
  };
}

function printLine(line: GeneratorLine): void {
  console.log(JSON.stringify(line));
}

/** Makes what looks for the breakpoint in a VU's lines, and ends the test at it. Init context only. */
function breakpointOf(
  targets: readonly { readonly metric: WindowMetric; readonly belowMs: number }[],
  plan: ReturnType<typeof readPlan>,
): () => (line: GeneratorLine) => void {
  const brokeAt = new Gauge('tapedeck_broke_at_clients');
  const belowMs = targets.find(({ metric }) => metric === 'tick')?.belowMs ?? Number.POSITIVE_INFINITY;
  return () => {
    const breakpoint = new Breakpoint(belowMs);
    return (line) => {
      const p99Ms = line.kind === 'window' ? breakpoint.take(line) : undefined;
      if (p99Ms === undefined || line.kind !== 'window') return;
      const atUs = plan.head.schedule.startUs + line.second * 1e6;
      let there = 0;
      while (there < plan.clientCount && plan.client(there).connectAtUs <= atUs) there += 1;
      brokeAt.add(there);
      exec.test.abort(`p99 of ticks ${p99Ms.toFixed(0)} ms, over ${belowMs} ms for 3 s in a row, at ${there} clients`);
    };
  };
}
