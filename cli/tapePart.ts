import { ExitCode } from '../protocol/codes.ts';
import { parseIsoTime } from '../simulator/tape/time.ts';
import type { TapeHeader, TapePart, TapeReader } from '../simulator/tape/types.ts';
import { calendarOf } from '../simulator/tapeCalendar.ts';
import { CliError } from './errors.ts';

/** Exchange time at which the session opens, in seconds of the day. */
const OPEN_TIME_OF_DAY_S = 9.5 * 3600;
const US_PER_S = 1_000_000;

/** How times of `--from` and `--to` may be written, for the help. */
export const TIME_FORMS = 'seconds after the open, HH:MM[:SS] exchange time, or ISO 8601';

/** The options that name a part of a tape. */
export interface PartOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
}

/** Gathers names given as `A,B`, once or several times. */
export function symbolNames(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(',').filter((name) => name !== '')];
}

/** The part of a tape that the options ask for. @throws CliError for a time that is none */
export function partOf({ header }: Pick<TapeReader, 'header'>, options: PartOptions): TapePart {
  const { from, to, symbols } = options;
  return {
    ...(from === undefined ? {} : { fromUs: instantOf(from, { option: '--from', header }) }),
    ...(to === undefined ? {} : { toUs: instantOf(to, { option: '--to', header }) }),
    ...(symbols === undefined ? {} : { symbols }),
  };
}

function instantOf(text: string, place: { readonly option: string; readonly header: TapeHeader }): number {
  const { header, option } = place;
  if (/^-?\d{1,9}(\.\d+)?$/.test(text)) return header.sessionOpenUs + Math.round(Number(text) * US_PER_S);
  const timeUs = timeOfDay(text, header) ?? parseIsoTime(text);
  if (timeUs !== undefined) return timeUs;
  throw new CliError(
    `${option} ${text}: give seconds after the open (90), a time of day (10:15) or ISO 8601 with its zone (${header.sessionDate}T14:15:00Z)`,
    ExitCode.USAGE,
  );
}

/** On the tape's first day: at the exchange, where its calendar is known, else in UTC. */
function timeOfDay(text: string, header: TapeHeader): number | undefined {
  const [, hours, minutes, seconds = '0'] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const midnightUs =
    calendarOf(header) === undefined
      ? Date.parse(`${header.sessionDate}T00:00:00Z`) * 1_000
      : header.sessionOpenUs - OPEN_TIME_OF_DAY_S * US_PER_S;
  return midnightUs + Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * US_PER_S);
}
