import { parseArgs } from 'node:util';
import { hostClock } from '../../simulator/hostClock.ts';
import { FAULTS } from './faults.ts';
import { startFront } from './front.ts';

/** A misbehaving back end as a process: `--fault NAME --target-port P --start-us T`; prints `{"ready":true,"ports":[..]}`. */
const { values } = parseArgs({
  options: { fault: { type: 'string' }, 'target-port': { type: 'string' }, 'start-us': { type: 'string' } },
});
const fault = FAULTS[values.fault ?? ''];
if (fault === undefined) {
  process.stderr.write(`unknown fault '${values.fault ?? ''}'; known are ${Object.keys(FAULTS).join(', ')}\n`);
  process.exit(64);
}
const front = await startFront({
  targetPort: Number(values['target-port']),
  fault,
  clock: hostClock(process.env),
  startUs: Number(values['start-us']),
});
process.stdout.write(`${JSON.stringify({ ready: true, ports: [front.port] })}\n`);
process.once('SIGTERM', () => process.exit(0));
