import { statSync } from 'node:fs';
import { Option } from '@commander-js/extra-typings';
import type { TapeHeader } from '../simulator/tape/types.ts';

/** The tape's header and size, a line each. */
export function describe(path: string, header: TapeHeader): string {
  const { size } = statSync(path);
  const spanS = (header.lastEventUs - header.firstEventUs) / 1e6;
  return rows([
    ['tape', path],
    ['size', `${(size / 1e6).toFixed(1)} MB, ${(size / header.events).toFixed(1)} bytes an event`],
    ['format', `version ${header.version}`],
    ['origin', `${header.origin.kind}: ${header.origin.description}`],
    ...header.origin.sources.map(
      ({ file, licence, sha256 }) => ['source', `${file} (${licence}, sha256 ${sha256.slice(0, 16)}...)`] as const,
    ),
    ['seed', String(header.seed)],
    ['session', `${header.sessionDate}, ${utc(header.sessionOpenUs)} to ${utc(header.sessionCloseUs)} UTC`],
    ['span', `${utc(header.firstEventUs)} to ${utc(header.lastEventUs)} UTC`],
    ['events', `${whole(header.events)} (${whole(header.trades)} trades, ${whole(header.quotes)} quotes)`],
    ['rate', `${whole(header.events / Math.max(spanS, 1e-6))} events/s in the mean`],
    ['symbols', symbolsLine(header)],
    ...(header.halts === undefined ? [] : [['halts', whole(header.halts.length)] as const]),
    ['sha256', header.sha256],
    ['event hash', header.eventHash],
  ]).join('\n');
}

function symbolsLine({ instruments }: TapeHeader): string {
  const first = instruments.slice(0, 8).map((instrument) => instrument.symbol);
  return `${whole(instruments.length)}: ${first.join(' ')}${instruments.length > first.length ? ' ...' : ''}`;
}

/** Lines of name and value, the values below one another. */
export function rows(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.map(([name, value]) => `${name.padEnd(11)} ${value}`);
}

/** The time of day in UTC to the millisecond. */
export function utc(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(11, 23);
}

/** A number without its fraction, its thousands apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** How a command prints its result. */
export type OutputFormat = 'text' | 'json';

/** `--format text|json`. */
export function formatOption() {
  return new Option('--format <format>', 'how to print').choices(['text', 'json'] as const).default('text' as const);
}

/** Prints a result to stdout as it was asked for: its text, or the value as JSON. */
export function print(format: OutputFormat, value: object, text: () => string): void {
  process.stdout.write(`${format === 'json' ? JSON.stringify(value) : text()}\n`);
}
