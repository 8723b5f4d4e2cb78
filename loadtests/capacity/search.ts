import type { Bracket, Plateau, SearchEnd } from '../../protocol/schemas/capacity.ts';
import { type LoadVotes, statusOf, tally } from './votes.ts';

export interface SearchOptions {
  /** The first load played, and the highest that may be: whole numbers of the unit that is varied. */
  readonly from: number;
  readonly max: number;
  /** The bracket is narrow enough when its upper end is at most this share above its lower one. */
  readonly resolution: number;
  /** How often each end of the bracket is played, the first time included. */
  readonly plays: number;
}

/** Plays one plateau. */
export type MeasurePlateau = (load: number, purpose: Purpose) => Promise<Plateau>;

export type Purpose = 'first' | 'doubling' | 'halving' | 'narrowing' | 'repeating' | 'again after an invalid one';

type Step =
  | { readonly kind: 'play'; readonly load: number; readonly purpose: Purpose }
  | { readonly kind: 'end'; readonly end: SearchEnd };

/** A load is given up after so many invalid plateaus; one at which the generator was at its end, which doesn't change, sooner. */
const MOST_INVALID = 3;
const MOST_SATURATED = 2;
/** A first break this far above what holds is played again at once: believed by mistake it would cost a whole bisection. */
const WIDE_GAP = 1.5;

/**
 * Looks for the load at which something gives way: doubles until it does, narrows the gap, plays both ends again. Loads at
 * which plateaus disagreed lie inside the bracket, never at its ends or outside.
 *
 * @param port `mayPlay` ends the search with what it has where it doesn't say yes; a load of 0 asks whether it was interrupted
 */
export async function searchCapacity(
  options: SearchOptions,
  port: { readonly measure: MeasurePlateau; readonly mayPlay: (load: number) => 'yes' | 'budget' | 'interrupted' },
): Promise<{ bracket: Bracket; plateaus: readonly Plateau[] }> {
  const plateaus: Plateau[] = [];
  for (;;) {
    const step = nextStep(plateaus, options);
    const may = port.mayPlay(step.kind === 'play' ? step.load : 0);
    if (may === 'interrupted') return { bracket: bracketOf(plateaus, options, may), plateaus };
    if (step.kind === 'end') return { bracket: bracketOf(plateaus, options, step.end), plateaus };
    if (may === 'budget') return { bracket: bracketOf(plateaus, options, may), plateaus };
    plateaus.push(await port.measure(step.load, step.purpose));
  }
}

/** What to do after these plateaus. */
export function nextStep(plateaus: readonly Plateau[], options: SearchOptions): Step {
  const known = tally(plateaus);
  const last = plateaus.at(-1);
  if (last === undefined) return play(options.from, 'first');
  if (last.outcome === 'invalid' && !isGivenUp(known.get(last.load))) {
    return play(last.load, 'again after an invalid one');
  }
  const state = stateOf(known);
  if (state.noise !== undefined) return { kind: 'end', end: 'noise' };
  return boundless(state, options) ?? bottomless(state) ?? narrowing(state, last, options) ?? repeating(state, options);
}

interface State {
  readonly known: ReadonlyMap<number, LoadVotes>;
  /** The highest load that held, below all that broke and all at which plateaus disagreed. */
  readonly held: number | undefined;
  /** The lowest load that broke, above all at which plateaus disagreed. */
  readonly broken: number | undefined;
  /** The lowest load above what holds at which the generator or the machine was at its end. */
  readonly saturated: number | undefined;
  readonly noise: number | undefined;
  /** Loads at which plateaus disagreed, ascending. */
  readonly mixed: readonly number[];
  /** Loads played above what holds, and below what breaks or can't be told, ascending. */
  readonly inside: readonly number[];
  readonly highest: number;
  readonly lowest: number;
}

function stateOf(known: ReadonlyMap<number, LoadVotes>): State {
  const loads = [...known.keys()].sort((a, b) => a - b);
  const having = (status: ReturnType<typeof statusOf>): number[] =>
    loads.filter((load) => statusOf(known.get(load)) === status);
  const mixed = having('mixed');
  const firstBroken = having('broken')[0] ?? Number.POSITIVE_INFINITY;
  const held = having('held').findLast((load) => load < Math.min(firstBroken, mixed[0] ?? firstBroken));
  const broken = having('broken').find((load) => load > (mixed.at(-1) ?? 0));
  const above = (load: number): boolean => held === undefined || load > held;
  const unclear = having('unclear').filter(above);
  const isNoise = (load: number): boolean => known.get(load)?.invalidCause === 'noise';
  const saturated = unclear.find((load) => !isNoise(load));
  const upper = upperOf({ broken, saturated }) ?? Number.POSITIVE_INFINITY;
  return {
    known,
    held,
    broken,
    saturated,
    noise: unclear.find(isNoise),
    mixed,
    inside: loads.filter((load) => above(load) && load < upper),
    highest: loads.at(-1) ?? 0,
    lowest: loads[0] ?? 0,
  };
}

/** Nothing has given way yet: go up, to the most that may be played. */
function boundless(
  { broken, saturated, highest, held, mixed, known }: State,
  options: SearchOptions,
): Step | undefined {
  if (broken !== undefined || saturated !== undefined) return undefined;
  if (highest < options.max) return play(Math.min(2 * highest, options.max), 'doubling');
  if (mixed.length > 0 || held === undefined) return undefined;
  if (needsRepeat(known.get(held), options)) return play(held, 'repeating');
  return { kind: 'end', end: 'all held' };
}

