import { fitLogarithms, type LinearModel } from './logFit.ts';
import { studentT975 } from './student.ts';

/** A load and what was achieved at it, both above 0. */
export interface ScalingPoint {
  readonly load: number;
  readonly throughput: number;
}

/** The Universal Scalability Law: X(N) = λN / (1 + σ(N - 1) + κN(N - 1)). */
export interface Usl {
  /** X at a load of one. */
  readonly lambda: number;
  /** Contention, 0 to 1. */
  readonly sigma: number;
  /** Crosstalk: what each pays for every other. */
  readonly kappa: number;
}

export interface UslFit extends Usl {
  /** Sum of squares of ln(measured / fitted). */
  readonly rss: number;
}

/** A parameter's 95 % interval; the upper end is null where the data set none. */
export type Interval = readonly [number, number | null];

export interface UslIntervals {
  readonly lambda: Interval;
  readonly sigma: Interval;
  readonly kappa: Interval;
}

/** Fewer plateaus, or at fewer loads, say nothing of three parameters and their noise. */
export const LEAST_POINTS = 6;
export const LEAST_LOADS = 4;
const PARAMETERS = 3;
/** Halvings of the span in which an interval's end lies: five digits of it. */
const EDGE_ROUNDS = 22;
/** CPU is counted in hundredths of a second: no fit is believed to be closer than this share. */
const LEAST_NOISE = 0.002;

/** X(N) by the law. */
export function throughputAt({ lambda, sigma, kappa }: Usl, load: number): number {
  return (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1));
}

/** The load of the highest X; undefined without crosstalk, when X only ever flattens. */
export function peakOf({ sigma, kappa }: Usl): number | undefined {
  return kappa > 0 ? Math.sqrt(Math.max(0, 1 - sigma) / kappa) : undefined;
}

/**
 * Fits the law with σ in 0..1 and κ at 0 or above. N / X is linear in 1/λ, σ/λ and κ/λ, so each face of those bounds is
 * fitted apart, and the best one that keeps to them is taken.
 */
export function fitUsl(points: readonly ScalingPoint[]): UslFit {
  let best: UslFit | undefined;
  for (const { fit, isAllowed } of faces(points, {})) {
    if (!isAllowed) continue;
    // The first leaves all free: none of the others fits better.
    if (best === undefined || fit.rss < best.rss) best = fit;
    if (fit.isFree) break;
  }
  if (best === undefined) throw new RangeError('a fit needs a point at least, loads and throughputs above 0');
  return best;
}

/** 95 % intervals by profile likelihood: values with which the rest, fitted again, explains the data not much worse. */
export function uslIntervals(points: readonly ScalingPoint[], fit: UslFit): UslIntervals {
  const freedom = Math.max(1, points.length - PARAMETERS);
  const floor = points.length * LEAST_NOISE ** 2;
  const most = Math.max(fit.rss, floor) * (1 + studentT975(freedom) ** 2 / freedom);
  const isLikely = (held: Partial<Usl>): boolean => {
    for (const { fit: other, isAllowed } of faces(points, held)) {
      const isNear = other.rss <= most;
      if (isNear && isAllowed) return true;
      if (!isNear && other.isFree) return false;
    }
    return false;
  };
  const largest = Math.max(...points.map(({ load }) => load));
  return {
    lambda: [
      edge({ from: fit.lambda, to: fit.lambda * 1e-9, isIn: (lambda) => isLikely({ lambda }), isLogarithmic: true }) ??
        0,
      edge({ from: fit.lambda, to: fit.lambda * 1e9, isIn: (lambda) => isLikely({ lambda }), isLogarithmic: true }),
    ],
    sigma: [
      edge({ from: fit.sigma, to: 0, isIn: (sigma) => isLikely({ sigma }) }) ?? 0,
      edge({ from: fit.sigma, to: 1, isIn: (sigma) => isLikely({ sigma }) }) ?? 1,
    ],
    kappa: [
      edge({ from: fit.kappa, to: 0, isIn: (kappa) => isLikely({ kappa }) }) ?? 0,
      edge({
        from: Math.max(fit.kappa, 1e-6 / largest ** 2),
        to: Math.max(1, fit.kappa * 1e6),
        isIn: (kappa) => isLikely({ kappa }),
        isLogarithmic: true,
      }),
    ],
  };
}

