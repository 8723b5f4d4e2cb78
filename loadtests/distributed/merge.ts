import type { GeneratorName } from '../../protocol/run.ts';
import { cutShort } from '../gate/endedEarly.ts';
import type { PlayedPart } from '../gate/part.ts';
import { tapeEvidence } from '../gate/tapeEvidence.ts';
import { withoutWarmUp } from '../gate/warmUp.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { addGenerator, type GeneratorData, newGeneratorData } from '../judge/merge.ts';
import { generatorsAgreement } from '../target/clocks.ts';
import { unreadable } from '../target/unread.ts';
import { MergeError } from './errors.ts';
import type { ClockRecord } from './records.ts';
import { insideOf, type ReadRun } from './runFile.ts';
import type { Segment } from './segment.ts';

/** What one generator gives to the union. */
export interface RunPart {
  /** As it is named to a user: `swarm 2/4 on host-b`. */
  readonly name: string;
  /** Where it came from: its folder or file. */
  readonly from: string;
  readonly data: GeneratorData;
  readonly segment: Segment | undefined;
  /** Undefined: the gate's own, on the gate's clock. */
  readonly clock: ClockRecord | undefined;
  readonly canaryUs: ReadonlyMap<number, number>;
  readonly stealShare: ReadonlyMap<number, number>;
  /** In words; '' when nothing went wrong with it. */
  readonly failed: string;
  /** What its file has lost since it was written, in words that name it; '' when nothing. */
  readonly damage: string;
}

export interface Union {
  readonly record: ReadRun;
  /** What should have arrived. */
  readonly part: PlayedPart;
  readonly parts: readonly RunPart[];
}

/**
 * Makes the evidence of one run from that of its generators: histograms and counts are added without loss, and what the
 * oracle says is asked anew, over all clients. Same lines, same evidence, however they were spread over generators.
 *
 * @throws MergeError when a client comes twice, or one that wasn't planned
 */
export function mergeEvidence({ record, part, parts }: Union): { evidence: RunEvidence; notes: string[] } {
  checkClients(record, parts);
  const generators = unionOf(parts);
  const schedule = record.run.schedule;
  const symbolsOf = new Map(record.clients.map(({ client, symbols }) => [client, symbols]));
  const { isNumbered } = record;
  const unread = unreadable(generators);
  // What a generator that failed has left unfinished is told by its failure.
  const damage = parts
    .filter(({ failed }) => failed === '')
    .map((part) => part.damage || twiceIn(part))
    .find((words) => words !== '');
  const evidence: RunEvidence = {
    scenario: record.scenario,
    targets: record.targets,
    schedule,
    generators,
    plannedClients: record.clients.length,
    plannedOrders: record.clients.reduce((sum, client) => sum + client.orders, 0),
    ...(unread === undefined ? {} : { unreadable: unread }),
    ...(damage === undefined ? {} : { damaged: damage }),
    inside: insideOf(record.inside),
    lateness: latenessOf(record, parts, generators),
    cuts: record.cuts,
    ...tapeEvidence({ part, schedule, generators, symbolsOf, readUntilUs: record.run.endUs, isNumbered }),
    expectedHeads: new Map(record.expectedHeads),
    absent: new Map(record.absent),
    serverDied: record.serverDied,
    generatorFailed: damage ?? failureOf(record, parts),
  };
  const told = record.endedEarly === undefined ? evidence : cutShort(evidence, record.endedEarly);
  return {
    evidence: withoutWarmUp(told, record.discardS),
    notes: parts.filter(({ clock }) => clock !== undefined).map(noteOf),
  };
}

/** One set of data for each kind of generator, in an order that doesn't depend on who told what first. */
function unionOf(parts: readonly RunPart[]): GeneratorData[] {
  const unions = new Map<GeneratorName, GeneratorData>();
  for (const { data } of parts) {
    const union = unions.get(data.generator) ?? newGeneratorData(data.generator);
    unions.set(data.generator, union);
    addGenerator(union, data);
  }
  const all = [...unions.values()].sort((a, b) => RANK[a.generator] - RANK[b.generator]);
  for (const { clients, orders, violations } of all) {
    clients.sort((a, b) => a.client - b.client);
    orders.sort((a, b) => a.client - b.client || a.plannedUs - b.plannedUs);
    violations.sort((a, b) => a.atUs - b.atUs || a.client - b.client || a.stream.localeCompare(b.stream));
  }
  return all;
}

/** The load comes first, as it does in a gate's own evidence. */
const RANK: Readonly<Record<GeneratorName, number>> = { k6: 0, swarm: 1, probe: 2 };

