/**
 * Soak: does the server still do after hours what it did in the first minute? The mixed day, for as long as
 * `TAPEDECK_DURATION` says. k6 keeps every sample of a Trend, so each second gives one: its p99. A bound is met when 99 % of
 * the seconds keep it.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream -e TAPEDECK_DURATION=4h loadtests/k6/soak.ts
 *
 * k6 doesn't see the server's memory: `tapedeck soak` does.
 */
import { MIXED_SHAPE } from './lib/mixedShape.ts';
import { prepare } from './lib/prepare.ts';

const script = prepare({
  name: 'soak',
  withOrders: true,
  metrics: ['connect', 'tick', 'service', 'pattern', 'trigger', 'ack', 'reconnect', 'heartbeat'],
  grain: 'second',
  shape: { ...MIXED_SHAPE, defaults: { ...MIXED_SHAPE.defaults, durationS: 3_600 } },
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
