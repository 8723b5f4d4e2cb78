import { decimalText } from '../../protocol/codecs/json.ts';

/** `units / 10^decimals` as decimal text with exactly `places`; what goes beyond is cut off. Sums too large to be exact are rounded. */
export function fixedDecimal(units: number, decimals: number, places: number): string {
  if (!Number.isSafeInteger(units)) return (units / 10 ** decimals).toFixed(places);
  if (decimals > places) return decimalText(Math.trunc(units / 10 ** (decimals - places)), places);
  if (decimals === places) return decimalText(units, decimals);
  const text = decimalText(units, decimals);
  return decimals === 0 ? `${text}.${'0'.repeat(places)}` : text + '0'.repeat(places - decimals);
}

/** `units / 10^decimals` as a number: the one that JSON prints with so many decimals. */
export function wireNumber(units: number, decimals: number): number {
  return units / 10 ** decimals;
}

/** Whole ms of a time in µs. */
export function wholeMs(timeUs: number): number {
  return Math.floor(timeUs / 1000);
}

/** Whole seconds of a time in µs. */
export function wholeSeconds(timeUs: number): number {
  return Math.floor(timeUs / 1_000_000);
}
