import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** Reads a whole number of a range, for commander's options. */
export function wholeNumber(range: { readonly minimum: number; readonly maximum: number }): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= range.minimum && value <= range.maximum) return value;
    throw new InvalidArgumentError(`Give a whole number from ${range.minimum} to ${range.maximum}.`);
  };
}

/** Reads a number, fractions allowed, for commander's options. */
export function decimalNumber(range: {
  readonly above?: number;
  readonly minimum?: number;
  readonly maximum: number;
}): (text: string) => number {
  const { above = Number.NEGATIVE_INFINITY, minimum = Number.NEGATIVE_INFINITY, maximum } = range;
  return (text) => {
    const value = /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (value > above && value >= minimum && value <= maximum) return value;
    const low = range.above === undefined ? `from ${minimum}` : `above ${above}`;
    throw new InvalidArgumentError(`Give a number ${low}, at most ${maximum}.`);
  };
}

/** Gathers an option that may be given several times. */
export function gathered(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** How a command prints its result. */
export type OutputFormat = 'text' | 'json';

/** `--format text|json`. */
export function formatOption(about = 'what is printed') {
  return new Option('--format <format>', about).choices(['text', 'json'] as const).default('text' as const);
}

/** Reads a seed. */
export const seedOf = wholeNumber({ minimum: 0, maximum: 2 ** 32 - 1 });
