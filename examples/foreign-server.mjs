/**
 * A price server with a language of its own, to be judged by `tapedeck gate --target-command` (docs/target.md): 20
 * symbols, S00 to S19, a price of each 25 times a second.
 *
 *     PORT=9000 node examples/foreign-server.mjs [--late-ms N] [--drop-every N]
 *
 *     > {"op":"sub","names":["S00","S01"]}
 *     < {"kind":"hello"}
 *     < {"kind":"price","body":{"name":"S00","n":1,"at":1700000000000,"px":100.01}}
 *
 * `at` is when the price was made, in ms. With `--late-ms` it is sent so much later; with `--drop-every 100` each
 * hundredth price is never sent.
 */
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const SYMBOLS = Array.from({ length: 20 }, (_, at) => `S${String(at).padStart(2, '0')}`);
const TURN_MS = 40;

const { values } = parseArgs({
  options: { 'late-ms': { type: 'string', default: '0' }, 'drop-every': { type: 'string', default: '0' } },
});
const lateMs = Number(values['late-ms']);
const dropEvery = Number(values['drop-every']);

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 9000), path: '/prices' });
const readers = new Map(SYMBOLS.map((name) => [name, new Set()]));
server.on('connection', (socket) => {
  socket.send('{"kind":"hello"}');
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    const { op, names } = JSON.parse(String(data));
    if (op !== 'sub') return;
    for (const name of names) readers.get(name)?.add(socket);
  });
  socket.once('close', () => {
    for (const heard of readers.values()) heard.delete(socket);
  });
});

let turn = 0;
let told = 0;
setInterval(() => {
  turn += 1;
  const prices = SYMBOLS.map((name) => ({ name, n: turn, at: Date.now(), px: 100 + (turn % 100) / 100 }));
  if (lateMs === 0) tell(prices);
  else setTimeout(() => tell(prices), lateMs);
}, TURN_MS);

function tell(prices) {
  for (const body of prices) {
    told += 1;
    if (dropEvery > 0 && told % dropEvery === 0) continue;
    const text = JSON.stringify({ kind: 'price', body });
    for (const reader of readers.get(body.name) ?? []) reader.send(text);
  }
}
