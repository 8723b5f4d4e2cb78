/** 97.5 % quantiles of Student's t where the expansion below is too rough. */
const FEW = [12.706, 4.303, 3.182, 2.776];

/** The 97.5 % quantile of Student's t with `freedom` degrees of freedom (1 or more), to three digits. */
export function studentT975(freedom: number): number {
  const known = FEW[freedom - 1];
  if (known !== undefined) return known;
  // Cornish and Fisher's expansion about the normal quantile.
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
