import { parseArgs } from 'node:util';
import { hostClock } from '../../simulator/hostClock.ts';
import { rehearse } from '../session/rehearse.ts';
import { createConnector } from '../swarm/socket.ts';
import { FAULTS } from './faults.ts';
import { startFront } from './front.ts';

/** A misbehaving back end as a process: `--fault NAME --target-port P --start-us T`; prints `{"ready":true,"ports":[..]}`. */
const { values } = parseArgs({
  options: { fault: { type: 'string' }, 'target-port': { type: 'string' }, 'start-us': { type: 'string' } },
});
const fault = FAULTS[values.fault ?? ''];
const sound = FAULTS['none'];
if (fault === undefined || sound === undefined) {
  process.stderr.write(`unknown fault '${values.fault ?? ''}'; known are ${Object.keys(FAULTS).join(', ')}\n`);
  process.exit(64);
}
const clock = hostClock(process.env);
const startUs = Number(values['start-us']);
// A front that met the first burst with cold code would be slow in a way that nobody planted.
await rehearse({
  nowUs: clock.nowUs,
  connect: createConnector(clock.nowUs),
  through: (targetPort) => startFront({ targetPort, fault: sound, clock, startUs }),
});
const front = await startFront({ targetPort: Number(values['target-port']), fault, clock, startUs });
process.stdout.write(`${JSON.stringify({ ready: true, ports: [front.port] })}\n`);
process.once('SIGTERM', () => process.exit(0));
