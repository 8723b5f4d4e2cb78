import type { Side, TrailingOffset } from '../types.ts';
import type { Order } from './order.ts';

/** One basis point is this part of the peak. */
const BASIS_POINTS = 10_000;

/**
 * The stop that stays `offset` behind `peak`, in ticks. Offsets in basis points are rounded to a tick away from the
 * market: a sell stop down, a buy stop up. SELL 1000 bp, peak 41,000: 36,900; BUY 500 bp, peak 42,000: 44,100.
 */
export function trailingStop(side: Side, offset: TrailingOffset, peak: number): number {
  const { kind, value } = offset;
  if (side === 'SELL') {
    // A child's offset may leave nothing of a market that has fallen since: then no price reaches its stop.
    return Math.max(0, kind === 'bp' ? Math.floor((peak * (BASIS_POINTS - value)) / BASIS_POINTS) : peak - value);
  }
  return kind === 'bp' ? Math.ceil((peak * (BASIS_POINTS + value)) / BASIS_POINTS) : peak + value;
}

/** Orders of one group with the same peak, and so the same stop. A run that was merged away points to its heir. */
export interface TrailRun {
  readonly group: TrailGroup;
  peak: number;
  stop: number;
  /** Oldest and newest order, undefined when all have left. */
  first: Order | undefined;
  last: Order | undefined;
  /** Neighbours in the group: `older` has the farther peak. */
  older: TrailRun | undefined;
  newer: TrailRun | undefined;
  heir: TrailRun | undefined;
  /** Has ratcheted since it was last told. */
  isUntold: boolean;
}

/** Trailing stops with the same offset. Runs lie from oldest to newest, with peaks ever nearer to the market. */
interface TrailGroup {
  readonly key: number;
  readonly offset: TrailingOffset;
  oldest: TrailRun | undefined;
  newest: TrailRun | undefined;
  at: number;
}

/** The run that an order trails in now; shortens the way for the next one who asks. */
export function rootOf(run: TrailRun): TrailRun {
  let root = run;
  while (root.heir !== undefined) root = root.heir;
  while (run.heir !== undefined && run.heir !== root) {
    const next: TrailRun = run.heir;
    run.heir = root;
    run = next;
  }
  return root;
}

/**
 * The trailing stops of one side on one price stream, grouped by offset. In a group runs are sorted by peak, as a rule by
 * age as well, so they form a stack: a new extreme merges the runs that it overtakes (each order's start is paid
 * once), the stop that triggers first is the oldest run's. Per new extreme: O(distinct offsets).
 */
export class TrailingStops {
  readonly #side: Side;
  /** Makes the favourable direction upwards: 1 for sells, -1 for buys. */
  readonly #sign: 1 | -1;
  readonly #groups: TrailGroup[] = [];
  readonly #byKey = new Map<number, TrailGroup>();
  /** Groups looked at so far, for tests of the cost that is promised. */
  visits = 0;

  constructor(side: Side) {
    this.#side = side;
    this.#sign = side === 'SELL' ? 1 : -1;
  }

  get distinctOffsets(): number {
    return this.#groups.length;
  }

