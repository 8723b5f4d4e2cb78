import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openTape } from '../../simulator/tape/reader.ts';
import type { TapeHeader } from '../../simulator/tape/types.ts';
import { type PlayedPart, readPart, unknownPart } from '../gate/part.ts';
import { readCheckedLines } from './checkedLines.ts';
import { MergeError } from './errors.ts';
import type { RunPart, Union } from './merge.ts';
import { GENERATOR_FILE, type GeneratorRecord, RUN_FILE, type RunIdentity, SEGMENTS_FOLDER } from './records.ts';
import { type ReadRun, readGeneratorRecord, readRunRecord } from './runFile.ts';
import { segmentName } from './segment.ts';

export interface LoadOptions {
  /** Folders of a run: the gate's, and those of its generators, or folders that hold such folders. */
  readonly paths: readonly string[];
  /** Where the tape lies now; absent: where the run found it. */
  readonly tapePath?: string;
  /** Bound of the clocks that nobody estimated, µs, as whoever runs them states it; absent: there is none. */
  readonly clockErrorUs?: number;
}

/** A run's parts as they lie on disk, read and found to belong together. */
export interface LoadedUnion extends Union {
  /** Folder of the gate's part. */
  readonly folder: string;
  readonly tapePath: string;
  readonly header: TapeHeader;
}

/**
 * Reads the parts of one run.
 *
 * @throws MergeError naming the folder when one is missing, is none, or is of another run
 */
export async function loadUnion(options: LoadOptions): Promise<LoadedUnion> {
  const found = options.paths.flatMap(foldersIn);
  const gates: { folder: string; record: ReadRun }[] = [];
  const generators: { folder: string; record: GeneratorRecord }[] = [];
  for (const folder of new Set(found)) {
    const run = readRunRecord(folder);
    if (run !== undefined) gates.push({ folder, record: run });
    const generator = readGeneratorRecord(folder);
    if (generator !== undefined) generators.push({ folder, record: generator });
  }
  const [gate, other] = gates;
  if (gate === undefined) {
    throw new MergeError(
      `none of the folders holds ${RUN_FILE}: name the gate's folder too, which has the server's side of the run`,
      'missing',
    );
  }
  if (other !== undefined) {
    const differing = differenceOf(gate.record.run, other.record.run) ?? 'each has a server of its own';
    throw new MergeError(`${gate.folder} and ${other.folder} are two runs: ${differing}`, 'bad');
  }
  for (const { folder, record } of generators) {
    const differing = differenceOf(gate.record.run, record.run);
    if (differing !== undefined)
      throw new MergeError(`${folder} is not of the run in ${gate.folder}: ${differing}`, 'bad');
  }
  const parts = [
    ...(await Promise.all(gate.record.generators.map((own) => ownPart(gate.folder, own)))),
    ...(await Promise.all(generators.map(({ folder, record }) => generatorPart(folder, record, options.clockErrorUs)))),
  ];
  return { ...gate, ...partOf(gate.folder, gate.record, options.tapePath), parts };
}

/** The folders of a run at a path: itself, or those right below it (and below its `segments`). @throws MergeError when there is none */
function foldersIn(path: string): string[] {
  if (!isFolder(path)) {
    throw new MergeError(`${path}: no such folder; name the folders that the gate and its generators wrote`, 'missing');
  }
  const below = (folder: string): string[] =>
    isFolder(folder)
      ? readdirSync(folder)
          .sort()
          .map((name) => join(folder, name))
          .filter((inner) => isFolder(inner) && isPart(inner))
      : [];
  const folders = [...(isPart(path) ? [path] : below(path)), ...below(join(path, SEGMENTS_FOLDER))];
  if (folders.length > 0) return folders;
  throw new MergeError(`${path}: neither ${RUN_FILE} nor ${GENERATOR_FILE} in it or right below it`, 'missing');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isPart(folder: string): boolean {
  return [RUN_FILE, GENERATOR_FILE].some((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile());
}

/** What differs between two parts' runs, in words; undefined when nothing does. */
export function differenceOf(a: RunIdentity, b: RunIdentity): string | undefined {
  const parts = (run: RunIdentity): [string, string | number][] => {
    const { schedule, ...others } = run;
    return [
      ...Object.entries(others),
      ...Object.entries(schedule).map(([name, value]) => [`schedule.${name}`, value] as const),
    ].map(([name, value]) => [name, value]);
  };
  const theirs = new Map(parts(b));
  const differing = parts(a).find(([name, value]) => theirs.get(name) !== value);
  return differing === undefined
    ? undefined
    : `${differing[0]} is ${differing[1]} there and ${theirs.get(differing[0])} here`;
}

async function ownPart(folder: string, own: ReadRun['generators'][number]): Promise<RunPart> {
  const path = join(folder, own.lines);
  const { generator, failed } = own;
  const { data, damage } = await readCheckedLines({ generator, path, isWhole: failed === '' });
  return {
    name: generator,
    from: path,
    data,
    segment: undefined,
    clock: undefined,
    canaryUs: new Map(),
    stealShare: new Map(),
    failed,
    damage,
  };
}

async function generatorPart(
  folder: string,
  record: GeneratorRecord,
  clockErrorUs: number | undefined,
): Promise<RunPart> {
  const { generator, segment, clock, host, failed } = record;
  const path = join(folder, record.lines);
  const { data, damage } = await readCheckedLines({ generator, path, isWhole: failed === '' });
  const which = segment === null ? generator : `${generator} ${segmentName(segment)}`;
  return {
    name: `${which} on ${host.name}`,
    from: folder,
    data,
    segment: segment ?? undefined,
    clock:
      clock.method === 'none' && clockErrorUs !== undefined
        ? { ...clock, method: 'stated', errorUs: clockErrorUs }
        : clock,
    canaryUs: new Map(record.canaryUs),
    stealShare: new Map(record.stealShare),
    failed,
    damage,
  };
}

/** What should have arrived, from the run's tape. @throws MergeError when the tape is another one */
function partOf(
  folder: string,
  { tape, clients }: ReadRun,
  elsewhere: string | undefined,
): { part: PlayedPart; tapePath: string; header: TapeHeader } {
  const tapePath = elsewhere ?? tape.path;
  if (statSync(tapePath, { throwIfNoEntry: false }) === undefined) {
    throw new MergeError(`${tapePath}: the run's tape isn't there; say where it is with --tape`, 'missing');
  }
  const reader = openTape(tapePath);
  try {
    if (reader.header.sha256 !== tape.sha256) {
      throw new MergeError(
        `${tapePath}: not the tape of ${folder}, its sha256 is another; name that one with --tape`,
        'bad',
      );
    }
    const { fromUs, toUs, barsFromUs } = tape;
    if (!tape.isPlayed) {
      const symbols = [...new Set(clients.flatMap((client) => client.symbols))];
      return { part: unknownPart(symbols, { fromUs, toUs }), tapePath, header: reader.header };
    }
    const part = readPart(reader, { fromUs, toUs, ...(barsFromUs === null ? {} : { barsFromUs }) });
    return { part, tapePath, header: reader.header };
  } finally {
    reader.close();
  }
}
