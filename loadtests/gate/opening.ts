import type { PolledFeed } from '../../protocol/generatorPlan.ts';
import type { Schedule } from '../../protocol/run.ts';
import { pollMsOf } from '../feeds/polled.ts';
import { listenFor } from '../target/open.ts';
import { type MakeToken, madeAhead } from '../target/tokens.ts';
import { type ReadyChild, startReady } from './children.ts';
import type { PlayedPart } from './part.ts';
import { accountOf } from './plan.ts';
import { awaitLive, type RunningProvider, startProvider } from './provider.ts';
import type { Front, RunOptions } from './run.ts';
import { type OpenedServer, type RunningServer, startServer } from './server.ts';
import { isForeign } from './underTest.ts';

/** Starts our server, or takes the one that stands, and waits until it hears its provider. */
export async function openOwn(
  options: RunOptions,
  opening: {
    readonly provider: RunningProvider | undefined;
    readonly span: Omit<Schedule, 'startUs'>;
    readonly leadUs: number;
    readonly onStarted: (server: RunningServer) => void;
  },
): Promise<OpenedServer> {
  const { clock, standing } = options;
  const { provider, span, leadUs, onStarted } = opening;
  const plannedUs = clock.nowUs() + leadUs;
  if (standing !== undefined) return { server: standing.server, startUs: plannedUs };
  const server = await startServer(options, { ...span, startUs: plannedUs }, provider);
  onStarted(server);
  if (provider === undefined) return { server, startUs: plannedUs };
  await awaitLive(`http://127.0.0.1:${server.port}`, options.signal);
  return { server, startUs: clock.nowUs() + leadUs };
}

/** The tokens of all clients, made before the run's times are set. */
export function tokensAhead({ scenario, tokenFor }: RunOptions): Promise<MakeToken> {
  const { clients, probes } = scenario.load;
  return madeAhead(
    Array.from({ length: clients + probes }, (_, client) => accountOf(client)),
    tokenFor,
  );
}

/** Starts the provider that feeds the server, where one does. */
export async function providerOf(
  { feed: name, entries, tapePath, runFolder, scenario, underTest }: RunOptions,
  part: PlayedPart,
  env: NodeJS.ProcessEnv,
): Promise<RunningProvider | undefined> {
  if (name === undefined) return undefined;
  const { speed, symbols } = scenario.tape;
  const listen = isForeign(underTest) ? listenFor(underTest) : undefined;
  return startProvider({
    entry: entries.provider,
    name,
    tapePath,
    runFolder,
    part,
    symbols,
    speed,
    env,
    ...(listen !== undefined && { listen }),
  });
}

/** What the probes of a server that polls go by. */
export function polledFeed({ scenario }: RunOptions, port: number): PolledFeed {
  return { intervalMs: pollMsOf(scenario), quotesUrl: `http://127.0.0.1:${port}/api/quotes` };
}

/** Starts what stands between clients and our server. */
export function startFront(
  front: Front,
  stage: { readonly env: NodeJS.ProcessEnv; readonly startUs: number; readonly targetPort: number },
): Promise<ReadyChild> {
  const args = [...front.args, '--start-us', String(stage.startUs), '--target-port', String(stage.targetPort)];
  return startReady('the front', { file: front.file, args, env: stage.env });
}
