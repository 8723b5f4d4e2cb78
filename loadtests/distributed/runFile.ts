import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type Scenario, type ScenarioFile, ScenarioSchema } from '../../protocol/schemas/scenario.ts';
import { Histogram, holdsTogether } from '../../reports/histogram.ts';
import type { InsideEvidence } from '../judge/evidence.ts';
import type { LatenessEvidence } from '../judge/lateness.ts';
import type { Windows } from '../judge/merge.ts';
import { MergeError } from './errors.ts';
import {
  GENERATOR_FILE,
  type GeneratorRecord,
  GeneratorRecordSchema,
  RUN_FILE,
  type RunRecord,
  RunRecordSchema,
  type WindowsRecord,
} from './records.ts';

type SeriesRecord = [number, number][];

/** A series as it is stored: ascending. */
export function seriesRecord(series: ReadonlyMap<number, number>): SeriesRecord {
  return [...series].sort((a, b) => a[0] - b[0]);
}

function windowsRecord(windows: Windows): WindowsRecord {
  return [...windows]
    .sort((a, b) => a[0] - b[0])
    .map(([second, histogram]) => {
      const json = histogram.toJSON();
      return [second, { ...json, buckets: json.buckets.map(([bucket, count]) => [bucket, count]) }];
    });
}

function windowsOf(record: WindowsRecord): Windows {
  return new Map(record.map(([second, json]) => [second, Histogram.fromJSON(json)]));
}

type SeriesName = Exclude<keyof InsideEvidence, 'process' | 'publish'>;
/** Whether a server may leave it untold. */
const INSIDE_SERIES: Readonly<Record<SeriesName, boolean>> = {
  cpu: false,
  rssBytes: false,
  loopDelayUs: false,
  runQueueUs: false,
  gcUs: true,
  heapBytes: true,
  bytesOut: true,
};
const SERIES_NAMES = Object.keys(INSIDE_SERIES) as readonly SeriesName[];

/** What was seen inside the server, as it is stored. */
export function insideRecord(inside: InsideEvidence | undefined): RunRecord['inside'] {
  if (inside === undefined) return null;
  const series: Record<string, SeriesRecord> = {};
  for (const name of SERIES_NAMES) {
    const told = inside[name];
    if (told !== undefined) series[name] = seriesRecord(told);
  }
  return { process: windowsRecord(inside.process), publish: windowsRecord(inside.publish), series };
}

/** What was seen inside the server, as the judge takes it. */
export function insideOf(record: RunRecord['inside']): InsideEvidence | undefined {
  if (record === null) return undefined;
  const told = (name: SeriesName): Map<number, number> => new Map(record.series[name]);
  const untold = SERIES_NAMES.filter((name) => INSIDE_SERIES[name] && record.series[name] !== undefined);
  return {
    process: windowsOf(record.process),
    publish: windowsOf(record.publish),
    cpu: told('cpu'),
    rssBytes: told('rssBytes'),
    loopDelayUs: told('loopDelayUs'),
    runQueueUs: told('runQueueUs'),
    ...Object.fromEntries(untold.map((name) => [name, told(name)])),
  };
}

/** The lateness of the gate's machine and its own processes, without that of `generators`. */
export function latenessRecord(lateness: LatenessEvidence, generators: ReadonlySet<string>): RunRecord['lateness'] {
  const named = (series: LatenessEvidence['loopDelayUs']): [string, SeriesRecord][] =>
    [...series].filter(([name]) => !generators.has(name)).map(([name, own]) => [name, seriesRecord(own)]);
  return {
    canaryUs: seriesRecord(lateness.canaryUs),
    stealShare: seriesRecord(lateness.stealShare),
    loopDelayUs: named(lateness.loopDelayUs),
    slipUs: named(lateness.slipUs),
    runQueueUs: seriesRecord(lateness.runQueueUs),
    clockErrorUs: lateness.clockErrorUs,
  };
}

