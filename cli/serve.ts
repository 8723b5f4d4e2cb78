import { Command, Option } from '@commander-js/extra-typings';
import pc from 'picocolors';
import type { Clock } from '../protocol/clock.ts';
import { ExitCode } from '../protocol/codes.ts';
import { type EmbeddedFeedConfig, loadServerConfig, type ServerConfig } from '../server/config.ts';
import { LapFeed } from '../server/feeds/lapFeed.ts';
import { VERSION } from '../server/http/version.ts';
import { formatListen } from '../server/listen.ts';
import { createLogger } from '../server/logger.ts';
import { PortTakenError, type RunningServer, startServer } from '../server/server.ts';
import { JournalError } from '../server/store/errors.ts';
import { CommandLogError } from '../simulator/commandLog.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { partOf, tapeDateOf } from '../simulator/scenarioTimes.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeHeader } from '../simulator/tape/types.ts';
import { TransportError } from '../transport/types.ts';
import { hostClock } from './clock.ts';
import { CliError } from './errors.ts';
import { decimalNumber, gathered, wholeNumber } from './options.ts';
import { openProgress } from './progress.ts';
import { lapsFrom } from './serveLaps.ts';
import { firstSignal } from './signals.ts';
import { tapeFor } from './tapeFor.ts';

interface ServeOptions {
  readonly listen?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly feed?: readonly string[] | undefined;
  readonly feedUrl?: readonly string[] | undefined;
  readonly plan?: readonly string[] | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly instruments?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly tape?: string | undefined;
  readonly speed?: number | undefined;
  readonly scenario?: string | undefined;
  readonly from?: number | undefined;
  readonly duration?: number | undefined;
  readonly startAtUs?: number | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly config?: string | undefined;
  readonly commandLog?: string | undefined;
  readonly journal?: string | undefined;
  readonly recoverTo?: string | undefined;
  readonly readyJson?: true | undefined;
  readonly endWithStdin?: true | undefined;
  readonly lapsFromStdin?: true | undefined;
}

/** `tapedeck serve`: the reference server over a tape. */
export function serveCommand() {
  const listen = new Option('--listen <host:port>', 'address to listen on, may be repeated (default: 127.0.0.1:8000)');
  const feed = new Option('--feed <names>', 'providers of market data, or a chain, instead of a tape: docs/feeds.md');
  const symbols = new Option('--symbols <names>', 'what to ask the providers for');
  const journal = new Option('--journal <folder>', 'keep orders, positions and sequence numbers there over a crash');
  return new Command('serve')
    .summary('run the reference server over a tape or providers of market data')
    .description(
      'Runs the reference server and plays a tape, or what providers of market data say, into it: WebSocket at /v1/stream and /api/ws/realtime, HTTP at /api and /metrics. Ctrl-C ends it, after telling its clients.',
    )
    .addOption(listen.argParser(gathered).conflicts('port'))
    .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', wholeNumber({ minimum: 0, maximum: 65_535 }))
    .addOption(
      feed.argParser(listed).conflicts(['tape', 'speed', 'from', 'duration', 'startAtUs', 'commandLog', 'scenario']),
    )
    .option('--feed-url <name=url>', 'where a provider is instead of at its own address; may be repeated', gathered)
    .option('--plan <name=plan>', 'what a provider allows; may be repeated', gathered)
    .addOption(symbols.argParser(listed).conflicts('instruments'))
    .option('--instruments <file>', 'JSON file with what to ask for and its decimals')
    .option('--key-file <file>', "file with the providers' keys, a line NAME=KEY each (or TAPEDECK_POLYGON_KEY, ...)")
    .option('--tape <file>', 'tape to play (default: the built-in universe, built once)')
    .option('--scenario <name>', "play a scenario's part of its day, with its faults; tapedeck scenario list tells all")
    .option(
      '--speed <factor>',
      "factor of the market's pace (default: 1, or the scenario's)",
      decimalNumber({ above: 0, maximum: 1_000 }),
    )
    .option('--from <seconds>', "start there, in seconds after the session's open", decimalNumber(WITHIN_A_DAY))
    .option(
      '--duration <seconds>',
      'play that much, in seconds of the tape',
      decimalNumber({ above: 0, maximum: DAY_S }),
    )
    .option(
      '--start-at-us <us>',
      'when the first event is due, µs since the epoch (default: at once)',
      wholeNumber(ANY_TIME),
    )
    .option(
      '--tls-cert <file>',
      'serve wss and https with this certificate chain (PEM); a changed file is taken at once',
    )
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--config <file>', 'YAML or JSON file with settings; tapedeck config lists them')
    .option('--command-log <file>', 'write every command and its place in the run, for replay --commands')
    .addOption(journal.conflicts('commandLog'))
    .option('--recover-to <place>', 'cut a damaged journal there first, FILE:OFFSET as its refusal says')
    .option('--ready-json', 'print one line of JSON when listening, and nothing else')
    .option('--end-with-stdin', 'end when standard input ends: with the program that started it, however that ended')
    .addOption(new Option('--laps-from-stdin', 'play the parts that a soak asks for on standard input').hideHelp())
    .action(serve);
}

