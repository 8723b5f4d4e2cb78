import type { Plateau, UslResult } from '../../protocol/schemas/capacity.ts';
import { seededRandom } from '../gate/random.ts';
import { medianOf } from './backlog.ts';
import {
  fitUsl,
  type Interval,
  LEAST_LOADS,
  LEAST_POINTS,
  peakOf,
  type ScalingPoint,
  throughputAt,
  type Usl,
  uslIntervals,
} from './usl.ts';

const DRAWS = 200;
const CURVE_POINTS = 48;
/** The curve is drawn this far beyond the highest load played. */
const BEYOND = 1.5;
const PARAMETERS = 3;
/** Below this share of a core the kernel's count of a plateau's CPU is too coarse. */
const LEAST_CPU = 0.005;

/**
 * Fits the law through the plateaus that held. X is the work that a second of the server's CPU does: at a load that is
 * offered, work a second is what was offered until it breaks, and tells nothing of scaling. Where the CPU wasn't seen, X
 * is work a second all the same.
 *
 * @returns the curve, or in words why there is none
 */
export function curveOf(plateaus: readonly Plateau[], seed: number): { usl: UslResult | null; lacks: string } {
  const held = plateaus.filter(({ outcome, workPerS }) => outcome === 'held' && workPerS > 0);
  const isSeen = held.length > 0 && held.every(({ cpu }) => cpu !== null && cpu > LEAST_CPU);
  const points = held.map(({ load, workPerS, cpu }) => ({
    load,
    throughput: isSeen ? workPerS / (cpu ?? 1) : workPerS,
  }));
  const loads = new Set(points.map(({ load }) => load));
  if (points.length < LEAST_POINTS || loads.size < LEAST_LOADS) {
    const lacks = `${points.length} plateaus held at ${loads.size} loads; a curve takes ${LEAST_POINTS} at ${LEAST_LOADS} or more`;
    return { usl: null, lacks };
  }
  const fit = fitUsl(points);
  const intervals = uslIntervals(points, fit);
  const workPerLoad = medianOf(held.map(({ load, workPerS }) => workPerS / load));
  const draws = redraw(points, { fit, rss: fit.rss, seed });
  const fullCore = (law: Usl): number | undefined => (isSeen ? fullCoreOf(law, workPerLoad) : undefined);
  const usl: UslResult = {
    response: isSeen ? 'work per CPU second' : 'work per second',
    lambda: { value: fit.lambda, interval: told(intervals.lambda) },
    sigma: { value: fit.sigma, interval: told(intervals.sigma) },
    kappa: { value: fit.kappa, interval: told(intervals.kappa) },
    plateaus: points.length,
    noise: Math.sqrt(fit.rss / (points.length - PARAMETERS)),
    // Where the data allow of no crosstalk at all, a peak is no finding.
    peak: intervals.kappa[0] > 0 ? spread(peakOf(fit), draws.map(peakOf)) : null,
    fullCore: spread(fullCore(fit), draws.map(fullCore)),
    curve: band(fit, draws, points),
  };
  return { usl, lacks: '' };
}

/**
 * The load at which one core is full: the work of a load is `workPerLoad` times it, and X of it is done by a core in a
 * second. Undefined where the curve never gets there.
 */
export function fullCoreOf({ lambda, sigma, kappa }: Usl, workPerLoad: number): number | undefined {
  const slope = sigma - kappa;
  const rest = 1 - sigma - lambda / workPerLoad;
  if (rest >= 0) return 1;
  if (kappa === 0) return slope > 0 ? -rest / slope : undefined;
  return (-slope + Math.sqrt(slope * slope - 4 * kappa * rest)) / (2 * kappa);
}

/** Laws fitted to the curve with its own residuals dealt anew, made wider for the three parameters that they were left by. */
function redraw(points: readonly ScalingPoint[], { fit, rss, seed }: { fit: Usl; rss: number; seed: number }): Usl[] {
  const random = seededRandom(seed);
  const widen = Math.sqrt(points.length / (points.length - PARAMETERS));
  const residuals = points.map(({ load, throughput }) => widen * Math.log(throughput / throughputAt(fit, load)));
  if (rss === 0) return [fit];
  return Array.from({ length: DRAWS }, () =>
    fitUsl(
      points.map(({ load }) => {
        const residual = residuals[Math.floor(random() * residuals.length)] as number;
        return { load, throughput: throughputAt(fit, load) * Math.exp(residual) };
      }),
    ),
  );
}

function band(fit: Usl, draws: readonly Usl[], points: readonly ScalingPoint[]): UslResult['curve'] {
  const loads = points.map(({ load }) => load);
  const [from, to] = [Math.min(...loads), Math.max(...loads) * BEYOND];
  return Array.from({ length: CURVE_POINTS }, (_, at) => {
    const load = from * (to / from) ** (at / (CURVE_POINTS - 1));
    const seen = draws.map((law) => throughputAt(law, load)).sort((a, b) => a - b);
    return [load, throughputAt(fit, load), quantile(seen, 0.025), quantile(seen, 0.975)];
  });
}

/** A figure with the interval in which the draws have it; one that many draws don't have has no upper end. */
function spread(value: number | undefined, draws: readonly (number | undefined)[]): UslResult['peak'] {
  if (value === undefined) return null;
  const sorted = draws.map((draw) => draw ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const high = quantile(sorted, 0.975);
  return {
    value,
    interval: [Math.min(value, quantile(sorted, 0.025)), Number.isFinite(high) ? Math.max(value, high) : null],
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function told([low, high]: Interval): [number, number | null] {
  return [low, high];
}
