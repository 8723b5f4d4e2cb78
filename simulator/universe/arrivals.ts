import { type Random, WeightedIndex } from './random.ts';

/** What is special about an event that was given its time beforehand. */
export const Occasion = {
  PLAIN: 0,
  /** A quote that reaches the day's extreme, and the trade there that follows it at once. */
  HIGH_QUOTE: 1,
  HIGH_TRADE: 2,
  LOW_QUOTE: 3,
  LOW_TRADE: 4,
  CLOSING_QUOTE: 5,
  CLOSING_AUCTION: 6,
} as const;
export type Occasion = (typeof Occasion)[keyof typeof Occasion];

/** An event that a symbol has at a second, or as soon after it as there's room. */
export interface Appointment {
  readonly second: number;
  readonly symbol: number;
  readonly occasion: Occasion;
}

export interface ArrivalOptions {
  /** By symbol; its share of all events is in proportion to it. 0 for one that has appointments only. */
  readonly activities: Float64Array;
  readonly events: number;
  /** Whether every symbol must have its opening and its closing auction. */
  readonly hasAuctions: boolean;
  /** By second, appointments of the same second in the order in which they are kept. */
  readonly appointments: readonly Appointment[];
  readonly random: Random;
}

/** While a burst lasts, this share of its events goes round all symbols. */
const ROUND_SHARE = 0.6;
/** Each symbol's first quote and its opening auction. */
const OPENING_ROUNDS = 2;
/** Each symbol's last quote and its closing auction. */
export const CLOSING_ROUNDS = 2;
/**
 * This share of events was set off by an earlier one of the same symbol (a Hawkes process on the clock of all events), so many
 * events before: Pareto with this index, up to a longest. Hence gaps between a symbol's events have a heavy tail.
 */
const EXCITED_SHARE = 0.35;
const LAG_INDEX = 0.5;
const SHORTEST_LAG = 8;
const LONGEST_LAG = 32_768;
const LAG_DRAWS = 4_096;

/** The fewest events that hold all that must be in a session. */
export function leastEvents(options: { readonly symbols: number; readonly appointments: number }): number {
  return (OPENING_ROUNDS + CLOSING_ROUNDS + 1) * options.symbols + options.appointments;
}

/**
 * Says which symbol the next event belongs to: by activity, or because it was set off by an earlier one, or in turn while a
 * market-wide burst goes round, or by appointment. The last events of the session are the closing auctions.
 */
export class Arrivals {
  readonly #weighted: WeightedIndex;
  readonly #random: Random;
  readonly #order: Uint16Array;
  readonly #appointments: readonly Appointment[];
  readonly #hasAuctions: boolean;
  readonly #past = new Uint16Array(LONGEST_LAG);
  readonly #lags: Uint16Array;
  readonly #closing: number;
  #eventsLeft: number;
  #openingLeft: number;
  #newsLeft = 0;
  #kept = 0;
  #plain = 0;
  #occasion: Occasion = Occasion.PLAIN;

  constructor({ activities, events, hasAuctions, appointments, random }: ArrivalOptions) {
    this.#weighted = new WeightedIndex(activities);
    this.#random = random;
    this.#order = Uint16Array.from(activities.keys()).filter((symbol) => (activities[symbol] as number) > 0);
    this.#appointments = appointments;
    this.#hasAuctions = hasAuctions;
    this.#lags = Uint16Array.from({ length: LAG_DRAWS }, () => drawLag(random));
    this.#closing = hasAuctions ? CLOSING_ROUNDS * this.#order.length : 0;
    this.#eventsLeft = events;
    this.#openingLeft = OPENING_ROUNDS * this.#order.length;
    random.shuffle(this.#order);
  }

  /** What the symbol that {@link Arrivals.next} gave last has to do. */
  get occasion(): Occasion {
    return this.#occasion;
  }

  /** News for all: they come in turn for a while, unless they open or close just now. */
  goRound(): void {
    if (this.#openingLeft > 0 || this.#eventsLeft <= this.#closing) return;
    this.#random.shuffle(this.#order);
    this.#newsLeft = this.#order.length;
  }

  /** The symbol of the next event, which falls into this second. */
  next(second: number): number {
    const left = this.#eventsLeft--;
    this.#occasion = Occasion.PLAIN;
    if (left <= this.#closing) return this.#close(left);
    const isPressed =
      this.#hasAuctions && left - this.#closing <= this.#openingLeft + this.#appointments.length - this.#kept;
    if (this.#openingLeft > 0) {
      if (isPressed || this.#random.unit() < ROUND_SHARE) return this.#inTurn(--this.#openingLeft);
    } else {
      const appointment = this.#appointments[this.#kept];
      if (appointment !== undefined && (isPressed || appointment.second <= second)) {
        this.#kept++;
        this.#occasion = appointment.occasion;
        return appointment.symbol;
      }
      if (this.#newsLeft > 0 && this.#random.unit() < ROUND_SHARE) return this.#inTurn(--this.#newsLeft);
    }
    return this.#byActivity();
  }

  #close(left: number): number {
    if (left === this.#closing) this.#random.shuffle(this.#order);
    const isQuote = left > this.#order.length;
    this.#occasion = isQuote ? Occasion.CLOSING_QUOTE : Occasion.CLOSING_AUCTION;
    return this.#inTurn(left);
  }

  #inTurn(turn: number): number {
    return this.#order[turn % this.#order.length] as number;
  }

  #byActivity(): number {
    const place = this.#plain++;
    const lag = this.#lags[this.#random.uint32() % LAG_DRAWS] as number;
    const symbol =
      lag !== 0 && lag <= place
        ? (this.#past[(place - lag) % LONGEST_LAG] as number)
        : this.#weighted.draw(this.#random);
    this.#past[place % LONGEST_LAG] = symbol;
    return symbol;
  }
}

/** How many events ago the one was that sets off the next; 0 when none does. */
function drawLag(random: Random): number {
  if (random.unit() >= EXCITED_SHARE) return 0;
  const lag = Math.floor(SHORTEST_LAG * (1 - random.unit()) ** (-1 / LAG_INDEX));
  return lag < LONGEST_LAG ? lag : 0;
}
