/** A polled price may be older than its interval by the time that a poll takes, ms. */
const POLL_SLACK_MS = 1_000;

/** Who gives data now. */
export interface Vouching {
  readonly kind: 'stream' | 'poll';
  /** The first so many symbols are covered. */
  readonly covered: number;
  /** How often a symbol is polled, ms. */
  readonly intervalMs: number;
}

/**
 * Knows of each symbol who stands for its price. A stream does from the symbol's first trade in its session on, since what was
 * before that may have changed while nobody looked, for as long as the session lasts. A poll does until the next one is overdue.
 */
export class Freshness {
  /** When each price was last known to hold, µs since the epoch. */
  readonly #heldUs: Float64Array;
  /** In which session. */
  readonly #session: Uint32Array;
  #current = 0;
  #vouching: Vouching | undefined = undefined;

  /** @param nowUs when watching begins, µs since the epoch: prices from before are at least that old */
  constructor(symbols: number, nowUs: number) {
    this.#heldUs = new Float64Array(symbols).fill(nowUs);
    this.#session = new Uint32Array(symbols);
  }

  /** Somebody gives data from now on. */
  begin(vouching: Vouching): void {
    this.#current++;
    this.#vouching = vouching;
  }

  /** What it covers has changed. */
  change(vouching: Vouching): void {
    this.#vouching = vouching;
  }

  /** Nobody does any more, since `lastUs`, when data came last. */
  end(lastUs: number): void {
    if (this.#vouching?.kind === 'stream') {
      for (let symbol = 0; symbol < this.#session.length; symbol++) {
        const isHeld = this.#session[symbol] === this.#current;
        if (isHeld && lastUs > (this.#heldUs[symbol] as number)) this.#heldUs[symbol] = lastUs;
      }
    }
    this.#vouching = undefined;
  }

  /** The symbol's price holds now. Allocates nothing. */
  hold(symbol: number, nowUs: number): void {
    this.#heldUs[symbol] = nowUs;
    this.#session[symbol] = this.#current;
  }

  /** The age of a price that nobody stands for, ms; undefined while it is fresh. */
  staleMs(symbol: number, nowUs: number): number | undefined {
    const ageMs = Math.max(0, Math.floor((nowUs - (this.#heldUs[symbol] as number)) / 1000));
    const vouching = this.#vouching;
    if (vouching === undefined || symbol >= vouching.covered) return ageMs;
    if (vouching.kind === 'stream') return this.#session[symbol] === this.#current ? undefined : ageMs;
    return ageMs <= vouching.intervalMs + POLL_SLACK_MS ? undefined : ageMs;
  }
}