/** Nothing has held yet: go down, to one. What that one said is the end: only one that broke speaks against the server. */
function bottomless(state: State): Step | undefined {
  const { held, lowest, known } = state;
  if (held !== undefined) return undefined;
  if (lowest > 1) return play(Math.max(1, Math.floor(lowest / 2)), 'halving');
  const status = statusOf(known.get(lowest));
  if (status === 'broken') return { kind: 'end', end: 'least broke' };
  return { kind: 'end', end: status === 'unclear' ? lateEnd(state) : 'noise' };
}

/** Splits the gap above what holds, and the one below what breaks. */
function narrowing(state: State, last: Plateau, options: SearchOptions): Step | undefined {
  const { held, inside, known, broken } = state;
  if (held === undefined) return undefined;
  const upper = upperOf(state);
  if (
    broken !== undefined &&
    broken === last.load &&
    broken / held > WIDE_GAP &&
    known.get(broken)?.broken === 1 &&
    options.plays > 1
  ) {
    return play(broken, 'repeating');
  }
  const above = middleOf(held, inside[0] ?? upper, options);
  if (above !== undefined) return play(above, 'narrowing');
  const below = middleOf(inside.at(-1) ?? upper, upper, options);
  return below === undefined ? undefined : play(below, 'narrowing');
}

function repeating(state: State, options: SearchOptions): Step {
  const { known, held, broken, saturated } = state;
  for (const load of [held, broken]) {
    if (load !== undefined && needsRepeat(known.get(load), options)) return play(load, 'repeating');
  }
  if (saturated !== undefined && (broken === undefined || saturated < broken)) {
    return { kind: 'end', end: lateEnd(state) };
  }
  if (broken !== undefined) return { kind: 'end', end: 'found' };
  // Up to the highest load that may be played nothing broke each time, above a load at which plateaus disagreed.
  return { kind: 'end', end: state.mixed.length > 0 ? 'noise' : 'all held' };
}

/** Who was at its end at the lowest load that can't be told. */
function lateEnd({ known, saturated }: State): SearchEnd {
  return known.get(saturated ?? Number.NaN)?.invalidCause === 'machine' ? 'machine' : 'generator';
}

function upperOf({ broken, saturated }: Pick<State, 'broken' | 'saturated'>): number | undefined {
  if (broken === undefined || saturated === undefined) return broken ?? saturated;
  return Math.min(broken, saturated);
}

/** The whole number in the geometric middle of a gap; undefined when the gap is narrow enough. */
function middleOf(low: number | undefined, high: number | undefined, options: SearchOptions): number | undefined {
  if (low === undefined || high === undefined || high - low < 2 || high / low <= 1 + options.resolution)
    return undefined;
  return Math.min(high - 1, Math.max(low + 1, Math.round(Math.sqrt(low * high))));
}

function needsRepeat(votes: LoadVotes | undefined, { plays }: SearchOptions): boolean {
  return votes !== undefined && votes.held + votes.broken < plays && !isGivenUp(votes);
}

function isGivenUp(votes: LoadVotes | undefined): boolean {
  if (votes === undefined) return false;
  return votes.invalid >= (votes.invalidCause === 'noise' ? MOST_INVALID : MOST_SATURATED);
}

function play(load: number, purpose: Purpose): Step {
  return { kind: 'play', load, purpose };
}

/** The answer so far. */
function bracketOf(plateaus: readonly Plateau[], options: SearchOptions, end: SearchEnd): Bracket {
  const state = stateOf(tally(plateaus));
  const { known, held, saturated, noise, mixed, lowest } = state;
  const breaks = end === 'least broke' ? lowest : state.broken;
  const ends = [held, breaks].flatMap((load) => known.get(load ?? Number.NaN) ?? []);
  const unclear = [saturated, noise, ...(breaks === undefined ? mixed : [])].flatMap((load) => load ?? []);
  return {
    holds: held ?? null,
    breaks: breaks ?? null,
    unclearFrom: unclear.length === 0 ? null : Math.min(...unclear),
    end,
    isRepeated: ends.length > 0 && ends.every((votes) => votes.held + votes.broken >= options.plays),
    why: whyOf(plateaus, state, end),
  };
}

function whyOf(
  plateaus: readonly Plateau[],
  { broken, saturated, noise, lowest, mixed, known }: State,
  end: SearchEnd,
): string {
  const said = (load: number | undefined): string => plateaus.findLast((one) => one.load === load)?.why ?? '';
  const disagreed = `plateaus at ${mixed.join(', ')} disagreed`;
  const beside = mixed.length === 0 ? '' : `; ${disagreed}`;
  switch (end) {
    case 'found':
      return `at ${broken}: ${said(broken)}${beside}`;
    case 'least broke':
      return `even ${lowest} broke: ${said(lowest)}`;
    case 'generator':
    case 'machine':
      return `at ${saturated}: ${said(saturated)}${beside}`;
    case 'noise':
      return noise === undefined
        ? disagreed
        : `${known.get(noise)?.invalid} plateaus at ${noise} were invalid, the last: ${said(noise)}`;
    case 'all held':
      return 'nothing gave way up to the highest load that was to be played';
    case 'budget':
      return `the time was up${beside}`;
    case 'interrupted':
      return 'interrupted';
  }
}
