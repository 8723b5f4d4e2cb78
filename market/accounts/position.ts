import { divideHalfEven, mulDiv } from './money.ts';

/** How the cost of what is sold is found: the average of all, or that of the oldest. */
export type CostBasis = 'average' | 'fifo';

/** What was bought, or sold short, at one time: lots and cash units, both with the position's sign. */
export interface Lot {
  quantity: number;
  cost: number;
}

/** A position as it is saved. `lots` is empty by average cost. */
export interface PositionState {
  readonly symbol: number;
  readonly quantity: number;
  readonly cost: number;
  readonly realizedPnl: number;
  readonly lots: readonly Readonly<Lot>[];
}

/** What an account holds of one symbol. Total costs are kept, never an average, so nothing is rounded before it is realised. */
export class Position {
  readonly symbol: number;
  /** Lots, negative when short. */
  quantity = 0;
  /** Cost of the open quantity in cash units, signed like the quantity. */
  cost = 0;
  realizedPnl = 0;
  /** By FIFO the open quantity in parts, oldest first; undefined by average cost. */
  #lots: Lot[] | undefined;

  constructor(symbol: number, basis: CostBasis) {
    this.symbol = symbol;
    this.#lots = basis === 'fifo' ? [] : undefined;
  }

  /** Adds to the position, or opens it: `quantity` and `cost` have its sign. */
  open(quantity: number, cost: number): void {
    if (quantity === 0) return;
    this.quantity += quantity;
    this.cost += cost;
    this.#lots?.push({ quantity, cost });
  }

  /** Closes `quantity` lots, positive and at most what is open, for `proceeds` cash units: positive when sold, negative when bought back. */
  close(quantity: number, proceeds: number): void {
    const removed =
      this.#lots === undefined ? mulDiv(this.cost, quantity, Math.abs(this.quantity)) : this.#shift(quantity);
    this.quantity -= Math.sign(this.quantity) * quantity;
    this.cost -= removed;
    this.realizedPnl += proceeds - removed;
  }

  /**
   * Turns every `denominator` lots into `numerator`. What isn't a whole lot any more is closed for `paid(rest)` cash
   * units, `rest` in `numerator`-ths of an old lot, signed like the position; it takes along its share of the cost, by average of
   * the whole, by FIFO of the newest lot.
   *
   * @returns the cash that this brings, negative for a short
   */
  split(ratio: { readonly numerator: number; readonly denominator: number }, paid: (rest: number) => number): number {
    const { numerator, denominator } = ratio;
    const before = this.quantity;
    if (before === 0) return 0;
    const after = scaled(before, ratio);
    const rest = Number(BigInt(before) * BigInt(numerator) - BigInt(after) * BigInt(denominator));
    const proceeds = rest === 0 ? 0 : paid(rest);
    const lots = this.#lots ?? [{ quantity: before, cost: this.cost }];
    const removed = splitLots(lots, ratio, rest);
    if (this.#lots !== undefined) this.#lots = lots;
    this.quantity = after;
    this.cost -= removed;
    this.realizedPnl += proceeds - removed;
    return proceeds;
  }

  state(): PositionState {
    const { symbol, quantity, cost, realizedPnl } = this;
    return { symbol, quantity, cost, realizedPnl, lots: (this.#lots ?? []).map((lot) => ({ ...lot })) };
  }

  /** Takes on a saved state. */
  restore(state: PositionState): void {
    this.quantity = state.quantity;
    this.cost = state.cost;
    this.realizedPnl = state.realizedPnl;
    if (this.#lots !== undefined) this.#lots = state.lots.map((lot) => ({ ...lot }));
  }

  /** Takes the oldest lots away and returns their cost. */
  #shift(quantity: number): number {
    const lots = this.#lots ?? [];
    let left = quantity;
    let removed = 0;
    let gone = 0;
    for (const lot of lots) {
      const open = Math.abs(lot.quantity);
      if (open > left) {
        const part = left === 0 ? 0 : mulDiv(lot.cost, left, open);
        lot.quantity -= Math.sign(lot.quantity) * left;
        lot.cost -= part;
        removed += part;
        break;
      }
      left -= open;
      removed += lot.cost;
      gone++;
    }
    lots.splice(0, gone);
    return removed;
  }
}

/**
 * Scales lots, oldest first and in place, so that their sum is the scaled position. A lot of which nothing is left goes into the
 * next one, the last ones into the newest, and that gives up the cost of `rest`, in `numerator`-ths of an old lot.
 *
 * @returns the cost given up
 */
function splitLots(
  lots: Lot[],
  ratio: { readonly numerator: number; readonly denominator: number },
  rest: number,
): number {
  const parts: { old: number; quantity: number; cost: number }[] = [];
  let [before, after, old, cost] = [0, 0, 0, 0];
  for (const lot of lots) {
    before += lot.quantity;
    old += lot.quantity;
    cost += lot.cost;
    const next = scaled(before, ratio);
    if (next === after) continue;
    parts.push({ old, quantity: next - after, cost });
    after = next;
    [old, cost] = [0, 0];
  }
  const newest = parts.at(-1);
  let removed = cost;
  if (newest !== undefined) {
    newest.old += old;
    newest.cost += cost;
    const whole = BigInt(newest.old) * BigInt(ratio.numerator);
    removed = Number(divideHalfEven(BigInt(newest.cost) * BigInt(Math.abs(rest)), whole < 0n ? -whole : whole));
    newest.cost -= removed;
  }
  lots.splice(0, lots.length, ...parts.map(({ quantity, cost: paid }) => ({ quantity, cost: paid })));
  return removed;
}

/** `quantity x numerator / denominator`, cut towards zero. */
export function scaled(
  quantity: number,
  { numerator, denominator }: { readonly numerator: number; readonly denominator: number },
): number {
  return Number((BigInt(quantity) * BigInt(numerator)) / BigInt(denominator));
}
