import type { FaultWindow } from '../../../simulator/faults/plan.ts';
import { type Finding, noneOf, type Stage } from '../stage.ts';
import type { TrueBar } from '../truth.ts';
import type { Witness } from '../witness.ts';

const MINUTE_US = 60_000_000;
const TOLERANCE = 1e-6;

type ToldBar = Witness['bars'][number];

/** Closed bars are those of the feed's trades. */
export async function barsMatch(stage: Stage): Promise<Finding> {
  await stage.ended;
  const faults: string[] = [];
  let compared = 0;
  for (const [at, witness] of stage.witnesses.entries()) {
    const told = lastTold(witness);
    for (const symbol of witness.symbols) {
      for (const bar of stage.truth.symbols.get(symbol)?.bars.values() ?? []) {
        if (!isWhole(stage, bar)) continue;
        compared++;
        const difference = differenceOf(told.get(`${symbol} ${bar.startUs}`), bar);
        if (difference !== undefined) faults.push(`client ${at}: ${symbol}'s bar of ${bar.startUs} ${difference}`);
      }
    }
  }
  return noneOf(compared === 0 ? ['no bar was closed'] : faults, `${compared} bars compared`);
}

/** Whether the part holds all of a bar's trades, and time for its close to be told. */
function isWhole({ schedule, day }: Stage, { startUs }: TrueBar): boolean {
  const endUs = startUs + MINUTE_US;
  return startUs >= schedule.fromEventUs && endUs <= Math.min(schedule.toEventUs, day.closeUs);
}

/** The last word on each closed bar. */
function lastTold({ bars }: Witness): ReadonlyMap<string, ToldBar> {
  return new Map(bars.filter(({ data }) => data.isClosed).map((bar) => [`${bar.symbol} ${bar.data.startUs}`, bar]));
}

function differenceOf(told: ToldBar | undefined, bar: TrueBar): string | undefined {
  if (told === undefined) return 'was not told';
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
    if (Math.abs(told.data[name] - bar[name]) > TOLERANCE) return `has ${name} ${told.data[name]}, not ${bar[name]}`;
  }
  return undefined;
}

/** A hole in the data is told: by a notice where providers stand between, else by the next bar of each symbol. */
export async function gapMarked(stage: Stage): Promise<Finding> {
  await stage.ended;
  const { scenario, witnesses, windows } = stage;
  if (scenario.feeds !== undefined) {
    const silent = witnesses.flatMap(({ notices }, at) =>
      notices.some(({ frame }) => frame.code === 'feed_gap') ? [] : [at],
    );
    return noneOf(
      silent.map((at) => `client ${at} was not told of the gap`),
      `all ${witnesses.length} clients were told of the gap`,
    );
  }
  const gaps = windows.filter(({ fault }) => fault.kind === 'gap');
  const faults = gaps.flatMap((gap) => witnesses.flatMap((witness, at) => unmarked(stage, { gap, witness, at })));
  return noneOf(faults, 'the first bar of each symbol after it says so');
}

function unmarked(
  { truth }: Stage,
  { gap, witness, at }: { readonly gap: FaultWindow; readonly witness: Witness; readonly at: number },
): string[] {
  const told = [...lastTold(witness).values()];
  return witness.symbols.flatMap((symbol) => {
    const starts = [...(truth.symbols.get(symbol)?.bars.keys() ?? [])].sort((one, other) => one - other);
    const before = starts.filter((startUs) => startUs <= gap.startUs).at(-1);
    const after = told
      .filter((bar) => bar.symbol === symbol && bar.data.startUs + MINUTE_US > gap.endUs)
      .sort((one, other) => one.data.startUs - other.data.startUs)[0];
    if (before === undefined || after === undefined || after.data.startUs - before < 2 * MINUTE_US) return [];
    return after.data.flags.includes('after_gap')
      ? []
      : [`client ${at}: ${symbol}'s first bar after the gap says nothing of it`];
  });
}
