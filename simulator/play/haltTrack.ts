import type { TapeHalt } from '../tape/types.ts';
import type { HaltChange } from './types.ts';

/** Takes a halt or its end; `atUs` is when it is, µs of event time. */
export type TellHalt = (change: HaltChange, atUs: number) => void;

/** Tells the halts of a tape in their order, from any place of it. */
export class HaltTrack {
  readonly #halts: readonly TapeHalt[];
  readonly #changes: readonly (HaltChange & { readonly atUs: number })[];
  #at = 0;

  /** @param halts those of one symbol apart from each other */
  constructor(halts: readonly TapeHalt[]) {
    this.#halts = halts;
    this.#changes = halts
      .flatMap(({ symbol, haltUs, resumeUs, reason }) => [
        { symbol, isHalted: true, reason, atUs: haltUs },
        ...(resumeUs === undefined ? [] : [{ symbol, isHalted: false, reason, atUs: resumeUs }]),
      ])
      .sort((one, other) => one.atUs - other.atUs);
  }

  /** When the next change is, µs of event time; Infinity when there is none. */
  get nextUs(): number {
    return this.#changes[this.#at]?.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Begins at a place: tells which symbols are halted there. */
  begin(eventTimeUs: number, tell: TellHalt): void {
    for (const { symbol, haltUs, resumeUs, reason } of this.#halts) {
      const holds = haltUs < eventTimeUs && (resumeUs === undefined || resumeUs > eventTimeUs);
      if (holds) tell({ symbol, isHalted: true, reason }, haltUs);
    }
    const next = this.#changes.findIndex(({ atUs }) => atUs >= eventTimeUs);
    this.#at = next < 0 ? this.#changes.length : next;
  }

  /** Tells what changes up to an event, that instant included. */
  advance(eventTimeUs: number, tell: TellHalt): void {
    for (let change = this.#changes[this.#at]; change !== undefined && change.atUs <= eventTimeUs; ) {
      this.#at++;
      tell(change, change.atUs);
      change = this.#changes[this.#at];
    }
  }
}
