import type {
  Arm,
  ComparedBlock,
  ComparedRow,
  Comparison,
  ComparisonVerdict,
} from '../../protocol/schemas/comparison.ts';
import type { BlockFigures } from './figures.ts';
import { compareShapes, GRID_US } from './ks.ts';
import { armOrder } from './ratio.ts';
import { flipsFor } from './signFlip.ts';
import {
  byMetric,
  judgeBlocks,
  lookAtMachine,
  type PlayedBlocks,
  percent,
  type VerdictOptions,
  wholeVerdict,
  whyUnclear,
} from './verdict.ts';

/** One block as played. */
export interface Block extends BlockFigures {
  readonly startedAt: string;
  /** Why the machine was too late for it to count; '' where it wasn't. */
  readonly late: string;
  /** The promise that the arm broke; '' where none. */
  readonly broken: string;
  readonly interrupted: boolean;
}

/** Where a comparison stands. */
export interface CompareProgress {
  readonly phase: ComparedBlock['phase'];
  readonly arm: Arm;
  /** Blocks played and all of the phase. */
  readonly played: number;
  readonly blocks: number;
}

export interface CompareOptions extends VerdictOptions {
  /** Blocks of A against itself, played first. */
  readonly aaBlocks: number;
  /** Blocks of both arms together, an even number. */
  readonly blocks: number;
  /** Compare even where the look at the machine found that no metric can be told. */
  readonly anyway: boolean;
  readonly playBlock: (arm: Arm, progress: CompareProgress) => Promise<Block>;
  readonly onNote: (note: string) => void;
}

/** What came of a comparison, before it is put into a report. */
export interface CompareOutcome extends Pick<Comparison, 'verdict' | 'why' | 'rows' | 'shape' | 'blocks' | 'notes'> {
  readonly interrupted: boolean;
}

/** Of the blocks of a phase so many may be played again, each because the machine was late. */
const REPLAYS_PER_BLOCK = 0.25;
const REPLAYS_OF_ONE = 2;

interface Kept {
  readonly told: ComparedBlock;
  readonly ticks: readonly number[] | undefined;
}

/**
 * Compares two arms: first A with itself, to learn what the machine can tell, then in pairs of A B or B A. It ends early
 * when an arm breaks a promise, when nothing could be told, and on an interrupt; what was measured is kept.
 */
export async function compare(options: CompareOptions): Promise<CompareOutcome> {
  const notes: string[] = [];
  const say = (note: string): void => {
    notes.push(note);
    options.onNote(note);
  };
  const aa = await playPhase(options, { phase: 'aa', order: new Array<Arm>(options.aaBlocks).fill('a') });
  if (aa.stopped !== undefined) return stoppedOutcome(aa.stopped, [], aa.kept, notes);

  if (aa.kept.every(({ told }) => told.late !== '') && !options.anyway) {
    const why = `no block of A against itself counts: ${aa.kept[0]?.told.late}; wait until the machine is quieter`;
    return stoppedOutcome({ verdict: "can't tell", why, interrupted: false }, [], aa.kept, notes);
  }
  const pairs = options.blocks / 2;
  const look = lookAtMachine(played(aa.kept), { ...options, pairs });
  const hopeless = [...look].filter(([metric, found]) => !mayTell(found?.likely, options.gate(metric)));
  say(machineWords(look));
  if (look.size > 0 && hopeless.length === look.size && !options.anyway) {
    return {
      ...refused(look, options),
      blocks: aa.kept.map(({ told }) => told),
      notes,
      shape: null,
      interrupted: false,
    };
  }

  const order = armOrder(options.blocks, options.seed);
  const ab = await playPhase(options, { phase: 'ab', order });
  const rows = judgeBlocks(played(aa.kept), played(ab.kept), options);
  const all = [...aa.kept, ...ab.kept];
  if (ab.stopped !== undefined) return stoppedOutcome(ab.stopped, rows, all, notes);
  return {
    ...wholeVerdict(rows),
    rows,
    shape: shapeOf(ab.kept, options.seed),
    blocks: all.map(({ told }) => told),
    notes,
    interrupted: false,
  };
}

interface Stopped {
  readonly verdict: ComparisonVerdict;
  readonly why: string;
  readonly interrupted: boolean;
}

