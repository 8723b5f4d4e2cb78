import { emptyTick, type Tick, TickKind } from '../../market/types.ts';
import { type FaultDuration, isFeedFault } from '../../protocol/schemas/faults.ts';
import type { EventTimes, HaltChange } from '../play/types.ts';
import { mix, unitOf } from './draw.ts';
import { HeldBackEvents } from './heldBack.ts';
import { type FaultOptions, FaultPlan, type FaultWindow } from './plan.ts';
import { bendPrices, corruptPrices } from './prices.ts';
import type { FeedFaults } from './types.ts';

export interface FeedFaultOptions extends FaultOptions {
  /** Takes the halts of the scenario, each in its place among the events. Absent: halted symbols have no trades, and nobody is told. */
  readonly onHalt?: ((change: HaltChange, times: EventTimes) => void) | undefined;
  /** Shared with the link's faults, so that a condition on the feed can begin one of those. */
  readonly plan?: FaultPlan;
}

type Emit = (tick: Tick, times: EventTimes) => void;

/** Which draw of an event for a fault it is. */
const Draw = { share: 1, size: 2 } as const;

const NEXT_LOOK_US = 0;
const EDGE_US = 1;
const NOW_US = 2;
const NTH = 3;
const RELEASE_US = 4;
const EVENT_KEY = 5;

/**
 * Makes the faults on what a feed says. Whether and how an event suffers is a function of the seed, the fault and the event
 * (its time, and which of that time it is) alone. Without a fault at work an event costs one comparison and allocates nothing.
 *
 * @throws ScenarioError when a fault names a symbol that the tape lacks
 */
export function createFeedFaults(options: FeedFaultOptions): FeedFaults {
  return new ScenarioFeedFaults(options);
}

interface FeedWindow extends FaultWindow {
  /** Of a fault that keeps the order: nothing comes before this, µs of event time. */
  lastReleaseUs: number;
}

class ScenarioFeedFaults implements FeedFaults {
  readonly #plan: FaultPlan;
  readonly #onHalt: FeedFaultOptions['onHalt'];
  readonly #windows: readonly FeedWindow[];
  readonly #held = new HeldBackEvents();
  readonly #tick = emptyTick();
  readonly #times: EventTimes = { eventTimeUs: 0.5, dueTimeUs: 0.5, shownTimeUs: 0.5 };
  /** Numbers that change with each event, by the indices above: a typed array, since a number stored in a field is allocated. */
  readonly #now = new Float64Array(6);
  /** Highest trade of each watched symbol, for falls. */
  readonly #high: Float64Array;
  #active: FeedWindow[] = [];
  #watched: FaultWindow[] = [];
  #events = 0;

  constructor(options: FeedFaultOptions) {
    this.#plan = options.plan ?? new FaultPlan(options);
    this.#onHalt = options.onHalt;
    this.#windows = this.#plan.windows
      .filter(({ fault }) => isFeedFault(fault))
      // Conditions begin a plan's window: it stays the same object.
      .map((window) => Object.assign(window, { lastReleaseUs: Number.NEGATIVE_INFINITY }));
    this.#high = new Float64Array(options.header.instruments.length);
    this.moved(Number.NEGATIVE_INFINITY);
  }

  readonly moved = (toEventUs: number): void => {
    this.#held.clear();
    this.#plan.rewind(toEventUs);
    this.#high.fill(0);
    this.#now[NOW_US] = Number.NaN;
    for (const window of this.#windows) {
      window.lastReleaseUs = Number.NEGATIVE_INFINITY;
      if (window.startUs !== Number.POSITIVE_INFINITY && window.endUs > toEventUs) this.#holdHalts(window);
    }
    this.#watched = this.#plan.windows.filter(isWaiting);
    this.#lookAgain(toEventUs);
    this.#lookSoon();
  };