function checkClients(record: ReadRun, parts: readonly RunPart[]): void {
  const planned = new Set(record.clients.map(({ client }) => client));
  const seenIn = new Map<number, number>();
  for (const [at, part] of parts.entries()) {
    for (const { client } of part.data.clients) {
      const first = seenIn.get(client) ?? at;
      if (first !== at) {
        throw new MergeError(
          `client ${client} comes twice, in ${parts[first]?.from} and ${part.from}: two generators played one segment; leave one out`,
          'bad',
        );
      }
      if (!planned.has(client)) {
        throw new MergeError(`${part.from}: client ${client} is not in the run's plan: is it of another run?`, 'bad');
      }
      seenIn.set(client, at);
    }
  }
}

/** A client of which one file tells twice, in words; '' where none is: no generator of ours wrote it so. */
function twiceIn({ from, data }: RunPart): string {
  const seen = new Set<number>();
  const again = data.clients.find(({ client }) => seen.size === seen.add(client).size);
  return again === undefined ? '' : `${from}: client ${again.client} comes twice in it`;
}

/** What of ours failed, in words: a missing segment leaves the run without a verdict, whatever the others saw. */
function failureOf(record: ReadRun, parts: readonly RunPart[]): string {
  if (record.failed !== '') return record.failed;
  const failed = parts.find((part) => part.failed !== '');
  if (failed !== undefined) return `${failed.name}: ${failed.failed}`;
  const unknown = parts.find(({ clock }) => clock !== undefined && clock.errorUs === null);
  if (unknown !== undefined)
    return `${unknown.name}: nobody knows how far its clock was off; state it with --clock-error`;
  const missing = missingSegments(record, parts);
  if (missing.length > 0) {
    const which = missing.length === 1 ? `segment ${missing[0]} is` : `segments ${missing.join(', ')} are`;
    return `${which} missing: nobody delivered what they measured`;
  }
  const told = new Set(parts.flatMap(({ data }) => data.clients.map(({ client }) => client)));
  const silent = record.clients.filter(({ client }) => !told.has(client)).map(({ client }) => client);
  if (silent.length === 0) return '';
  const some = silent.slice(0, 5).join(', ');
  return `no generator told of ${silent.length} clients of the plan (${some}${silent.length > 5 ? ' ...' : ''})`;
}

/** Segments that nobody played, as far as generators say which they did. */
function missingSegments(record: ReadRun, parts: readonly RunPart[]): string[] {
  const joined = parts.filter(({ clock }) => clock !== undefined);
  if (record.segments === 1 || joined.some(({ segment }) => segment === undefined)) return [];
  const played = new Set(joined.map(({ segment }) => segment?.index));
  const missing: string[] = [];
  for (let index = 1; index <= record.segments; index++) {
    if (!played.has(index)) missing.push(`${index}/${record.segments}`);
  }
  return missing;
}

/** A message is read by one generator: the worst of them, second by second, bounds what any may have added. */
function latenessOf(
  record: ReadRun,
  parts: readonly RunPart[],
  generators: readonly GeneratorData[],
): RunEvidence['lateness'] {
  const { lateness } = record;
  const loopDelayUs = new Map(lateness.loopDelayUs.map(([name, series]) => [name, new Map(series)]));
  const slipUs = new Map(lateness.slipUs.map(([name, series]) => [name, new Map(series)]));
  for (const data of generators) {
    loopDelayUs.set(data.generator, maximaOf(data, 'loopDelay'));
    slipUs.set(data.generator, maximaOf(data, 'slip'));
  }
  return {
    canaryUs: worstOf([new Map(lateness.canaryUs), ...parts.map((part) => part.canaryUs)]),
    stealShare: worstOf([new Map(lateness.stealShare), ...parts.map((part) => part.stealShare)]),
    loopDelayUs,
    slipUs,
    runQueueUs: new Map(lateness.runQueueUs),
    // Each states its error; what its own pings say of it is asked as well.
    clockErrorUs: Math.max(
      lateness.clockErrorUs,
      generatorsAgreement(parts.map(({ data }) => data)).errorUs,
      ...parts.map(({ clock }) => clock?.errorUs ?? 0),
    ),
  };
}

function maximaOf(data: GeneratorData, metric: 'loopDelay' | 'slip'): Map<number, number> {
  return new Map([...(data.metrics.get(metric) ?? [])].map(([second, histogram]) => [second, histogram.max]));
}

/** Second by second the largest of several series. */
export function worstOf(all: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const worst = new Map<number, number>();
  for (const series of all) {
    for (const [second, value] of series) worst.set(second, Math.max(value, worst.get(second) ?? value));
  }
  return worst;
}

function noteOf({ name, data, clock }: RunPart): string {
  const ms = (us: number): string => `${(us / 1000).toFixed(us < 1000 ? 3 : 1)} ms`;
  const error = clock?.errorUs ?? Number.NaN;
  const how = clock?.method === 'same' ? "the gate's own clock" : `clock within ${ms(error)} (${clock?.method})`;
  const late = Math.max(0, ...maximaOf(data, 'loopDelay').values());
  return `${name}: ${data.clients.length} clients, ${how}, event loop late by ${ms(late)} at most`;
}