async function playPhase(
  options: CompareOptions,
  { phase, order }: { readonly phase: ComparedBlock['phase']; readonly order: readonly Arm[] },
): Promise<{ kept: Kept[]; stopped: Stopped | undefined }> {
  const kept: Kept[] = [];
  let replaysLeft = Math.ceil(order.length * REPLAYS_PER_BLOCK);
  for (const arm of order) {
    const progress = { phase, arm, played: kept.length, blocks: order.length };
    let block = await options.playBlock(arm, progress);
    let replays = 0;
    while (block.late !== '' && block.broken === '' && !block.interrupted) {
      if (replaysLeft === 0 || replays === REPLAYS_OF_ONE) break;
      options.onNote(`block ${kept.length + 1} is played again: ${block.late}`);
      replaysLeft -= 1;
      replays += 1;
      block = await options.playBlock(arm, progress);
    }
    if (block.interrupted) {
      return { kept, stopped: { verdict: "can't tell", why: 'interrupted before the end', interrupted: true } };
    }
    const { startedAt, late, broken, ticks } = block;
    const figures = late === '' ? { ...block.figures } : {};
    kept.push({
      told: { phase, arm, startedAt, replays, late, broken, figures },
      ticks: late === '' ? ticks : undefined,
    });
    if (broken !== '') {
      const why = `${arm.toUpperCase()} broke a promise that isn't of time: ${broken}`;
      return { kept, stopped: { verdict: 'fail', why, interrupted: false } };
    }
  }
  return { kept, stopped: undefined };
}

function played(kept: readonly Kept[]): PlayedBlocks {
  const blocks = kept.map(({ told }) => told);
  return { order: blocks.map(({ arm }) => arm), figures: byMetric(blocks) };
}

function stoppedOutcome(
  { verdict, why, interrupted }: Stopped,
  rows: readonly ComparedRow[],
  kept: readonly Kept[],
  notes: readonly string[],
): CompareOutcome {
  const blocks = kept.map(({ told }) => told);
  return { verdict, why, rows: [...rows], shape: null, blocks, notes: [...notes], interrupted };
}

/** Whether it's worth playing on: refused is only what hasn't a fair chance. */
function mayTell(likely: number | undefined, gate: number): boolean {
  return likely !== undefined && likely <= Math.log(gate);
}

type Look = ReturnType<typeof lookAtMachine>;

/** What the machine can detect, in a sentence. */
function machineWords(look: Look): string {
  const parts = [...look].map(([metric, found]) =>
    found === undefined ? `${metric}: too few blocks to say` : `${metric} ${percent(Math.exp(found.detectable))}`,
  );
  return `A against itself: a slowdown is found in 9 of 10 runs from ${parts.join(', ')}`;
}

/** Rows of a comparison that isn't played, because this machine can't tell any of its gates. */
function refused(look: Look, options: CompareOptions): Pick<CompareOutcome, 'verdict' | 'why' | 'rows'> {
  const rows = [...look].map(([id, found]): ComparedRow => {
    const gate = options.gate(id);
    const nothing = { a: null, b: null, ratio: null, interval: null, p: null, pairs: 0 };
    return {
      id,
      ...nothing,
      verdict: "can't tell",
      reason: whyUnclear(found, gate),
      detectable: found === undefined ? null : Math.exp(found.detectable),
      gate,
      blocksNeeded: found?.blocksNeeded ?? null,
    };
  });
  const why = `${wholeVerdict(rows).why}; A and B were not compared (--anyway compares them all the same)`;
  return { verdict: "can't tell", why, rows };
}

/** The shapes of the arms' tick latencies, from the pairs in which both were seen. */
function shapeOf(kept: readonly Kept[], seed: number): Comparison['shape'] {
  const pairs: { a: readonly number[]; b: readonly number[] }[] = [];
  for (let at = 0; at + 1 < kept.length; at += 2) {
    const [first, second] = [kept[at], kept[at + 1]];
    if (first?.ticks === undefined || second?.ticks === undefined) continue;
    const isAFirst = first.told.arm === 'a';
    pairs.push(isAFirst ? { a: first.ticks, b: second.ticks } : { a: second.ticks, b: first.ticks });
  }
  if (pairs.length === 0) return null;
  const { distance, p, a, b } = compareShapes(pairs, flipsFor(pairs.length, seed));
  return { distance, p, gridUs: [...GRID_US], a: [...a], b: [...b] };
}