/** Reads a list with commas. */
function listed(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

const DAY_S = 86_400;
const WITHIN_A_DAY = { minimum: -DAY_S, maximum: DAY_S };
const ANY_TIME = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

async function serve(options: ServeOptions): Promise<void> {
  const clock = hostClock(process.env);
  const settings = readSettings(options);
  if (settings.liveFeed !== undefined) refuseTape(options);
  const chosen = settings.liveFeed === undefined ? await chooseFeed(options) : undefined;
  const config: ServerConfig = {
    ...settings,
    ...(chosen !== undefined && { feed: chosen.feed }),
    ...(options.commandLog === undefined ? {} : { commandLogPath: options.commandLog }),
    ...journalOf(settings, options),
  };
  const signal = options.endWithStdin === true ? Promise.race([firstSignal(), endOfInput()]) : firstSignal();
  const { feed: tape } = config;
  const laps =
    options.lapsFromStdin === true && tape !== undefined
      ? new LapFeed({ tapePath: tape.tapePath, laps: lapsFrom(process.stdin), clock })
      : undefined;
  const server = await start(config, clock, laps);
  // The usual signal for "read your files again"; without TLS it is left to end the process, as it always did.
  if (config.tls !== undefined) process.on('SIGHUP', () => void server.renewCertificate());
  process.stdout.write(
    options.readyJson === true ? readyLine(server) : await startLines({ config, server, header: chosen?.header }),
  );
  await Promise.race([signal, brokenFeed(server)]);
  await server.drain();
  process.exitCode = await signal;
}

/** @throws CliError for what goes with a tape alone, when the environment or a file names a feed of providers */
function refuseTape({ tape, scenario, commandLog }: ServeOptions): void {
  const ofTapes = { '--tape': tape, '--scenario': scenario, '--command-log': commandLog };
  const given = Object.entries(ofTapes)
    .find(([, value]) => value !== undefined)
    ?.join(' ');
  if (given === undefined) return;
  throw new CliError(
    `${given}: feedChain (TAPEDECK_FEED_CHAIN, or in the configuration file) names a feed of providers, which has no tape; leave one of the two away`,
    ExitCode.USAGE,
  );
}

/** What the command line alone decides of the journal, wherever its folder was named. */
function journalOf(
  { journal }: ServerConfig,
  { recoverTo, commandLog }: ServeOptions,
): Pick<ServerConfig, 'journal'> | undefined {
  if (journal !== undefined && commandLog !== undefined) {
    throw new CliError(
      `--command-log ${commandLog}: a run that goes on from a journal (${journal.folder}) can't be repeated from its commands; leave one of the two away`,
      ExitCode.USAGE,
    );
  }
  if (recoverTo === undefined) return undefined;
  if (journal !== undefined) return { journal: { ...journal, recoverTo } };
  throw new CliError(
    `--recover-to ${recoverTo}: there is no journal to cut; name its folder with --journal`,
    ExitCode.USAGE,
  );
}

/** Resolves, to an orderly end, when standard input ends. */
function endOfInput(): Promise<ExitCode> {
  return new Promise((resolve) => {
    process.stdin.resume();
    process.stdin.once('end', () => resolve(ExitCode.PASS));
  });
}

function readSettings(options: ServeOptions): ServerConfig {
  const listen = options.port === undefined ? options.listen : [`127.0.0.1:${options.port}`];
  return loadServerConfig({
    options: {
      ...(listen !== undefined && { listen }),
      ...(options.tlsCert !== undefined && { tlsCertFile: options.tlsCert }),
      ...(options.tlsKey !== undefined && { tlsKeyFile: options.tlsKey }),
      ...(options.journal !== undefined && { journal: options.journal }),
      ...(options.feed !== undefined && { feedChain: options.feed }),
      ...(options.feedUrl !== undefined && { feedUrls: options.feedUrl }),
      ...(options.plan !== undefined && { feedPlans: options.plan }),
      ...(options.symbols !== undefined && { feedSymbols: options.symbols }),
      ...(options.instruments !== undefined && { feedInstrumentsFile: options.instruments }),
      ...(options.keyFile !== undefined && { feedKeyFile: options.keyFile }),
    },
    env: process.env,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
}

async function chooseFeed(
  options: ServeOptions,
): Promise<{ readonly feed: EmbeddedFeedConfig; readonly header: TapeHeader }> {
  const progress = openProgress(process.stderr);
  const scenario = options.scenario === undefined ? undefined : loadScenario(options.scenario);
  const date = scenario && tapeDateOf(scenario);
  const tapePath = await tapeFor({ tape: options.tape, scenario: scenario ?? loadScenario('default'), date, progress });
  progress.done();
  const tape = openTape(tapePath);
  const { header } = tape;
  tape.close();
  const part = scenario && partOf(scenario, header);
  const fromUs =
    options.from === undefined ? (part?.fromUs ?? header.firstEventUs) : header.sessionOpenUs + options.from * 1e6;
  if (fromUs > header.lastEventUs && part === undefined) {
    const endS = Math.floor((header.lastEventUs - header.sessionOpenUs) / 1e6);
    throw new CliError(`--from ${options.from}: the tape ends ${endS} s after the open; start earlier`, ExitCode.USAGE);
  }
  const feed: EmbeddedFeedConfig = {
    tapePath,
    speed: options.speed ?? scenario?.tape.speed ?? 1,
    seed: header.seed,
    fromUs,
    ...(part !== undefined && { toUs: part.toUs }),
    ...(options.scenario !== undefined && { faults: options.scenario }),
    ...(options.duration === undefined ? {} : { toUs: fromUs + options.duration * 1e6 }),
    ...(options.startAtUs === undefined ? {} : { startAtUs: options.startAtUs }),
  };
  return { feed, header };
}

async function start(config: ServerConfig, clock: Clock, feed: LapFeed | undefined): Promise<RunningServer> {
  try {
    return await startServer(config, {
      clock,
      log: createLogger(config.logLevel),
      ...(feed !== undefined && { feed }),
    });
  } catch (error) {
    if (error instanceof PortTakenError) {
      const address = formatListen(error.address);
      throw new CliError(
        `${address} is taken; choose another with --port, or 0 for any free one`,
        ExitCode.UNAVAILABLE,
      );
    }
    if (error instanceof JournalError) throw new CliError(error.message, error.exitCode);
    if (error instanceof TransportError || error instanceof CommandLogError) {
      throw new CliError(error.message, ExitCode.UNAVAILABLE);
    }
    throw error;
  }
}

/** Settles only when the feed fails; its end is no reason to stop serving. */
function brokenFeed(server: RunningServer): Promise<never> {
  return new Promise((_, reject) => {
    server.feedEnded.catch(reject);
  });
}

function readyLine(server: RunningServer): string {
  return `${JSON.stringify({ ready: true, ports: server.ports, pid: process.pid, transport: server.transport })}\n`;
}

async function startLines(parts: {
  readonly config: ServerConfig;
  readonly server: RunningServer;
  /** Absent for a feed of providers. */
  readonly header: TapeHeader | undefined;
}): Promise<string> {
  const { config, server, header } = parts;
  const hosts = config.listen.map(({ host }, index) => formatListen({ host, port: server.ports[index] ?? 0 }));
  const s = config.tls === undefined ? '' : 's';
  const rows = hosts.flatMap((host) => [
    ['stream', `ws${s}://${host}/v1/stream`],
    ['dialect', `ws${s}://${host}/api/ws/realtime  (ai-trading-v2)`],
    ['health', `http${s}://${host}/api/health`],
    ['metrics', `http${s}://${host}/metrics`],
  ]);
  rows.push(sourceRow(config, header));
  const token = await server.developmentToken;
  if (token !== undefined) {
    rows.push(['account', 'dev, without a token (no secret is set: this machine alone may connect); its token:']);
    rows.push(['', token]);
  }
  const lines = rows.map(([title = '', text]) => `  ${pc.dim(title.padEnd(9))}${text}`);
  return `${pc.bold(`tapedeck ${VERSION}`)} is listening (${server.transport})\n${lines.join('\n')}\nCtrl-C ends it.\n`;
}

/** Where the market data come from. */
function sourceRow({ feed, liveFeed }: ServerConfig, header: TapeHeader | undefined): [string, string] {
  const { length } = liveFeed?.instruments ?? header?.instruments ?? [];
  const symbols = `${length} ${length === 1 ? 'symbol' : 'symbols'}`;
  if (header === undefined) {
    const names = (liveFeed?.providers ?? []).map(({ name, access }) => `${name} (${access.url})`);
    return ['feed', `${names.join(', else ')}: ${symbols}`];
  }
  return ['tape', `${header.name}: ${symbols}, session ${header.sessionDate}, at ${feed?.speed ?? 1}x`];
}
