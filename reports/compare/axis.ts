import type { Axis } from '../facts/plot.ts';

/** Four even steps that hold all values; a log axis where they span more than a decade. */
export function axisOf(low: number, high: number): Omit<Axis, 'format'> {
  if (high / low > 10)
    return { kind: 'log', min: 10 ** Math.floor(Math.log10(low)), max: 10 ** Math.ceil(Math.log10(high)) };
  const room = Math.max((high - low) * 0.1, high * 0.01);
  const [min, max] = [Math.max(0, low - room), high + room];
  return { kind: 'value', min, max, interval: (max - min) / 4 };
}
