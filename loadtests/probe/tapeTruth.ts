import type { Instrument, Tick } from '../../market/types.ts';
import type { GoesOn } from '../../protocol/generatorPlan.ts';
import type { Schedule } from '../../protocol/run.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';
import type { TickerFields } from '../session/dialect.ts';

/** Value of `TickKind.TRADE`: types alone of the core may be imported here. */
const TRADE: Tick['kind'] = 0;
const FIELDS = ['last', 'lastSize', 'bid', 'ask', 'bidSize', 'askSize'] as const;
type Field = (typeof FIELDS)[number];
const PRICES: ReadonlySet<Field> = new Set<Field>(['last', 'bid', 'ask']);
const NUMBERS_PER_EVENT = 1 + FIELDS.length;

/** What a symbol's ticker must say after each of its events: `[eventTimeUs, last, lastSize, bid, ...]` by turns, in ticks and lots, -1 where nothing is known. */
interface SymbolTruth {
  readonly priceScale: number;
  readonly quantityScale: number;
  readonly numbers: number[];
  /** The symbol's number before the first of them, and what its ticker showed. */
  readonly numberBefore: number;
  readonly shownBefore: readonly number[];
}

/** What the tape says that ticker frames must say: event `seq` of a symbol is its `seq`-th event in the part played, counted from 1. */
export class TapeTruth {
  readonly #bySymbol = new Map<string, SymbolTruth>();

  /** Reads the part of the tape that the schedule plays, for these symbols; `goesOn` tells what was before. @throws TapeError when a block is altered */
  constructor(reader: TapeReader, schedule: Schedule, symbols: Iterable<string>, goesOn?: GoesOn) {
    const wanted = new Set(symbols);
    const before = new Map(goesOn?.symbols.map((standing) => [standing.symbol, standing]));
    const shiftUs = goesOn?.shiftUs ?? 0;
    const byIndex = new Map<number, SymbolTruth>();
    for (const instrument of reader.header.instruments) {
      if (!wanted.has(instrument.symbol)) continue;
      const truth = emptyTruth(instrument, before.get(instrument.symbol));
      byIndex.set(instrument.index, truth);
      this.#bySymbol.set(instrument.symbol, truth);
    }
    const cursor = reader.cursor(schedule.fromEventUs - shiftUs);
    while (cursor.peekTimeUs() + shiftUs < schedule.toEventUs && cursor.next()) {
      const truth = byIndex.get(cursor.tick.symbol);
      if (truth !== undefined) append(truth, cursor.tick, shiftUs);
    }
  }

  /** What a ticker frame says wrong, in words; '' when it is what the tape says. */
  inspect(fields: TickerFields, data: unknown): string {
    const truth = this.#bySymbol.get(fields.symbol);
    if (truth === undefined) return 'the tape has no such symbol';
    const at = (fields.seq - 1 - truth.numberBefore) * NUMBERS_PER_EVENT;
    const eventTimeUs = truth.numbers[at];
    if (at < 0) return `its number ${fields.seq} was spent before the part played`;
    if (eventTimeUs === undefined) return `the part played has ${truth.numbers.length / NUMBERS_PER_EVENT} events`;
    if (eventTimeUs !== fields.eventTimeUs) return `eventTimeUs ${fields.eventTimeUs}, the tape says ${eventTimeUs}`;
    if (typeof data !== 'object' || data === null) return 'no data';
    for (const [place, field] of FIELDS.entries()) {
      const said: unknown = Reflect.get(data, field);
      const scale = PRICES.has(field) ? truth.priceScale : truth.quantityScale;
      const must = truth.numbers[at + 1 + place] as number;
      if (!isSame(said, must, scale))
        return `${field} ${JSON.stringify(said)}, the tape says ${must < 0 ? null : must / scale}`;
    }
    return '';
  }
}

function emptyTruth(instrument: Instrument, before: GoesOn['symbols'][number] | undefined): SymbolTruth {
  return {
    priceScale: 10 ** instrument.priceDecimals,
    quantityScale: 10 ** instrument.quantityDecimals,
    numbers: [],
    numberBefore: before?.number ?? 0,
    shownBefore: before?.shown ?? [],
  };
}

function append(truth: SymbolTruth, tick: Tick, shiftUs: number): void {
  const { numbers, shownBefore } = truth;
  const before = numbers.length - NUMBERS_PER_EVENT;
  const kept = (place: number): number =>
    before < 0 ? (shownBefore[place - 1] ?? -1) : (numbers[before + place] as number);
  const timeUs = tick.eventTimeUs + shiftUs;
  if (tick.kind === TRADE) numbers.push(timeUs, tick.price, tick.size, kept(3), kept(4), kept(5), kept(6));
  else numbers.push(timeUs, kept(1), kept(2), tick.bid, tick.ask, tick.bidSize, tick.askSize);
}

/** Whether a number on the wire is a whole number of ticks or lots; null stands for what isn't known. */
function isSame(said: unknown, must: number, scale: number): boolean {
  if (must < 0) return said === null;
  return typeof said === 'number' && Math.abs(said * scale - must) < 1e-3;
}
