import { isoTime } from './time.ts';
import type { TapePart, TapeReader, TickSource } from './types.ts';

/**
 * Goes through the events of a part; allocates nothing per event.
 *
 * @throws RangeError when the part names a symbol that the tape lacks, or ends before it begins
 */
export function readPart(tape: TapeReader, part: TapePart): TickSource {
  const { fromUs = 0, toUs = Number.POSITIVE_INFINITY } = part;
  if (toUs <= fromUs) throw new RangeError(`tape ${tape.path}: the part ends before it begins`);
  const cursor = tape.cursor(fromUs);
  const wanted = wantedSymbols(tape, part.symbols);
  const { tick } = cursor;
  const next = (): boolean => {
    while (cursor.next()) {
      if (tick.eventTimeUs >= toUs) return false;
      if (wanted[tick.symbol] === 1) return true;
    }
    return false;
  };
  return { tick, next };
}

/** By index: 1 for each symbol that is asked for. @throws RangeError like {@link readPart} */
export function wantedSymbols(tape: Pick<TapeReader, 'header' | 'path'>, names?: readonly string[]): Uint8Array {
  const { instruments } = tape.header;
  const wanted = new Uint8Array(instruments.length);
  if (names === undefined) return wanted.fill(1);
  const indexes = new Map(instruments.map(({ symbol, index }) => [symbol, index]));
  for (const name of names) {
    const index = indexes.get(name);
    if (index === undefined) {
      const known = instruments.slice(0, 5).map(({ symbol }) => symbol);
      const more = instruments.length > known.length ? ' ...' : '';
      throw new RangeError(`tape ${tape.path}: has no symbol "${name}"; it has ${known.join(' ')}${more}`);
    }
    wanted[index] = 1;
  }
  return wanted;
}

/** Why a part has no event, with what there is. */
export function emptyPart({ path, header }: Pick<TapeReader, 'path' | 'header'>, part: TapePart): string {
  const span = `${isoTime(header.firstEventUs)} to ${isoTime(header.lastEventUs)}`;
  const symbols = part.symbols === undefined ? '' : ' of these symbols';
  return `tape ${path}: no event${symbols} lies in the part asked for; the tape goes from ${span}`;
}
