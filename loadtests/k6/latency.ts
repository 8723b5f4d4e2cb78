/**
 * Tick latency: how long after it was due does a tick reach its clients? Every client reads its symbols and audits every
 * stream; no orders.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream loadtests/k6/latency.ts
 *
 * The other variables are in docs/load.md. k6 ends with 99 when a target is missed; `-e TAPEDECK_SUMMARY=FILE` writes the
 * result as JSON.
 */
import { prepare } from './lib/prepare.ts';

const script = prepare({
  name: 'latency',
  withOrders: false,
  metrics: ['connect', 'tick', 'service', 'heartbeat'],
  shape: { defaults: { clients: 20, durationS: 30, ordersPerS: 0 }, channels: ['ticker'] },
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
