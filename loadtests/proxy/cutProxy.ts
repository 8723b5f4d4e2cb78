import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';
import { CLIENT_HEADER } from '../session/link.ts';

/** A request head longer than this isn't looked through for the client's number. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = '\r\n\r\n';
const PREAMBLE = `${CLIENT_HEADER}: `;
const PREAMBLE_LINE = new RegExp(`^${PREAMBLE}(\\d+)\\r\\n`, 'i');
const CLIENT_LINE = new RegExp(`\\r\\n${CLIENT_HEADER}:[ \\t]*(\\d+)[ \\t]*\\r\\n`, 'i');

export interface CutProxyOptions {
  readonly targetHost: string;
  readonly targetPort: number;
  /** Where to listen; default 127.0.0.1. */
  readonly host?: string;
  /** Time of cuts, µs since the epoch. */
  readonly nowUs: () => number;
}

/** One cut as it was made. */
interface MadeCut {
  readonly client: number;
  readonly atUs: number;
  /** How many connections of the client were cut; 0 when it had none at that time. */
  readonly connections: number;
}

export interface CutProxy {
  readonly port: number;
  /** Resets every connection of this client, on both sides and without a close frame. */
  readonly cut: (client: number) => MadeCut;
  /** Connections that are forwarded now. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

interface Pair {
  readonly down: Socket;
  readonly up: Socket;
}

/** Starts a plain TCP proxy that forwards bytes with back-pressure and learns from the upgrade request whose connection it is. */
export async function startCutProxy(options: CutProxyOptions): Promise<CutProxy> {
  const pairs = new Set<Pair>();
  const byClient = new Map<number, Set<Pair>>();
  const server = createServer({ noDelay: true }, (down) => {
    const up = tcpConnect({ host: options.targetHost, port: options.targetPort, noDelay: true });
    const pair: Pair = { down, up };
    let client = -1;
    pairs.add(pair);
    readHead(down, up, (number) => {
      client = number;
      const own = byClient.get(number) ?? new Set();
      byClient.set(number, own.add(pair));
    });
    forward(up, down);
    const forget = () => {
      pairs.delete(pair);
      byClient.get(client)?.delete(pair);
    };
    down.once('close', forget);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host ?? '127.0.0.1', port: 0, backlog: 4096 }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => pairs.size,
    cut: (client) => {
      const own = [...(byClient.get(client) ?? [])];
      const atUs = options.nowUs();
      for (const pair of own) reset(pair);
      return { client, atUs, connections: own.length };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const pair of pairs) reset(pair);
      }),
  };
}

/**
 * Forwards `down` to `up`, looking for the client's number until the request's head has ended. Before TLS, which can't be
 * looked into, it stands in a line of its own, which isn't forwarded.
 */
function readHead(down: Socket, up: Socket, onClient: (client: number) => void): void {
  let head = '';
  const readFirst = (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (PREAMBLE.startsWith(head.toLowerCase().slice(0, PREAMBLE.length)) && !head.includes('\n')) return;
    down.off('data', readFirst);
    down.pause();
    const told = PREAMBLE_LINE.exec(head);
    if (told === null) down.on('data', look);
    else onClient(Number(told[1]));
    forward(down, up);
    const rest = told === null ? head : head.slice(told[0].length);
    head = '';
    if (rest !== '') down.unshift(Buffer.from(rest, 'latin1'));
    down.resume();
  };
  const look = (chunk: Buffer) => {
    head += chunk.toString('latin1');
    const ended = head.includes(HEAD_END);
    if (!ended && head.length < MAX_HEAD_BYTES) return;
    down.off('data', look);
    const found = CLIENT_LINE.exec(head)?.[1];
    if (found !== undefined) onClient(Number(found));
  };
  down.on('data', readFirst);
  down.on('error', () => up.resetAndDestroy());
  down.on('close', () => up.destroy());
}

/** Writes what `from` reads to `to`, no faster than `to` takes it; the end and the death of one are those of the other. */
function forward(from: Socket, to: Socket): void {
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  // An error is followed by `close`; a connection that broke on one side is broken on the other, not ended in order.
  from.on('error', () => to.resetAndDestroy());
  from.on('close', () => to.destroy());
}

function reset(pair: Pair): void {
  pair.down.resetAndDestroy();
  pair.up.resetAndDestroy();
}
