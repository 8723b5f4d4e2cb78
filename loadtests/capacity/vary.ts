import type { Varied } from '../../protocol/schemas/capacity.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Target, TargetSet } from '../../protocol/schemas/targets.ts';
import { firstAtLeast } from '../../simulator/tape/cursor.ts';
import { symbolsReached } from '../gate/part.ts';
import { loadWords } from './words.ts';

/** A plateau's scenario and what it is judged by. */
export interface PlannedPlateau {
  readonly scenario: Scenario;
  readonly targets: TargetSet;
}

export interface PlateauSpec {
  readonly vary: Varied;
  readonly load: number;
  readonly plateauS: number;
  readonly warmUpS: number;
  /** Of `rate`: how fast the tape must be played for the load in the seconds that are judged. */
  readonly speed?: number;
}

/** Sockets opened in a second, at most: connecting isn't what is looked for. */
const CONNECTS_PER_S = 500;
/** Rows that need what a plateau hasn't: cuts, hours. */
const CUT_ROWS: ReadonlySet<string> = new Set(['reconnect', 'resume']);
const SOAK_ROWS: ReadonlySet<string> = new Set(['uptime', 'leak']);
/** Rows whose samples come by chance: that none is missing is the oracle's to say. */
const BY_CHANCE: ReadonlySet<string> = new Set(['pattern', 'trigger']);

/** The scenario with one number changed, and the targets as a plateau of that size can be judged by them. */
export function plateauAt(base: PlannedPlateau, spec: PlateauSpec): PlannedPlateau {
  const { vary, load, warmUpS, plateauS } = spec;
  const varied = variedBy(base.scenario, spec);
  const { leastSamples: _ownOfTheWhole, ...rest } = varied;
  const scenario: Scenario = {
    ...rest,
    description: `${loadWords(vary, load)}: ${base.scenario.description}`,
    tape: { ...varied.tape, durationS: warmUpS + plateauS },
  };
  const targets = base.targets.targets.flatMap((target) => targetFor(target, scenario) ?? []);
  return { scenario, targets: { ...base.targets, targets } };
}

function variedBy(scenario: Scenario, { vary, load, speed }: PlateauSpec): Scenario {
  switch (vary) {
    case 'clients': {
      // To the server a probe is a client like any other, so the load is what it has of both.
      const probes = Math.min(scenario.load.probes, load - 1);
      const clients = load - probes;
      // More of the same clients: each brings its own orders.
      const ordersPerS = (scenario.load.ordersPerS * clients) / scenario.load.clients;
      const connectOverS = Math.max(scenario.load.connectOverS, load / CONNECTS_PER_S);
      return { ...scenario, load: { ...scenario.load, clients, probes, ordersPerS, connectOverS } };
    }
    case 'symbols': {
      const { events, symbols } = scenario.tape;
      const scaled = events === undefined ? {} : { events: Math.round((events * load) / symbols) };
      return { ...scenario, tape: { ...scenario.tape, symbols: load, ...scaled } };
    }
    case 'rate':
      return { ...scenario, tape: { ...scenario.tape, speed: speed ?? scenario.tape.speed } };
    case 'orders':
      return { ...scenario, load: { ...scenario.load, ordersPerS: load } };
  }
}

/** A row as a plateau is judged by it: its samples are as many as its load gives; undefined where it can't have any. */
function targetFor(target: Target, scenario: Scenario): Target | undefined {
  const { id } = target;
  const { load, cuts } = scenario;
  if (SOAK_ROWS.has(id) || (CUT_ROWS.has(id) && cuts.length === 0)) return undefined;
  if (id === 'clients') return { ...target, bound: load.clients + load.probes, minSamples: 0 };
  if (id === 'symbols') return { ...target, bound: symbolsReached(scenario), minSamples: 0 };
  if (id === 'fairness' && load.clients < target.minSamples) return undefined;
  const { source, ...anybodys } = target;
  // The least load is one client and no probe.
  const asked = source === 'probes' && load.probes === 0 ? anybodys : target;
  return { ...asked, minSamples: BY_CHANCE.has(id) ? 0 : Math.min(target.minSamples, 1) };
}

/** Times of a tape's events, µs, ascending. */
interface Times {
  readonly length: number;
  readonly [at: number]: number;
}

/** What a plateau plays of a tape: from where on, and for how long before it is judged and while it is. */
export interface RatePlan {
  readonly fromUs: number;
  readonly warmUpS: number;
  readonly plateauS: number;
}

/** Halvings of the span of speeds: closer than a number can say. */
const HALVINGS = 53;

/**
 * How fast a tape must be played so that `rate` events a second are due in the seconds that are judged, from `warmUpS` to
 * `warmUpS + plateauS`: the market's pace changes, so what falls into the warm-up says nothing of them.
 *
 * @returns undefined where the tape, played so fast that it just lasts for the plateau, has fewer
 */
export function speedFor(timesUs: Times, { rate, ...plan }: RatePlan & { readonly rate: number }): number | undefined {
  const wanted = rate * plan.plateauS;
  let low = 0;
  let high = topSpeed(timesUs, plan);
  if (!(high > 0) || judgedEvents(timesUs, plan, high) < wanted) return undefined;
  // At `low` there are always too few, at `high` enough.
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (judgedEvents(timesUs, plan, middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** The highest whole rate for which a tape has a speed. */
export function mostRate(timesUs: Times, plan: RatePlan): number {
  return Math.floor(judgedEvents(timesUs, plan, topSpeed(timesUs, plan)) / plan.plateauS);
}

/** The speed at which the last event is due as the plateau ends: any faster, and the tape ends before. */
function topSpeed(timesUs: Times, { fromUs, warmUpS, plateauS }: RatePlan): number {
  return ((timesUs[timesUs.length - 1] ?? fromUs) - fromUs) / 1e6 / (warmUpS + plateauS);
}

/** Events due in the seconds that are judged, at a speed. */
function judgedEvents(timesUs: Times, { fromUs, warmUpS, plateauS }: RatePlan, speed: number): number {
  const before = (second: number): number => {
    const untilUs = fromUs + second * speed * 1e6;
    return firstAtLeast(timesUs.length, (at) => (timesUs[at] as number) >= untilUs);
  };
  return before(warmUpS + plateauS) - before(warmUpS);
}
