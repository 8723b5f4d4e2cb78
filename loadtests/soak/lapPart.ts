import type { GoesOn } from '../../protocol/generatorPlan.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import type { TapeHeader } from '../../simulator/tape/types.ts';
import { calendarOf } from '../../simulator/tapeCalendar.ts';
import { type PlayedPart, readPart, TRADE } from '../gate/part.ts';
import type { NaiveBar } from '../oracle/bars.ts';

/** Parts of the day that laps play, in turn. */
export const LAP_KINDS = ['open', 'midday', 'close'] as const;
export type LapKind = (typeof LAP_KINDS)[number];

/** What the tape has in one lap, at the times of the lap's own trading day. */
export interface LapPart {
  readonly kind: LapKind;
  /** Seconds from the open to the part's start, of the market's time. */
  readonly fromS: number;
  readonly part: PlayedPart;
  /** What the server is told of it, but for its start. */
  readonly told: {
    readonly fromUs: number;
    readonly toUs: number;
    readonly shiftUs: number;
    readonly speed: number;
    readonly clockUs?: number;
  };
  readonly goesOn: GoesOn;
}

const DAY_US = 86_400e6;
/** Bars of earlier laps that a pattern may still be made of, at the most. */
const BARS_KEPT = 40;
/** Looking for the next whole trading day goes no further. */
const MAX_DAYS = 400;

/** Hands out lap after lap of a tape, each on the next trading day, and keeps what the server has seen by then. */
export class LapParts {
  readonly header: TapeHeader;
  readonly #tapePath: string;
  readonly #scenario: Scenario;
  /** By symbol index, as {@link GoesOn} has it. */
  readonly #numbers: number[];
  readonly #shown: number[][];
  readonly #bars: NaiveBar[][];
  #openUs: number;
  #closedUs: number | undefined;

  constructor(options: { readonly tapePath: string; readonly scenario: Scenario }) {
    this.#tapePath = options.tapePath;
    this.#scenario = options.scenario;
    const reader = openTape(options.tapePath);
    this.header = reader.header;
    reader.close();
    this.#bars = this.header.instruments.map(() => []);
    this.#numbers = this.header.instruments.map(() => 0);
    this.#shown = this.header.instruments.map(() => [-1, -1, -1, -1, -1, -1]);
    this.#openUs = this.header.sessionOpenUs;
  }

  /** The part of lap `lap` (from 0 on), which takes `lapS` seconds as played. Laps are asked for in order; a new server has seen none. */
  next(lap: number, lapS: number): LapPart {
    const { header } = this;
    const { speed } = this.#scenario.tape;
    const kind = LAP_KINDS[lap % LAP_KINDS.length] as LapKind;
    const lengthUs = Math.round(lapS * speed * 1e6);
    const fromUs = startOf(kind, header, lengthUs);
    const shiftUs = this.#openUs - header.sessionOpenUs;
    const told = { fromUs, toUs: fromUs + lengthUs, shiftUs, speed };
    const clockUs = this.#closedUs;
    const goesOn = { shiftUs, symbols: this.#standing() };
    const part = this.#read(told);
    this.#goOn();
    return {
      kind,
      fromS: (fromUs - header.sessionOpenUs) / 1e6,
      part,
      told: { ...told, ...(clockUs === undefined ? {} : { clockUs }) },
      goesOn,
    };
  }

  #standing(): GoesOn['symbols'] {
    return this.header.instruments.map(({ symbol, index }) => ({
      symbol,
      number: this.#numbers[index] ?? 0,
      shown: [...(this.#shown[index] ?? [])],
    }));
  }

  #read({ fromUs, toUs, shiftUs }: LapPart['told']): PlayedPart {
    const reader = openTape(this.#tapePath);
    const part = readPart(reader, { fromUs, toUs, barsFromUs: fromUs });
    reader.close();
    const bars = part.bars.map((own, symbol) => [
      ...(this.#bars[symbol] ?? []),
      ...own.map((bar) => ({ ...bar, startUs: bar.startUs + shiftUs })),
    ]);
    for (const [symbol, all] of bars.entries()) this.#bars[symbol] = all.slice(-BARS_KEPT);
    for (const tick of part.ticks) {
      this.#numbers[tick.symbol] = (this.#numbers[tick.symbol] ?? 0) + 1;
      const shown = this.#shown[tick.symbol];
      if (shown === undefined) continue;
      if (tick.kind === TRADE) shown.splice(0, 2, tick.price, tick.size);
      else shown.splice(2, 4, tick.bid, tick.ask, tick.bidSize, tick.askSize);
    }
    return {
      ...part,
      fromUs: fromUs + shiftUs,
      toUs: toUs + shiftUs,
      ticks: part.ticks.map((tick) => ({ ...tick, eventTimeUs: tick.eventTimeUs + shiftUs })),
      bars,
    };
  }

  /** To the next day with a whole session; without a calendar, to the next day. */
  #goOn(): void {
    const { header } = this;
    const calendar = calendarOf(header);
    if (calendar === undefined) {
      this.#openUs += DAY_US;
      return;
    }
    const closeUs = calendar.nextCloseUs(this.#openUs) ?? this.#openUs + DAY_US;
    this.#closedUs = calendar.spanAt(closeUs).endUs;
    const lengthUs = header.sessionCloseUs - header.sessionOpenUs;
    let openUs = this.#openUs;
    for (let day = 0; day < MAX_DAYS; day++) {
      const nextUs = calendar.nextOpenUs(openUs);
      if (nextUs === undefined) break;
      openUs = nextUs;
      if ((calendar.nextCloseUs(openUs) ?? 0) - openUs >= lengthUs) {
        this.#openUs = openUs;
        return;
      }
    }
    throw new RangeError(`the calendar of ${header.name} has no whole trading day left for another lap`);
  }
}

/** Where a kind of lap begins, µs of the tape's time. */
function startOf(kind: LapKind, header: TapeHeader, lengthUs: number): number {
  const { sessionOpenUs, sessionCloseUs } = header;
  const middleUs = (sessionOpenUs + sessionCloseUs) / 2;
  const latestUs = Math.max(sessionOpenUs, sessionCloseUs - lengthUs);
  if (kind === 'open') return sessionOpenUs;
  return kind === 'close' ? latestUs : Math.min(latestUs, Math.max(sessionOpenUs, Math.round(middleUs - lengthUs / 2)));
}
