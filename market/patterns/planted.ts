import type { PatternType } from './catalog.ts';
import type { OpenBar } from './types.ts';

/*
 * Bars with a known shape in them, and bars with none: what the detectors are tried on. Lengths are in units of the
 * noise's own average range, about one average true range.
 */

/** Ticks of one unit, and the price around which planted bars move. */
const UNIT = 100;
const BASE_PRICE = 50_000;
const BAR_US = 60_000_000;
const LEAD_BARS = 45;
const USUAL_VOLUME = 1_000;

/** Makes a source of numbers in [0, 1) that depends on nothing but the seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A leg of a planted path: so many bars on the way to a level; both are multiples of the plan's own. */
export interface Leg {
  readonly bars: number;
  readonly level: number;
  /** Multiple of the usual volume. */
  readonly volume?: number;
}

/** A shape as a path. Levels are shares of `height`, bars multiples of `legBars`. */
export interface Plan {
  readonly type: PatternType;
  readonly legs: readonly Leg[];
  /** Leg, by number, that begins with a jump by half a height, all of its bars beyond it. */
  readonly gapAt?: number;
  /** Leg, by number, in which the pattern must be found. */
  readonly within: readonly [from: number, to: number];
}

/** How large, how fast and how noisy a plan is carried out. */
export interface Scale {
  /** Units. */
  readonly height: number;
  readonly legBars: number;
  /** 0..1 of the usual noise. */
  readonly noise: number;
  readonly seed: number;
}

export interface Planted {
  readonly bars: readonly OpenBar[];
  /** Numbers from 0 of the first and last bar on which the pattern may be found. */
  readonly from: number;
  readonly to: number;
}

const leg = (level: number, bars = 1, volume = 1): Leg => ({ bars, level, volume });
const zigzag = (...levels: readonly number[]): readonly Leg[] => levels.map((level) => leg(level));

/** Paths with their turning points; the mirrored ones are made from these. */
const UPRIGHT: readonly (Plan & { readonly mirror?: PatternType })[] = [
  { type: 'double_top', mirror: 'double_bottom', legs: zigzag(1, 0.45, 1, -0.2), within: [3, 3] },
  {
    type: 'head_and_shoulders',
    mirror: 'inverse_head_and_shoulders',
    legs: zigzag(0.7, 0.4, 1, 0.4, 0.7, 0),
    within: [5, 5],
  },
  {
    type: 'ascending_triangle',
    mirror: 'descending_triangle',
    legs: zigzag(1, 0.2, 1, 0.5, 1, 0.74, 1.4),
    within: [6, 6],
  },
  { type: 'symmetrical_triangle', legs: zigzag(1, 0, 0.85, 0.15, 0.7, 0.3, 1.1), within: [6, 6] },
  { type: 'rising_wedge', mirror: 'falling_wedge', legs: zigzag(1, 0.3, 1.3, 0.85, 1.6, 0.4), within: [5, 5] },
  { type: 'channel_up', mirror: 'channel_down', legs: zigzag(1, 0.4, 1.4, 0.8, 1.8, 1.25), within: [5, 5] },
  { type: 'channel_flat', legs: zigzag(1, 0.3, 1, 0.3, 1, 0.4), within: [5, 5] },
  { type: 'bull_flag', mirror: 'bear_flag', legs: [leg(1, 0.6), leg(0.8, 1.2), leg(1.3, 0.5)], within: [2, 2] },
  {
    type: 'bull_pennant',
    mirror: 'bear_pennant',
    legs: [leg(1, 0.6), ...[0.68, 0.96, 0.75, 0.91, 0.8, 0.85].map((level) => leg(level, 0.18)), leg(1.3, 0.5)],
    within: [7, 7],
  },
  { type: 'breakout_up', mirror: 'breakout_down', legs: [...zigzag(1, 0.6, 0.9), leg(1.5, 1, 3)], within: [3, 3] },
  {
    type: 'moving_average_cross_up',
    mirror: 'moving_average_cross_down',
    legs: [leg(-1, 3), leg(1, 3)],
    within: [1, 1],
  },
  { type: 'gap_up', mirror: 'gap_down', legs: [leg(0), leg(0.8)], within: [1, 1], gapAt: 1 },
  { type: 'bollinger_squeeze', legs: [leg(0, 4), leg(1, 2)], within: [1, 1] },
];

/** Every plan; shapes that have a mirror image are there both ways. */
export const PLANS: readonly Plan[] = UPRIGHT.flatMap((plan) => {
  const { mirror, ...upright } = plan;
  if (mirror === undefined) return [upright];
  return [upright, { ...upright, type: mirror, legs: plan.legs.map((one) => ({ ...one, level: -one.level })) }];
});

/** Makes the bars of a plan: a flat stretch of noise, then the path with noise around it. */
export function plant(plan: Plan, scale: Scale): Planted {
  const random = seededRandom(scale.seed);
  const bars: OpenBar[] = [];
  let close = BASE_PRICE;
  const add = (target: number, volume: number) => {
    const open = close;
    close = Math.round(target + (random() - 0.5) * 0.8 * UNIT * scale.noise);
    const wick = () => Math.round(random() * 0.6 * UNIT * scale.noise);
    const traded = Math.round(USUAL_VOLUME * volume * (0.8 + 0.4 * random()));
    bars.push({
      open,
      high: Math.max(open, close) + wick(),
      low: Math.min(open, close) - wick(),
      close,
      volume: traded,
      startUs: bars.length * BAR_US,
    });
  };
  while (bars.length < LEAD_BARS) add(BASE_PRICE, 1);
  let level = 0;
  const starts: number[] = [];
  for (const [number, { bars: share, level: to, volume = 1 }] of plan.legs.entries()) {
    starts.push(bars.length);
    if (number === plan.gapAt) {
      level += Math.sign(to - level) / 2;
      close = Math.round(BASE_PRICE + level * scale.height * UNIT);
    }
    const count = Math.max(2, Math.round(share * scale.legBars));
    for (let bar = 1; bar <= count; bar++) {
      add(BASE_PRICE + (level + ((to - level) * bar) / count) * scale.height * UNIT, volume);
    }
    level = to;
  }
  starts.push(bars.length);
  const [first, last] = plan.within;
  return { bars, from: starts[first] as number, to: (starts[last + 1] as number) - 1 };
}

/** Bars of a random walk: each of several normal-like steps, whose first, highest, lowest and last make the bar. */
export function randomWalk(options: { readonly seed: number; readonly bars: number }): OpenBar[] {
  const random = seededRandom(options.seed);
  const step = () => (random() + random() + random() - 1.5) * 0.5 * UNIT;
  const bars: OpenBar[] = [];
  let price = BASE_PRICE * 10;
  while (bars.length < options.bars) {
    const open = Math.round(price);
    let [high, low] = [price, price];
    for (let tick = 0; tick < 12; tick++) {
      price = Math.max(UNIT, price + step());
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    const close = Math.round(price);
    bars.push({
      open,
      high: Math.max(open, close, Math.round(high)),
      low: Math.min(open, close, Math.round(low)),
      close,
      volume: Math.round(USUAL_VOLUME * (0.5 + random() * random() * 2)),
      startUs: bars.length * BAR_US,
    });
  }
  return bars;
}
