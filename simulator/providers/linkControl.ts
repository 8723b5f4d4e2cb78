import type { LinkFaults, LinkState } from '../faults/types.ts';
import type { Timers } from '../timers.ts';
import type { Relay } from './relay.ts';

/** Conditions begin faults unannounced, and a pause moves those that are announced: so they are looked for this often. */
const LOOK_EVERY_MS = 50;

export interface LinkControlOptions {
  readonly faults: LinkFaults;
  readonly relay: Relay;
  readonly nowUs: () => number;
  readonly timers: Timers;
  /** Ends a share of the open sockets with a close code. */
  readonly end: (share: number, code: number) => void;
  readonly kickSlowest: () => void;
  /** Takes what keeps the provider from coming back. */
  readonly failed: (error: unknown) => void;
}

/** Does to a host's connections what a scenario says, when it says so. */
export class LinkControl {
  readonly #options: LinkControlOptions;
  #state: LinkState | undefined;
  #lookedUs: number;
  #callOff: () => void = () => undefined;

  constructor(options: LinkControlOptions) {
    this.#options = options;
    this.#lookedUs = options.nowUs();
  }

  /** Begins to look. */
  readonly start = (): void => {
    const { faults, nowUs, timers } = this.#options;
    const now = nowUs();
    this.#apply(faults.at(now));
    for (const event of faults.eventsIn(this.#lookedUs, now)) {
      if (event.kind === 'kick_slow') this.#options.kickSlowest();
      else this.#cut(event.share, event.code);
    }
    this.#lookedUs = now;
    const waitMs = Math.ceil((faults.nextChangeUs(now) - now) / 1_000);
    this.#callOff = timers.after(Math.min(LOOK_EVERY_MS, Math.max(1, waitMs)), this.start);
  };

  stop(): void {
    this.#callOff();
  }

  #apply(state: LinkState): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    const { relay, failed } = this.#options;
    if (state.isDown && before?.isDown !== true) relay.goDown();
    if (!state.isDown && before?.isDown === true) relay.restore().catch(failed);
    if (state.isHalfOpen !== (before?.isHalfOpen ?? false)) relay.freeze(state.isHalfOpen);
  }

  #cut(share: number, code: number | undefined): void {
    const { relay, faults } = this.#options;
    if (code === undefined) relay.reset(() => faults.random() < share);
    else this.#options.end(share, code);
  }
}
