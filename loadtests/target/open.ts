import type { Schedule } from '../../protocol/run.ts';
import { GateError } from '../gate/errors.ts';
import type { RunningProvider } from '../gate/provider.ts';
import type { RunOptions } from '../gate/run.ts';
import type { OpenedServer, RunningServer } from '../gate/server.ts';
import type { CommandUnderTest, FedBy, UrlUnderTest } from '../gate/underTest.ts';
import { isLoopback, parseAddress } from './address.ts';
import { type ForeignStart, startForeign } from './start.ts';

/** Time for a command that plays the tape to come up. */
const COMMAND_START_US = 6_000_000;
/** Time for a person to start one elsewhere by the line that is shown. */
const PERSON_START_US = 30_000_000;
/** A server that is fed by us subscribes within this. */
const SUBSCRIBED_MS = { command: 30_000, url: 120_000 } as const;

/** Opens a server that isn't ours, and says when its run starts. @throws GateError when it can't be had, or isn't fed in time */
export async function openForeign(
  underTest: CommandUnderTest | UrlUnderTest,
  run: {
    readonly options: RunOptions;
    readonly env: NodeJS.ProcessEnv;
    readonly provider: RunningProvider | undefined;
    readonly span: Omit<Schedule, 'startUs'>;
    /** From a server that stands to the tape's start, µs. */
    readonly leadUs: number;
    readonly onStarted: (server: RunningServer) => void;
  },
): Promise<OpenedServer> {
  const { options, provider, span, leadUs } = run;
  const { clock, scenario, signal } = options;
  const fed: FedBy = underTest.fed ?? { kind: 'own' };
  const plannedUs = plannedStart(underTest, fed, { nowUs: clock.nowUs(), leadUs });
  const schedule: Schedule = { ...span, startUs: plannedUs };
  const { fromS, durationS } = scenario.tape;
  const start: ForeignStart = {
    schedule,
    tapePath: options.tapePath,
    fromS,
    durationS,
    provider,
    env: run.env,
    signal,
    ...(fed.kind === 'tape' && { urlWithinMs: Math.max(0, plannedUs - clock.nowUs() - leadUs) / 1000 }),
  };
  if (underTest.kind === 'url') {
    if (fed.kind === 'tape') options.onNote?.(serveLine(start));
    if (provider !== undefined) options.onNote?.(`point your server's ${provider.name} feed at ${provider.url}`);
  }
  const server = await startForeign(underTest, start);
  run.onStarted(server);
  if (provider !== undefined) await awaitSubscribed(provider, { kind: underTest.kind, signal });
  if (fed.kind !== 'tape') return { server, startUs: clock.nowUs() + leadUs };
  if (plannedUs - clock.nowUs() < leadUs) {
    const neededS = Math.ceil(leadUs / 1e6);
    throw new GateError(
      `--start-at: the tape starts too soon: clients need ${neededS} s from the server's start; choose a later time`,
    );
  }
  return { server, startUs: plannedUs };
}

/** Where the provider of a server that isn't ours listens: for other machines where that isn't this one. */
export function listenFor({ fed, url }: CommandUnderTest | UrlUnderTest): { host: string; port: number } | undefined {
  if (fed?.kind !== 'provider') return undefined;
  const isHere = url === undefined || url.includes('{port}') || isLoopback(parseAddress(url).host);
  return { host: isHere ? '127.0.0.1' : '0.0.0.0', port: fed.port };
}

function plannedStart(
  { kind }: CommandUnderTest | UrlUnderTest,
  fed: FedBy,
  now: { readonly nowUs: number; readonly leadUs: number },
): number {
  if (fed.kind === 'tape' && fed.startAtUs !== undefined) return fed.startAtUs;
  return Math.ceil(now.nowUs + now.leadUs + (kind === 'url' ? PERSON_START_US : COMMAND_START_US));
}

/** The command that has a server of ours elsewhere play what is judged here. */
function serveLine({ schedule, tapePath, fromS, durationS }: ForeignStart): string {
  const { speed, startUs } = schedule;
  const part = `--from ${fromS} --duration ${durationS * speed} --speed ${speed} --start-at-us ${startUs}`;
  return `start the server now, with the same tape: tapedeck serve --tape ${tapePath} ${part}`;
}

async function awaitSubscribed(
  provider: RunningProvider,
  { kind, signal }: { readonly kind: 'command' | 'url'; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const withinMs = SUBSCRIBED_MS[kind];
  const topics = await provider.subscribed({ withinMs, signal });
  if (topics !== undefined) return;
  signal?.throwIfAborted();
  throw new GateError(
    `the target subscribed to nothing at ${provider.url} within ${withinMs / 1000} s; point its ${provider.name} feed there`,
  );
}
