import { resolve } from 'node:path';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { hasHistory } from '../feeds/fedBy.ts';
import type { GeneratorEnd } from '../gate/generators.ts';
import type { PlayedPart } from '../gate/part.ts';
import type { RunPlans } from '../gate/plan.ts';
import type { RunOptions } from '../gate/run.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import type { RunIdentity, RunRecord } from './records.ts';
import { insideRecord, latenessRecord } from './runFile.ts';

export interface RecordInput {
  readonly options: RunOptions;
  readonly part: PlayedPart;
  readonly planned: RunPlans;
  /** Before a warm-up is taken from it. */
  readonly evidence: RunEvidence;
  readonly ends: readonly GeneratorEnd[];
  /** What of ours failed that isn't a generator; '' when nothing did. */
  readonly failed: string;
  readonly runHash: string;
  readonly transport: string;
  readonly notes: readonly string[];
}

/** What all parts of a plan's run have in common. */
export function identityOf(scenario: string, plan: GeneratorPlan, seed: number): RunIdentity {
  const { schedule, dialect, codec = 'json', endUs } = plan;
  return { scenario, seed, dialect, codec, schedule: { ...schedule }, endUs };
}

/** All that a gate knows of a run besides its generators' lines: with these, it can be judged again, or as one of several. */
export function recordRun(input: RecordInput): RunRecord {
  const { options, planned, evidence } = input;
  const { scenario } = options;
  const names = new Set(evidence.generators.map((data) => data.generator));
  return {
    schema: 'tapedeck.run',
    version: 1,
    run: identityOf(scenario.name, planned.load, scenario.seed),
    scenario: evidence.scenario,
    targets: evidence.targets,
    tape: tapeOf(input),
    isNumbered: options.dialect.isNumbered,
    clients: [...planned.load.clients, ...planned.probe.clients].map(({ client, symbols, orders }) => ({
      client,
      symbols: [...symbols],
      orders: orders.length,
    })),
    segments: options.crew?.segments ?? 1,
    generators: input.ends
      .filter(({ data }) => options.crew === undefined || data.generator === 'probe')
      .map(({ data: { generator }, failed }) => ({ generator, lines: `${generator}.ndjson`, failed })),
    inside: insideRecord(evidence.inside),
    lateness: latenessRecord(evidence.lateness, names),
    cuts: evidence.cuts.map(({ client, atUs }) => ({ client, atUs })),
    expectedHeads: [...evidence.expectedHeads],
    absent: [...evidence.absent],
    discardS: options.discardS ?? 0,
    ...(evidence.endedEarly === undefined
      ? {}
      : { endedEarly: { ...evidence.endedEarly, seconds: [...evidence.endedEarly.seconds] } }),
    serverDied: evidence.serverDied,
    failed: input.failed,
    runHash: input.runHash,
    transport: input.transport,
    notes: [...input.notes],
  };
}

function tapeOf({ options, part, planned }: RecordInput): RunRecord['tape'] {
  const { tapePath, feed } = options;
  const reader = openTape(tapePath);
  const { sha256 } = reader.header;
  reader.close();
  const knowsNoMore = feed !== undefined && !hasHistory(feed);
  const { fromUs, toUs } = part;
  const isPlayed = (planned.load.timedBy ?? 'schedule') === 'schedule';
  return { path: resolve(tapePath), sha256, isPlayed, fromUs, toUs, barsFromUs: knowsNoMore ? fromUs : null };
}
