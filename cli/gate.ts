import { join, relative } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { GATE_FEEDS, type GateFeed, gateFeed } from '../loadtests/feeds/fedBy.ts';
import { isPolled, scenarioPolledFrom } from '../loadtests/feeds/polled.ts';
import { scenarioShownBy, tapeAsShown } from '../loadtests/feeds/shownTape.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { CODECS, type Codec, CUSTOM_DIALECT, DIALECT_NAMES, type PlanDialect } from '../protocol/serverUnderTest.ts';
import { printVerdict } from '../reports/terminal.ts';
import { cacheFolder, commandPrefix, isAtHome } from '../simulator/paths.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { tapeDateOf } from '../simulator/scenarioTimes.ts';
import { CliError } from './errors.ts';
import { crewOf, listenAddress } from './gateCrew.ts';
import { chooseLoad, LOADS } from './load.ts';
import { formatOption, seedOf, wholeNumber } from './options.ts';
import { exitCodeOf, playGate } from './playGate.ts';
import { openProgress, type Progress } from './progress.ts';
import { tapeFor } from './tapeFor.ts';
import { addTargetOptions, checkMayLoad, targetFeed, targetWords, underTestOf } from './targetOptions.ts';

const shareOf = wholeNumber({ minimum: 1, maximum: 10_000 });
const leadOption = wholeNumber({ minimum: 1, maximum: 86_400 });

/** `tapedeck gate`: plays a scenario into a server and gives a verdict. */
export function gateCommand() {
  const command = new Command('gate')
    .description('play a scenario into the server and judge it: pass (exit 0), fail (1) or invalid (3)')
    .option('--scenario <name or file>', 'what to play and what trouble to make', 'default')
    .option('--targets <name or file>', "the bounds to hold (the scenario's own by default)")
    .addOption(new Option('--load <generator>', 'what makes the load').choices(LOADS).default('swarm' as const))
    .addOption(
      new Option('--dialect <name>', 'what its clients speak; rows that it declares not to have are not applicable')
        .choices([...DIALECT_NAMES, CUSTOM_DIALECT])
        .default('native' as const),
    )
    .addOption(
      new Option('--codec <name>', 'how the native stream writes its frames; msgpack takes the swarm')
        .choices(CODECS)
        .default('json' as const),
    )
    .addOption(
      new Option('--feed <provider>', 'where our server gets its ticks: from the tape, or from this provider of ours')
        .choices(['embedded', ...GATE_FEEDS])
        .default('embedded'),
    )
    .option('--seed <number>', "another seed than the scenario's", seedOf)
    .option('--tape <file>', 'a tape of your own (one is built by default)')
    .option('--generators <n>', 'so many generators share the load, processes of this machine', shareOf)
    .option(
      '--coordinate <host:port>',
      'with --generators: they come from other machines by "tapedeck swarm --join", to this address',
      listenAddress,
    )
    .option('--advertise <host>', "this machine's name or address, as generators elsewhere reach it")
    .option('--segments <n>', 'so many generators share the load, each from the file offer.json in --out', shareOf)
    .option(
      '--lead <seconds>',
      'time to bring the plan to generators and start them (60 with --segments, 2.5 with --coordinate by default)',
      leadOption,
    )
    .option('--out <folder>', 'where the report goes (reports/runs/<time>-<scenario> by default)')
    .addOption(formatOption());
  return addTargetOptions(command).action(async (options) => {
    const underTest = underTestOf(options, options.dialect);
    if (underTest !== undefined) checkOwnOptions(options);
    const feed = underTest === undefined ? gateFeed(options.feed) : targetFeed(options);
    checkLoad({ ...options, feed, underTest });
    const loaded = withoutFaults(loadScenario(options.scenario));
    const shown = feed === undefined ? loaded : scenarioFor(feed, loaded);
    checkMayLoad(underTest, options, shown.load.clients + shown.load.probes);
    const scenario: Scenario = options.seed === undefined ? shown : { ...shown, seed: options.seed };
    const targets = loadTargets(options.targets ?? scenario.targets);
    const progress = openProgress(options.format === 'json' ? process.stderr : process.stdout);
    const asIs = await tapeFor({ tape: options.tape, scenario: loaded, date: tapeDateOf(loaded), progress });
    const tapePath = feed === undefined ? asIs : await shownTape({ tapePath: asIs, feed, progress });
    const crew = crewOf(options, progress.say);
    const load = await chooseLoad(options.load, progress);
    const repeated = repeatCommand({ ...options, seed: scenario.seed, target: targetWords(options) });
    const played = await playGate({
      scenario,
      targets,
      tapePath,
      load,
      dialect: options.dialect,
      codec: options.codec,
      ...(feed === undefined ? {} : { feed }),
      ...(crew === undefined ? {} : { crew }),
      ...(underTest === undefined ? {} : { underTest }),
      command: repeated,
      out: options.out,
      onProgress: progress.run,
      onNote: progress.say,
    });
    progress.done();
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(played.summary)}\n`);
    else
      printVerdict(played.summary, {
        reportPath: relative('.', join(played.folder, 'report.html')),
        out: (text) => process.stdout.write(text),
      });
    process.exitCode = played.outcome.interrupted ? ExitCode.INTERRUPTED : exitCodeOf(played.summary.verdict);
  });
}

/** The scenario, where the gate can play all of it. @throws CliError for one with faults, which are checked otherwise */
function withoutFaults(scenario: Scenario): Scenario {
  if ((scenario.faults ?? []).length === 0) return scenario;
  throw new CliError(
    `scenario ${scenario.name} has faults, which the gate doesn't play; "tapedeck scenario run ${scenario.name}" does`,
    ExitCode.USAGE,
  );
}

