import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { loadTargets } from '../loadtests/targets/load.ts';
import { instrumentVerdict, isRight, namedRow, SOUND, type TrustCase, trustCases } from '../loadtests/trust/cases.ts';
import { starve } from '../loadtests/trust/starve.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { Summary } from '../protocol/schemas/summary.ts';
import { projectFile } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { entries } from './entries.ts';
import { CliError } from './errors.ts';
import { chooseLoad } from './load.ts';
import { wholeNumber } from './options.ts';
import { playGate } from './playGate.ts';
import { openProgress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';

const EXIT_CODES = { pass: ExitCode.PASS, fail: ExitCode.FAIL, invalid: ExitCode.INVALID } as const;

interface Trial {
  readonly planted: TrustCase;
  readonly summary: Summary;
  readonly right: boolean;
}

/** `tapedeck trust`: proves the instrument by planting faults; every one must be found and named. */
export function trustCommand() {
  return new Command('trust')
    .description('plant faults in front of a sound server and check that each is found and named')
    .option('--sound <times>', 'how often the sound server is judged', wholeNumber({ minimum: 0, maximum: 1000 }), 20)
    .option('--only <names...>', 'only these cases')
    .option('--scenario <name or file>', 'what is played for each', 'trust')
    .addOption(new Option('--load <generator>', 'what makes the load').choices(['auto', 'k6', 'swarm']).default('auto'))
    .action(async (options) => {
      const progress = openProgress(process.stdout);
      const scenario = loadScenario(options.scenario);
      const targets = loadTargets(scenario.targets);
      const tapePath = await tapeFor({ tape: undefined, scenario, progress });
      const load = await chooseLoad(options.load, progress);
      const cases = chosen(options.only, options.sound);
      const trials: Trial[] = [];
      let interrupted = false;
      for (const [at, planted] of cases.entries()) {
        const label = `${at + 1} of ${cases.length}: ${planted.description}`;
        const starving: { stop: () => void }[] = [];
        const { summary, outcome } = await playGate({
          scenario,
          targets,
          tapePath,
          load,
          command: `npm run trust -- --only ${planted.name}`,
          out: projectFile('reports', 'runs', `trust-${planted.name}-${at}`),
          ...(planted.fault === undefined
            ? {}
            : { front: { file: entries().faulty, args: ['--fault', planted.fault] } }),
          ...(planted.starved ? { onLoadStarted: (pid) => void starving.push(starve(pid)) } : {}),
          onProgress: (state) => progress.show(`${label}: ${state.detail}, ${state.secondsLeft} s left`),
        });
        for (const one of starving) one.stop();
        if (outcome.interrupted) {
          interrupted = true;
          break;
        }
        const right = isRight(planted, summary);
        trials.push({ planted, summary, right });
        const word = right ? 'right' : summary.verdict === 'invalid' ? "can't tell" : 'WRONG';
        progress.say(`${word}  ${planted.name}: ${summary.verdict}: ${summary.why}`);
      }
      process.stdout.write(`${table(trials)}\n`);
      writeFileSync(join(projectFile('reports', 'runs'), 'trust.md'), markdown(trials));
      process.exitCode = interrupted ? ExitCode.INTERRUPTED : EXIT_CODES[instrumentVerdict(trials)];
    });
}

function chosen(only: readonly string[] | undefined, soundTimes: number): TrustCase[] {
  const all = [...trustCases(), ...Array.from({ length: soundTimes }, () => SOUND)];
  if (only === undefined) return all;
  const known = new Set(all.map((one) => one.name));
  const unknown = only.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new CliError(`unknown case '${unknown}'; known are ${[...known].join(', ')}`, ExitCode.USAGE);
  }
  return all.filter((one) => only.includes(one.name));
}

interface TableRow {
  readonly planted: string;
  readonly expected: string;
  readonly verdicts: string;
  readonly named: string;
  readonly right: string;
}

/** One row per case: trials of one case are counted together. */
function rowsOf(trials: readonly Trial[]): TableRow[] {
  return [...groupByName(trials).values()].map((group) => {
    const [first] = group as [Trial];
    const verdicts = new Map<string, number>();
    for (const trial of group) verdicts.set(trial.summary.verdict, (verdicts.get(trial.summary.verdict) ?? 0) + 1);
    const expected =
      first.planted.rows.length === 0 ? first.planted.verdict : `${first.planted.verdict}: ${first.planted.rows[0]}`;
    return {
      planted: first.planted.description,
      expected,
      verdicts: [...verdicts]
        .map(([verdict, count]) => (group.length === 1 ? verdict : `${verdict} ${count}`))
        .join(', '),
      named: [...new Set(group.map((trial) => namedRow(trial.summary)))].filter((name) => name !== '').join(', '),
      right: `${group.filter((trial) => trial.right).length} of ${group.length}`,
    };
  });
}

function groupByName(trials: readonly Trial[]): Map<string, Trial[]> {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) groups.set(trial.planted.name, [...(groups.get(trial.planted.name) ?? []), trial]);
  return groups;
}

const HEAD = ['planted', 'must be', 'verdict', 'row named', 'right'];

function table(trials: readonly Trial[]): string {
  const printed = new Table({ head: HEAD, style: { head: [], border: [] } });
  for (const row of rowsOf(trials)) printed.push([row.planted, row.expected, row.verdicts, row.named, row.right]);
  return printed.toString();
}

function markdown(trials: readonly Trial[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = rowsOf(trials).map((row) => line([row.planted, row.expected, row.verdicts, row.named, row.right]));
  return `${[line(HEAD), line(HEAD.map(() => '---')), ...rows].join('\n')}\n`;
}
