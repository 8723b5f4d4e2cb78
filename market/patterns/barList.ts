import type { OpenBar, PatternBars } from './types.ts';

/** Bars in a plain list, oldest first, shown up to `end`: for tests and for measuring, where no window is at hand. */
export class BarList implements PatternBars {
  readonly list: readonly OpenBar[];
  /** Bars that have closed so far; back 0 is the last of them. */
  end = 0;

  constructor(list: readonly OpenBar[]) {
    this.list = list;
  }

  get length(): number {
    return this.end;
  }

  open(back: number): number {
    return this.#bar(back).open;
  }

  high(back: number): number {
    return this.#bar(back).high;
  }

  low(back: number): number {
    return this.#bar(back).low;
  }

  close(back: number): number {
    return this.#bar(back).close;
  }

  volume(back: number): number {
    return this.#bar(back).volume;
  }

  startUs(back: number): number {
    return this.#bar(back).startUs;
  }

  /** @throws RangeError for a bar that isn't there: no detector may ask for one */
  #bar(back: number): OpenBar {
    const bar = this.list[this.end - 1 - back];
    if (bar === undefined || back < 0) throw new RangeError(`no bar ${back} back of ${this.end}`);
    return bar;
  }
}
