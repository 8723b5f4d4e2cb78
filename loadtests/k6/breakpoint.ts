/**
 * Breakpoint: at how many clients do ticks come too late? Clients arrive evenly over the whole `TAPEDECK_DURATION`, up to
 * `TAPEDECK_CLIENTS`; the run ends (k6's exit code 108) once the p99 of ticks was over its bound for 3 s in a row, and names
 * the number of clients at that time.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream -e TAPEDECK_CLIENTS=500 loadtests/k6/breakpoint.ts
 *
 * k6 itself falls behind from about 10,000 messages a second and core: then the run ends too, and says that it was k6.
 * `tapedeck capacity` goes on from there with the swarm.
 */
import { prepare } from './lib/prepare.ts';
import { ramping } from './lib/shapes.ts';

const script = prepare({
  name: 'breakpoint',
  withOrders: false,
  metrics: ['connect', 'tick'],
  findsBreakpoint: true,
  shape: {
    defaults: { clients: 200, durationS: 60, ordersPerS: 0 },
    channels: ['ticker'],
    arriveS: () => 0,
    part: ramping,
  },
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
