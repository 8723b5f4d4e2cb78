import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { Histogram } from '../../reports/histogram.ts';
import type { ClientPorts } from './ports.ts';

const ROUND_TRIPS = 300;
/** The first ones meet cold code. */
const WARM_UP = 50;
const LONGEST_MS = 500;

/**
 * Measures what a generator can't go below: round trips over the loopback, through its own connection, to a server that
 * echoes in the same process. Returns their p99 in µs, or undefined when the machine gave it no time. Takes some 50 ms, at
 * most half a second.
 */
export async function measureFloor(ports: Pick<ClientPorts, 'nowUs' | 'connect'>): Promise<number | undefined> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const trips = new Histogram();
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const deadline = setTimeout(end, LONGEST_MS);
  let sentUs = 0;
  let left = WARM_UP + ROUND_TRIPS;
  const send = (): void => {
    sentUs = ports.nowUs();
    connection.send('echo');
  };
  const connection = ports.connect({
    url: `ws://127.0.0.1:${port}/`,
    protocol: '',
    headers: {},
    handlers: {
      onOpen: () => send(),
      onMessage: (_, atUs) => {
        left -= 1;
        if (left < ROUND_TRIPS) trips.record(atUs - sentUs);
        if (left > 0) send();
        else end();
      },
      onTicker: () => undefined,
      onClose: () => end(),
    },
  });
  await done;
  clearTimeout(deadline);
  connection.abort();
  for (const socket of server.clients) socket.terminate();
  server.close();
  return trips.count === ROUND_TRIPS ? trips.percentile(99) : undefined;
}