/** Where `isIn` ends between `from`, where it holds, and `to`; null where it holds at `to` still. */
function edge(search: {
  from: number;
  to: number;
  isIn: (value: number) => boolean;
  isLogarithmic?: boolean;
}): number | null {
  if (search.from === search.to || search.isIn(search.to)) return null;
  const { isIn, isLogarithmic = false } = search;
  let [inside, outside] = isLogarithmic ? [Math.log(search.from), Math.log(search.to)] : [search.from, search.to];
  for (let round = 0; round < EDGE_ROUNDS; round++) {
    const middle = (inside + outside) / 2;
    if (isIn(isLogarithmic ? Math.exp(middle) : middle)) inside = middle;
    else outside = middle;
  }
  return isLogarithmic ? Math.exp(inside) : inside;
}

interface Face {
  readonly fit: UslFit & { readonly isFree: boolean };
  /** It keeps to the bounds of the parameters. */
  readonly isAllowed: boolean;
}

/** Fits with some parameters held: first with the others free, then one for each way in which they may lie at their bounds. */
function* faces(points: readonly ScalingPoint[], held: Partial<Usl>): Generator<Face> {
  const loads = points.map(({ load }) => load);
  const largest = Math.max(...loads);
  const data = points.map(({ load, throughput }) => load / throughput);
  const sigmas: (number | 'free')[] = held.sigma === undefined ? ['free', 0, 1] : [held.sigma];
  const kappas: (number | 'free')[] = held.kappa === undefined ? ['free', 0] : [held.kappa];
  for (const sigma of sigmas) {
    for (const kappa of kappas) {
      const columns: number[][] = [];
      if (sigma === 'free') columns.push(loads.map((n) => n - 1));
      if (kappa === 'free') columns.push(loads.map((n) => n * (n - 1)));
      // 1/λ multiplies what isn't free: 1, with σ's and κ's terms where those are held.
      const [heldSigma, heldKappa] = [sigma === 'free' ? 0 : sigma, kappa === 'free' ? 0 : kappa];
      const unit = loads.map((n) => 1 + heldSigma * (n - 1) + heldKappa * n * (n - 1));
      const found = fitFace({ unit, columns, lambda: held.lambda, data });
      if (found === undefined) continue;
      const [inverse = Number.NaN, ...rest] = found.parameters;
      const fitted = {
        sigma: sigma === 'free' ? unlessNothing((rest.shift() ?? 0) / inverse, largest) : sigma,
        kappa: kappa === 'free' ? unlessNothing((rest.shift() ?? 0) / inverse, largest ** 2) : kappa,
      };
      const isAllowed = inverse > 0 && fitted.sigma >= 0 && fitted.sigma <= 1 && fitted.kappa >= 0;
      const isFree = sigma === sigmas[0] && kappa === kappas[0];
      yield { fit: { lambda: 1 / inverse, ...fitted, rss: found.rss, isFree }, isAllowed };
    }
  }
}

/** A parameter, or 0 where what it adds at the largest load is lost in the rounding. */
function unlessNothing(value: number, factor: number): number {
  return Math.abs(value) * factor < 1e-9 ? 0 : value;
}

/** Parameters of a face, 1/λ first. */
function fitFace(face: {
  unit: number[];
  columns: number[][];
  lambda: number | undefined;
  data: readonly number[];
}): { parameters: readonly number[]; rss: number } | undefined {
  const { unit, columns, lambda, data } = face;
  if (lambda === undefined) return fitLogarithms({ columns: [unit, ...columns] }, data);
  const model: LinearModel = { columns, offset: unit.map((value) => value / lambda) };
  const found = fitLogarithms(model, data);
  return found === undefined ? undefined : { parameters: [1 / lambda, ...found.parameters], rss: found.rss };
}
