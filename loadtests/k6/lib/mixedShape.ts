import type { Shape } from './ownPlan.ts';
import { mixing } from './shapes.ts';

/** A mixed day: ticks, orders and accounts; some clients flap, some leave symbols and take them back. */
export const MIXED_SHAPE: Shape = {
  defaults: { clients: 50, durationS: 120, ordersPerS: 5 },
  channels: ['ticker', 'order', 'execution', 'pattern'],
  part: mixing,
};
