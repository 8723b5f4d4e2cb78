/**
 * Spike: what do a crowd's arrival and leaving do to those who are there? `TAPEDECK_CLIENTS` are there all the time,
 * `TAPEDECK_PEAK` times as many (5) at the peak: they come within 2 s when 40 % of the time are over, and leave at 70 %.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream -e TAPEDECK_PEAK=10 loadtests/k6/spike.ts
 */
import { prepare } from './lib/prepare.ts';
import { peakClients, spiking } from './lib/shapes.ts';

const script = prepare({
  name: 'spike',
  withOrders: false,
  metrics: ['connect', 'tick', 'service', 'heartbeat'],
  shape: {
    defaults: { clients: 20, durationS: 60, ordersPerS: 0 },
    channels: ['ticker'],
    clients: peakClients,
    part: spiking,
  },
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
