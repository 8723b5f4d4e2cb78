/**
 * Trigger timing: clients place the plan's orders at their times and note on which tick each triggers, and when they
 * read it.
 *
 * By hand: `k6 run -e TAPEDECK_PLAN=plan.json loadtests/k6/triggers.ts` (see latency.ts). Whether the tick was the right
 * one only the gate can say: it has the oracle.
 */
import { prepare } from './lib/prepare.ts';

const script = prepare({ name: 'triggers', withOrders: true, metrics: ['connect', 'trigger', 'ack'] });

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
