/**
 * Reconnect storm: clients that are cut come back with their cursors, and every stream must go on without a hole or a
 * repeat. k6 can't cut a connection without a close frame, so the plan's URLs lead through the cut proxy
 * (loadtests/proxy), which does; no orders.
 *
 * By hand: `k6 run -e TAPEDECK_PLAN=plan.json loadtests/k6/reconnect.ts` (see latency.ts).
 */
import { prepare } from './lib/prepare.ts';

const script = prepare({ name: 'reconnect', withOrders: false, metrics: ['connect', 'reconnect'] });

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
