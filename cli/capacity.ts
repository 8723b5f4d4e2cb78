import { join, relative } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { findingsOf } from '../loadtests/capacity/answer.ts';
import { describeHost } from '../loadtests/gate/describeHost.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { ExitCode } from '../protocol/codes.ts';
import { type Bracket, type Capacity, VARIED, type Varied } from '../protocol/schemas/capacity.ts';
import type { TargetSet } from '../protocol/schemas/targets.ts';
import { CODECS, CUSTOM_DIALECT, DIALECT_NAMES } from '../protocol/serverUnderTest.ts';
import { printCapacity } from '../reports/capacity/text.ts';
import { writeCapacity } from '../reports/capacity/write.ts';
import { commandPrefix, homeFolder, runsFolder } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { tapeDateOf } from '../simulator/scenarioTimes.ts';
import type { PlateauPlan } from './capacityPlay.ts';
import { type Found, searchFor } from './capacitySearch.ts';
import { commitOf } from './commit.ts';
import { durationOption } from './duration.ts';
import { CliError } from './errors.ts';
import { decimalNumber, formatOption, wholeNumber } from './options.ts';
import { openProgress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';
import {
  addTargetOptions,
  checkMayLoad,
  type TargetOptions,
  targetFeed,
  targetWords,
  underTestOf,
} from './targetOptions.ts';

/** Where a search begins and where it ends, by what is varied. */
const SPANS: Readonly<Record<Varied, { from: number; max: number }>> = {
  clients: { from: 50, max: 20_000 },
  symbols: { from: 250, max: 10_000 },
  rate: { from: 500, max: 100_000 },
  orders: { from: 50, max: 20_000 },
};
const MOST = 1_000_000;
const SPANS_TEXT = VARIED.map((name) => `${name} ${SPANS[name].from} to ${SPANS[name].max}`).join(', ');

/** `tapedeck capacity`: raises one number of a scenario until a target breaks, and says what that means for sizing. */
export function capacityCommand() {
  const command = new Command('capacity')
    .description('find the load at which a target breaks, what bounds it, and how many instances a load takes')
    .addOption(
      new Option('--vary <what>', 'what is raised: clients, symbols, events a second or orders a second')
        .choices(VARIED)
        .default('clients' as const),
    )
    .option(
      '--from <load>',
      `the first load, in that unit (default: ${SPANS_TEXT})`,
      wholeNumber({ minimum: 1, maximum: MOST }),
    )
    .option('--max <load>', 'the highest load that is played', wholeNumber({ minimum: 1, maximum: MOST }))
    .addOption(
      durationOption('--plateau <time>', 'how long each load is held and judged', {
        minimumS: 2,
        maximumS: 600,
        defaultS: 15,
      }),
    )
    .addOption(
      durationOption('--warm-up <time>', 'first part of each plateau that is not judged', {
        minimumS: 0,
        maximumS: 120,
        defaultS: 3,
      }),
    )
    .addOption(
      durationOption('--budget <time>', 'time for the whole search', {
        minimumS: 10,
        maximumS: 86_400,
        defaultS: 1200,
      }),
    )
    .option(
      '--resolution <percent>',
      'how close the two ends of the bracket must be',
      decimalNumber({ above: 0, maximum: 100 }),
      10,
    )
    .option(
      '--plays <times>',
      'how often each end of the bracket is played',
      wholeNumber({ minimum: 1, maximum: 9 }),
      3,
    )
    .option('--for <load>', 'also tell how many instances this load takes', wholeNumber({ minimum: 1, maximum: 1e9 }))
    .option(
      '--headroom <percent>',
      'share of what held that sizing leaves free',
      decimalNumber({ minimum: 0, maximum: 90 }),
      20,
    )
    .option('--scenario <name or file>', 'what is played at each load', 'capacity')
    .option('--targets <name or file>', "the bounds to hold (the scenario's own by default)")
    .addOption(
      new Option('--dialect <name>', 'what clients speak')
        .choices([...DIALECT_NAMES, CUSTOM_DIALECT])
        .default('native' as const),
    )
    .addOption(
      new Option('--codec <name>', 'how the native stream writes its frames').choices(CODECS).default('json' as const),
    )
    .option('--tape <file>', 'a tape of your own (one is built by default)')
    .option('--out <folder>', 'where the report goes (reports/runs/<time>-capacity-<what> by default)')
    .addOption(formatOption());
  return addTargetOptions(command).action(async (options) => {
    const startedAt = new Date();
    const { vary } = options;
    const underTest = underTestOf(options, options.dialect);
    if (underTest !== undefined) checkFeed(options);
    const span = {
      from: options.from ?? SPANS[vary].from,
      max: options.max ?? Math.max(SPANS[vary].max, options.from ?? 0),
    };
    if (span.max < span.from) throw new CliError(`--max ${span.max} is below --from ${span.from}`, ExitCode.USAGE);
    if (vary === 'symbols' && options.tape !== undefined) {
      throw new CliError('--vary symbols makes a tape for each load; leave out --tape', ExitCode.USAGE);
    }
    const scenario = loadScenario(options.scenario);
    const { clients, probes } = scenario.load;
    checkMayLoad(underTest, options, vary === 'clients' ? span.max : clients + probes);
    const targets = loadTargets(options.targets ?? scenario.targets);
    const progress = openProgress(options.format === 'json' ? process.stderr : process.stdout);
    const command = repeatCommand(options);
    const plan: PlateauPlan = {
      vary,
      scenario,
      targets,
      tapePath: await tapeFor({ tape: options.tape, scenario, date: tapeDateOf(scenario), progress }),
      plateauS: options.plateau,
      warmUpS: options.warmUp,
      dialect: options.dialect,
      codec: options.codec,
      underTest,
      folder: options.out ?? join(runsFolder(), `${stampOf(startedAt)}-capacity-${vary}`),
      command,
    };
    const search = { ...span, resolution: options.resolution / 100, plays: options.plays };
    const found = await searchFor(plan, { search, budgetS: options.budget, progress });
    const capacity = await capacityOf(plan, found, {
      startedAt,
      wanted: options.for,
      headroom: options.headroom / 100,
    });
    await writeCapacity(plan.folder, capacity);
    progress.done();
    const reportPath = relative('.', join(plan.folder, 'report.html'));
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(capacity)}\n`);
    else printCapacity(capacity, { reportPath, out: (text) => process.stdout.write(text) });
    process.exitCode = exitCodeOf(capacity.bracket);
  });
}

/** Makes the result of what was found. */
async function capacityOf(
  plan: PlateauPlan,
  { bracket, plateaus }: Found,
  asked: { startedAt: Date; wanted: number | undefined; headroom: number },
): Promise<Capacity> {
  const { vary, scenario } = plan;
  const tickBoundUs = boundOf(plan.targets);
  const found = findingsOf({
    vary,
    bracket,
    plateaus,
    limits: { memoryBytes: describeHost().memoryBytes, boundUs: tickBoundUs },
    wanted: asked.wanted,
    headroom: asked.headroom,
    seed: scenario.seed,
  });
  return {
    schema: 'tapedeck.capacity',
    version: 1,
    scenario: scenario.name,
    targets: plan.targets.name,
    startedAt: asked.startedAt.toISOString(),
    durationS: (Date.now() - asked.startedAt.getTime()) / 1000,
    seed: scenario.seed,
    commit: await commitOf(homeFolder()),
    command: plan.command,
    plateauS: plan.plateauS,
    warmUpS: plan.warmUpS,
    tickBoundUs,
    ...found,
    environment: describeHost(),
  };
}

/** What is played into a server that isn't ours must be raised without touching its feed. @throws CliError */
function checkFeed(options: TargetOptions & { readonly vary: Varied }): void {
  if (options.vary === 'symbols' || options.vary === 'rate') {
    throw new CliError(
      `--vary ${options.vary}: symbols and their events are the target's own; vary clients or orders`,
      ExitCode.USAGE,
    );
  }
  if (targetFeed(options) !== undefined) {
    throw new CliError(
      `--fed-by ${options.fedBy}: capacity takes a target with its own feed, or --fed-by tape`,
      ExitCode.USAGE,
    );
  }
}

