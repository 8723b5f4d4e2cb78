/**
 * The gate's load: ticks, cuts and orders together. The gate runs it with a plan; by hand see mixed.ts.
 */
import { MIXED_SHAPE } from './lib/mixedShape.ts';
import { prepare } from './lib/prepare.ts';

const script = prepare({
  name: 'gate',
  withOrders: true,
  metrics: ['connect', 'tick', 'service', 'pattern', 'cadence', 'trigger', 'ack', 'reconnect', 'heartbeat'],
  shape: MIXED_SHAPE,
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
