import { ExitCode } from '../protocol/codes.ts';
import { PLACE_FORMS, parsePlace } from '../simulator/play/place.ts';
import type { TapeHeader, TapePart, TapeReader } from '../simulator/tape/types.ts';
import { CliError } from './errors.ts';

/** How times of `--from` and `--to` may be written, for the help. */
export const TIME_FORMS = 'seconds after the open, HH:MM[:SS] exchange time, open+30s, close-5m, or ISO 8601';

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
  const timeUs = parsePlace(text, place.header);
  if (timeUs !== undefined) return timeUs;
  throw new CliError(`${place.option} ${text}: give ${PLACE_FORMS}`, ExitCode.USAGE);
}
