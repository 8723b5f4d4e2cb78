/**
 * Reconnects: clients that lose their connection come back with their cursors, and every stream must go on without a hole
 * or a repeat. `TAPEDECK_PATTERN` is `storm` (all at once), `rolling` (one after another) or `flapping` (each every
 * `TAPEDECK_FLAP_EVERY`, 5 s); no orders.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream -e TAPEDECK_PATTERN=rolling loadtests/k6/reconnect.ts
 *
 * k6 can't cut a connection without a close frame, so the server hears of each end. Under the gate the plan's addresses
 * lead through the cut proxy, which resets.
 */
import { prepare } from './lib/prepare.ts';
import { losing } from './lib/shapes.ts';

const script = prepare({
  name: 'reconnect',
  withOrders: false,
  metrics: ['connect', 'tick', 'reconnect'],
  shape: { defaults: { clients: 50, durationS: 30, ordersPerS: 0 }, channels: ['ticker', 'order'], part: losing },
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
