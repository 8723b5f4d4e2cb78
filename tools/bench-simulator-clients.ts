/**
 * The clients of a façade under measurement, as a process of their own that `bench-simulator.ts` forks and asks by messages:
 * bare sockets that count events and look for no more.
 */
import { connect } from 'node:net';
import { FrameReader } from '../loadtests/swarm/frameReader.ts';
import { maskedFrame } from '../loadtests/swarm/socket.ts';

/** What the bench asks; each is answered by one {@link ClientsAnswer}. */
export type ClientsQuestion =
  /** Client `i` subscribes to trades and quotes of `each` symbols from `i * each` on, modulo `symbols`. */
  | {
      readonly do: 'connect';
      readonly port: number;
      readonly clients: number;
      readonly symbols: number;
      readonly each: number;
    }
  | { readonly do: 'mark' };

export interface ClientsAnswer {
  /** Trades and quotes read so far. */
  readonly events: number;
  /** Of this process so far. */
  readonly cpuUs: number;
}

const MASK = Buffer.alloc(4);
const SUBSCRIBED = '"message":"subscribed';
/** What each event of Polygon begins with. */
const EVENT = Buffer.from('{"ev":"');
let events = 0;

function countEvents(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  const frame = bytes.subarray(start, end);
  for (let at = frame.indexOf(EVENT); at >= 0; at = frame.indexOf(EVENT, at + EVENT.length)) count++;
  return count;
}

/** Opens a client; resolves when it has subscribed. */
function open(port: number, topics: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const send = (value: object): unknown => socket.write(maskedFrame(1, Buffer.from(JSON.stringify(value)), MASK));
    let isSubscribed = false;
    let isUpgraded = false;
    const ignore = (): void => undefined;
    const onText = (bytes: Buffer, start: number, end: number): void => {
      if (isSubscribed) events += countEvents(bytes, start, end);
      else if (bytes.toString('latin1', start, end).includes(SUBSCRIBED)) {
        isSubscribed = true;
        resolve();
      }
    };
    const sink = { onText, onBinary: ignore, onPing: ignore, onClose: ignore, onBroken: ignore };
    const reader = new FrameReader(sink, { maxPayloadBytes: 1 << 24 });
    socket.on('error', reject).on('close', () => reject(new Error('the façade closed a socket')));
    socket.on('data', (chunk) => {
      if (isUpgraded) {
        reader.push(chunk, 0, chunk.length);
        return;
      }
      isUpgraded = true;
      reader.push(chunk, chunk.indexOf('\r\n\r\n') + 4, chunk.length);
      send({ action: 'auth', params: 'k' });
      send({ action: 'subscribe', params: topics });
    });
    socket.write(
      `GET /stocks HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
  });
}

process.on('message', async (question: ClientsQuestion) => {
  if (question.do === 'connect') {
    const { port, clients, symbols, each } = question;
    for (let client = 0; client < clients; client++) {
      const names = Array.from({ length: each }, (_, at) => `S${(client * each + at) % symbols}`);
      await open(port, names.flatMap((name) => [`T.${name}`, `Q.${name}`]).join());
    }
  }
  const { user, system } = process.cpuUsage();
  process.send?.({ events, cpuUs: user + system } satisfies ClientsAnswer);
});
process.on('disconnect', () => process.exit());
