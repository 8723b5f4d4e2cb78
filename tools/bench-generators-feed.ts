/**
 * A native server that plays a set feed to whoever subscribes and does little else, as a process of its own: what it sends
 * is the same for every generator. `bench-generators.ts` starts it with a {@link FeedJob}; it answers `{"ready":true,...}`.
 */
import uws from 'uWebSockets.js';
import { encodeTicker } from '../protocol/codecs/json.ts';
import { hostClock } from '../simulator/hostClock.ts';

/** What is played, given as JSON in the first argument. */
export interface FeedJob {
  readonly symbols: readonly string[];
  /** Events of all symbols together; each goes to every subscriber of its symbol. */
  readonly eventsPerS: number;
  readonly durationS: number;
  /** When the first event is due, µs since the epoch. */
  readonly startUs: number;
  readonly fromEventUs: number;
}

const HEARTBEAT_MS = 1_000;
const clock = hostClock(process.env);
const job: FeedJob = JSON.parse(process.argv[2] ?? '{}');
const EPOCH = 'bench';

interface Client {
  id: number;
}

const app = uws.App();
let clients = 0;
app.ws<Client>('/*', {
  idleTimeout: 0,
  maxBackpressure: 0,
  upgrade: (response, request, context) => {
    response.upgrade(
      { id: 0 },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  open: (socket) => {
    socket.getUserData().id = clients;
    clients += 1;
    socket.subscribe('heartbeat');
  },
  message: (socket, message) => {
    const frame: { type: string; id: number; channel?: string; symbols?: string[] } = JSON.parse(
      Buffer.from(message).toString(),
    );
    const { type, id, channel, symbols = [] } = frame;
    const say = (answer: object): void => void socket.send(JSON.stringify(answer));
    if (type === 'auth')
      say({ type: 'welcome', id, account: `acct-${socket.getUserData().id}`, epoch: EPOCH, heartbeatMs: HEARTBEAT_MS });
    else if (type === 'ping') say({ type: 'pong', id, serverTimeUs: Math.round(clock.nowUs()) });
    else if (type === 'subscribe') {
      say({ type: 'subscribed', id, channel, symbols, recovered: false });
      for (const symbol of symbols) {
        say({ type: 'snapshot', channel, symbol, epoch: EPOCH, seq: 0, data: null });
        socket.subscribe(symbol);
      }
    }
  },
});

/** Sends what is due, then looks again at the timer's next tick. */
function play(sent: number): void {
  const { symbols, eventsPerS, durationS, startUs } = job;
  const nowUs = clock.nowUs();
  let next = sent;
  for (; next < eventsPerS * durationS && startUs + (next / eventsPerS) * 1e6 <= nowUs; next++) {
    const symbol = symbols[next % symbols.length] as string;
    app.publish(symbol, frameOf(symbol, next));
  }
  if (next < eventsPerS * durationS) setTimeout(() => play(next), 1);
}

function frameOf(symbol: string, event: number): string {
  const { symbols, eventsPerS, startUs, fromEventUs } = job;
  const atUs = Math.round((event / eventsPerS) * 1e6);
  const seq = Math.floor(event / symbols.length) + 1;
  const dueTimeUs = startUs + atUs;
  const sentTimeUs = Math.max(Math.round(clock.nowUs()), dueTimeUs);
  return encodeTicker(
    {
      symbolJson: JSON.stringify(symbol),
      seq,
      seqFrom: seq,
      eventTimeUs: fromEventUs + atUs,
      dueTimeUs,
      receivedTimeUs: sentTimeUs,
      priceDecimals: 2,
      quantityDecimals: 0,
      last: 10_000 + (event % 97),
      lastSize: 100,
      bid: 10_000 + (event % 97),
      ask: 10_002 + (event % 97),
      bidSize: 300,
      askSize: 200,
      volume: 100 * seq,
      previousClose: 10_000,
    },
    sentTimeUs,
  );
}

app.listen('127.0.0.1', 0, (listening) => {
  process.stdout.write(`${JSON.stringify({ ready: true, ports: [uws.us_socket_local_port(listening)] })}\n`);
});
setInterval(() => app.publish('heartbeat', JSON.stringify({ type: 'heartbeat', heads: {} })), HEARTBEAT_MS);
play(0);
