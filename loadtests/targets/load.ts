import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { nearestFirst } from '../../protocol/nearest.ts';
import { type Target, type TargetSet, TargetSetSchema } from '../../protocol/schemas/targets.ts';
import { projectFile } from '../../simulator/paths.ts';
import { parseYaml } from '../../simulator/yamlFile.ts';
import { ABORTING_ROWS } from '../gate/abortWatch.ts';

/** A set of targets that can't be used: `reason` says whether it is missing or can't be read; the message is one line. */
export class TargetsError extends Error {
  override readonly name = 'TargetsError';
  readonly reason: 'missing' | 'invalid';

  constructor(reason: 'missing' | 'invalid', message: string) {
    super(message);
    this.reason = reason;
  }
}

const check = TypeCompiler.Compile(TargetSetSchema);

/** Reads a set of targets: a file's path, or the name of one in `loadtests/targets/`. */
export function loadTargets(nameOrPath: string): TargetSet {
  const isPath = /[/\\.]/.test(nameOrPath);
  const file = isPath ? nameOrPath : projectFile('loadtests', 'targets', `${nameOrPath}.yaml`);
  if (!existsSync(file)) {
    if (isPath) throw new TargetsError('missing', `targets ${nameOrPath}: no such file`);
    const known = nearestFirst(nameOrPath, targetNames());
    throw new TargetsError(
      'missing',
      `unknown targets '${nameOrPath}'; known are ${known.join(', ')}, or give a file's path`,
    );
  }
  const read = parseYaml({
    file: isPath ? nameOrPath : `loadtests/targets/${nameOrPath}.yaml`,
    text: readFileSync(file, 'utf8'),
    check,
    rule: firstBroken,
  });
  if (!read.ok) throw new TargetsError('invalid', read.message);
  return read.value;
}

/** What the schema can't say of a set. */
function firstBroken({ targets }: TargetSet): { readonly pointer: string; readonly expected: string } | undefined {
  for (const [at, target] of targets.entries()) {
    const place = `/targets/${at}`;
    if (targets.findIndex(({ id }) => id === target.id) !== at) {
      return { pointer: `${place}/id`, expected: `each metric once, '${target.id}' stands there twice` };
    }
    const only = onlyOf(target);
    if (only !== undefined) return { pointer: `${place}/${only.field}`, expected: only.expected };
  }
  return undefined;
}

/** A field that the row's metric doesn't know. */
function onlyOf(target: Target): { readonly field: string; readonly expected: string } | undefined {
  if (target.abortAfterWindows !== undefined && !ABORTING_ROWS.has(target.id)) {
    const known = [...ABORTING_ROWS].join(', ');
    return { field: 'abortAfterWindows', expected: `it in a row of ${known} alone, not of ${target.id}` };
  }
  if (target.computedInMs !== undefined && target.id !== 'cadence') {
    return { field: 'computedInMs', expected: `it in the row cadence alone, not in ${target.id}` };
  }
  if (target.growthPerHour !== undefined && target.id !== 'leak') {
    return { field: 'growthPerHour', expected: `it in the row leak alone, not in ${target.id}` };
  }
  return undefined;
}

function targetNames(): string[] {
  return readdirSync(projectFile('loadtests', 'targets'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}
