import { type Tick, TickKind } from '../../market/types.ts';
import type { FeedFault } from '../../protocol/schemas/faults.ts';
import { mix, unitOf } from './draw.ts';
import type { FaultWindow } from './plan.ts';

type FlashCrash = Extract<FeedFault, { kind: 'flash_crash' }>;
type CorruptPrice = Extract<FeedFault, { kind: 'corrupt_price' }>;

const MAX_TICKS = 2 ** 31 - 1;
/** Steps of the noise on a crash's path, in its whole length. */
const NOISE_STEPS = 64;
/** The path's noise, as a share of the depth. */
const NOISE = 0.08;

/** Bends a symbol's prices along the path of a crash: trades to the nearest tick, quotes outwards, so that they stay uncrossed. */
export function bendPrices(tick: Tick, window: FaultWindow, fault: FlashCrash): void {
  const factor = crashFactor(window, fault, tick);
  if (tick.kind === TickKind.TRADE) {
    tick.price = bounded(Math.round(tick.price * factor));
    return;
  }
  const spread = tick.ask - tick.bid;
  tick.bid = bounded(Math.floor(tick.bid * factor));
  tick.ask = bounded(Math.max(Math.ceil(tick.ask * factor), tick.bid + Math.min(spread, 1)));
}

/** The share of its price that a symbol has at a moment of a crash: down fast, up slower, with noise of its own that is smooth. */
function crashFactor(window: FaultWindow, fault: FlashCrash, { symbol, eventTimeUs }: Tick): number {
  const { depth, bottomAt = 0.35, recovers = 1 } = fault;
  const progress = Math.min(1, Math.max(0, (eventTimeUs - window.startUs) / window.lengthUs));
  const place = progress * NOISE_STEPS;
  const step = Math.floor(place);
  const key = mix(window.key, symbol);
  const from = unitOf(mix(key, step));
  const noise = from + (unitOf(mix(key, step + 1)) - from) * (place - step) - 0.5;
  const fallen =
    progress < bottomAt
      ? (progress / bottomAt) ** 1.5
      : 1 - recovers * (1 - (1 - (progress - bottomAt) / (1 - bottomAt)) ** 2);
  // No noise at either end: the path leaves the market's and comes back to it without a step.
  const share = fallen + 2 * NOISE * noise * Math.min(1, 4 * progress, 4 * (1 - progress));
  return 1 - depth * Math.min(1, Math.max(0, share));
}

/** Makes a price wrong, of a quote both. */
export function corruptPrices(tick: Tick, { price }: CorruptPrice): void {
  if (tick.kind === TickKind.TRADE) {
    tick.price = corrupted(tick.price, price);
    return;
  }
  tick.bid = corrupted(tick.bid, price);
  tick.ask = corrupted(tick.ask, price);
}

function corrupted(ticks: number, how: CorruptPrice['price']): number {
  if (how === 'zero') return 0;
  if (how === 'negative') return -ticks;
  return bounded(Math.round(ticks * ('factor' in how ? how.factor : 10 ** how.decimals)));
}

function bounded(ticks: number): number {
  return Math.min(MAX_TICKS, Math.max(1, ticks));
}
