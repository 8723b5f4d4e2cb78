/**
 * Trigger timing: how long after the tick that crosses its stop was due does a client read that its order triggered? Clients
 * place orders at planned times: a tenth at the market, the others stops that trail two ticks behind.
 *
 *     k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream -e TAPEDECK_ORDERS_PER_S=20 loadtests/k6/triggers.ts
 *
 * Whether the tick was the right one only the gate can say: it has the oracle.
 */
import { prepare } from './lib/prepare.ts';

const script = prepare({
  name: 'triggers',
  withOrders: true,
  metrics: ['connect', 'trigger', 'ack'],
  shape: {
    defaults: { clients: 20, durationS: 30, ordersPerS: 10 },
    channels: ['ticker', 'order', 'execution'],
  },
});

export const options = script.options;
export const handleSummary = script.handleSummary;
export default script.run;
