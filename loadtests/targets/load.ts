import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { nearestFirst } from '../../protocol/nearest.ts';
import { type TargetSet, TargetSetSchema } from '../../protocol/schemas/targets.ts';
import { projectFile } from '../../simulator/paths.ts';
import { parseYaml } from '../../simulator/yamlFile.ts';

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
  });
  if (!read.ok) throw new TargetsError('invalid', read.message);
  const ids = read.value.targets.map((target) => target.id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined)
    throw new TargetsError('invalid', `targets ${read.value.name}: '${twice}' stands there twice; keep one`);
  return read.value;
}

function targetNames(): string[] {
  return readdirSync(projectFile('loadtests', 'targets'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}
