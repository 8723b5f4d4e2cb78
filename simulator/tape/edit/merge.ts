import type { Instrument, Tick } from '../../../market/types.ts';
import { decimalText } from '../../../protocol/codecs/json.ts';
import { MAX_SIZE_LOTS } from '../block.ts';
import { isoTime } from '../time.ts';
import {
  type TapeCursor,
  TapeError,
  type TapeHalt,
  type TapeHeader,
  type TapeOrigin,
  type TapeReader,
  type TapeWork,
} from '../types.ts';
import { forEachTick, writeWhole } from '../work.ts';

const MAX_SYMBOLS = 32_768;

/** What becomes of one tape's symbols in the merged one, by its own index. */
interface Mapping {
  readonly symbol: Uint16Array;
  /** Factors from its ticks and lots to the merged ones. */
  readonly price: Float64Array;
  readonly size: Float64Array;
}

/**
 * Writes the events of several tapes as one tape, in time order; those of one instant in the order of the tapes. Symbols are
 * joined by name, in the order in which they first appear; where their decimals differ the finer ones are taken. The session is
 * that of the tape which opens first. Nothing is taken for a repetition: what two tapes hold is there twice.
 *
 * @throws TapeError when a price or size does not fit into the finer decimals, or there are too many symbols
 */
export async function mergeTapes(
  tapes: readonly TapeReader[],
  options: TapeWork & { readonly path: string },
): Promise<TapeHeader> {
  const first = [...tapes].sort((a, b) => a.header.sessionOpenUs - b.header.sessionOpenUs)[0];
  if (first === undefined) throw new RangeError('there is no tape to merge');
  const { name, seed, sessionDate, sessionOpenUs, sessionCloseUs } = first.header;
  const instruments = joinInstruments(tapes);
  const mappings = tapes.map((tape) => mapSymbols(tape, instruments));
  const merged = new MergedCursor(tapes, mappings);
  return writeWhole(
    {
      path: options.path,
      ...{ name, seed, sessionDate, sessionOpenUs, sessionCloseUs, instruments },
      halts: joinHalts(tapes, mappings),
      origin: joinOrigins(tapes.map((tape) => tape.header.origin)),
    },
    async (writer) => {
      await forEachTick(merged, options, () => writer.append(merged.tick));
    },
  );
}

/** Goes through the events of all tapes in time order. Every `next` asks each tape for its time: tapes are few. */
class MergedCursor {
  /** That of the tape which has its turn, in the merged table's symbols, ticks and lots. */
  tick: Tick;
  readonly #tapes: readonly TapeReader[];
  readonly #cursors: readonly TapeCursor[];
  readonly #mappings: readonly Mapping[];

  constructor(tapes: readonly TapeReader[], mappings: readonly Mapping[]) {
    this.#tapes = tapes;
    this.#mappings = mappings;
    this.#cursors = tapes.map((tape) => tape.cursor());
    this.tick = (this.#cursors[0] as TapeCursor).tick;
  }

  next(): boolean {
    const cursors = this.#cursors;
    let turn = 0;
    let earliestUs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < cursors.length; at++) {
      const timeUs = (cursors[at] as TapeCursor).peekTimeUs();
      if (timeUs >= earliestUs) continue;
      earliestUs = timeUs;
      turn = at;
    }
    const cursor = cursors[turn] as TapeCursor;
    if (!cursor.next()) return false;
    this.tick = cursor.tick;
    this.#translate(cursor.tick, turn);
    return true;
  }

