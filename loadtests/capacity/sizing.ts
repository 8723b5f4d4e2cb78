import type { Bracket, Plateau, Sizing, Varied } from '../../protocol/schemas/capacity.ts';
import { medianOf } from './backlog.ts';
import { bandwidthWords, bytesWords, loadWords } from './words.ts';

export interface SizingInput {
  readonly vary: Varied;
  readonly wanted: number;
  readonly bracket: Bracket;
  readonly plateaus: readonly Plateau[];
  /** Share of what held that is left free on each instance, for bursts and for the loss of a neighbour. */
  readonly headroom: number;
}

/** Beyond this many times what was played the answer is called a guess. */
const GUESS_FROM = 10;

/** What the load divides among: clients among gateways; symbols, their events and their orders among engines. */
const INSTANCES: Readonly<Record<Varied, string>> = {
  clients: 'gateway',
  symbols: 'engine',
  rate: 'engine',
  orders: 'engine',
};

/**
 * How many instances like the one measured a load takes: none is given more than what held, less the headroom; memory and
 * bandwidth are read off the line through the plateaus that held. Null where nothing held.
 */
export function sizingFor(input: SizingInput): Sizing | null {
  const { wanted, bracket, headroom } = input;
  if (bracket.holds === null) return null;
  const held = input.plateaus.filter(({ outcome }) => outcome === 'held');
  const least = Math.ceil(wanted / ((1 - headroom) * (bracket.breaks ?? bracket.holds)));
  const instances = Math.ceil(wanted / ((1 - headroom) * bracket.holds));
  const loadEach = wanted / instances;
  const rss = lineOf(held, ({ rssBytes }) => rssBytes);
  const bytes = lineOf(held, ({ bytesPerS }) => bytesPerS);
  const cpu = lineOf(held, (one) => one.cpu);
  // One core for the server's thread, one for the kernel's network work, garbage collection and the journal.
  const coresEach = Math.max(1, Math.ceil(cpu?.(loadEach) ?? 1)) + 1;
  const extrapolation = wanted / bracket.holds;
  const sizing = {
    wanted,
    instances: [Math.min(least, instances), instances] as [number, number],
    coresEach,
    loadEach,
    memoryBytes: rss === undefined ? null : instances * rss(loadEach),
    bytesPerS: bytes === undefined ? null : instances * bytes(loadEach),
    extrapolation,
    isGuess: extrapolation > GUESS_FROM,
  };
  return { ...sizing, text: textOf(sizing, input) };
}

function textOf(sizing: Omit<Sizing, 'text'>, { vary, bracket, headroom }: SizingInput): string {
  const { instances, coresEach, loadEach, memoryBytes, bytesPerS, extrapolation } = sizing;
  const [least, count] = instances;
  const name = INSTANCES[vary];
  const each = `${name}${count === 1 ? '' : 's'} of ${coresEach} cores`;
  const range = least === count ? '' : ` (${least} if each holds as much as the bracket's upper end)`;
  const isLowerBound = bracket.breaks === null;
  const parts = [
    `${isLowerBound ? 'at most ' : ''}${count} ${each}${range}`,
    memoryBytes === null ? 'memory not seen' : `${bytesWords(memoryBytes)} of memory`,
    bytesPerS === null ? 'bandwidth not seen' : `${bandwidthWords(bytesPerS)} to clients`,
  ];
  const reach =
    extrapolation <= 1
      ? 'a load that was held here by one'
      : `extrapolation factor ${extrapolation.toFixed(1)}${sizing.isGuess ? `: beyond ${GUESS_FROM}, so this is a guess` : ''}`;
  const spare = `${loadWords(vary, loadEach)} on each, ${(100 * headroom).toFixed(0)} % of what held left free`;
  return `for ${loadWords(vary, sizing.wanted)} at this mix: ${parts.join(', ')}; ${spare}; ${reach}`;
}

/** The line through a figure of the plateaus (Theil and Sen), never below its least: undefined where it wasn't seen. */
function lineOf(
  plateaus: readonly Plateau[],
  read: (plateau: Plateau) => number | null,
): ((load: number) => number) | undefined {
  const seen = plateaus.flatMap((one): [number, number][] => {
    const value = read(one);
    return value === null ? [] : [[one.load, value]];
  });
  if (seen.length === 0) return undefined;
  const slopes = seen.flatMap(([x, y], at) =>
    seen.slice(at + 1).flatMap(([otherX, otherY]) => (otherX === x ? [] : [(otherY - y) / (otherX - x)])),
  );
  const slope = slopes.length === 0 ? 0 : Math.max(0, medianOf(slopes));
  const start = medianOf(seen.map(([x, y]) => y - slope * x));
  const floor = Math.min(...seen.map(([, y]) => y));
  return (load) => Math.max(floor, start + slope * load);
}
