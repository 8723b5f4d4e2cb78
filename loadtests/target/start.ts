import type { Schedule } from '../../protocol/run.ts';
import type { ChildEnd, JsonChild } from '../gate/children.ts';
import { describeEnd } from '../gate/children.ts';
import { GateError } from '../gate/errors.ts';
import type { RunningProvider } from '../gate/provider.ts';
import type { RunningServer } from '../gate/server.ts';
import type { CommandUnderTest, UrlUnderTest } from '../gate/underTest.ts';
import { type Address, authorityOf, isLoopback, parseAddress } from './address.ts';
import { awaitListening, freePort, pidListeningOn } from './listening.ts';
import { startShell } from './shell.ts';

/** A command's server listens by then. */
const COMMAND_LISTENS_MS = 30_000;
/** A server that is said to run does so at once. */
const URL_LISTENS_MS = 5_000;

/** What a server that isn't ours is told of the run. */
export interface ForeignStart {
  readonly schedule: Schedule;
  readonly tapePath: string;
  readonly fromS: number;
  readonly durationS: number;
  readonly provider: RunningProvider | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** A server that runs already must listen within this; default 5 s. */
  readonly urlWithinMs?: number;
  readonly signal: AbortSignal | undefined;
}

/** Starts a server by its command, or finds the one that runs. @throws GateError when nothing listens in time */
export function startForeign(underTest: CommandUnderTest | UrlUnderTest, start: ForeignStart): Promise<RunningServer> {
  return underTest.kind === 'url' ? findServer(underTest, start) : runCommand(underTest, start);
}

async function findServer(underTest: UrlUnderTest, start: ForeignStart): Promise<RunningServer> {
  const at = parseAddress(underTest.url);
  const withinMs = start.urlWithinMs ?? URL_LISTENS_MS;
  if (!(await awaitListening(at, { withinMs, signal: start.signal }))) {
    start.signal?.throwIfAborted();
    throw new GateError(
      `target ${authorityOf(at)}: nothing listens there; start your server first, or give --target-command`,
    );
  }
  const pid = underTest.pid ?? (isLoopback(at.host) ? pidListeningOn(at.port) : undefined);
  return { child: standing(pid), port: at.port, transport: '', at, pid };
}

/** A server that isn't ours to end. */
function standing(pid: number | undefined): JsonChild {
  const end: ChildEnd = { code: 0, signal: null, lastWords: '' };
  return {
    pid: pid ?? -1,
    tell: () => undefined,
    ended: new Promise(() => undefined),
    end: () => Promise.resolve(end),
  };
}

/** Where a command's server will listen: `{port}` in its address is a free port. */
async function addressFor({ url }: CommandUnderTest): Promise<Address> {
  const given = url ?? 'ws://127.0.0.1:{port}';
  if (!given.includes('{port}')) return parseAddress(given);
  return parseAddress(given.replaceAll('{port}', String(await freePort())));
}

async function runCommand(underTest: CommandUnderTest, start: ForeignStart): Promise<RunningServer> {
  const at = await addressFor(underTest);
  const shell = startShell(filled(underTest.command, at, start), {
    ...start.env,
    PORT: String(at.port),
    ...(start.provider !== undefined && { FEED_URL: start.provider.url }),
  });
  const ending = new AbortController();
  let died: ChildEnd | undefined;
  void shell.ended.then((end) => {
    died = end;
    ending.abort();
  });
  const signal = start.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, start.signal]);
  if (!(await awaitListening(at, { withinMs: COMMAND_LISTENS_MS, signal }))) {
    const end = died ?? (await shell.end(500));
    start.signal?.throwIfAborted();
    const why =
      died === undefined
        ? `nothing listened at ${authorityOf(at)} within ${COMMAND_LISTENS_MS / 1000} s`
        : describeEnd({ ...end, lastWords: tellingLine(end.lastWords) });
    throw new GateError(`--target-command: ${why}; it must listen on the port in PORT, or {port}`);
  }
  const pid = underTest.pid ?? pidListeningOn(at.port) ?? shell.pid;
  const child: JsonChild = { pid, tell: () => undefined, ended: shell.ended, end: shell.end };
  return { child, port: at.port, transport: '', at, pid };
}

/** The line of its last words that tells what went wrong: of a trace the error itself, which is neither its first line nor its last. */
function tellingLine(lastWords: string): string {
  const lines = lastWords.split('\n').map((line) => line.trim());
  const error = lines.find((line) => /^\S*Error\b/.test(line)) ?? lines.find((line) => line.includes('Error'));
  return error ?? lines.findLast((line) => line !== '') ?? '';
}

function filled(command: string, at: Address, start: ForeignStart): string {
  const { schedule, provider } = start;
  return command
    .replaceAll('{port}', String(at.port))
    .replaceAll('{feedUrl}', provider?.url ?? '')
    .replaceAll('{instruments}', provider?.instrumentsPath ?? '')
    .replaceAll('{startUs}', String(schedule.startUs))
    .replaceAll('{fromS}', String(start.fromS))
    .replaceAll('{durationS}', String(start.durationS * schedule.speed))
    .replaceAll('{speed}', String(schedule.speed))
    .replaceAll('{tape}', start.tapePath);
}