  readonly nextDueUs = (): number => {
    if (this.#held.size === 0 || this.#plan.isUnpaced) return Number.POSITIVE_INFINITY;
    return this.#plan.dueUs(this.#held.nextUs);
  };

  readonly nextEventUs = (): number => this.#held.nextUs;

  readonly releaseUntil = (eventUs: number, emit: Emit): void => {
    if (this.#held.nextUs > eventUs) return;
    while (this.#held.nextUs <= eventUs) this.#releaseNext(emit, undefined);
    this.#lookSoon();
  };

  readonly release = (nowUs: number, emit: Emit): void => {
    while (this.#held.size > 0 && (nowUs === Number.POSITIVE_INFINITY || this.nextDueUs() <= nowUs)) {
      this.#releaseNext(emit, undefined);
    }
    this.#lookSoon();
  };

  readonly tick = (tick: Tick, times: EventTimes, emit: Emit): void => {
    if (times.eventTimeUs < (this.#now[NEXT_LOOK_US] as number)) {
      emit(tick, times);
      return;
    }
    this.#events++;
    const { eventTimeUs } = times;
    while (this.#held.nextUs <= eventTimeUs) this.#releaseNext(emit, times);
    if (eventTimeUs >= (this.#now[EDGE_US] as number)) this.#lookAgain(eventTimeUs);
    if (this.#active.length === 0) emit(tick, times);
    else this.#suffer(tick, times, emit);
    if (this.#watched.length > 0) this.#watch(this.#active.length === 0 ? tick : this.#tick, times, emit);
    this.#lookSoon();
  };

  /** Puts an event through the faults at work, in the scenario's order. */
  #suffer(tick: Tick, times: EventTimes, emit: Emit): void {
    const { eventTimeUs } = times;
    const now = this.#now;
    now[NTH] = now[NOW_US] === eventTimeUs ? (now[NTH] as number) + 1 : 0;
    now[NOW_US] = eventTimeUs;
    now[RELEASE_US] = eventTimeUs;
    now[EVENT_KEY] = mix(now[NTH] as number, eventTimeUs);
    Object.assign(this.#tick, tick);
    Object.assign(this.#times, times);
    let copies = 0;
    for (const window of this.#active) {
      if (window.mask !== undefined && window.mask[tick.symbol] === 0) continue;
      if (this.#isLostTo(window)) return;
      if (this.#isDoubledBy(window)) copies++;
    }
    this.#say(emit, copies);
  }

  /** Does to the event at work what a fault does; true when it is lost by that. */
  #isLostTo(window: FeedWindow): boolean {
    const { fault } = window;
    const tick = this.#tick;
    const now = this.#now;
    switch (fault.kind) {
      case 'gap':
        return true;
      case 'drop':
        return this.#draw(window, Draw.share) < fault.share;
      case 'halt':
        return tick.kind === TickKind.TRADE;
      case 'flash_crash':
        bendPrices(tick, window, fault);
        return false;
      case 'corrupt_price':
        if (this.#draw(window, Draw.share) < (fault.share ?? 1)) corruptPrices(tick, fault);
        return false;
      case 'stale_clock':
        this.#times.shownTimeUs += Math.round(fault.byS * 1e6);
        return false;
      case 'burst':
        this.#queue(window, window.endUs);
        return false;
      case 'delay':
        this.#queue(window, (now[RELEASE_US] as number) + this.#lengthUs(window, fault.byMs));
        return false;
      case 'jitter':
        this.#queue(window, (now[RELEASE_US] as number) + this.#scaled(fault.upToMs * this.#draw(window, Draw.size)));
        return false;
      case 'reorder':
        if (this.#draw(window, Draw.share) < (fault.share ?? 1)) {
          now[RELEASE_US] = (now[RELEASE_US] as number) + this.#scaled(fault.windowMs * this.#draw(window, Draw.size));
        }
        return false;
      default:
        return false;
    }
  }

  #isDoubledBy(window: FeedWindow): boolean {
    const { fault } = window;
    if (fault.kind !== 'duplicate' || this.#draw(window, Draw.share) >= fault.share) return false;
    if (fault.laterMs === undefined) return true;
    const atUs = (this.#now[RELEASE_US] as number) + this.#lengthUs(window, fault.laterMs);
    this.#held.hold(this.#tick, this.#times, atUs);
    return false;
  }

  /** Lets the event at work come at a time, but not before those that the fault holds already. */
  #queue(window: FeedWindow, releaseUs: number): void {
    // After its end it adds nothing, and lets out what it holds first.
    const wantedUs = this.#times.eventTimeUs < window.endUs ? releaseUs : (this.#now[RELEASE_US] as number);
    const atUs = Math.max(wantedUs, window.lastReleaseUs);
    window.lastReleaseUs = atUs;
    this.#now[RELEASE_US] = atUs;
  }

  #say(emit: Emit, copies: number): void {
    const releaseUs = this.#now[RELEASE_US] as number;
    for (let said = 0; said <= copies; said++) {
      if (releaseUs > this.#times.eventTimeUs) this.#held.hold(this.#tick, this.#times, releaseUs);
      else emit(this.#tick, this.#times);
    }
  }

  /** Gives the next of what was held back; `now` are the times of the event that it precedes. */
  #releaseNext(emit: Emit, now: EventTimes | undefined): void {
    const held = this.#held.shift();
    if (held === undefined) return;
    const times = this.#times;
    times.eventTimeUs = held.eventTimeUs;
    times.shownTimeUs = held.shownTimeUs;
    times.dueTimeUs = now !== undefined && this.#plan.isUnpaced ? now.dueTimeUs : this.#plan.dueUs(held.releaseUs);
    if (held.halt === undefined) emit(held.tick, times);
    else this.#onHalt?.(held.halt, times);
    this.#held.recycle(held);
  }

  /** Begins what waited for this event. */
  #watch(tick: Tick, times: EventTimes, emit: Emit): void {
    const { kind, symbol, price } = tick;
    // A consumer may have written the time shown into the tick.
    const { eventTimeUs } = times;
    if (kind === TickKind.TRADE && price > (this.#high[symbol] as number)) this.#high[symbol] = price;
    if (!this.#watched.some((window) => this.#isFulfilled(window, tick))) return;
    for (const window of this.#watched) {
      if (!this.#isFulfilled(window, tick)) continue;
      this.#plan.begin(window, eventTimeUs);
      this.#holdHalts(window);
    }
    this.#watched = this.#watched.filter(isWaiting);
    this.#lookAgain(eventTimeUs);
    while (this.#held.nextUs <= eventTimeUs) this.#releaseNext(emit, times);
  }

  #isFulfilled({ condition }: FaultWindow, { kind, symbol, price }: Tick): boolean {
    if (condition === undefined) return false;
    if (condition.kind === 'events') return this.#events >= condition.events;
    if (kind !== TickKind.TRADE || symbol !== condition.symbol || price <= 0) return false;
    if (condition.kind === 'below') return price < condition.price;
    if (condition.kind === 'above') return price > condition.price;
    return price <= (this.#high[symbol] as number) * (1 - condition.share);
  }

  /** Notes the halts and resumptions of a window as things to come. */
  #holdHalts({ fault, mask, startUs, endUs }: FaultWindow): void {
    if (fault.kind !== 'halt') return;
    const reason = fault.reason ?? 'trading halt';
    for (let symbol = 0; symbol < this.#high.length; symbol++) {
      if (mask !== undefined && mask[symbol] === 0) continue;
      this.#held.holdHalt({ symbol, isHalted: true, reason }, startUs);
      if (endUs !== Number.POSITIVE_INFINITY) this.#held.holdHalt({ symbol, isHalted: false, reason }, endUs);
    }
  }

  /** Finds out which faults are at work at a moment, and when that changes. */
  #lookAgain(eventUs: number): void {
    this.#active = [];
    let edgeUs = Number.POSITIVE_INFINITY;
    for (const window of this.#windows) {
      const { startUs, endUs, lastReleaseUs } = window;
      if (startUs > eventUs) edgeUs = Math.min(edgeUs, startUs);
      else if (eventUs < Math.max(endUs, lastReleaseUs)) {
        this.#active.push(window);
        edgeUs = Math.min(edgeUs, eventUs < endUs ? endUs : lastReleaseUs);
      }
    }
    this.#now[EDGE_US] = edgeUs;
  }

  /** Says from when on events must be looked at: at once, while a fault is at work or a condition is waited for. */
  #lookSoon(): void {
    const isBusy = this.#active.length > 0 || this.#watched.length > 0;
    const nextUs = Math.min(this.#now[EDGE_US] as number, this.#held.nextUs);
    this.#now[NEXT_LOOK_US] = isBusy ? Number.NEGATIVE_INFINITY : nextUs;
  }

  #draw({ key }: FeedWindow, which: number): number {
    return unitOf(mix(mix(key, which), this.#now[EVENT_KEY] as number));
  }

  /** Draws how long something takes, in µs of the market. */
  #lengthUs(window: FeedWindow, duration: FaultDuration): number {
    if (typeof duration === 'number') return this.#scaled(duration);
    const chance = this.#draw(window, Draw.size);
    switch (duration.distribution) {
      case 'uniform':
        return this.#scaled(duration.from + (duration.to - duration.from) * chance);
      case 'exponential':
        return this.#scaled(Math.min(duration.max, -Math.log(1 - chance) * duration.mean));
      case 'pareto':
        return this.#scaled(Math.min(duration.max, duration.least / (1 - chance) ** (1 / duration.alpha)));
    }
  }

  #scaled(ms: number): number {
    return Math.round(ms * 1e3 * this.#plan.marketPerScenario);
  }
}

function isWaiting({ condition, startUs }: FaultWindow): boolean {
  return condition !== undefined && startUs === Number.POSITIVE_INFINITY;
}