/** The scenario as the provider's server hears it. */
function scenarioFor(feed: GateFeed, scenario: Scenario): Scenario {
  return isPolled(feed) ? scenarioPolledFrom(feed, scenario) : scenarioShownBy(feed, scenario);
}

/** Whether what makes the load can do this; k6 reads JSON alone. @throws CliError for what k6 can't do, for MessagePack and for a polled feed in another dialect */
function checkLoad(options: {
  load: (typeof LOADS)[number];
  codec: Codec;
  dialect: PlanDialect;
  feed: GateFeed | undefined;
  underTest: ReturnType<typeof underTestOf>;
}): void {
  const { feed, underTest } = options;
  if (options.load === 'k6' && underTest?.url?.startsWith('wss:') === true) {
    throw new CliError(
      "--load k6: it can't tell the cut proxy inside TLS whose connection is whose; take --load swarm",
      ExitCode.USAGE,
    );
  }
  if (feed !== undefined && isPolled(feed)) {
    if (options.dialect !== 'native') {
      throw new CliError(`--feed ${feed}: polled feeds are judged natively; leave out --dialect`, ExitCode.USAGE);
    }
    if (options.load === 'k6') {
      throw new CliError(
        `--feed ${feed}: its clock is the market's, which k6 has not; take --load swarm`,
        ExitCode.USAGE,
      );
    }
    return;
  }
  if (options.codec === 'json') return;
  if (options.dialect !== 'native') {
    throw new CliError(
      `--codec ${options.codec}: ${options.dialect} speaks JSON alone; leave out --dialect`,
      ExitCode.USAGE,
    );
  }
  if (options.load === 'k6') {
    throw new CliError(`--codec ${options.codec}: k6 reads JSON alone; take --load swarm`, ExitCode.USAGE);
  }
}

/** The tape as the provider shows it, made now if it isn't there yet. */
async function shownTape(options: { tapePath: string; feed: GateFeed; progress: Progress }): Promise<string> {
  const { tapePath, feed: provider, progress } = options;
  if (isPolled(provider)) return tapePath;
  progress.show(`looking at the tape as ${provider} shows it`);
  return tapeAsShown({ tapePath, provider, cacheDir: cacheFolder() });
}

/** Options that are of our own server. @throws CliError for one that was given beside a target */
function checkOwnOptions({ feed }: { readonly feed: string }): void {
  if (feed === 'embedded') return;
  throw new CliError(`--feed ${feed}: that is for our own server; a target takes --fed-by`, ExitCode.USAGE);
}

function repeatCommand(options: {
  scenario: string;
  seed: number;
  targets?: string | undefined;
  load: string;
  dialect: PlanDialect;
  codec: Codec;
  feed: string;
  target: readonly string[];
  generators?: number | undefined;
  segments?: number | undefined;
  tape?: string | undefined;
}): string {
  const gate = isAtHome() ? 'npm run gate --' : `${commandPrefix()} gate`;
  const parts = [gate, '--scenario', options.scenario, '--seed', String(options.seed), '--load', options.load];
  if (options.dialect !== 'native') parts.push('--dialect', options.dialect);
  if (options.codec !== 'json') parts.push('--codec', options.codec);
  if (options.feed !== 'embedded') parts.push('--feed', options.feed);
  if (options.generators !== undefined) parts.push('--generators', String(options.generators));
  if (options.segments !== undefined) parts.push('--segments', String(options.segments));
  if (options.targets !== undefined) parts.push('--targets', options.targets);
  if (options.tape !== undefined) parts.push('--tape', options.tape);
  return [...parts, ...options.target].join(' ');
}
