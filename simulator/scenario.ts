import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { nearestFirst } from '../protocol/nearest.ts';
import { type Scenario, ScenarioSchema } from '../protocol/schemas/scenario.ts';
import { projectFile } from './paths.ts';
import { parseYaml } from './yamlFile.ts';

/** A scenario that can't be used, with the reason in one line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** `missing`: there is no such scenario; `invalid`: there is, and it can't be read. */
  readonly reason: 'missing' | 'invalid';

  constructor(reason: 'missing' | 'invalid', message: string) {
    super(message);
    this.reason = reason;
  }
}

const check = TypeCompiler.Compile(ScenarioSchema);

/**
 * Reads and validates a scenario.
 *
 * @param nameOrPath a name (`default` is `fixtures/scenarios/default.yaml`) or the path of a YAML file
 * @throws ScenarioError with file, line, field, what was expected and what was found; for an unknown name, the known ones
 */
export function loadScenario(nameOrPath: string): Scenario {
  const path = /[/\\]|\.ya?ml$/.test(nameOrPath)
    ? nameOrPath
    : projectFile('fixtures', 'scenarios', `${nameOrPath}.yaml`);
  if (!existsSync(path)) throw missing(nameOrPath, path);
  const result = parseYaml({ file: shown(path), text: readFileSync(path, 'utf8'), check, rule: cutsRunUpwards });
  if (!result.ok) throw new ScenarioError('invalid', `scenario ${result.message}`);
  return result.value;
}

function cutsRunUpwards({ cuts }: Scenario): { readonly pointer: string; readonly expected: string } | undefined {
  const at = cuts.findIndex((cut) => cut.toShare < cut.fromShare);
  return at < 0 ? undefined : { pointer: `/cuts/${at}`, expected: 'fromShare <= toShare' };
}

/** Names of the scenarios that come with the project. */
export function scenarioNames(): string[] {
  return readdirSync(projectFile('fixtures', 'scenarios'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

function missing(nameOrPath: string, path: string): ScenarioError {
  if (path === nameOrPath) return new ScenarioError('missing', `scenario ${path}: there is no such file`);
  const known = nearestFirst(nameOrPath, scenarioNames()).join(', ');
  return new ScenarioError('missing', `scenario ${nameOrPath}: unknown; there are ${known}, or name a .yaml file`);
}

/** Relative to the working directory where that is shorter. */
function shown(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.length < path.length ? fromHere : path;
}
