import { hostname } from 'node:os';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type Crew, fileCrew, joiningCrew } from '../loadtests/distributed/crew.ts';
import { ExitCode } from '../protocol/codes.ts';
import { entries } from './entries.ts';
import { CliError } from './errors.ts';

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, for commander's options. */
export function listenAddress(text: string): ListenAddress {
  const parts = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[2] ?? Number.NaN);
  if (parts?.[1] !== undefined && port <= 65_535) return { host: parts[1].replace(/^\[|\]$/g, ''), port };
  throw new InvalidArgumentError('Give a host and a port, like 0.0.0.0:7070.');
}

export interface CrewOptions {
  readonly generators?: number | undefined;
  readonly coordinate?: ListenAddress | undefined;
  readonly advertise?: string | undefined;
  readonly segments?: number | undefined;
  readonly lead?: number | undefined;
}

const LOOPBACK = '127.0.0.1';
const FILE_LEAD_S = 60;
const KEY_VARIABLE = 'TAPEDECK_JOIN_KEY';
const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Who shares the load, by the command line; undefined: the gate makes it alone. @throws CliError for options that exclude one another */
export function crewOf(options: CrewOptions, say: (line: string) => void): Crew | undefined {
  const { generators, coordinate, segments, lead } = options;
  if (generators !== undefined && segments !== undefined) {
    throw new CliError('--generators and --segments are two ways to the same: take one', ExitCode.USAGE);
  }
  if (segments !== undefined) return fileCrew({ segments, host: hostOf(options), leadS: lead ?? FILE_LEAD_S });
  if (generators === undefined) {
    if (coordinate === undefined) return undefined;
    throw new CliError('--coordinate: say with --generators for how many to wait', ExitCode.USAGE);
  }
  if (coordinate === undefined) {
    const listen = { host: LOOPBACK, port: 0 };
    return joiningCrew({ segments: generators, listen, host: LOOPBACK, cli: entries().cli });
  }
  const key = joinKey();
  return joiningCrew({
    segments: generators,
    listen: coordinate,
    host: hostOf(options),
    ...(key === undefined ? {} : { key }),
    ...(lead === undefined ? {} : { leadS: lead }),
    onOpen: (url) => say(`on each of ${generators} machines: npx tapedeck swarm --join ${url}`),
  });
}

/** The key of the coordinator's address, where both sides were given it beforehand. @throws CliError for one that could be guessed or is no part of an address */
function joinKey(): string | undefined {
  const key = process.env[KEY_VARIABLE];
  if (key === undefined || /^[\w-]{16,}$/.test(key)) return key;
  throw new CliError(`${KEY_VARIABLE}: give at least 16 letters, digits, _ or -`, ExitCode.USAGE);
}

/** This machine, as generators reach it. */
function hostOf({ advertise, coordinate }: CrewOptions): string {
  if (advertise !== undefined) return advertise;
  if (coordinate === undefined) return LOOPBACK;
  return ANY_HOST.has(coordinate.host) ? hostname() : coordinate.host;
}
