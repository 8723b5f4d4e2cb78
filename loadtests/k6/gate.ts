/**
 * The gate's load: ticks, cuts and orders together.
 *
 * By hand: `k6 run -e TAPEDECK_PLAN=plan.json loadtests/k6/gate.ts` (see latency.ts).
 */
import { prepare } from './lib/prepare.ts';

const script = prepare({
  name: 'gate',
  withOrders: true,
  metrics: ['connect', 'tick', 'service', 'pattern', 'cadence', 'trigger', 'ack', 'reconnect', 'heartbeat'],
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
