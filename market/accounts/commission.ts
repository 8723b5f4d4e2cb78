import { mulDiv, type Valuer } from './money.ts';

/** What a fill costs: cash units for each whole share, or basis points of its value. */
export type Commission =
  | { readonly kind: 'per_share'; readonly cashUnits: number }
  | { readonly kind: 'bp'; readonly value: number };

/** The commission on a fill of `quantity` lots worth `value`, in cash units, both positive; rounded half to even. */
export function commissionOn(
  commission: Commission | undefined,
  fill: { readonly quantity: number; readonly value: number; readonly valuer: Valuer },
): number {
  if (commission === undefined) return 0;
  if (commission.kind === 'bp') return mulDiv(fill.value, commission.value, 10_000);
  return fill.valuer.perShare(commission.cashUnits, fill.quantity);
}
