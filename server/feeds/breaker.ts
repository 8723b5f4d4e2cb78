/** `closed`: attempts are made; `open`: none are; `half_open`: one is, and decides. */
export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerRules {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open at first, ms; twice as long each time that the attempt after it fails. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

/** Spares a provider that is down, and us the waiting for it. Pure, the time is an argument. */
export class CircuitBreaker {
  readonly #rules: BreakerRules;
  #state: BreakerState = 'closed';
  #failures = 0;
  #timesOpened = 0;
  #retryAtUs = 0;

  constructor(rules: BreakerRules) {
    this.#rules = rules;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** How long no attempt may be made, ms; 0 when one may, which is then under way. */
  attempt(nowUs: number): number {
    if (this.#state !== 'open') return 0;
    if (nowUs < this.#retryAtUs) return Math.ceil((this.#retryAtUs - nowUs) / 1000);
    this.#state = 'half_open';
    return 0;
  }

  /** The attempt has held. */
  succeeded(): void {
    this.#state = 'closed';
    this.#failures = 0;
    this.#timesOpened = 0;
  }

  /** The attempt failed, or what it made has broken. */
  failed(nowUs: number): void {
    this.#failures++;
    if (this.#state === 'half_open' || this.#failures >= this.#rules.failures) this.trip(nowUs);
  }

  /** Opens it at once, for a failure that another attempt won't mend; for `forMs` at least. */
  trip(nowUs: number, forMs = 0): void {
    const { openMs, maxOpenMs } = this.#rules;
    const waitMs = Math.max(forMs, Math.min(maxOpenMs, openMs * 2 ** Math.min(30, this.#timesOpened)));
    this.#timesOpened++;
    this.#state = 'open';
    this.#retryAtUs = nowUs + waitMs * 1000;
  }
}
