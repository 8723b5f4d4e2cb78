import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { COMPARED_METRICS, type ComparedMetric } from '../../protocol/schemas/comparison.ts';
import { drawRuns } from './bootstrap.ts';
import { armOrder } from './ratio.ts';
import { byMetric, type PlayedBlocks } from './verdict.ts';

/** Blocks of one build, recorded one after another (`fixtures/compare/*.json`). */
export const RecordedBlocks = Type.Object({
  version: Type.Literal(1),
  origin: Type.String(),
  licence: Type.String(),
  blocks: Type.Array(
    Type.Object({
      startedAt: Type.String(),
      late: Type.String(),
      figures: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()])),
    }),
  ),
});
export type RecordedBlocks = Static<typeof RecordedBlocks>;

/** @throws Error when `text` isn't recorded blocks */
export function readRecorded(text: string): RecordedBlocks {
  return Value.Parse(RecordedBlocks, JSON.parse(text));
}

type RecordedBlock = RecordedBlocks['blocks'][number];

/** Blocks that stood next to each other stay so, in runs as long as four pairs. */
const RUN_LENGTH = 8;

/** A comparison made of recorded blocks: runs of neighbours drawn anew, the arms dealt, and a slowdown planted in B. */
export function simulatedRun(
  recorded: readonly RecordedBlock[],
  options: {
    readonly aaBlocks: number;
    readonly blocks: number;
    readonly random: () => number;
    /** By how much B is made slower in each metric, as a ratio; default 1. */
    readonly planted?: (metric: ComparedMetric) => number;
  },
): { aa: PlayedBlocks; ab: PlayedBlocks } {
  const { aaBlocks, blocks, random, planted = () => 1 } = options;
  const indices = drawRuns([...recorded.keys()], { length: aaBlocks + blocks, runLength: RUN_LENGTH, random });
  const drawn = indices.map((index) => recorded[index] as RecordedBlock);
  const order = armOrder(blocks, Math.floor(random() * 2 ** 32));
  const ab = byMetric(drawn.slice(aaBlocks));
  for (const metric of COMPARED_METRICS) {
    ab[metric] = ab[metric].map((figure, at) =>
      figure !== null && order[at] === 'b' ? figure * planted(metric) : figure,
    );
  }
  return {
    aa: { order: new Array<'a'>(aaBlocks).fill('a'), figures: byMetric(drawn.slice(0, aaBlocks)) },
    ab: { order, figures: ab },
  };
}
