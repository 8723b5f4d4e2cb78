import type { Instrument } from '../../market/types.ts';
import type { Schedule } from '../../protocol/run.ts';
import type { Fault, FaultSymbols } from '../../protocol/schemas/faults.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { ScenarioError } from '../scenario.ts';
import { dayOfTape, momentUs } from '../scenarioTimes.ts';
import type { TapeHeader } from '../tape/types.ts';
import { mix } from './draw.ts';

/** A scenario as far as its faults go. */
export interface FaultScenario extends Pick<Scenario, 'name' | 'seed' | 'faults'> {
  readonly tape: Pick<Scenario['tape'], 'speed' | 'date'>;
}

/** What faults are worked out from. */
export interface FaultOptions {
  readonly scenario: FaultScenario;
  /** The tape that is played. */
  readonly header: Pick<TapeHeader, 'instruments' | 'sessionDate' | 'sessionOpenUs' | 'sessionCloseUs'>;
  /** When events are due; a function for one that changes, as a player's does by a pause or a seek. */
  readonly schedule: Schedule | (() => Schedule);
  /** What `at` counts its seconds from, µs of event time; default: where the schedule begins. */
  readonly originUs?: number | undefined;
  /** Default: the scenario's. */
  readonly seed?: number | undefined;
}

/** A fault with its window in the market's time. */
export interface FaultWindow {
  readonly index: number;
  readonly fault: Fault;
  /** Mixes the seed and the fault's place: what every draw for it begins with. */
  readonly key: number;
  /** From here on, µs of event time; Infinity while a condition hasn't come true. */
  startUs: number;
  /** The first instant after it; Infinity when it lasts to the end. */
  endUs: number;
  readonly lengthUs: number;
  readonly condition: WatchedCondition | undefined;
  /** By symbol, 1 for those that it is about; undefined for all. */
  readonly mask: Uint8Array | undefined;
}

/** What a condition waits for, in the market's own units. */
export type WatchedCondition =
  | { readonly kind: 'events'; readonly events: number }
  | { readonly kind: 'below'; readonly symbol: number; readonly price: number }
  | { readonly kind: 'above'; readonly symbol: number; readonly price: number }
  | { readonly kind: 'fallsBy'; readonly symbol: number; readonly share: number };

/**
 * The faults of a scenario over a tape: windows in the market's time, so that they cover the same events at every speed.
 * Seconds of the scenario are those of a run at its own `tape.speed`.
 */
export class FaultPlan {
  readonly windows: readonly FaultWindow[];
  /** µs of the market in a µs of the scenario. */
  readonly marketPerScenario: number;
  readonly #schedule: () => Schedule;

  /** @throws ScenarioError when a fault names a symbol that the tape lacks */
  constructor({ scenario, header, schedule, originUs, seed = scenario.seed }: FaultOptions) {
    this.#schedule = typeof schedule === 'function' ? schedule : () => schedule;
    this.marketPerScenario = scenario.tape.speed;
    const fromUs = originUs ?? this.#schedule().fromEventUs;
    const day = dayOfTape(header, scenario.tape.date);
    this.windows = (scenario.faults ?? []).map((fault, index): FaultWindow => {
      const place = `scenario ${scenario.name}: faults.${index}`;
      const key = mix(seed, index);
      const { at = 0 } = fault;
      const atUs = typeof at === 'number' ? fromUs + Math.round(at * 1e6 * scenario.tape.speed) : momentUs(at, day);
      const forS = 'forS' in fault ? fault.forS : undefined;
      const lengthUs = forS === undefined ? Number.POSITIVE_INFINITY : Math.round(forS * 1e6 * scenario.tape.speed);
      const condition = conditionOf(fault, header.instruments, place);
      const startUs = condition === undefined ? atUs : Number.POSITIVE_INFINITY;
      const symbols = 'symbols' in fault ? fault.symbols : undefined;
      const mask = symbols === undefined ? undefined : maskOf({ symbols, instruments: header.instruments, key, place });
      return { index, fault, key, startUs, endUs: startUs + lengthUs, lengthUs, condition, mask };
    });
  }

  get schedule(): Schedule {
    return this.#schedule();
  }

  /** Whether the replay is as fast as possible: there are no due times then. */
  get isUnpaced(): boolean {
    return this.#schedule().speed === Number.POSITIVE_INFINITY;
  }

  /** When an instant of the market is due, whole µs since the epoch. Played as fast as possible: as at the scenario's own speed. */
  dueUs(eventUs: number): number {
    const { startUs, fromEventUs, speed } = this.#schedule();
    return Math.round(
      startUs + (eventUs - fromEventUs) / (speed === Number.POSITIVE_INFINITY ? this.marketPerScenario : speed),
    );
  }

  /** A condition has come true at an event: its fault begins with the next one. */
  begin(window: FaultWindow, eventUs: number): void {
    window.startUs = eventUs;
    window.endUs = eventUs + window.lengthUs;
  }

  /** Conditions that came true after a place in the tape wait again. */
  rewind(toEventUs: number): void {
    for (const window of this.windows) {
      if (window.condition === undefined || window.startUs < toEventUs) continue;
      window.startUs = Number.POSITIVE_INFINITY;
      window.endUs = Number.POSITIVE_INFINITY;
    }
  }
}

function conditionOf({ when }: Fault, instruments: readonly Instrument[], place: string): WatchedCondition | undefined {
  if (when === undefined) return undefined;
  if ('events' in when) return { kind: 'events', events: when.events };
  const instrument = find(instruments, when.symbol, `${place}.when`);
  const symbol = instrument.index;
  if ('fallsBy' in when) return { kind: 'fallsBy', symbol, share: when.fallsBy };
  const scale = 10 ** instrument.priceDecimals;
  return 'below' in when
    ? { kind: 'below', symbol, price: Number(when.below) * scale }
    : { kind: 'above', symbol, price: Number(when.above) * scale };
}

function maskOf(options: {
  readonly symbols: FaultSymbols;
  readonly instruments: readonly Instrument[];
  readonly key: number;
  readonly place: string;
}): Uint8Array {
  const { symbols, instruments, key, place } = options;
  const mask = new Uint8Array(instruments.length);
  if ('share' in symbols) {
    // The same symbols in any table: drawn by name, the lowest draws taken.
    const drawn = instruments.map(({ symbol, index }) => ({ index, draw: mix(key, hashOf(symbol)) >>> 0 }));
    drawn.sort((one, other) => one.draw - other.draw || one.index - other.index);
    const count = Math.max(1, Math.round(symbols.share * instruments.length));
    for (const { index } of drawn.slice(0, count)) mask[index] = 1;
  } else {
    for (const name of symbols) mask[find(instruments, name, `${place}.symbols`).index] = 1;
  }
  return mask;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = mix(hash, text.charCodeAt(at));
  return hash >>> 0;
}

function find(instruments: readonly Instrument[], symbol: string, place: string): Instrument {
  const found = instruments.find((instrument) => instrument.symbol === symbol);
  if (found === undefined) {
    const known = instruments.slice(0, 5).map((instrument) => instrument.symbol);
    const more = instruments.length > known.length ? `, ... (${instruments.length} in all)` : '';
    throw new ScenarioError('invalid', `${place}: the tape has no ${symbol}; it has ${known.join(', ')}${more}`);
  }
  return found;
}
