import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { brokenIn, figuresOf, lateBlock, promisesOf } from '../loadtests/compare/figures.ts';
import { type Block, type CompareProgress, compare } from '../loadtests/compare/run.ts';
import { scenarioShownBy, tapeAsShown } from '../loadtests/feeds/shownTape.ts';
import { describeHost } from '../loadtests/gate/describeHost.ts';
import { GateError } from '../loadtests/gate/errors.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { ExitCode } from '../protocol/codes.ts';
import {
  type Arm,
  COMPARED_METRICS,
  type ComparedMetric,
  type Comparison,
  type ComparisonVerdict,
} from '../protocol/schemas/comparison.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { CUSTOM_DIALECT, DIALECT_NAMES, type PlanDialect } from '../protocol/serverUnderTest.ts';
import { comparisonMarkdown } from '../reports/compare/markdown.ts';
import { comparisonText } from '../reports/compare/text.ts';
import { writeComparison } from '../reports/compare/write.ts';
import { cacheFolder, runsFolder } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { tapeDateOf } from '../simulator/scenarioTimes.ts';
import { type ArmOf, armsOf, checkB, feedOf, metricsOf, ofArm, repeatCommand } from './compareArms.ts';
import { CliError } from './errors.ts';
import { chooseLoad, LOADS } from './load.ts';
import { gathered, seedOf, wholeNumber } from './options.ts';
import { playGate } from './playGate.ts';
import { openProgress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';
import { addTargetOptions } from './targetOptions.ts';

/** Blocks of A against itself, and of A against B, unless told otherwise: together under five minutes. */
const AA_BLOCKS = 6;
const BLOCKS = 16;
const LEAST_BLOCKS = 12;
/** What a block takes beside what it plays, s: starting server and generators, ending and judging. */
const AROUND_BLOCK_S = 6;

/** What a block gets to come up at its second try, s. */
const MORE_START_S = 10;

const EXIT_CODES: Readonly<Record<ComparisonVerdict, ExitCode>> = {
  same: ExitCode.PASS,
  faster: ExitCode.PASS,
  slower: ExitCode.FAIL,
  fail: ExitCode.FAIL,
  "can't tell": ExitCode.INVALID,
};

/** `tapedeck compare`: says whether B is slower than A, with its uncertainty. */
export function compareCommand() {
  const command = new Command('compare')
    .description('say whether B is slower than A: same or faster (exit 0), slower (1), can’t tell (3)')
    .option('--against <revision>', 'A is a build of this git revision, B the working tree')
    .option('--a <command or url>', 'A: a server to start (it gets PORT, or {port}) or ws://... (default: this build)')
    .option('--b <command or url>', 'B, likewise')
    .option('--blocks <number>', `blocks of both arms, each about 13 s (default ${BLOCKS})`, blocksNumber)
    .option(
      '--minutes <number>',
      'as many blocks as fit into so many minutes',
      wholeNumber({ minimum: 4, maximum: 1440 }),
    )
    .addOption(
      new Option('--min-effect <per cent>', 'smaller differences don’t count').argParser(effect).default(1.05, '5 %'),
    )
    .option(
      '--gate <per cent>',
      'the slowdown that must be found, of all metrics or of one (tick.p99=30%); repeatable (default 10 %)',
      gathered,
    )
    .option('--metric <names...>', `what is compared, of ${COMPARED_METRICS.join(', ')} (default: all)`)
    .option('--anyway', 'compare even where this machine can tell none of the gates')
    .option('--scenario <name or file>', 'what a block plays', 'compare')
    .addOption(new Option('--load <generator>', 'what makes the load').choices(LOADS).default('swarm' as const))
    .addOption(
      new Option('--dialect <name>', 'what the clients speak')
        .choices([...DIALECT_NAMES, CUSTOM_DIALECT])
        .default('native' as const),
    )
    .option('--seed <number>', 'for the order of the blocks', seedOf, 1)
    .option('--tape <file>', 'a tape of your own (one is built by default)')
    .option('--out <folder>', 'where the report goes (reports/runs/<time>-compare by default)')
    .addOption(
      new Option('--format <format>', 'what is printed').choices(['text', 'json', 'markdown']).default('text' as const),
    );
  return addTargetOptions(command).action(async (options) => {
    const progress = openProgress(options.format === 'text' ? process.stdout : process.stderr);
    const metrics = metricsOf(options.metric);
    const gate = gatesOf(options.gate);
    const loaded = loadScenario(options.scenario);
    const feed = feedOf(options);
    const scenario = feed === undefined ? loaded : scenarioShownBy(feed, loaded);
    const blocks = blocksOf(options, scenario);
    const arms = await armsOf(options, scenario, progress);
    const asIs = await tapeFor({ tape: options.tape, scenario: loaded, date: tapeDateOf(loaded), progress });
    const tapePath =
      feed === undefined ? asIs : await tapeAsShown({ tapePath: asIs, provider: feed, cacheDir: cacheFolder() });
    const load = await chooseLoad(options.load, progress);
    await checkB(arms.b, { scenario, tapePath, progress });
    const startedAt = new Date();
    const stamp = startedAt
      .toISOString()
      .replace(/[:.]/g, '-')
      .replace(/-\d+Z$/, 'Z');
    const folder = options.out ?? join(runsFolder(), `${stamp}-compare`);
    const player = blockPlayer({
      arms,
      scenario,
      tapePath,
      load,
      dialect: options.dialect,
      feed,
      folder,
      left: leftIn(scenario, blocks),
      show: progress.show,
    });
    const outcome = await compare({
      metrics,
      gate,
      minEffect: options.minEffect,
      seed: options.seed,
      aaBlocks: AA_BLOCKS,
      blocks,
      anyway: options.anyway === true,
      playBlock: player,
      onNote: progress.say,
    });
    const { interrupted, ...found } = outcome;
    const comparison: Comparison = {
      schema: 'tapedeck.comparison',
      version: 1,
      ...found,
      arms: { a: arms.a.label, b: arms.b.label },
      scenario: scenario.name,
      startedAt: startedAt.toISOString(),
      durationS: (Date.now() - startedAt.getTime()) / 1000,
      seed: options.seed,
      command: repeatCommand({ ...options, blocks }),
      load: load.kind === 'k6' ? `k6 v${load.version}` : 'swarm (built in)',
      minEffect: options.minEffect,
      environment: describeHost(),
    };
    await writeComparison(folder, comparison);
    progress.done();
    process.stdout.write(printed(comparison, options.format, relative('.', join(folder, 'report.html'))));
    process.exitCode = interrupted ? ExitCode.INTERRUPTED : EXIT_CODES[comparison.verdict];
  });
}

function printed(comparison: Comparison, format: 'text' | 'json' | 'markdown', reportPath: string): string {
  if (format === 'json') return `${JSON.stringify(comparison)}\n`;
  if (format === 'markdown') return comparisonMarkdown(comparison);
  return comparisonText(comparison, { reportPath, colour: process.stdout.isTTY === true && !process.env['NO_COLOR'] });
}

/** A block that was interrupted before it had anything. */
const NOTHING: Omit<Block, 'startedAt'> = {
  figures: {
    'tick.p50': null,
    'tick.p99': null,
    'trigger.p99': null,
    'publish.p99': null,
    'process.p99': null,
    cpu: null,
    rss: null,
  },
  ticks: undefined,
  late: '',
  broken: '',
  interrupted: true,
};

interface Playing {
  readonly arms: Readonly<Record<Arm, ArmOf>>;
  readonly scenario: Scenario;
  readonly tapePath: string;
  readonly load: Awaited<ReturnType<typeof chooseLoad>>;
  readonly dialect: PlanDialect;
  readonly feed: ReturnType<typeof feedOf>;
  readonly folder: string;
  /** Seconds left, by what is played. */
  readonly left: (progress: CompareProgress) => number;
  readonly show: (state: string) => void;
}

/** Plays one block of an arm with the gate, and keeps its figures; its folder is kept only where a promise was broken. */
function blockPlayer(playing: Playing): (arm: Arm, progress: CompareProgress) => Promise<Block> {
  const { arms, scenario, tapePath, load, dialect, feed, folder } = playing;
  const targets = promisesOf(loadTargets(scenario.targets), scenario);
  let played = 0;
  let wasInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      wasInterrupted = true;
    });
  }
  return async (arm, progress) => {
    if (wasInterrupted) return { ...NOTHING, startedAt: new Date().toISOString() };
    const startedAt = new Date().toISOString();
    const out = join(folder, 'blocks', `${String(played).padStart(3, '0')}-${arm}`);
    played += 1;
    const words = progress.phase === 'aa' ? 'A against itself' : `A against B, now ${arm.toUpperCase()}`;
    playing.show(`${words}: block ${progress.played + 1} of ${progress.blocks}, ${playing.left(progress)} s left`);
    const play = (startS: number): ReturnType<typeof playGate> =>
      playGate({
        scenario,
        targets,
        tapePath,
        load,
        dialect,
        underTest: arms[arm].underTest,
        ...(feed !== undefined && { feed }),
        command: 'tapedeck compare',
        out,
        startS,
      });
    try {
      // On a busy machine a process may come up too late, once.
      const { summary, outcome } = await play(0).catch((error: unknown) => {
        if (error instanceof GateError && !wasInterrupted) return play(MORE_START_S);
        throw error;
      });
      const { evidence, interrupted } = outcome;
      // A block of which our own generator saw only a part tells nothing of its arm.
      const late = lateBlock(evidence) || evidence.generatorFailed;
      const broken = brokenIn(summary, late);
      if (broken === '') rmSync(out, { recursive: true, force: true });
      return { startedAt, ...figuresOf(evidence), late, broken, interrupted };
    } catch (error) {
      throw ofArm(error, arm, arms[arm].label);
    }
  };
}

