import type { Bracket, Capacity, Plateau, Varied } from '../../protocol/schemas/capacity.ts';
import { boundedBy, type Limits } from './bounded.ts';
import { curveOf } from './curve.ts';
import { sizingFor } from './sizing.ts';
import { loadWords } from './words.ts';

/** What a search found, and what is asked of it. */
export interface Searched {
  readonly vary: Varied;
  readonly bracket: Bracket;
  readonly plateaus: readonly Plateau[];
  readonly limits: Limits;
  /** The load to be sized for; undefined: none. */
  readonly wanted: number | undefined;
  /** Share of what held that sizing leaves free. */
  readonly headroom: number;
  readonly seed: number;
}

export type Findings = Pick<
  Capacity,
  'vary' | 'bracket' | 'bounded' | 'usl' | 'uslLacks' | 'sizing' | 'plateaus' | 'answer'
>;

/** All that follows from a search: what bounded it, the curve, the sizing, and the answer in sentences. */
export function findingsOf(searched: Searched): Findings {
  const { vary, bracket, limits, wanted, headroom, seed } = searched;
  const plateaus = [...searched.plateaus];
  const bounded = boundedBy(plateaus, bracket, limits);
  const { usl, lacks } = curveOf(plateaus, seed);
  const sizing = wanted === undefined ? null : sizingFor({ vary, wanted, bracket, plateaus, headroom });
  const found = { vary, bracket, bounded, usl, uslLacks: lacks, sizing, plateaus };
  return { ...found, answer: answerOf(found) };
}

type Told = Omit<Findings, 'answer'>;

/** The answer in sentences: the bracket, what bounded it, what the curve says, the sizing, and what to be careful with. */
function answerOf(findings: Told): string[] {
  const { bracket, bounded, sizing, plateaus } = findings;
  const told = [bracketWords(findings)];
  if (bracket.breaks !== null || bounded.by === 'generator' || bounded.by === 'machine') {
    told.push(`What bounded it: ${bounded.why}.`);
  }
  told.push(curveWords(findings));
  if (sizing !== null) told.push(`${sizing.text.charAt(0).toUpperCase()}${sizing.text.slice(1)}.`);
  if (bracket.end === 'budget')
    told.push('The time was up before the search was done: give --budget more for a closer answer.');
  if (bracket.end === 'interrupted') told.push('Interrupted: the search was not done.');
  if (!bracket.isRepeated && bracket.holds !== null) {
    told.push("The bracket's ends were not played again often enough: one plateau alone may mislead.");
  }
  const invalid = plateaus.filter(({ outcome }) => outcome === 'invalid').length;
  if (invalid > 0) told.push(`${invalid} of ${plateaus.length} plateaus could not tell and were not counted.`);
  return told;
}

function bracketWords({ vary, bracket }: Told): string {
  const { holds, breaks, unclearFrom, why } = bracket;
  if (holds === null) {
    if (breaks === null) return `Can't tell: ${why}.`;
    const known = bracket.end === 'least broke' ? 'holds nothing' : 'what it holds was not found';
    return `Breaks at ${loadWords(vary, breaks)}, ${known} (${why}).`;
  }
  if (breaks !== null) return `Holds ${loadWords(vary, holds)}, breaks at ${loadWords(vary, breaks)} (${why}).`;
  const unclear = unclearFrom === null ? '' : `; from ${loadWords(vary, unclearFrom)} on this can't be told`;
  return `Holds ${loadWords(vary, holds)} at least${unclear} (${why}).`;
}

function curveWords({ vary, usl, uslLacks, plateaus, bracket }: Told): string {
  if (usl === null) return `No scalability curve: ${uslLacks}.`;
  const { fullCore, peak, sigma, kappa } = usl;
  const parts: string[] = [];
  if (fullCore !== null) {
    const highest = Math.max(...plateaus.map(({ load }) => load));
    const reach = fullCore.value / highest;
    const far = reach > 10 ? ` (${reach.toFixed(0)} times what was played: a guess)` : '';
    parts.push(`one core of the server is full at ${around(fullCore, vary)}${far}`);
  }
  parts.push(
    peak === null
      ? `no crosstalk is seen, so it flattens and has no peak`
      : `its best is at ${around(peak, vary)}, beyond which each further one costs more than it brings`,
  );
  const short = fullCore !== null && bracket.breaks !== null && (fullCore.interval[0] ?? 0) > bracket.breaks;
  if (short) parts.push('it broke before its core was full');
  return `By the curve (contention ${plain(sigma.value)}, crosstalk ${plain(kappa.value)}) ${parts.join('; ')}.`;
}

function around({ value, interval }: { value: number; interval: [number, number | null] }, vary: Varied): string {
  const [low, high] = interval;
  const whole = (count: number): string => Math.round(count).toLocaleString('en-US');
  return `${loadWords(vary, value)} (${whole(low)} to ${high === null ? 'no end' : whole(high)})`;
}

/** A small parameter: two digits, with an exponent where it takes one. */
function plain(value: number): string {
  if (value === 0) return '0';
  return value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}
