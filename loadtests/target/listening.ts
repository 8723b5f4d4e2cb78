import { readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { procNames, procText } from '../../simulator/procfs.ts';

const LOOK_MS = 50;
const LISTEN_STATE = '0A';

/** A port of this machine on which nothing listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Milliseconds that a TCP connection took to stand; undefined when it was refused or took too long. */
export function connectMs(at: { host: string; port: number }, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host: at.host, port: at.port });
    const end = (took: number | undefined): void => {
      socket.destroy();
      resolve(took);
    };
    socket.setTimeout(timeoutMs, () => end(undefined));
    socket.once('connect', () => end(performance.now() - startedMs));
    socket.once('error', () => end(undefined));
  });
}

/** Resolves with true when a server accepts connections, with false when it doesn't within the time or `signal` says so. */
export async function awaitListening(
  at: { host: string; port: number },
  options: { readonly withinMs: number; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const deadlineMs = performance.now() + options.withinMs;
  while (performance.now() < deadlineMs && options.signal?.aborted !== true) {
    const leftMs = Math.max(1, deadlineMs - performance.now());
    if ((await connectMs(at, leftMs)) !== undefined) return true;
    await delay(LOOK_MS);
  }
  return false;
}

/** The process of this user that listens on a port of this machine, by /proc; undefined where none is found. */
export function pidListeningOn(port: number): number | undefined {
  const inodes = new Set([...inodesListening('/proc/net/tcp', port), ...inodesListening('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return undefined;
  for (const name of procNames('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const file of procNames(`/proc/${name}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${name}/fd/${file}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) return Number(name);
    }
  }
  return undefined;
}

/** Inodes of sockets that listen on a port: columns are `sl local:port remote:port state ... inode`. */
function inodesListening(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return procText(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) === true && fields[3] === LISTEN_STATE)
    .map((fields) => fields[9] ?? '');
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