function secondsOfBlock({ tape, load }: Scenario): number {
  return tape.durationS + load.connectOverS + load.graceS + AROUND_BLOCK_S;
}

function leftIn(scenario: Scenario, blocks: number): (progress: CompareProgress) => number {
  const blockS = secondsOfBlock(scenario);
  return ({ phase, played }) => Math.ceil(((phase === 'aa' ? AA_BLOCKS + blocks : blocks) - played) * blockS);
}

/** How many blocks are played; a comparison of fewer than {@link LEAST_BLOCKS} could say nothing. */
function blocksOf(
  { blocks, minutes }: { readonly blocks?: number | undefined; readonly minutes?: number | undefined },
  scenario: Scenario,
): number {
  if (minutes === undefined) return blocks ?? BLOCKS;
  if (blocks !== undefined) throw new CliError('--blocks and --minutes: give one of them', ExitCode.USAGE);
  const fitting = (minutes * 60) / secondsOfBlock(scenario) - AA_BLOCKS;
  return Math.max(LEAST_BLOCKS, 4 * Math.floor(fitting / 4));
}

function blocksNumber(text: string): number {
  const blocks = wholeNumber({ minimum: LEAST_BLOCKS, maximum: 2000 })(text);
  if (blocks % 2 === 0) return blocks;
  throw new InvalidArgumentError('Give an even number: blocks are played in pairs, A B or B A.');
}

/** Reads `5%` or `5` as the ratio 1.05. */
function effect(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+) ?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (value > 0 && value <= 1000) return 1 + value / 100;
  throw new InvalidArgumentError('Give per cent above 0, at most 1000, like 5%.');
}

const GATE = 1.1;

/** The gate of each metric: `10%` is that of all, `tick.p99=30%` that of one. */
function gatesOf(given: readonly string[] = []): (metric: ComparedMetric) => number {
  const gates = new Map<string, number>();
  for (const text of given) {
    const [, name, amount = ''] = /^(?:([^=]*)=)?(.*)$/.exec(text) ?? [];
    if (name !== undefined) metricsOf([name]);
    try {
      gates.set(name ?? '', effect(amount));
    } catch {
      throw new CliError(`--gate ${text}: give per cent above 0, like 10% or tick.p99=30%`, ExitCode.USAGE);
    }
  }
  return (metric) => gates.get(metric) ?? gates.get('') ?? GATE;
}
