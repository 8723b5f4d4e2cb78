import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { answerOf } from '../loadtests/capacity/answer.ts';
import { boundedBy } from '../loadtests/capacity/bounded.ts';
import { curveOf } from '../loadtests/capacity/curve.ts';
import { searchCapacity } from '../loadtests/capacity/search.ts';
import { sizingFor } from '../loadtests/capacity/sizing.ts';
import { loadWords } from '../loadtests/capacity/words.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { ExitCode } from '../protocol/codes.ts';
import { CODECS, DIALECT_NAMES } from '../protocol/run.ts';
import { type Bracket, type Capacity, type Plateau, VARIED, type Varied } from '../protocol/schemas/capacity.ts';
import type { TargetSet } from '../protocol/schemas/targets.ts';
import { printCapacity } from '../reports/capacity/text.ts';
import { writeCapacity } from '../reports/capacity/write.ts';
import { commandPrefix, homeFolder, runsFolder } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { tapeDateOf } from '../simulator/scenarioTimes.ts';
import { type PlateauPlan, plateauPlayer, plateauTakesS } from './capacityPlay.ts';
import { commitOf } from './commit.ts';
import { durationS } from './duration.ts';
import { CliError } from './errors.ts';
import { decimalNumber, wholeNumber } from './options.ts';
import { openProgress, type Progress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';

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
  return new Command('capacity')
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
    .option('--plateau <time>', 'how long each load is held and judged', durationS({ minimumS: 2, maximumS: 600 }), 15)
    .option(
      '--warm-up <time>',
      'first seconds of each plateau that are not judged',
      durationS({ minimumS: 0, maximumS: 120 }),
      3,
    )
    .option('--budget <time>', 'time for the whole search', durationS({ minimumS: 10, maximumS: 86_400 }), 1200)
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
    .addOption(new Option('--dialect <name>', 'what clients speak').choices(DIALECT_NAMES).default('native' as const))
    .addOption(
      new Option('--codec <name>', 'how the native stream writes its frames').choices(CODECS).default('json' as const),
    )
    .option('--tape <file>', 'a tape of your own (one is built by default)')
    .option('--out <folder>', 'where the report goes (reports/runs/<time>-capacity-<what> by default)')
    .addOption(new Option('--format <format>', 'what is printed').choices(['text', 'json']).default('text'))
    .action(async (options) => {
      const startedAt = new Date();
      const { vary } = options;
      const span = {
        from: options.from ?? SPANS[vary].from,
        max: options.max ?? Math.max(SPANS[vary].max, options.from ?? 0),
      };
      if (span.max < span.from) throw new CliError(`--max ${span.max} is below --from ${span.from}`, ExitCode.USAGE);
      if (vary === 'symbols' && options.tape !== undefined) {
        throw new CliError('--vary symbols makes a tape for each load; leave out --tape', ExitCode.USAGE);
      }
      const scenario = loadScenario(options.scenario);
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
        underTest: undefined,
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

interface Found {
  readonly bracket: Bracket;
  readonly plateaus: readonly Plateau[];
}

interface Asked {
  readonly search: { readonly from: number; readonly max: number; readonly resolution: number; readonly plays: number };
  readonly budgetS: number;
  readonly progress: Progress;
}

/** Plays the search, telling each plateau as it comes; the first Ctrl-C ends it with what it has. */
async function searchFor(plan: PlateauPlan, { search, budgetS, progress }: Asked): Promise<Found> {
  const player = plateauPlayer(plan);
  const max = Math.max(search.from, Math.min(search.max, player.most));
  const endMs = performance.now() + budgetS * 1000;
  const leftS = (): number => (endMs - performance.now()) / 1000;
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  tellTime(plan, { search: { ...search, max }, budgetS, progress });
  try {
    return await searchCapacity(
      { ...search, max },
      {
        mayPlay: (load) => (interrupted ? 'interrupted' : plateauTakesS(plan, load) > leftS() ? 'budget' : 'yes'),
        measure: async (load, purpose) => {
          const label = `${loadWords(plan.vary, load)} (${purpose}), ${Math.max(0, leftS() / 60).toFixed(0)} min of the budget left`;
          const { interrupted: cutShort, ...plateau } = await player.play(load, { progress, label });
          if (cutShort) interrupted = true;
          // What was cut short was judged by half of its seconds.
          const told: Plateau = cutShort
            ? { ...plateau, outcome: 'invalid', cause: 'noise', why: 'interrupted', brokenTarget: '' }
            : plateau;
          progress.say(
            `${loadWords(plan.vary, load)}: ${told.outcome}${told.outcome === 'held' ? '' : `: ${told.why}`}`,
          );
          return told;
        },
      },
    );
  } finally {
    player.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** Says beforehand how long it will take at the most. */
function tellTime(plan: PlateauPlan, { search, budgetS, progress }: Asked): void {
  const doublings = Math.ceil(Math.log2(search.max / search.from)) + 1;
  const halvings = Math.ceil(Math.log2(Math.log(2) / Math.log(1 + search.resolution)));
  let needS = 0;
  for (let at = 0; at < doublings; at++) needS += plateauTakesS(plan, Math.min(search.max, search.from * 2 ** at));
  needS += (halvings + 2 * search.plays - 1) * plateauTakesS(plan, search.max);
  const each = plateauTakesS(plan, search.from);
  const minutes = (seconds: number): string => `${Math.max(1, Math.round(seconds / 60))} min`;
  progress.say(
    `plateaus of ${plan.plateauS} s after ${plan.warmUpS} s of warm-up, ${each.toFixed(0)} s each and more with many clients; ${minutes(Math.min(needS, budgetS))} at most${needS > budgetS ? ` (the budget; up to ${search.max} it would take ${minutes(needS)})` : ''}`,
  );
}

/** Makes the result of what was found. */
async function capacityOf(
  plan: PlateauPlan,
  { bracket, plateaus }: Found,
  asked: { startedAt: Date; wanted: number | undefined; headroom: number },
): Promise<Capacity> {
  const { vary, scenario } = plan;
  const bounded = boundedBy(plateaus, bracket, { memoryBytes: totalmem(), boundUs: tickBoundUs(plan.targets) });
  const { usl, lacks } = curveOf(plateaus, scenario.seed);
  const { wanted, headroom } = asked;
  const sizing = wanted === undefined ? null : sizingFor({ vary, wanted, bracket, plateaus, headroom });
  return {
    schema: 'tapedeck.capacity',
    version: 1,
    vary,
    scenario: scenario.name,
    targets: plan.targets.name,
    startedAt: asked.startedAt.toISOString(),
    durationS: (Date.now() - asked.startedAt.getTime()) / 1000,
    seed: scenario.seed,
    commit: await commitOf(homeFolder()),
    command: plan.command,
    plateauS: plan.plateauS,
    warmUpS: plan.warmUpS,
    bracket,
    bounded,
    usl,
    uslLacks: lacks,
    sizing,
    plateaus: [...plateaus],
    answer: answerOf({ vary, bracket, bounded, usl, uslLacks: lacks, sizing, plateaus }),
    environment: {
      node: process.version,
      platform: `${platform()} ${release()} ${arch()}`,
      cpus: cpus().length,
      cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
      memoryBytes: totalmem(),
    },
  };
}

const DEFAULT_BOUND_US = 100_000;

function tickBoundUs({ targets }: TargetSet): number {
  const tick = targets.find(({ id, unit }) => id === 'tick' && unit === 'ms');
  return tick === undefined ? DEFAULT_BOUND_US : tick.bound * 1000;
}

/** 0 with a bracket or a lower bound, 1 where nothing held, 3 where nothing can be told. */
function exitCodeOf({ end, holds }: Bracket): ExitCode {
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

/** The command that repeats the search: all that was given, in its order. */
function repeatCommand(options: Readonly<Record<string, string | number | undefined>>): string {
  const names: Readonly<Record<string, string>> = { warmUp: 'warm-up' };
  const seconds = new Set(['plateau', 'warmUp', 'budget']);
  const left = new Set(['out', 'format']);
  const parts = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || left.has(name)) return [];
    return [`--${names[name] ?? name}`, seconds.has(name) ? `${value}s` : String(value)];
  });
  return [commandPrefix(), 'capacity', ...parts].join(' ');
}
