/** The standard normal's quantile (Acklam's approximation, relative error below 1.2e-9). */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    const top = polynomial(q, [-7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734]);
    const whole = (top * q + 4.374664141464968) * q + 2.938163982698783;
    const below = polynomial(q, [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416]);
    return whole / (below * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  const top = polynomial(r, [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269]);
  const below = polynomial(r, [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972]);
  const numerator = ((top * r - 30.66479806614716) * r + 2.506628277459239) * q;
  return numerator / ((below * r - 13.28068155288572) * r + 1);
}

/** Student's t quantile for `degrees` of freedom, at least 3 (Cornish and Fisher's expansion, to 1 % there). */
export function studentQuantile(p: number, degrees: number): number {
  const z = normalQuantile(p);
  const z2 = z * z;
  const first = (z2 + 1) / 4;
  const second = ((5 * z2 + 16) * z2 + 3) / 96;
  const third = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  return z * (1 + (first + (second + third / degrees) / degrees) / degrees);
}

/** Chi-square's quantile (Wilson and Hilferty). */
export function chiSquareQuantile(p: number, degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * Math.max(0, 1 - part + normalQuantile(p) * Math.sqrt(part)) ** 3;
}

/** The middle of `values`; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Horner's scheme, the highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
