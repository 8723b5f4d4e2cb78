import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { nearestFirst } from '../protocol/nearest.ts';
import type { Fault } from '../protocol/schemas/faults.ts';
import { type Scenario, type ScenarioFile, ScenarioSchema } from '../protocol/schemas/scenario.ts';
import { projectFile } from './paths.ts';
import { momentUs, scenarioDay } from './scenarioTimes.ts';
import { DEFAULT_UNIVERSE } from './universe/build.ts';
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

/** The load of a scenario that names none: the default scenario's. */
const DEFAULT_LOAD: Scenario['load'] = {
  clients: 100,
  symbolsPerClient: 20,
  connectOverS: 2,
  ordersPerS: 50,
  probes: 4,
  graceS: 2,
  reconnect: { firstDelayMs: 250, capMs: 30_000 },
};

/**
 * Reads and validates a scenario.
 *
 * @param nameOrPath a name (`default` is `fixtures/scenarios/default.yaml`) or the path of a YAML file
 * @throws ScenarioError with file, line, field, what was expected and what was found; for an unknown name, the known ones
 */
export function loadScenario(nameOrPath: string): Scenario {
  const path = scenarioPath(nameOrPath);
  if (!existsSync(path)) throw missing(nameOrPath, path);
  if (!statSync(path).isFile()) throw new ScenarioError('missing', `scenario ${path}: is no file; name a .yaml file`);
  const result = parseYaml({ file: shown(path), text: readFileSync(path, 'utf8'), check, rule: firstBroken });
  if (!result.ok) throw new ScenarioError('invalid', `scenario ${result.message}`);
  return filledIn(result.value);
}

function filledIn(file: ScenarioFile): Scenario {
  const { description = file.name, seed = 1, load = DEFAULT_LOAD, cuts = [], targets = 'default', tape } = file;
  const part = tape === undefined ? wholeSession() : { ...tape, fromS: tape.fromS ?? fromS(tape) };
  return { ...file, description, seed, load, cuts, targets, tape: part };
}

function wholeSession(): Scenario['tape'] {
  const { openUs, closeUs } = scenarioDay();
  const { symbols } = DEFAULT_UNIVERSE;
  return { symbols, fromS: 0, durationS: (closeUs - openUs) / 1e6, speed: 1, isWhole: true };
}

/** The file of a scenario, which need not be there. @param nameOrPath as {@link loadScenario} takes it */
export function scenarioPath(nameOrPath: string): string {
  if (/[/\\]|\.ya?ml$/.test(nameOrPath)) return nameOrPath;
  return projectFile('fixtures', 'scenarios', `${nameOrPath}.yaml`);
}

function fromS({ date, from = 'open' }: NonNullable<ScenarioFile['tape']>): number {
  const day = scenarioDay(date);
  return (momentUs(from, day) - day.openUs) / 1e6;
}

interface BrokenRule {
  readonly pointer: string;
  readonly expected: string;
}

function firstBroken(scenario: ScenarioFile): BrokenRule | undefined {
  return brokenTape(scenario) ?? brokenCut(scenario) ?? brokenFault(scenario);
}

function brokenTape({ tape }: ScenarioFile): BrokenRule | undefined {
  if (tape === undefined) return undefined;
  if ((tape.fromS === undefined) === (tape.from === undefined)) {
    return { pointer: '/tape', expected: `one of fromS and from, found ${tape.from === undefined ? 'none' : 'both'}` };
  }
  if (tape.date === undefined) return undefined;
  try {
    scenarioDay(tape.date);
    return undefined;
  } catch {
    return { pointer: '/tape/date', expected: `a date of the exchange's calendar, found ${tape.date}` };
  }
}

function brokenCut({ cuts = [] }: ScenarioFile): BrokenRule | undefined {
  const at = cuts.findIndex((cut) => cut.toShare < cut.fromShare);
  return at < 0 ? undefined : { pointer: `/cuts/${at}`, expected: 'fromShare <= toShare' };
}

function brokenFault({ faults = [] }: ScenarioFile): BrokenRule | undefined {
  for (const [at, fault] of faults.entries()) {
    const expected = faultFault(fault);
    if (expected !== undefined) return { pointer: `/faults/${at}`, expected };
  }
  return undefined;
}

function faultFault(fault: Fault): string | undefined {
  if (fault.at !== undefined && fault.when !== undefined) return 'one of at and when, found both';
  if (fault.kind === 'cut' && fault.at === undefined && fault.when === undefined) return 'at or when: when to cut';
  if (fault.kind === 'kick_slow' && fault.at === undefined && fault.when === undefined)
    return 'at or when: when to kick';
  const duration = fault.kind === 'delay' ? fault.byMs : fault.kind === 'duplicate' ? fault.laterMs : undefined;
  if (typeof duration !== 'object') return undefined;
  if (duration.distribution === 'uniform' && duration.to < duration.from) return 'from <= to';
  if (duration.distribution === 'pareto' && duration.max < duration.least) return 'least <= max';
  return undefined;
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