/** Writes `run.json` into a run's folder. */
export function writeRunRecord(folder: string, record: RunRecord): void {
  writeFileSync(join(folder, RUN_FILE), `${JSON.stringify(record)}\n`);
}

/** Writes `generator.json` into a generator's folder. */
export function writeGeneratorRecord(folder: string, record: GeneratorRecord): void {
  writeFileSync(join(folder, GENERATOR_FILE), `${JSON.stringify(record)}\n`);
}

const runCheck = TypeCompiler.Compile(RunRecordSchema);
const generatorCheck = TypeCompiler.Compile(GeneratorRecordSchema);
const scenarioCheck = TypeCompiler.Compile(ScenarioSchema);

/** A run's record with its scenario checked. */
export type ReadRun = Omit<RunRecord, 'scenario'> & { readonly scenario: Scenario };

/** Reads a folder's `run.json`; undefined where there is none. @throws MergeError for one that isn't as its schema says */
export function readRunRecord(folder: string): ReadRun | undefined {
  const path = join(folder, RUN_FILE);
  const record: RunRecord | undefined = readRecord(path, runCheck);
  if (record === undefined) return undefined;
  checkWindows(path, record.inside);
  return { ...record, scenario: scenarioOf(path, record.scenario) };
}

function checkWindows(path: string, inside: RunRecord['inside']): void {
  for (const name of ['process', 'publish'] as const) {
    const broken = inside?.[name].find(([, histogram]) => !holdsTogether(histogram));
    if (broken === undefined) continue;
    throw new MergeError(`${path}: /inside/${name}: the histogram of second ${broken[0]} contradicts itself`, 'bad');
  }
}

/** Reads a folder's `generator.json`; undefined where there is none. @throws MergeError for one that isn't as its schema says */
export function readGeneratorRecord(folder: string): GeneratorRecord | undefined {
  return readRecord(join(folder, GENERATOR_FILE), generatorCheck);
}

/** Checks a generator's record that came over the network; undefined when it is none. */
export function checkGeneratorRecord(value: unknown): GeneratorRecord | undefined {
  return generatorCheck.Check(value) ? value : undefined;
}

interface Check<Checked> {
  Check(value: unknown): value is Checked;
  Errors(value: unknown): { First(): { readonly path: string; readonly message: string } | undefined };
}

function readRecord<Checked>(path: string, check: Check<Checked>): Checked | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new MergeError(`${path}: no JSON (cut off?); take the generator's folder again, or repeat the run`, 'bad');
  }
  if (check.Check(parsed)) return parsed;
  const fault = check.Errors(parsed).First();
  throw new MergeError(`${path}: ${fault?.path || 'the whole'}: ${fault?.message ?? 'not as its schema says'}`, 'bad');
}

function scenarioOf(path: string, value: unknown): Scenario {
  const { isWhole, file } = splitWhole(value);
  if (!scenarioCheck.Check(file)) {
    const fault = scenarioCheck.Errors(file).First();
    throw new MergeError(`${path}: /scenario${fault?.path ?? ''}: ${fault?.message ?? 'no scenario'}`, 'bad');
  }
  if (!isFilledIn(file)) throw new MergeError(`${path}: /scenario: it lacks what the gate fills in`, 'bad');
  return isWhole ? { ...file, tape: { ...file.tape, isWhole: true } } : file;
}

/** The mark of a scenario without a part of its own, which its file can't hold. */
function splitWhole(value: unknown): { isWhole: boolean; file: unknown } {
  if (!isRecord(value) || !isRecord(value['tape']) || value['tape']['isWhole'] !== true) {
    return { isWhole: false, file: value };
  }
  const { isWhole: _, ...tape } = value['tape'];
  return { isWhole: true, file: { ...value, tape } };
}

function isFilledIn(file: ScenarioFile): file is ScenarioFile & Scenario {
  const { description, seed, load, cuts, targets, tape } = file;
  return ![description, seed, load, cuts, targets, tape?.fromS].includes(undefined);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
