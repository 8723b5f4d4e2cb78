import { join } from 'node:path';
import { BuildError, buildRevision, buildWorkingTree } from '../loadtests/compare/build.ts';
import { GateError } from '../loadtests/gate/errors.ts';
import { childEnv } from '../loadtests/gate/server.ts';
import { isForeign, type UnderTest } from '../loadtests/gate/underTest.ts';
import { startOnce } from '../loadtests/target/startOnce.ts';
import { ExitCode } from '../protocol/codes.ts';
import { type Arm, COMPARED_METRICS, type ComparedMetric } from '../protocol/schemas/comparison.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { commandPrefix, homeFolder, isInstalled, projectFile } from '../simulator/paths.ts';
import { hostClock } from './clock.ts';
import { commitOf } from './commit.ts';
import { CliError } from './errors.ts';
import { interruptible } from './interruptible.ts';
import type { Progress } from './progress.ts';
import { checkMayLoad, type TargetOptions, targetFeed, targetWords, underTestOf } from './targetOptions.ts';

/** One of the two, as it is played and as it is told. */
export interface ArmOf {
  readonly underTest: UnderTest;
  readonly label: string;
}

export type AskedArms = TargetOptions & {
  readonly dialect: string;
  readonly against?: string | undefined;
  readonly a?: string | undefined;
  readonly b?: string | undefined;
};

/**
 * Makes both arms ready: builds what is a revision, reads what is a command or a URL.
 *
 * @throws CliError when nothing, or too much, is asked for, or when a build fails
 */
export async function armsOf(
  asked: AskedArms,
  scenario: Scenario,
  progress: Progress,
): Promise<Readonly<Record<Arm, ArmOf>>> {
  const { against, a, b } = asked;
  if (asked.target !== undefined || asked.targetCommand !== undefined) {
    throw new CliError('compare takes its servers by --a and --b, not by --target', ExitCode.USAGE);
  }
  if (against === undefined) {
    if (a !== undefined || b !== undefined) {
      return { a: await armOf(a, asked, scenario), b: await armOf(b, asked, scenario) };
    }
    throw new CliError(
      'nothing to compare; name a git revision (--against main), or servers (--a, --b: a command or ws://...)',
      ExitCode.USAGE,
    );
  }
  if (a !== undefined || b !== undefined) {
    throw new CliError('--against makes both arms; leave out --a and --b', ExitCode.USAGE);
  }
  if (isInstalled()) {
    throw new CliError(
      '--against builds revisions of tapedeck itself; name your own servers with --a and --b',
      ExitCode.USAGE,
    );
  }
  const projectRoot = projectFile();
  const cacheDir = join(projectFile('.cache'), 'compare');
  try {
    const build = await buildRevision({ projectRoot, cacheDir, revision: against, onProgress: progress.say });
    progress.say('building the working tree');
    await buildWorkingTree({ projectRoot, cacheDir });
    return {
      a: { underTest: { kind: 'reference', cli: build.cli }, label: `${against} (${build.commit})` },
      b: {
        underTest: { kind: 'reference', cli: projectFile('dist', 'cli', 'main.js') },
        label: `the working tree (${await commitOf(projectRoot)})`,
      },
    };
  } catch (error) {
    if (error instanceof BuildError) throw new CliError(error.message, ExitCode.UNAVAILABLE);
    throw error;
  }
}

async function armOf(text: string | undefined, asked: AskedArms, { load }: Scenario): Promise<ArmOf> {
  if (text === undefined) {
    return { underTest: { kind: 'reference' }, label: `this build (${await commitOf(homeFolder())})` };
  }
  const named = targetNamed(text, asked);
  const underTest = underTestOf(named, asked.dialect);
  checkMayLoad(underTest, named, load.clients + load.probes);
  return { underTest: underTest ?? { kind: 'reference' }, label: text };
}

/** The options of a target that is one of the arms: its URL, or else the command that starts it. */
function targetNamed(text: string, asked: AskedArms): TargetOptions {
  return /^wss?:\/\//.test(text) ? { ...asked, target: text } : { ...asked, targetCommand: text };
}

/** Has B come up once: A does in the first block, B only after all of A against itself. @throws GateError where it doesn't */
export async function checkB(
  { underTest, label }: ArmOf,
  { scenario, tapePath, progress }: { scenario: Scenario; tapePath: string; progress: Progress },
): Promise<void> {
  if (!isForeign(underTest)) return;
  progress.show('looking whether B comes up');
  const clock = hostClock(process.env);
  const run = { scenario, tapePath, env: childEnv({ clock }), nowUs: clock.nowUs() };
  try {
    await interruptible((signal) => startOnce(underTest, { ...run, signal }), 'nothing was compared');
  } catch (error) {
    throw ofArm(error, 'b', label);
  }
}

/** An error of an arm that can't be had, with the arm's name. */
export function ofArm(error: unknown, arm: Arm, label: string): unknown {
  return error instanceof GateError ? new GateError(`${arm.toUpperCase()} (${label}): ${error.message}`) : error;
}

/** The provider of ours that feeds both arms; undefined where none does. */
export function feedOf({ a, b, ...options }: AskedArms): ReturnType<typeof targetFeed> {
  const arm = a ?? b;
  return arm === undefined ? undefined : targetFeed(targetNamed(arm, options));
}

/** The command that repeats a comparison. */
export function repeatCommand(
  options: AskedArms & {
    readonly blocks: number;
    readonly minEffect: number;
    readonly gate?: readonly string[] | undefined;
    readonly metric?: readonly string[] | undefined;
    readonly scenario: string;
    readonly load: string;
    readonly seed: number;
    readonly tape?: string | undefined;
  },
): string {
  const { against, a, b, gate = [], metric, tape } = options;
  const parts = [commandPrefix(), 'compare'];
  if (against !== undefined) parts.push('--against', quoted(against));
  if (a !== undefined) parts.push('--a', quoted(a));
  if (b !== undefined) parts.push('--b', quoted(b));
  parts.push(
    '--blocks',
    String(options.blocks),
    '--min-effect',
    `${Number(((options.minEffect - 1) * 100).toFixed(6))}%`,
  );
  for (const one of gate) parts.push('--gate', quoted(one));
  if (metric !== undefined) parts.push('--metric', ...metric);
  if (options.scenario !== 'compare') parts.push('--scenario', quoted(options.scenario));
  if (options.load !== 'swarm') parts.push('--load', options.load);
  if (options.dialect !== 'native') parts.push('--dialect', options.dialect);
  if (tape !== undefined) parts.push('--tape', quoted(tape));
  // Those of a target that both arms share, without its name.
  parts.push(...targetWords({ ...options, target: '-', targetCommand: undefined }).slice(2));
  parts.push('--seed', String(options.seed));
  return parts.join(' ');
}

/** A word as a shell reads it. */
function quoted(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The metrics of these names, all by default. @throws CliError for a name that isn't compared */
export function metricsOf(names: readonly string[] = COMPARED_METRICS): ComparedMetric[] {
  const unknown = names.find((name) => !COMPARED_METRICS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new CliError(`unknown metric '${unknown}'; compared are ${COMPARED_METRICS.join(', ')}`, ExitCode.USAGE);
  }
  return COMPARED_METRICS.filter((metric) => names.includes(metric));
}
