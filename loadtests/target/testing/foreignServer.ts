/**
 * A server that is none of ours, in a process of its own: 20 symbols, a price of each 25 times a second, in a shape of its
 * own. `node foreignServer.ts [--late-ms N] [--drop-every N]`; it listens on the port in PORT.
 *
 *     > {"op":"sub","names":["S00","S01"],"auth":"TOKEN"}
 *     < {"kind":"hello"}   {"kind":"price","body":{"name":"S00","n":1,"at":1700000000000,"px":100.01}}
 */
import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { WebSocketServer } from 'ws';

const SYMBOLS = 20;
const TURN_MS = 40;
const Subscribe = Type.Object({ op: Type.Literal('sub'), names: Type.Array(Type.String()) });

const { values } = parseArgs({
  options: { 'late-ms': { type: 'string', default: '0' }, 'drop-every': { type: 'string', default: '0' } },
});
const lateMs = Number(values['late-ms']);
const dropEvery = Number(values['drop-every']);

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env['PORT']), path: '/prices' });
const readers = new Map<string, Set<{ send: (text: string) => void }>>();
server.on('connection', (socket) => {
  socket.send('{"kind":"hello"}');
  socket.on('message', (data) => {
    const message: unknown = JSON.parse(String(data));
    if (!Value.Check(Subscribe, message)) return;
    for (const name of message.names) {
      const heard = readers.get(name) ?? new Set();
      readers.set(name, heard.add(socket));
      socket.once('close', () => heard.delete(socket));
    }
  });
  socket.on('error', () => undefined);
});

let turn = 0;
let told = 0;
setInterval(() => {
  turn += 1;
  const frames = Array.from({ length: SYMBOLS }, (_, symbol) => frameOf(`S${String(symbol).padStart(2, '0')}`));
  if (lateMs === 0) tell(frames);
  else setTimeout(() => tell(frames), lateMs);
}, TURN_MS);

function frameOf(name: string): { name: string; text: string } {
  const body = { name, n: turn, at: Date.now(), px: 100 + (turn % 100) / 100 };
  return { name, text: JSON.stringify({ kind: 'price', body }) };
}

function tell(frames: readonly { name: string; text: string }[]): void {
  for (const { name, text } of frames) {
    told += 1;
    if (dropEvery > 0 && told % dropEvery === 0) continue;
    for (const reader of readers.get(name) ?? []) reader.send(text);
  }
}
