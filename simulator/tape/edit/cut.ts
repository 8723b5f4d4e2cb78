import { emptyPart, readPart, wantedSymbols } from '../part.ts';
import { isoTime } from '../time.ts';
import type { TapeHalt, TapeHeader, TapePart, TapeReader, TapeWork } from '../types.ts';
import { forEachTick, writeWhole } from '../work.ts';

/**
 * Writes a part of a tape as a tape of its own. The session stays the whole one, halts stay whole where the part touches them.
 *
 * @throws RangeError when the part is empty, or names a symbol that the tape lacks
 */
export async function cutTape(
  tape: TapeReader,
  options: TapePart & TapeWork & { readonly path: string },
): Promise<TapeHeader> {
  const { header } = tape;
  const wanted = wantedSymbols(tape, options.symbols);
  const source = readPart(tape, options);
  if (!source.next()) throw new RangeError(emptyPart(tape, options));
  const kept = header.instruments.filter(({ index }) => wanted[index] === 1);
  const newIndex = new Uint16Array(wanted.length);
  for (const [at, { index }] of kept.entries()) newIndex[index] = at;
  const { name, seed, sessionDate, sessionOpenUs, sessionCloseUs } = header;
  return writeWhole(
    {
      path: options.path,
      ...{ name, seed, sessionDate, sessionOpenUs, sessionCloseUs },
      instruments: kept.map((instrument, index) => ({ ...instrument, index })),
      halts: touchedHalts(header.halts ?? [], options)
        .filter(({ symbol }) => wanted[symbol] === 1)
        .map((halt) => ({ ...halt, symbol: newIndex[halt.symbol] as number })),
      origin: {
        ...header.origin,
        description: `${header.origin.description} ${describeCut(options, kept.length)}`,
        edited: true,
      },
    },
    async (writer) => {
      const { tick } = source;
      const append = (): void => {
        tick.symbol = newIndex[tick.symbol] as number;
        writer.append(tick);
      };
      append();
      await forEachTick(source, options, append);
    },
  );
}

function touchedHalts(halts: readonly TapeHalt[], part: TapePart): readonly TapeHalt[] {
  const { fromUs = 0, toUs = Number.POSITIVE_INFINITY } = part;
  return halts.filter(({ haltUs, resumeUs = Number.POSITIVE_INFINITY }) => haltUs < toUs && resumeUs > fromUs);
}

function describeCut({ fromUs, toUs, symbols }: TapePart, count: number): string {
  const from = fromUs === undefined ? '' : ` from ${isoTime(fromUs)}`;
  const to = toUs === undefined ? '' : ` to ${isoTime(toUs)}`;
  return `Cut${from}${to}${symbols === undefined ? '' : `, ${count} symbol${count === 1 ? '' : 's'}`}.`;
}