  /** The stop that triggers first; none: 0 for sells, Infinity for buys. */
  nearestStop(): number {
    let nearest = this.#sign === 1 ? 0 : Number.POSITIVE_INFINITY;
    for (const { oldest } of this.#groups) {
      if (oldest !== undefined && oldest.stop * this.#sign > nearest * this.#sign) nearest = oldest.stop;
    }
    return nearest;
  }

  /** The peak that the market overtakes first; none: Infinity for sells, 0 for buys. */
  nearestPeak(): number {
    let nearest = this.#sign === 1 ? Number.POSITIVE_INFINITY : 0;
    for (const { newest } of this.#groups) {
      if (newest !== undefined && newest.peak * this.#sign < nearest * this.#sign) nearest = newest.peak;
    }
    return nearest;
  }

  /** Starts an order's trail at `peak`. Runs stay sorted by peak; a peak at the market is the newest, so it is found at once. */
  add(order: Order, offset: TrailingOffset, peak: number): void {
    const group = this.#groupFor(offset);
    let newer: TrailRun | undefined;
    let run = group.newest;
    while (run !== undefined && run.peak * this.#sign < peak * this.#sign) {
      newer = run;
      run = run.older;
    }
    if (run === undefined || run.peak !== peak) run = this.#insert(group, peak, { older: run, newer });
    order.run = run;
    order.toldStop = run.stop;
    order.trailPrevious = run.last;
    if (run.last === undefined) run.first = order;
    else run.last.trailNext = order;
    run.last = order;
  }

  /** Takes an order out; its stop and peak stay with it. */
  remove(order: Order): void {
    if (order.run === undefined) return;
    const run = rootOf(order.run);
    const { trailPrevious: previous, trailNext: next } = order;
    if (previous === undefined) run.first = next;
    else previous.trailNext = next;
    if (next === undefined) run.last = previous;
    else next.trailPrevious = previous;
    leave(order, run);
    if (run.first === undefined) this.#drop(run);
  }

  /** Moves every order whose stop is reached at `price` into `out`, in no stated order. */
  takeReached(price: number, out: Order[]): void {
    const key = price * this.#sign;
    for (let at = this.#groups.length - 1; at >= 0; at--) {
      const group = this.#groups[at] as TrailGroup;
      this.visits++;
      for (let run = group.oldest; run !== undefined && run.stop * this.#sign >= key; run = group.oldest) {
        for (let order = run.first; order !== undefined; ) {
          const next: Order | undefined = order.trailNext;
          leave(order, run);
          out.push(order);
          order = next;
        }
        run.first = undefined;
        run.last = undefined;
        this.#drop(run);
      }
    }
  }

  /** Ratchets every trail that `price` overtakes, and adds to `untold` the runs whose stop moved and aren't in it yet. */
  ratchet(price: number, untold: TrailRun[]): void {
    const key = price * this.#sign;
    for (const group of this.#groups) {
      this.visits++;
      const run = group.newest;
      if (run === undefined || run.peak * this.#sign >= key) continue;
      const stopBefore = run.stop;
      let merged = run;
      for (let older = run.older; older !== undefined && older.peak * this.#sign <= key; older = merged.older) {
        append(older, merged);
        merged = older;
      }
      group.newest = merged;
      merged.newer = undefined;
      merged.peak = price;
      merged.stop = trailingStop(this.#side, group.offset, price);
      if (!merged.isUntold && (merged !== run || merged.stop !== stopBefore)) {
        merged.isUntold = true;
        untold.push(merged);
      }
    }
  }

  #insert(
    group: TrailGroup,
    peak: number,
    { older, newer }: { readonly older: TrailRun | undefined; readonly newer: TrailRun | undefined },
  ): TrailRun {
    const run: TrailRun = {
      group,
      peak,
      stop: trailingStop(this.#side, group.offset, peak),
      first: undefined,
      last: undefined,
      older,
      newer,
      heir: undefined,
      isUntold: false,
    };
    if (older === undefined) group.oldest = run;
    else older.newer = run;
    if (newer === undefined) group.newest = run;
    else newer.older = run;
    return run;
  }

  #groupFor(offset: TrailingOffset): TrailGroup {
    const key = offset.kind === 'bp' ? -offset.value : offset.value;
    let group = this.#byKey.get(key);
    if (group === undefined) {
      group = { key, offset, oldest: undefined, newest: undefined, at: this.#groups.length };
      this.#byKey.set(key, group);
      this.#groups.push(group);
    }
    return group;
  }

  #drop(run: TrailRun): void {
    const { group, older, newer } = run;
    if (older === undefined) group.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) group.newest = older;
    else newer.older = older;
    if (group.oldest !== undefined) return;
    this.#byKey.delete(group.key);
    const moved = this.#groups.pop();
    if (moved !== undefined && moved !== group) {
      this.#groups[group.at] = moved;
      moved.at = group.at;
    }
  }
}

/** Adds the orders of `newer` behind those of `older`, which becomes its heir. */
function append(older: TrailRun, newer: TrailRun): void {
  if (newer.first !== undefined) {
    newer.first.trailPrevious = older.last;
    if (older.last === undefined) older.first = newer.first;
    else older.last.trailNext = newer.first;
    older.last = newer.last;
  }
  newer.heir = older;
}

function leave(order: Order, run: TrailRun): void {
  order.triggerPrice = run.stop;
  order.peakPrice = run.peak;
  order.run = undefined;
  order.trailPrevious = undefined;
  order.trailNext = undefined;
}
