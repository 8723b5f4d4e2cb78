import type { TapeHalt, TapeHeader, TapeReader, TapeWork } from '../types.ts';
import { forEachTick, writeWhole } from '../work.ts';

/**
 * Writes a tape whose time passes `factor` times as fast: each event's distance from the session's open is divided by it.
 * The open stays, the close and the halts move with the events.
 *
 * @throws RangeError when events of a slowed-down tape would lie before 1970
 */
export async function speedTape(
  tape: TapeReader,
  options: TapeWork & { readonly path: string; readonly factor: number },
): Promise<TapeHeader> {
  const { header } = tape;
  const { factor } = options;
  const { sessionOpenUs: openUs, name, seed, sessionDate, instruments, halts = [] } = header;
  const moved = (timeUs: number): number => openUs + Math.round((timeUs - openUs) / factor);
  if (moved(header.firstEventUs) < 0) {
    throw new RangeError(`tape ${tape.path}: at a factor of ${factor} its first event would lie before 1970`);
  }
  const source = tape.cursor();
  return writeWhole(
    {
      path: options.path,
      ...{ name, seed, sessionDate, instruments },
      sessionOpenUs: openUs,
      sessionCloseUs: moved(header.sessionCloseUs),
      halts: halts.map((halt) => moveHalt(halt, moved)).filter(lasts),
      origin: {
        ...header.origin,
        description: `${header.origin.description} Times are rewritten: counted from the session's open they pass ${factor} times as fast.`,
        edited: true,
      },
    },
    async (writer) => {
      const { tick } = source;
      await forEachTick(source, options, () => {
        tick.eventTimeUs = moved(tick.eventTimeUs);
        writer.append(tick);
      });
    },
  );
}

function moveHalt(halt: TapeHalt, moved: (timeUs: number) => number): TapeHalt {
  const haltUs = moved(halt.haltUs);
  return halt.resumeUs === undefined ? { ...halt, haltUs } : { ...halt, haltUs, resumeUs: moved(halt.resumeUs) };
}

/** A halt of less than a µs is none. */
function lasts({ haltUs, resumeUs = Number.POSITIVE_INFINITY }: TapeHalt): boolean {
  return resumeUs > haltUs;
}
