import type { Row, Summary } from '../protocol/schemas/summary.ts';

/** How a verdict is told: a word, a sign that needs no colour, and what the word means for the reader. */
export interface VerdictWords {
  readonly word: string;
  readonly sign: string;
  readonly meaning: string;
}

export const VERDICT_WORDS: Readonly<Record<Row['verdict'], VerdictWords>> = {
  pass: { word: 'Pass', sign: '✓', meaning: 'The server held its targets.' },
  fail: { word: 'Fail', sign: '✗', meaning: 'The server broke a target.' },
  invalid: {
    word: 'Invalid',
    sign: '?',
    meaning: 'This run can’t tell: the machine or a load generator didn’t do its part.',
  },
  warn: { word: 'Warning', sign: '!', meaning: 'A target that only warns was not held.' },
  'not applicable': { word: 'Not applicable', sign: '–', meaning: 'The target is declared not to have this.' },
};

/** Takes control and direction characters out of a text from outside, which could else forge or garble a line; line ends become spaces. */
export function plain(text: string): string {
  return text
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd');
}

/** The measured figure without its interval, which has a column of its own. */
export function measuredWords(row: Row): string {
  const words = row.interval === undefined ? row.measured : row.measured.replace(/ \([^()]* to [^()]*\)$/, '');
  return plain(words) || '–';
}

/** The 95 % interval of a row in words, `3.90 to 4.55 ms`; '' where it has none. */
export function intervalWords(row: Row): string {
  if (row.interval === undefined) return '';
  const [low, high] = row.interval;
  return `${figure(low)} to ${figure(high)} ${plain(row.unit)}`;
}

/** How many violations were counted, listed or not. */
export function violationCount(summary: Summary): number {
  return Object.values(summary.violations.counts).reduce((sum, count) => sum + count, 0);
}

/** µs for a reader, with three significant digits: `870 µs`, `4.20 ms`, `1.25 s`. */
export function formatUs(us: number): string {
  if (us === 0) return '0 ms';
  if (us < 999.5) return `${figure(us)} µs`;
  return us < 999_500 ? `${figure(us / 1e3)} ms` : `${figure(us / 1e6)} s`;
}

/** A whole number with thousands apart, `1,204,551`; what no run counts as `1.00e+300`. */
export function formatCount(count: number): string {
  return Math.abs(count) >= 1e15 ? count.toExponential(2) : Math.round(count).toLocaleString('en-US');
}

/** Bytes as MB (2^20) or GB (2^30). */
export function formatBytes(bytes: number): string {
  const mb = bytes / 2 ** 20;
  return mb < 1024 ? `${figure(mb)} MB` : `${figure(mb / 1024)} GB`;
}

/** A share (0..1) as per cent. */
export function formatShare(share: number): string {
  return `${figure(share * 100)} %`;
}

/** Seconds of the run: `12 s`, from three minutes on `4:05`, from an hour on `1:04:05`. */
export function formatSecond(second: number): string {
  if (second < 180) return `${Number(second.toFixed(1))} s`;
  const whole = Math.round(second);
  const twoDigits = (part: number): string => String(part).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(whole % 60)}`;
}

/** `2020-03-16 14:30:00 UTC` for µs since the epoch. */
export function formatUtc(us: number): string {
  const date = new Date(us / 1000);
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Three significant digits, no exponent. */
function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return formatCount(value);
  return value.toFixed(size >= 10 || value === 0 ? (Number.isInteger(value) ? 0 : 1) : size >= 1 ? 2 : 3);
}
