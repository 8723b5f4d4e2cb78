/**
 * Tick latency: every client reads its symbols and audits every stream; no orders.
 *
 * By hand: `k6 run -e TAPEDECK_PLAN=plan.json loadtests/k6/latency.ts`, with a `GeneratorPlan` (protocol/run.ts) whose
 * times lie ahead; its `targets` become thresholds, and k6 ends with 99 when one is crossed. `-e TAPEDECK_SUMMARY=FILE`
 * writes the result as JSON.
 */
import { prepare } from './lib/prepare.ts';

const script = prepare({ name: 'latency', withOrders: false, metrics: ['connect', 'tick', 'service', 'heartbeat'] });

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
