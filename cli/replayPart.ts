import { ExitCode } from '../protocol/codes.ts';
import { PLACE_FORMS, parsePlace, timeOfDay } from '../simulator/play/place.ts';
import type { TapeReader } from '../simulator/tape/types.ts';
import { CliError } from './errors.ts';

/** Which part of a tape to play, as options say it. */
export interface PartOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly at?: string | undefined;
  /** The tape's own seconds. */
  readonly duration?: number | undefined;
}

/** A part of a tape, µs of event time. */
export interface Part {
  readonly fromUs: number;
  /** Exclusive. */
  readonly toUs: number;
  /** Where to begin in it. */
  readonly atUs: number;
}

/** The part that options ask for; what they leave open is taken from `usual`. @throws CliError for a place that isn't there */
export function partOf(
  tape: TapeReader,
  options: PartOptions,
  usual?: { readonly fromUs: number; readonly toUs: number },
): Part {
  const { firstEventUs, lastEventUs } = tape.header;
  const place = (option: 'from' | 'to' | 'at'): number | undefined => {
    const text = options[option];
    return text === undefined ? undefined : placeOf(tape, `--${option}`, text);
  };
  const fromUs = place('from') ?? usual?.fromUs ?? firstEventUs;
  const endUs = options.duration === undefined ? usual?.toUs : fromUs + options.duration * 1e6;
  const toUs = Math.min(lastEventUs + 1, place('to') ?? endUs ?? Number.POSITIVE_INFINITY);
  const atUs = place('at') ?? fromUs;
  if (fromUs > lastEventUs && options.from !== undefined) {
    throw new CliError(
      `--from ${options.from}: tape ${tape.path} ends before, at ${timeOfDay(lastEventUs, tape.header)}`,
      ExitCode.USAGE,
    );
  }
  if (options.to !== undefined && toUs <= fromUs) {
    throw new CliError(`--to ${options.to}: lies before the start, ${timeOfDay(fromUs, tape.header)}`, ExitCode.USAGE);
  }
  if (options.at !== undefined && (atUs < fromUs || atUs >= toUs)) {
    throw new CliError(
      `--at ${options.at}: lies outside the part from ${timeOfDay(fromUs, tape.header)} to ${timeOfDay(toUs, tape.header)}`,
      ExitCode.USAGE,
    );
  }
  return { fromUs, toUs: Math.max(fromUs, toUs), atUs };
}

function placeOf(tape: TapeReader, option: string, text: string): number {
  const placeUs = parsePlace(text, tape.header);
  if (placeUs !== undefined) return placeUs;
  throw new CliError(`${option} ${text}: give ${PLACE_FORMS}`, ExitCode.USAGE);
}
