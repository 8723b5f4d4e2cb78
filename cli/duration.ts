import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

const UNITS_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** An option that takes a duration with its unit, `15s`, `20m` or `1h`, as whole seconds. */
export function durationOption<Flags extends string>(
  flags: Flags,
  about: string,
  range: { readonly minimumS: number; readonly maximumS: number; readonly defaultS: number },
) {
  const { defaultS } = range;
  return new Option(flags, about)
    .argParser(durationS(range))
    .default(defaultS, defaultS % 60 === 0 ? `${defaultS / 60}m` : `${defaultS}s`);
}

function durationS(range: { readonly minimumS: number; readonly maximumS: number }): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
    const seconds = Number(digits) * (UNITS_S[unit] ?? Number.NaN);
    if (digits !== '' && seconds >= range.minimumS && seconds <= range.maximumS) return seconds;
    const { minimumS, maximumS } = range;
    throw new InvalidArgumentError(`Give a time with its unit, like 15s or 20m, from ${minimumS}s to ${maximumS}s.`);
  };
}
