import { statSync } from 'node:fs';
import { isoTime } from '../simulator/tape/time.ts';
import type { TapeHeader } from '../simulator/tape/types.ts';
import type { OutputFormat } from './options.ts';

const DAY_US = 86_400_000_000;

/** The tape's header and size, a line each. */
export function describe(path: string, header: TapeHeader): string {
  const { size } = statSync(path);
  const spanS = (header.lastEventUs - header.firstEventUs) / 1e6;
  return rows([
    ['tape', path],
    ['size', `${fileSize(size)}, ${(size / header.events).toFixed(1)} bytes an event`],
    ['format', `version ${header.version}`],
    ['origin', `${header.origin.kind}: ${header.origin.description}`],
    ...header.origin.sources.map(
      ({ file, licence, sha256 }) => ['source', `${file} (${licence}, sha256 ${sha256.slice(0, 16)}...)`] as const,
    ),
    ['seed', String(header.seed)],
    ['session', sessionLine(header)],
    ['span', spanLine(header)],
    ['events', `${whole(header.events)} (${whole(header.trades)} trades, ${whole(header.quotes)} quotes)`],
    ['rate', rate(header.events / spanS, spanS)],
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

/** A whole UTC day is told as what it is; other sessions by their hours. */
function sessionLine({ sessionDate, sessionOpenUs, sessionCloseUs }: TapeHeader): string {
  if (sessionCloseUs - sessionOpenUs >= DAY_US) return `${sessionDate}, around the clock`;
  return `${sessionDate}, ${utc(sessionOpenUs)} to ${utc(sessionCloseUs)} UTC`;
}

/** Where the events lie; with dates unless all are of the session's. */
function spanLine({ sessionDate, firstEventUs, lastEventUs }: TapeHeader): string {
  const isOneDay = [firstEventUs, lastEventUs].every((timeUs) => isoTime(timeUs).startsWith(sessionDate));
  const told = (timeUs: number): string => (isOneDay ? '' : `${isoTime(timeUs).slice(0, 10)} `) + utc(timeUs);
  return `${told(firstEventUs)} to ${told(lastEventUs)} UTC`;
}

function fileSize(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Events a second: three digits of small rates; of less than a second none is told. */
export function rate(perSecond: number, seconds: number): string {
  if (seconds < 1) return 'no rate of under a second';
  return `${perSecond < 100 ? Number(perSecond.toPrecision(3)) : whole(perSecond)} events/s`;
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

/** Prints a result to stdout as it was asked for: its text, or the value as JSON. */
export function print(format: OutputFormat, value: object, text: () => string): void {
  process.stdout.write(`${format === 'json' ? JSON.stringify(value) : text()}\n`);
}
