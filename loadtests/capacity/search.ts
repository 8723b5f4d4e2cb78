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
 * which plateaus disagreed lie inside the bracket, never at its ends.
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
  /** The highest load that held, below the lowest that broke. */
  readonly held: number | undefined;
  readonly broken: number | undefined;
  /** The lowest load above what holds at which the generator or the machine was at its end. */
  readonly saturated: number | undefined;
  readonly noise: number | undefined;
  /** Loads above what holds at which plateaus disagreed, and below what breaks, ascending. */
  readonly mixed: readonly number[];
  readonly highest: number;
  readonly lowest: number;
}

function stateOf(known: ReadonlyMap<number, LoadVotes>): State {
  const loads = [...known.keys()].sort((a, b) => a - b);
  const having = (status: ReturnType<typeof statusOf>): number[] =>
    loads.filter((load) => statusOf(known.get(load)) === status);
  const broken = having('broken')[0];
  const held = having('held').findLast((load) => broken === undefined || load < broken);
  const above = (load: number): boolean => held === undefined || load > held;
  const unclear = having('unclear').filter(above);
  const isNoise = (load: number): boolean => known.get(load)?.invalidCause === 'noise';
  return {
    known,
    held,
    broken,
    saturated: unclear.find((load) => !isNoise(load)),
    noise: unclear.find(isNoise),
    mixed: having('mixed').filter((load) => above(load) && (broken === undefined || load < broken)),
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

/** Nothing has held yet: go down, to one. */
function bottomless({ held, lowest }: State): Step | undefined {
  if (held !== undefined) return undefined;
  if (lowest <= 1) return { kind: 'end', end: 'least broke' };
  return play(Math.max(1, Math.floor(lowest / 2)), 'halving');
}

/** Splits the gap above what holds, and the one below what breaks. */
function narrowing(state: State, last: Plateau, options: SearchOptions): Step | undefined {
  const { held, mixed, known, broken } = state;
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
  const above = middleOf(held, mixed[0] ?? upper, options);
  if (above !== undefined) return play(above, 'narrowing');
  const below = middleOf(mixed.at(-1) ?? upper, upper, options);
  return below === undefined ? undefined : play(below, 'narrowing');
}

function repeating(state: State, options: SearchOptions): Step {
  const { known, held, broken, saturated } = state;
  for (const load of [held, broken]) {
    if (load !== undefined && needsRepeat(known.get(load), options)) return play(load, 'repeating');
  }
  if (saturated !== undefined && (broken === undefined || saturated < broken)) {
    return { kind: 'end', end: known.get(saturated)?.invalidCause === 'machine' ? 'machine' : 'generator' };
  }
  if (broken !== undefined) return { kind: 'end', end: 'found' };
  // Only the highest load that may be played can be mixed with nothing broken above it.
  return { kind: 'end', end: state.mixed.length > 0 ? 'noise' : 'all held' };
}

function upperOf({ broken, saturated }: State): number | undefined {
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
  const { known, held, broken } = state;
  const ends = [held, broken].flatMap((load) => known.get(load ?? Number.NaN) ?? []);
  return {
    holds: held ?? null,
    breaks: broken ?? null,
    unclearFrom: state.saturated ?? state.noise ?? (broken === undefined ? (state.mixed[0] ?? null) : null),
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
  switch (end) {
    case 'found':
      return `at ${broken}: ${said(broken)}`;
    case 'least broke':
      return `even ${lowest} broke: ${said(lowest)}`;
    case 'generator':
    case 'machine':
      return `at ${saturated}: ${said(saturated)}`;
    case 'noise':
      return noise === undefined
        ? `plateaus at ${mixed[0]} disagreed`
        : `${known.get(noise)?.invalid} plateaus at ${noise} were invalid, the last: ${said(noise)}`;
    case 'all held':
      return 'nothing gave way up to the highest load that was to be played';
    case 'budget':
      return 'the time was up';
    case 'interrupted':
      return 'interrupted';
  }
}