const DEFAULT_BOUND_US = 100_000;

function boundOf({ targets }: TargetSet): number {
  const tick = targets.find(({ id, unit }) => id === 'tick' && unit === 'ms');
  return tick === undefined ? DEFAULT_BOUND_US : tick.bound * 1000;
}

/** 0 with a bracket or a lower bound, 1 where nothing held, 3 where nothing can be told. */
export function exitCodeOf({ end, holds }: Bracket): ExitCode {
  if (end === 'interrupted') return ExitCode.INTERRUPTED;
  if (end === 'least broke') return ExitCode.FAIL;
  return holds === null || end === 'noise' ? ExitCode.INVALID : ExitCode.PASS;
}

function stampOf(at: Date): string {
  return at
    .toISOString()
    .replace(/[:.]/g, '-')
    .replace(/-\d+Z$/, 'Z');
}

/** Options of the search, which a repetition needs beside the target's. */
const REPEATED = [
  ...['vary', 'from', 'max', 'plateau', 'warmUp', 'budget', 'resolution', 'plays', 'for', 'headroom'],
  ...['scenario', 'targets', 'dialect', 'codec', 'tape'],
] as const;
const TIMES: ReadonlySet<string> = new Set(['plateau', 'warmUp', 'budget']);

/** The command that repeats the search. */
function repeatCommand(
  options: TargetOptions & { readonly [name in (typeof REPEATED)[number]]?: string | number | undefined },
): string {
  const parts = REPEATED.flatMap((name) => {
    const value = options[name];
    if (value === undefined) return [];
    return [`--${name === 'warmUp' ? 'warm-up' : name}`, TIMES.has(name) ? `${value}s` : String(value)];
  });
  return [commandPrefix(), 'capacity', ...parts, ...targetWords(options)].join(' ');
}
