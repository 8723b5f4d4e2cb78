import { renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hostClock } from '../../simulator/hostClock.ts';
import { rehearse } from '../session/rehearse.ts';
import { createConnector } from '../swarm/socket.ts';
import { Books } from './books.ts';
import { FAULTS } from './faults.ts';
import { startFront } from './front.ts';

const WRITE_EVERY_MS = 1_000;
const LEAK_EVERY_MS = 100;

/**
 * A misbehaving back end as a process: `--fault NAME --target-port P --start-us T --books FILE`; prints
 * `{"ready":true,"ports":[..]}`. What it plants stands in FILE, renewed each second and whole when it ends.
 */
const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    'target-port': { type: 'string' },
    'start-us': { type: 'string' },
    books: { type: 'string' },
  },
});
const fault = FAULTS[values.fault ?? ''];
const sound = FAULTS['none'];
if (fault === undefined || sound === undefined) {
  process.stderr.write(`unknown fault '${values.fault ?? ''}'; known are ${Object.keys(FAULTS).join(', ')}\n`);
  process.exit(64);
}
const clock = hostClock(process.env);
const books = new Books(Number(values['start-us']));
// A front that met the first burst with cold code would be slow in a way that nobody planted.
await rehearse({
  nowUs: clock.nowUs,
  connect: createConnector(clock.nowUs),
  through: (targetPort) => startFront({ targetPort, fault: sound, clock, books: new Books(books.startUs) }),
});
const front = await startFront({ targetPort: Number(values['target-port']), fault, clock, books });
process.stdout.write(`${JSON.stringify({ ready: true, ports: [front.port] })}\n`);
const write = (): void => {
  if (values.books === undefined) return;
  // Whole at any moment: it may be killed while it writes.
  writeFileSync(`${values.books}.part`, JSON.stringify(books));
  renameSync(`${values.books}.part`, values.books);
};
setInterval(write, WRITE_EVERY_MS);
process.once('SIGTERM', () => {
  write();
  process.exit(0);
});

const untilStartMs = Math.max(0, (books.startUs - clock.nowUs()) / 1000);
const { diesAfterUs, leakBytesPerS = 0 } = fault;
if (diesAfterUs !== undefined) {
  setTimeout(
    () => {
      write();
      process.kill(process.pid, 'SIGKILL');
    },
    untilStartMs + diesAfterUs / 1000,
  );
}
if (leakBytesPerS > 0) {
  const kept: Buffer[] = [];
  const bytes = Math.round((leakBytesPerS * LEAK_EVERY_MS) / 1000);
  setTimeout(() => setInterval(() => kept.push(Buffer.alloc(bytes, 1)), LEAK_EVERY_MS), untilStartMs);
}
