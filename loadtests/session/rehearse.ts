import { once } from 'node:events';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { Fleet } from './fleet.ts';
import type { ClientPorts } from './ports.ts';

const CLIENTS = 4;
const SYMBOLS = Array.from({ length: 20 }, (_, at) => `R${String.fromCharCode(65 + at)}`);
/** Frames for each client: enough for V8 to compile what reads them. */
const FRAMES = 2_000;
/** Frames to each client in one turn of the loop. */
const BURST = 50;
const LONGEST_MS = 500;
const EVENT_INTERVAL_US = 40;

const Command = Type.Object({ type: Type.String(), id: Type.Number(), channel: Type.Optional(Type.String()) });

export interface RehearsalOptions {
  readonly nowUs: () => number;
  readonly connect: ClientPorts['connect'];
  /** Default 500 ms: cold code is worth no longer a wait. */
  readonly longestMs?: number;
  /** Puts something between the clients and the server on `port`, and tells its own port. */
  readonly through?: (port: number) => Promise<{ readonly port: number; readonly close: () => Promise<void> }>;
}

/**
 * Lets a generator's whole receive path run once on made-up frames over the loopback, into a recorder that is thrown
 * away, so that the first burst of the run doesn't meet cold code: it would, in all processes at once. Takes some 100 ms,
 * at most half a second.
 */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const longestMs = options.longestMs ?? LONGEST_MS;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  const address = server.address();
  const serverPort = typeof address === 'object' && address !== null ? address.port : 0;
  const front = await options.through?.(serverPort);
  const plan = rehearsalPlan(options.nowUs(), front?.port ?? serverPort, longestMs);

  const frames = Array.from({ length: FRAMES }, (_, frame) => JSON.stringify(ticker(frame, plan.schedule.startUs)));

  let finished = 0;
  const played = new Promise<void>((resolve) => {
    server.on('connection', (socket) =>
      serve(socket, frames, () => {
        finished += 1;
        if (finished === CLIENTS) resolve();
      }),
    );
  });
  const fleet = new Fleet({
    plan,
    clients: plan.clients,
    ports: {
      nowUs: options.nowUs,
      connect: options.connect,
      after: (delayMs, action) => {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
      random: () => 0.5,
    },
    emit: (line) => JSON.stringify(line),
    onEnd: () => undefined,
  });
  fleet.start();
  let deadline: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    deadline = setTimeout(resolve, longestMs);
  });
  await Promise.race([played, tooLong]);
  clearTimeout(deadline);
  fleet.end();
  for (const socket of server.clients) socket.terminate();
  server.close();
  await front?.close();
}

function rehearsalPlan(nowUs: number, port: number, connectTimeoutMs: number): GeneratorPlan {
  // All of it was due before now: what is read too early is a violation, which is not what has to run hot.
  const lastUs = FRAMES * EVENT_INTERVAL_US;
  return {
    version: 1,
    generator: 'swarm',
    dialect: 'native',
    schedule: { startUs: nowUs - lastUs, fromEventUs: 0, toEventUs: lastUs, speed: 1 },
    endUs: nowUs + 60e6,
    connectTimeoutMs,
    reconnect: { firstDelayMs: 60_000, capMs: 60_000 },
    seed: 1,
    wallAheadUs: 0,
    maxListedViolations: 0,
    clients: Array.from({ length: CLIENTS }, (_, client) => ({
      client,
      url: `ws://127.0.0.1:${port}/v1/stream`,
      account: 'rehearsal',
      symbols: SYMBOLS,
      channels: ['ticker'],
      connectAtUs: nowUs,
      orders: [],
    })),
  };
}

/** Answers as a native server does, then plays the frames in bursts; `onPlayed` when the client has answered the last. */
function serve(socket: WebSocket, frames: readonly string[], onPlayed: () => void): void {
  const say = (message: object): void => socket.send(JSON.stringify(message));
  socket.on('message', (data) => {
    const command: unknown = JSON.parse(String(data));
    if (!Value.Check(Command, command)) return;
    const { type, id, channel } = command;
    if (type === 'auth') say({ type: 'welcome', id, account: 'rehearsal', epoch: 'rehearsal', heartbeatMs: 1_000 });
    if (type !== 'subscribe') return;
    say({ type: 'subscribed', id, channel, symbols: SYMBOLS, recovered: false });
    if (channel !== 'ticker') return;
    for (const symbol of SYMBOLS) say({ type: 'snapshot', channel, symbol, epoch: 'rehearsal', seq: 0, data: null });
    let next = 0;
    const burst = (): void => {
      for (const frame of frames.slice(next, next + BURST)) socket.send(frame);
      next += BURST;
      if (next < frames.length) setImmediate(burst);
      else socket.ping();
    };
    burst();
  });
  socket.once('pong', onPlayed);
}

function ticker(frame: number, startUs: number): object {
  const eventTimeUs = frame * EVENT_INTERVAL_US;
  const dueTimeUs = startUs + eventTimeUs;
  return {
    type: 'ticker',
    symbol: SYMBOLS[frame % SYMBOLS.length],
    seq: Math.floor(frame / SYMBOLS.length) + 1,
    data: {
      last: 100 + frame / 100,
      lastSize: 100,
      bid: 99.99,
      ask: 100.01,
      bidSize: 300,
      askSize: 200,
      volume: frame,
    },
    eventTimeUs,
    dueTimeUs,
    receivedTimeUs: dueTimeUs,
    sentTimeUs: dueTimeUs,
  };
}
