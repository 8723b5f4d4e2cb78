const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

/**
 * Reads a decimal string as a whole number of units of `10 ** -decimals`, by integer arithmetic alone.
 *
 * @returns undefined when the text isn't a plain decimal, is finer than a unit, or leaves the safe integers
 */
export function unitsFromDecimal(text: string, decimals: number): number | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const fraction = match[2] ?? '';
  if (/[1-9]/.test(fraction.slice(decimals))) return undefined;
  const units = Number(`${match[1]}${fraction.slice(0, decimals).padEnd(decimals, '0')}`);
  return Number.isSafeInteger(units) ? units : undefined;
}

/** Writes a whole number of units of `10 ** -decimals` as a decimal string with all its places. */
export function decimalFromUnits(units: number, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
