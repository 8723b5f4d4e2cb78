import { type SearchOptions, searchCapacity } from '../loadtests/capacity/search.ts';
import { loadWords } from '../loadtests/capacity/words.ts';
import { GateError } from '../loadtests/gate/errors.ts';
import type { Bracket, Plateau } from '../protocol/schemas/capacity.ts';
import { type PlateauPlan, type PlateauPlayer, plateauPlayer, plateauTakesS } from './capacityPlay.ts';
import type { Progress } from './progress.ts';

/** What a search came to. */
export interface Found {
  readonly bracket: Bracket;
  readonly plateaus: readonly Plateau[];
}

/** How it is to be searched. */
export interface Asked {
  readonly search: SearchOptions;
  readonly budgetS: number;
  readonly progress: Progress;
}

/** Plays the search, telling each plateau as it comes; the first Ctrl-C ends it with what it has. */
export async function searchFor(plan: PlateauPlan, { search, budgetS, progress }: Asked): Promise<Found> {
  const player = plateauPlayer(plan);
  const max = Math.max(search.from, Math.min(search.max, player.most));
  const endMs = performance.now() + budgetS * 1000;
  const leftS = (): number => (endMs - performance.now()) / 1000;
  let interrupted = false;
  let plays = 0;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  tellTime(plan, { search: { ...search, max }, budgetS, progress });
  try {
    return await searchCapacity(
      { ...search, max },
      {
        mayPlay: (load) => (interrupted ? 'interrupted' : plateauTakesS(plan, load) > leftS() ? 'budget' : 'yes'),
        measure: async (load, purpose) => {
          const label = `${loadWords(plan.vary, load)} (${purpose}), ${Math.max(0, leftS() / 60).toFixed(0)} min of the budget left`;
          const playing = player.play(load, { progress, label });
          plays += 1;
          const told = await toldOf(playing, load, {
            isFirst: plays === 1,
            interrupt,
            isInterrupted: () => interrupted,
          });
          progress.say(
            `${loadWords(plan.vary, load)}: ${told.outcome}${told.outcome === 'held' ? '' : `: ${told.why}`}`,
          );
          return told;
        },
      },
    );
  } finally {
    player.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** A plateau as the search counts it: what was cut short was judged by half of its seconds, and what couldn't be played says nothing. */
async function toldOf(
  playing: ReturnType<PlateauPlayer['play']>,
  load: number,
  search: { isFirst: boolean; interrupt: () => void; isInterrupted: () => boolean },
): Promise<Plateau> {
  const unplayed = { load, outcome: 'invalid', cause: 'noise', brokenTarget: '' } as const;
  try {
    const { interrupted, ...plateau } = await playing;
    if (!interrupted) return plateau;
    search.interrupt();
    return { ...plateau, ...unplayed, why: 'interrupted' };
  } catch (error) {
    // What was measured before is kept; the first to fail has nothing to keep, and its error is the user's to mend.
    if (!(error instanceof GateError) || (search.isFirst && !search.isInterrupted())) throw error;
    return { ...NOTHING_SEEN, ...unplayed, why: error.message };
  }
}

const NOTHING_SEEN = {
  p50Us: null,
  p99Us: null,
  cpu: null,
  rssBytes: null,
  messagesPerS: 0,
  bytesPerS: null,
  workPerS: 0,
  loopDelayUs: null,
  generatorCpu: null,
  machineCpu: null,
  lostConnections: '',
  folder: '',
} as const;

/** Says beforehand how long it will take at the most. */
function tellTime(plan: PlateauPlan, { search, budgetS, progress }: Asked): void {
  const doublings = Math.ceil(Math.log2(search.max / search.from)) + 1;
  const halvings = Math.ceil(Math.log2(Math.log(2) / Math.log(1 + search.resolution)));
  let needS = 0;
  for (let at = 0; at < doublings; at++) needS += plateauTakesS(plan, Math.min(search.max, search.from * 2 ** at));
  needS += (halvings + 2 * search.plays - 1) * plateauTakesS(plan, search.max);
  const each = plateauTakesS(plan, search.from);
  const minutes = (seconds: number): string => `${Math.max(1, Math.round(seconds / 60))} min`;
  progress.say(
    `plateaus of ${plan.plateauS} s after ${plan.warmUpS} s of warm-up, ${each.toFixed(0)} s each and more with many clients; ${minutes(Math.min(needS, budgetS))} at most${needS > budgetS ? ` (the budget; up to ${search.max} it would take ${minutes(needS)})` : ''}`,
  );
}
