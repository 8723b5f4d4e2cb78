import { join } from 'node:path';
import { CLOCK_OFFSET_ENV } from '../../protocol/clock.ts';
import type { Schedule } from '../../protocol/run.ts';
import { planOf } from '../feeds/fedBy.ts';
import { pollMsOf } from '../feeds/polled.ts';
import type { Address } from '../target/address.ts';
import { type ReadyChild, startReady } from './children.ts';
import type { RunningProvider } from './provider.ts';
import type { RunOptions } from './run.ts';

const LEAST_SOCKETS_PER_ADDRESS = 1_000;
const KEY = 'gate';

/** What the processes of a run are given of the gate's surroundings: its clock, and none of the user's secrets of a server. */
export function childEnv(options: Pick<RunOptions, 'clock'>): NodeJS.ProcessEnv {
  // A secret file of the user's would stand against the secret that this run makes.
  return { ...process.env, TAPEDECK_JWT_SECRET_FILE: undefined, [CLOCK_OFFSET_ENV]: String(options.clock.offsetUs) };
}

/** The server of a run. */
export interface RunningServer extends ReadyChild {
  /** Where it is, when it isn't ours. */
  readonly at?: Address;
  /** Its process, where that is known of one that isn't ours. */
  readonly pid?: number | undefined;
}

/** A server that stands, and when its run starts, µs since the epoch. */
export interface OpenedServer {
  readonly server: RunningServer;
  readonly startUs: number;
}

/** Starts the reference server: fed by the tape in its own process, or by `provider`. */
export async function startServer(
  options: RunOptions,
  schedule: Schedule,
  provider: RunningProvider | undefined,
): Promise<ReadyChild> {
  const args = ['serve', '--port', '0', '--ready-json', '--end-with-stdin'];
  const feed = provider === undefined ? embedded(options, schedule) : fedBy(provider);
  return startReady('the server', {
    file: cliOf(options),
    args: [...args, ...feed],
    env: {
      ...childEnv(options),
      ...(provider === undefined ? {} : liveEnv(provider, options)),
      TAPEDECK_JWT_SECRET: options.secret,
      TAPEDECK_LOG_LEVEL: 'warn',
      // All clients come from one address, which no real ones do.
      TAPEDECK_MAX_SOCKETS_PER_ADDRESS: String(LEAST_SOCKETS_PER_ADDRESS + 2 * options.scenario.load.clients),
    },
  });
}

/** The command line of the build that is judged. */
function cliOf({ underTest, entries }: RunOptions): string {
  return (underTest?.kind === 'reference' ? underTest.cli : undefined) ?? entries.cli;
}

function embedded({ scenario, tapePath, runFolder }: RunOptions, schedule: Schedule): string[] {
  const { fromS, durationS, speed } = scenario.tape;
  const part = ['--from', String(fromS), '--duration', String(durationS * speed), '--speed', String(schedule.speed)];
  const start = ['--start-at-us', String(schedule.startUs)];
  return ['--tape', tapePath, ...part, ...start, '--command-log', join(runFolder, 'commands.ndjson')];
}

function fedBy({ name, url, instrumentsPath }: RunningProvider): string[] {
  return [
    '--feed',
    name,
    '--feed-url',
    `${name}=${url}`,
    '--instruments',
    instrumentsPath,
    '--plan',
    `${name}=${planOf(name)}`,
  ];
}

function liveEnv({ name }: RunningProvider, { scenario }: RunOptions): NodeJS.ProcessEnv {
  return { [keyName(name)]: KEY, TAPEDECK_FEED_POLL_MS: String(pollMsOf(scenario)) };
}

function keyName(provider: string): string {
  return `TAPEDECK_${provider.replaceAll('-', '_').toUpperCase()}_KEY`;
}
