import type { Link } from './link.ts';
import type { FeedPorts } from './provider.ts';
import type { FeedRules } from './rules.ts';

/** Whom a chain tells. */
export interface ChainEvents {
  /** Nobody gives data any more: `link` was in charge. */
  readonly onLost: (link: Link) => void;
  /** `link` is in charge; `before` is who was last, undefined at the start, itself when it has come back. */
  readonly onCharge: (link: Link, before: Link | undefined) => void;
}

/**
 * Providers in the order in which they are wanted: the first that gives data is in charge. When it is lost the next ones are
 * asked too, after a while, or at once when there is no hope; when a better one is back with data it takes over, and those behind it
 * rest once it has held.
 */
export class Chain {
  readonly links: readonly Link[];
  readonly #rules: FeedRules;
  readonly #ports: FeedPorts;
  readonly #events: ChainEvents;
  /** How many links, from the first on, are kept connected. */
  #asked = 0;
  #inCharge: Link | undefined = undefined;
  #last: Link | undefined = undefined;
  #callOffNext: () => void = () => undefined;
  #callOffBack: () => void = () => undefined;
  #callOffRest: () => void = () => undefined;
  #isNextDue = false;
  #isRunning = false;

  constructor(parts: {
    readonly links: readonly Link[];
    readonly rules: FeedRules;
    readonly ports: FeedPorts;
    readonly events: ChainEvents;
  }) {
    this.links = parts.links;
    this.#rules = parts.rules;
    this.#ports = parts.ports;
    this.#events = parts.events;
  }

  /** The link whose data count; undefined while nobody gives any. */
  get inCharge(): Link | undefined {
    return this.#inCharge;
  }

  /** The link that is, or was last, in charge. */
  get last(): Link | undefined {
    return this.#last;
  }

  start(): void {
    this.#isRunning = true;
    this.#askNext();
  }

  stop(): void {
    this.#isRunning = false;
    this.#callOffNext();
    this.#callOffBack();
    this.#callOffRest();
    for (const link of this.links) link.stop();
  }

  /** Whether data of this link count; one before the link in charge takes over with it. */
  admits(link: Link): boolean {
    if (link === this.#inCharge) return true;
    if (!this.#isRunning || !link.isLive) return false;
    const { inCharge } = this;
    if (inCharge !== undefined && this.#placeOf(link) > this.#placeOf(inCharge)) return false;
    this.#charge(link);
    return true;
  }

  /** To be called when a link's state has changed. */
  readonly onChange = (link: Link): void => {
    if (!this.#isRunning) return;
    const { inCharge } = this;
    if (link === inCharge && !link.isLive) {
      this.#inCharge = undefined;
      this.#events.onLost(link);
    }
    if (this.#inCharge === undefined) this.#seek();
    else if (link.isLive && this.#placeOf(link) < this.#placeOf(this.#inCharge)) this.#watchBetter(link);
  };

  /** Finds somebody who gives data, or who may. */
  #seek(): void {
    const live = this.links.find(({ isLive }) => isLive);
    if (live !== undefined) {
      this.#charge(live);
      return;
    }
    const hopeless = this.links.slice(0, this.#asked).every(({ isHopeless }) => isHopeless);
    if (hopeless) this.#askNext();
    else if (!this.#isNextDue) this.#askNextLater();
  }

  #askNextLater(): void {
    if (this.#asked >= this.links.length) return;
    this.#isNextDue = true;
    this.#callOffNext = this.#ports.timers.after(this.#rules.failOverMs, () => {
      this.#isNextDue = false;
      if (this.#inCharge === undefined) this.#askNext();
    });
  }

  #askNext(): void {
    const next = this.links[this.#asked];
    if (next === undefined) return;
    this.#asked++;
    next.start();
    if (this.#isRunning && this.#inCharge === undefined && !this.#isNextDue) this.#askNextLater();
  }

  #charge(link: Link): void {
    this.#callOffNext();
    this.#callOffBack();
    this.#callOffRest();
    this.#isNextDue = false;
    const before = this.#last;
    this.#inCharge = link;
    this.#last = link;
    this.#events.onCharge(link, before);
    // Who took over from one that still gives data may be lost again at once: the other is ready until it has held.
    const isRelief = before !== undefined && before !== link && before.isLive;
    if (isRelief) this.#callOffRest = this.#ports.timers.after(this.#rules.stableMs, () => this.#restBehind(link));
    else this.#restBehind(link);
  }

  #restBehind(link: Link): void {
    this.#asked = this.#placeOf(link) + 1;
    for (const resting of this.links.slice(this.#asked)) resting.stop();
  }

  /** A better link is live: it takes over with its first data ({@link Chain.admits}), or after a while without. */
  #watchBetter(link: Link): void {
    this.#callOffBack();
    const waitMs = Math.max(0, this.#rules.failBackMs - (this.#ports.clock.nowUs() - link.liveUs) / 1000);
    this.#callOffBack = this.#ports.timers.after(waitMs, () => void this.admits(link));
  }

  #placeOf(link: Link): number {
    return this.links.indexOf(link);
  }
}
