import type { ProviderName } from '../../protocol/providers/names.ts';
import { isFeedFault, type LinkFault } from '../../protocol/schemas/faults.ts';
import { Random } from '../universe/random.ts';
import { type FaultOptions, FaultPlan, type FaultWindow } from './plan.ts';
import { type LinkEvent, type LinkFaults, type LinkState, SOUND_LINK } from './types.ts';

export interface LinkFaultOptions extends FaultOptions {
  /** Shared with the feed's faults, so that a condition on the feed can begin one of these. */
  readonly plan?: FaultPlan;
  /** Takes the faults on this provider's connections, and those that name none; absent: all. */
  readonly provider?: ProviderName;
}

/**
 * Makes the faults on the connections to a provider. A scenario's seconds are stretched as the replay is; as fast as possible,
 * they are the wall clock's.
 */
export function createLinkFaults(options: LinkFaultOptions): LinkFaults {
  return new ScenarioLinkFaults(options);
}

interface LinkWindow {
  readonly window: FaultWindow;
  readonly fault: LinkFault;
}

class ScenarioLinkFaults implements LinkFaults {
  readonly random: () => number;
  readonly #plan: FaultPlan;
  readonly #states: readonly LinkWindow[];
  readonly #instants: readonly LinkWindow[];
  /** Instants that a condition began, once told. */
  readonly #told = new Set<FaultWindow>();
  #state = SOUND_LINK;
  #key = '';

  constructor(options: LinkFaultOptions) {
    this.#plan = options.plan ?? new FaultPlan(options);
    const random = new Random(options.seed ?? options.scenario.seed, 'link faults');
    this.random = () => random.unit();
    const windows = this.#plan.windows.flatMap((window): LinkWindow[] =>
      isFeedFault(window.fault) || isOfAnother(window.fault, options.provider) ? [] : [{ window, fault: window.fault }],
    );
    this.#instants = windows.filter(({ fault }) => isInstant(fault));
    this.#states = windows.filter(({ fault }) => !isInstant(fault));
  }

  readonly at = (nowUs: number): LinkState => {
    if (this.#states.length === 0) return SOUND_LINK;
    const holding = this.#states.filter(({ window }) => this.#startUs(window) <= nowUs && nowUs < this.#endUs(window));
    const key = holding.map(({ window }) => window.index).join();
    if (key !== this.#key) {
      this.#key = key;
      this.#state = holding.reduce((state, { fault }) => worsened(state, fault), SOUND_LINK);
    }
    return this.#state;
  };

  readonly eventsIn = (afterUs: number, nowUs: number): readonly LinkEvent[] =>
    this.#instants
      .filter(({ window }) => this.#isDue(window, { afterUs, nowUs }))
      .sort((one, other) => this.#startUs(one.window) - this.#startUs(other.window))
      .flatMap(({ window, fault }) => {
        if (window.condition !== undefined) this.#told.add(window);
        return eventOf(fault);
      });

  readonly nextChangeUs = (nowUs: number): number => {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const { window } of this.#states) {
      for (const edgeUs of [this.#startUs(window), this.#endUs(window)]) {
        if (edgeUs > nowUs && edgeUs < nextUs) nextUs = edgeUs;
      }
    }
    for (const { window } of this.#instants) {
      const startUs = this.#startUs(window);
      if (startUs > nowUs) nextUs = Math.min(nextUs, startUs);
      else if (this.#isDue(window, { afterUs: nowUs, nowUs })) nextUs = Math.min(nextUs, nowUs + 1);
    }
    return nextUs;
  };

  /** Whether an instant is to be told: one that a condition began is, however late the event was that began it. */
  #isDue(window: FaultWindow, { afterUs, nowUs }: { readonly afterUs: number; readonly nowUs: number }): boolean {
    const startUs = this.#startUs(window);
    if (startUs > nowUs) return false;
    return window.condition === undefined ? startUs > afterUs : !this.#told.has(window);
  }

  #startUs({ startUs }: FaultWindow): number {
    return startUs === Number.POSITIVE_INFINITY ? startUs : this.#plan.dueUs(startUs);
  }

  #endUs({ endUs }: FaultWindow): number {
    return endUs === Number.POSITIVE_INFINITY ? endUs : this.#plan.dueUs(endUs);
  }
}

function isOfAnother({ on }: LinkFault, provider: ProviderName | undefined): boolean {
  return provider !== undefined && on !== undefined && on !== provider;
}

function isInstant({ kind }: LinkFault): boolean {
  return kind === 'cut' || kind === 'kick_slow';
}

function eventOf(fault: LinkFault): readonly LinkEvent[] {
  if (fault.kind === 'kick_slow') return [{ kind: 'kick_slow' }];
  if (fault.kind !== 'cut') return [];
  return [{ kind: 'cut', share: fault.share ?? 1, ...(fault.code !== undefined && { code: fault.code }) }];
}

/** A state with one more fault in it. */
function worsened(state: LinkState, fault: LinkFault): LinkState {
  switch (fault.kind) {
    case 'down':
      return { ...state, isDown: true };
    case 'silent':
      return { ...state, isSilent: true };
    case 'half_open':
      return { ...state, isHalfOpen: true };
    case 'refuse_auth':
      return { ...state, refusesAuth: true };
    case 'rate_limit':
      return { ...state, isRateLimited: true };
    case 'wrong_content_type':
      return { ...state, hasWrongContentType: true };
    case 'truncate':
      return { ...state, truncatedShare: either(state.truncatedShare, fault.share ?? 1) };
    case 'split':
      return { ...state, splitShare: either(state.splitShare, fault.share ?? 1) };
    case 'latency':
      return { ...state, delayUs: state.delayUs + Math.round(fault.byMs * 1e3) };
    case 'cut':
    case 'kick_slow':
      return state;
  }
}

/** The chance that one of two happens, each by itself. */
function either(one: number, other: number): number {
  return 1 - (1 - one) * (1 - other);
}
