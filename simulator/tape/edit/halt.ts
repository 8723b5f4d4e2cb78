import { isoTime } from '../time.ts';
import type { TapeHalt, TapeHeader, TapeReader, TapeWork } from '../types.ts';
import { forEachTick, writeWhole } from '../work.ts';

/**
 * Writes a tape on which one more symbol is halted for a while; its events stay as they are.
 *
 * @throws RangeError when the tape lacks the symbol, or has it halted already at that time
 */
export async function haltOnTape(
  tape: TapeReader,
  options: TapeWork & { readonly path: string; readonly halt: Omit<TapeHalt, 'symbol'> & { readonly symbol: string } },
): Promise<TapeHeader> {
  const { header } = tape;
  const { name, seed, sessionDate, sessionOpenUs, sessionCloseUs, instruments } = header;
  const { symbol: ticker, ...rest } = options.halt;
  const symbol = instruments.find((instrument) => instrument.symbol === ticker)?.index;
  if (symbol === undefined) throw new RangeError(`tape ${tape.path}: has no symbol "${ticker}"`);
  const known = header.halts ?? [];
  const { haltUs, resumeUs = Number.POSITIVE_INFINITY } = rest;
  if (resumeUs <= haltUs) throw new RangeError(`tape ${tape.path}: the halt ends before it begins`);
  const other = known.find(
    (halt) => halt.symbol === symbol && halt.haltUs < resumeUs && haltUs < (halt.resumeUs ?? Number.POSITIVE_INFINITY),
  );
  if (other !== undefined) {
    const end = other.resumeUs === undefined ? 'on' : `to ${isoTime(other.resumeUs)}`;
    throw new RangeError(`tape ${tape.path}: ${ticker} is halted already from ${isoTime(other.haltUs)} ${end}`);
  }
  const halts = [...known, { ...rest, symbol }].sort((a, b) => a.haltUs - b.haltUs);
  const until = rest.resumeUs === undefined ? 'on' : `to ${isoTime(rest.resumeUs)}`;
  const source = tape.cursor();
  return writeWhole(
    {
      path: options.path,
      ...{ name, seed, sessionDate, sessionOpenUs, sessionCloseUs, instruments, halts },
      origin: {
        ...header.origin,
        description: `${header.origin.description} ${ticker} is made to halt from ${isoTime(rest.haltUs)} ${until}.`,
        edited: true,
      },
    },
    async (writer) => {
      await forEachTick(source, options, () => writer.append(source.tick));
    },
  );
}
