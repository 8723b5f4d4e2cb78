/**
 * Mixed day: does everything hold together? Ticks, patterns, orders and fills; 5 % of the clients flap, 10 % leave half of
 * their symbols and take them back.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream -e TAPEDECK_DURATION=2m loadtests/k6/mixed.ts
 */
import { MIXED_SHAPE } from './lib/mixedShape.ts';
import { prepare } from './lib/prepare.ts';

const script = prepare({
  name: 'mixed',
  withOrders: true,
  metrics: ['connect', 'tick', 'service', 'pattern', 'trigger', 'ack', 'reconnect', 'heartbeat'],
  shape: MIXED_SHAPE,
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
