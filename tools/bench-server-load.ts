/**
 * The clients of a server under measurement, as a process of their own that `bench-server.ts` forks and asks by
 * messages: bare sockets that count frames and look for no more than a frame's type.
 */
import { connect, type Socket } from 'node:net';
import { FrameReader } from '../loadtests/swarm/frameReader.ts';
import { maskedFrame } from '../loadtests/swarm/socket.ts';

/** What the bench asks; each is answered by one {@link LoadAnswer}. */
export type LoadQuestion =
  | {
      readonly do: 'connect';
      readonly port: number;
      readonly sockets: number;
      /** 0: as fast as they are welcomed, some at a time. */
      readonly perSecond: number;
    }
  /** Socket `i` subscribes to `each` symbols from `i * each` on, modulo `symbols`. */
  | { readonly do: 'subscribe'; readonly symbols: number; readonly each: number }
  /** `sockets` of them have `each` orders unanswered. */
  | {
      readonly do: 'order';
      readonly orders: number;
      readonly sockets: number;
      readonly each: number;
      readonly symbols: number;
    }
  | { readonly do: 'count' }
  | { readonly do: 'close' }
  | { readonly do: 'stop' };

export interface LoadAnswer {
  /** Ticker frames read so far. */
  readonly tickers: number;
  /** Of `connect` from opening to welcome, of `order` from command to answer; µs. */
  readonly latenciesUs: readonly number[];
  readonly tookMs: number;
}

const MASK = Buffer.alloc(4);
const AT_A_TIME = 64;
const TICKER = '{"type":"ticker"';

class Client {
  tickers = 0;
  onFrame: (head: string) => void = () => undefined;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  #isUpgraded = false;

  constructor(port: number) {
    const fail = (): void => {
      throw new Error('the server closed a socket');
    };
    this.#reader = new FrameReader(
      {
        onText: (bytes, start) => {
          // A ticker is told from all else by one letter; a wrong guess is found by reading on.
          const head = bytes.toString('latin1', start, start + TICKER.length);
          if (head === TICKER) this.tickers++;
          else this.onFrame(head);
        },
        onBinary: fail,
        onPing: () => undefined,
        onClose: fail,
        onBroken: fail,
      },
      { maxPayloadBytes: 1024 * 1024 },
    );
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('connect', () => {
      this.#socket.write(
        'GET /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      );
    });
    this.#socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    this.#socket.on('error', () => undefined);
  }

  send(frame: object): void {
    this.#socket.write(maskedFrame(1, Buffer.from(JSON.stringify(frame)), MASK));
  }

  /** The next frame that is no ticker and begins like this. */
  next(head: string): Promise<void> {
    return new Promise((resolve) => {
      this.onFrame = (seen) => {
        if (!seen.startsWith(head)) return;
        this.onFrame = () => undefined;
        resolve();
      };
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    if (this.#isUpgraded) {
      this.#reader.push(bytes, 0, bytes.length);
      return;
    }
    this.#isUpgraded = true;
    this.send({ type: 'auth', id: 1 });
    const end = bytes.indexOf('\r\n\r\n') + 4;
    this.#reader.push(bytes, end, bytes.length);
  }
}

let clients: Client[] = [];

async function open(question: {
  readonly port: number;
  readonly sockets: number;
  readonly perSecond: number;
}): Promise<number[]> {
  const latenciesUs: number[] = [];
  const one = async (): Promise<void> => {
    const startedMs = performance.now();
    const client = new Client(question.port);
    clients.push(client);
    await client.next('{"type":"welcome');
    latenciesUs.push((performance.now() - startedMs) * 1000);
  };
  if (question.perSecond === 0) {
    for (let at = 0; at < question.sockets; at += AT_A_TIME) {
      await Promise.all(Array.from({ length: Math.min(AT_A_TIME, question.sockets - at) }, one));
    }
    return latenciesUs;
  }
  const startedMs = performance.now();
  const waiting: Promise<void>[] = [];
  while (waiting.length < question.sockets) {
    const due = Math.min(question.sockets, ((performance.now() - startedMs) * question.perSecond) / 1000);
    while (waiting.length < due) waiting.push(one());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(waiting);
  return latenciesUs;
}

async function subscribe({ symbols, each }: { readonly symbols: number; readonly each: number }): Promise<void> {
  for (let at = 0; at < clients.length; at += AT_A_TIME) {
    const some = clients.slice(at, at + AT_A_TIME).map((client, index) => {
      const names = Array.from({ length: each }, (_, offset) => `S${((at + index) * each + offset) % symbols}`);
      client.send({ type: 'subscribe', id: 2, channel: 'ticker', symbols: names });
      return client.next('{"type":"subscri');
    });
    await Promise.all(some);
  }
}

/** Places orders that rest, each socket the next one for each answer. */
function order(question: {
  readonly orders: number;
  readonly sockets: number;
  readonly each: number;
  readonly symbols: number;
}): Promise<number[]> {
  const { orders, sockets, each, symbols } = question;
  const latenciesUs: number[] = [];
  const terms = { side: 'BUY', orderType: 'LIMIT', quantity: '1', limitPrice: '90.00' };
  let sent = 0;
  return new Promise((resolve) => {
    for (const client of clients.slice(0, sockets)) {
      // Answers come in the order of the commands.
      const startsMs: number[] = [];
      const place = (): void => {
        if (sent === orders) return;
        const at = sent++;
        const symbol = `S${at % symbols}`;
        startsMs.push(performance.now());
        client.send({ type: 'order.place', id: at, clientOrderId: `${process.pid}-${placed++}`, symbol, ...terms });
      };
      client.onFrame = (head) => {
        if (!head.startsWith('{"type":"order.a')) return;
        latenciesUs.push((performance.now() - (startsMs.shift() ?? Number.NaN)) * 1000);
        if (latenciesUs.length === orders) resolve(latenciesUs);
        else place();
      };
      for (let at = 0; at < each; at++) place();
    }
  });
}

let placed = 0;

async function work(question: LoadQuestion): Promise<readonly number[]> {
  switch (question.do) {
    case 'connect':
      return open(question);
    case 'subscribe':
      await subscribe(question);
      return [];
    case 'order':
      return order(question);
    case 'close':
      for (const client of clients) client.close();
      clients = [];
      return [];
    case 'stop':
      return process.exit();
    case 'count':
      return [];
  }
}

process.on('message', (question: LoadQuestion) => {
  const startedMs = performance.now();
  void work(question).then((latenciesUs) => {
    const tickers = clients.reduce((sum, client) => sum + client.tickers, 0);
    const answer: LoadAnswer = { tickers, latenciesUs, tookMs: performance.now() - startedMs };
    process.send?.(answer);
  });
});