  #translate(tick: Tick, turn: number): void {
    const mapping = this.#mappings[turn] as Mapping;
    const own = tick.symbol;
    tick.symbol = mapping.symbol[own] as number;
    const price = mapping.price[own] as number;
    const size = mapping.size[own] as number;
    if (price === 1 && size === 1) return;
    const instrument = (this.#tapes[turn] as TapeReader).header.instruments[own] as Instrument;
    const place = { tape: this.#tapes[turn] as TapeReader, instrument, timeUs: tick.eventTimeUs };
    tick.price = scalePrice(tick.price, price, place);
    tick.bid = scalePrice(tick.bid, price, place);
    tick.ask = scalePrice(tick.ask, price, place);
    tick.size = scaleSize(tick.size, size, place);
    tick.bidSize = scaleSize(tick.bidSize, size, place);
    tick.askSize = scaleSize(tick.askSize, size, place);
  }
}

interface Place {
  readonly tape: TapeReader;
  readonly instrument: Instrument;
  readonly timeUs: number;
}

function scalePrice(ticks: number, factor: number, place: Place): number {
  const scaled = ticks * factor;
  if (scaled === (scaled | 0)) return scaled;
  throw tooFine(`price ${decimalText(ticks, place.instrument.priceDecimals)}`, place);
}

function scaleSize(lots: number, factor: number, place: Place): number {
  const scaled = lots * factor;
  if (scaled <= MAX_SIZE_LOTS) return scaled;
  throw tooFine(`size ${decimalText(lots, place.instrument.quantityDecimals)}`, place);
}

function tooFine(what: string, { tape, instrument, timeUs }: Place): TapeError {
  return new TapeError(
    `tape ${tape.path}: ${instrument.symbol}'s ${what} at ${isoTime(timeUs)} does not fit into the finer decimals that another of the tapes has for it; leave it out with "tapedeck tape cut --symbols"`,
  );
}

function joinInstruments(tapes: readonly TapeReader[]): readonly Instrument[] {
  const joined = new Map<string, Instrument>();
  for (const tape of tapes) {
    for (const instrument of tape.header.instruments) {
      const known = joined.get(instrument.symbol);
      joined.set(
        instrument.symbol,
        known === undefined ? { ...instrument, index: joined.size } : finer({ known, instrument, tape }),
      );
    }
  }
  if (joined.size <= MAX_SYMBOLS) return [...joined.values()];
  throw new TapeError(
    `the tapes have ${joined.size} symbols together, a tape holds at most ${MAX_SYMBOLS}; cut them first`,
  );
}

function finer(both: {
  readonly known: Instrument;
  readonly instrument: Instrument;
  readonly tape: TapeReader;
}): Instrument {
  const { known, instrument, tape } = both;
  const priceDecimals = Math.max(known.priceDecimals, instrument.priceDecimals);
  const close = known.previousClose === 0 ? instrument : known;
  const previousClose = close.previousClose * 10 ** (priceDecimals - close.priceDecimals);
  if (!Number.isSafeInteger(previousClose)) {
    throw new TapeError(
      `tape ${tape.path}: ${known.symbol}'s previous close does not fit into ${priceDecimals} decimals; leave it out with "tapedeck tape cut --symbols"`,
    );
  }
  return {
    ...known,
    priceDecimals,
    quantityDecimals: Math.max(known.quantityDecimals, instrument.quantityDecimals),
    previousClose,
  };
}

function mapSymbols(tape: TapeReader, joined: readonly Instrument[]): Mapping {
  const own = tape.header.instruments;
  const byName = new Map(joined.map((instrument) => [instrument.symbol, instrument]));
  const mapping = {
    symbol: new Uint16Array(own.length),
    price: new Float64Array(own.length),
    size: new Float64Array(own.length),
  };
  for (const { symbol, index, priceDecimals, quantityDecimals } of own) {
    const target = byName.get(symbol) as Instrument;
    mapping.symbol[index] = target.index;
    mapping.price[index] = 10 ** (target.priceDecimals - priceDecimals);
    mapping.size[index] = 10 ** (target.quantityDecimals - quantityDecimals);
  }
  return mapping;
}

/** All halts; those of one symbol that overlap become one, with the first one's reason. */
function joinHalts(tapes: readonly TapeReader[], mappings: readonly Mapping[]): readonly TapeHalt[] {
  const all = tapes.flatMap((tape, at) =>
    (tape.header.halts ?? []).map((halt) => ({ ...halt, symbol: mappings[at]?.symbol[halt.symbol] as number })),
  );
  const joined: TapeHalt[] = [];
  const lastOf = new Map<number, number>();
  for (const halt of all.sort((a, b) => a.haltUs - b.haltUs)) {
    const at = lastOf.get(halt.symbol);
    const last = at === undefined ? undefined : joined[at];
    if (at === undefined || last === undefined || halt.haltUs >= endOf(last)) {
      lastOf.set(halt.symbol, joined.push(halt) - 1);
    } else if (endOf(halt) > endOf(last)) {
      const { resumeUs: _, ...begun } = last;
      joined[at] = halt.resumeUs === undefined ? begun : { ...begun, resumeUs: halt.resumeUs };
    }
  }
  return joined;
}

function endOf({ resumeUs = Number.POSITIVE_INFINITY }: TapeHalt): number {
  return resumeUs;
}

function joinOrigins(origins: readonly TapeOrigin[]): TapeOrigin {
  const descriptions = [...new Set(origins.map(({ description }) => description))];
  const sources = new Map(
    origins.flatMap((origin) => origin.sources.map((source) => [JSON.stringify(source), source])),
  );
  return {
    // Prices of which some are made up are not to be taken for real ones.
    kind: origins.every(({ kind }) => kind === 'recorded') ? 'recorded' : 'derived',
    description: `Merged from ${origins.length} tapes. ${descriptions.join(' ')}`,
    sources: [...sources.values()],
    edited: true,
  };
}
