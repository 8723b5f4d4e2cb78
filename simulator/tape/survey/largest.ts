/** Keeps the few largest of many. */
export class Largest<Item> {
  readonly #limit: number;
  readonly #kept: { readonly size: number; readonly item: Item }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether an item of this size would be kept; asked first, so that none is made in vain. */
  accepts(size: number): boolean {
    const least = this.#kept.at(-1);
    return least === undefined || this.#kept.length < this.#limit || size > least.size;
  }

  add(size: number, item: Item): void {
    if (!this.accepts(size)) return;
    this.#kept.push({ size, item });
    this.#kept.sort((a, b) => b.size - a.size);
    if (this.#kept.length > this.#limit) this.#kept.pop();
  }

  /** The largest first. */
  get items(): Item[] {
    return this.#kept.map(({ item }) => item);
  }
}
