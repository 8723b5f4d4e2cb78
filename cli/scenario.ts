import { readFileSync } from 'node:fs';
import { Command, Option } from '@commander-js/extra-typings';
import { runScenario, type ScenarioResult } from '../loadtests/scenarios/run.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { ScenarioCheck } from '../protocol/schemas/checks.ts';
import { isFeedFault } from '../protocol/schemas/faults.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { loadScenario, scenarioNames, scenarioPath } from '../simulator/scenario.ts';
import { CliError } from './errors.ts';
import { openProgress, type Progress } from './progress.ts';
import { referenceServer } from './scenarioServer.ts';

const FORMATS = ['text', 'json'] as const;

/** `tapedeck scenario`: what can go wrong in a market and on the way from it, and what a sound back end makes of it. */
export function scenarioCommand() {
  return new Command('scenario')
    .summary('list, check and run scenarios of a market in trouble')
    .description(
      'Scenarios: parts of a day, the faults on the way to the back end, and what must hold. Gate, replay and swarm read the same files; docs/scenarios.md tells how they are written.',
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(checkCommand())
    .addCommand(runCommand());
}

function listCommand() {
  return new Command('list')
    .description('Lists the scenarios that come with the project.')
    .addOption(formatOption())
    .action(({ format }) => {
      const all = scenarioNames().map((name) => loadScenario(name));
      if (format === 'json') {
        print(
          JSON.stringify(
            all.map(({ name, description, checks = [] }) => ({ name, description, checks: checks.length })),
          ),
        );
        return;
      }
      const width = Math.max(...all.map(({ name }) => name.length));
      print(all.map(({ name, description }) => `${name.padEnd(width)}  ${description}`).join('\n'));
    });
}

function showCommand() {
  return new Command('show')
    .description('Prints the file of a scenario.')
    .argument('<name>', 'name, or path of a .yaml file')
    .action((name) => {
      loadScenario(name);
      process.stdout.write(readFileSync(scenarioPath(name), 'utf8'));
    });
}

function checkCommand() {
  return new Command('check')
    .description('Checks scenario files: form, fields, times. Leaves with 65 at the first that is wrong.')
    .argument('<files...>', 'names, or paths of .yaml files')
    .action((files) => {
      for (const file of files) {
        const { name, faults = [], checks = [] } = loadScenario(file);
        print(`${file}: ${name}, ${counted(faults.length, 'fault')}, ${counted(checks.length, 'check')}`);
      }
    });
}

function runCommand() {
  return new Command('run')
    .description(
      'Plays scenarios into the reference server and makes their checks. Leaves with 0 when all hold, 1 when one does not.',
    )
    .argument('[names...]', 'names, or paths of .yaml files; none: all that have checks')
    .option('--tape <file>', "tape to play (default: built for the scenario's day, once)")
    .addOption(formatOption())
    .action(async (names, { tape, format }) => {
      const progress = openProgress(process.stderr);
      const results: ScenarioResult[] = [];
      for (const name of names.length > 0 ? names : namesWithChecks()) {
        if ((loadScenario(name).checks ?? []).length === 0) {
          throw new CliError(
            `scenario ${name}: it has no checks; tapedeck gate --scenario ${name} plays it`,
            ExitCode.USAGE,
          );
        }
        tellUnplayed(loadScenario(name), progress);
        progress.show(`playing ${name}`);
        const result = await runScenario(name, referenceServer(), { tapePath: tape });
        progress.done();
        results.push(result);
        if (format === 'text') print(textOf(result));
      }
      if (format === 'json') print(JSON.stringify(results.map(jsonOf)));
      const isKept = results.every((result) => result.results.every((check) => check.isKept));
      process.exitCode = isKept ? ExitCode.PASS : ExitCode.FAIL;
    });
}

/** Says which faults can't happen: those on the connections to providers, where the scenario has none. */
function tellUnplayed({ name, faults = [], feeds }: Scenario, progress: Progress): void {
  if (feeds !== undefined) return;
  const kinds = faults.filter((fault) => !isFeedFault(fault)).map(({ kind }) => kind);
  if (kinds.length === 0) return;
  progress.say(
    `scenario ${name}: not played, since there is no connection to a provider: ${kinds.join(', ')}; add feeds: [polygon], or use replay --as NAME --scenario`,
  );
}

function formatOption() {
  return new Option('--format <format>', 'what is printed').choices(FORMATS).default('text' as const);
}

function namesWithChecks(): string[] {
  return scenarioNames().filter((name) => (loadScenario(name).checks ?? []).length > 0);
}

function textOf({ scenario, results, events, elapsedS }: ScenarioResult): string {
  const lines = results.map(
    ({ check, isKept, detail }) => `  ${isKept ? 'kept  ' : 'BROKEN'} ${nameOf(check)}: ${detail}`,
  );
  return [`${scenario.name} (${events.toLocaleString('en-US')} events, ${elapsedS.toFixed(0)} s)`, ...lines].join('\n');
}

/** A check with its parameters, as `recovered_within_s 2`. */
function nameOf({ check, ...parameters }: ScenarioCheck): string {
  return [check, ...Object.values(parameters)].join(' ');
}

function jsonOf({ scenario, results, events, elapsedS }: ScenarioResult): object {
  return { name: scenario.name, seed: scenario.seed, events, elapsedS, checks: results };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
