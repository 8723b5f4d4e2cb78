import { InvalidArgumentError } from '@commander-js/extra-typings';

const UNITS_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Reads a duration with its unit, `15s`, `20m` or `1h`, as whole seconds; for commander's options. */
export function durationS(range: { readonly minimumS: number; readonly maximumS: number }): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
    const seconds = Number(digits) * (UNITS_S[unit] ?? Number.NaN);
    if (digits !== '' && seconds >= range.minimumS && seconds <= range.maximumS) return seconds;
    const { minimumS, maximumS } = range;
    throw new InvalidArgumentError(`Give a time with its unit, like 15s or 20m, from ${minimumS}s to ${maximumS}s.`);
  };
}
