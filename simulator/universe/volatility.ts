import type { Random } from './random.ts';
import { BlockBootstrap, type Returns } from './returns.ts';

/**
 * How volatility clusters: GARCH(1,1) (Bollerslev 1986) with mean variance 1. The next step's variance is
 * `(1 - shock - memory) + shock * return^2 + memory * variance`.
 */
export interface Clusters {
  readonly shock: number;
  readonly memory: number;
  /** The returns over the deviation that the model expected of them: mean 0, variance 1, fat tails left in. */
  readonly residuals: Float64Array;
}

const SHOCKS = [0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.16, 0.2];
const PERSISTENCES = [0.9, 0.94, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995];
/** Variances beyond these, relative to the mean, are taken as these: one storm must not become all of a session. */
const LEAST_VARIANCE = 0.1;
const MOST_VARIANCE = 12;

/** Fits the clusters of a series of returns: of a grid of models, the likeliest (Gaussian quasi-likelihood). */
export function fitClusters({ standardised }: Returns): Clusters {
  let best = { shock: 0, memory: 0, likelihood: Number.NEGATIVE_INFINITY };
  for (const persistence of PERSISTENCES) {
    for (const shock of SHOCKS) {
      const model = { shock, memory: persistence - shock };
      const likelihood = logLikelihood(standardised, model);
      if (likelihood > best.likelihood) best = { ...model, likelihood };
    }
  }
  return { shock: best.shock, memory: best.memory, residuals: residualsOf(standardised, best) };
}

/** The variance that follows on a step of variance `variance` that brought `squared`, its return's square. */
export function nextVariance(
  model: Pick<Clusters, 'shock' | 'memory'>,
  { variance, squared }: { readonly variance: number; readonly squared: number },
): number {
  const next = 1 - model.shock - model.memory + model.shock * squared + model.memory * variance;
  return Math.min(MOST_VARIANCE, Math.max(LEAST_VARIANCE, next));
}

function logLikelihood(returns: Float64Array, model: Pick<Clusters, 'shock' | 'memory'>): number {
  let variance = 1;
  let sum = 0;
  for (const value of returns) {
    const squared = value * value;
    sum -= Math.log(variance) + squared / variance;
    variance = nextVariance(model, { variance, squared });
  }
  return sum;
}

function residualsOf(returns: Float64Array, model: Pick<Clusters, 'shock' | 'memory'>): Float64Array {
  let variance = 1;
  const raw = returns.map((value) => {
    const residual = value / Math.sqrt(variance);
    variance = nextVariance(model, { variance, squared: value * value });
    return residual;
  });
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / raw.length);
  return raw.map((value) => (value - mean) / deviation);
}

/** Steps of the model before its first return is used, so that a session doesn't always begin calm. */
const WARM_UP_STEPS = 300;

/**
 * An endless series of returns with mean 0 and variance about 1: filtered historical simulation (Barone-Adesi et al.
 * 1999). Residuals are resampled in blocks, volatility follows on them by the model, so that tails and clusters are both
 * those of the source.
 */
export class ClusteredReturns {
  readonly #clusters: Clusters;
  readonly #residuals: BlockBootstrap;
  #variance = 1;
  #deviation = 1;

  constructor(clusters: Clusters, options: { readonly blockLength: number; readonly random: Random }) {
    this.#clusters = clusters;
    this.#residuals = new BlockBootstrap(clusters.residuals, options);
    for (let step = 0; step < WARM_UP_STEPS; step++) this.next();
  }

  next(): number {
    this.#deviation = Math.sqrt(this.#variance);
    const value = this.#deviation * this.#residuals.next();
    this.#variance = nextVariance(this.#clusters, { variance: this.#variance, squared: value * value });
    return value;
  }

  /** Standard deviation that the model had for the last return. */
  get deviation(): number {
    return this.#deviation;
  }
}
