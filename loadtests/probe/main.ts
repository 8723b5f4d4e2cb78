/**
 * The probe, a handful of connections that measure beside the load and hold each ticker frame against the tape, as a
 * process: `node main.js PLAN --out FILE --tape FILE`.
 */
import { constants, setPriority } from 'node:os';
import { openTape } from '../../simulator/tape/reader.ts';
import { runGenerator } from '../session/generatorProcess.ts';
import { TapeTruth } from './tapeTruth.ts';
import { createWsConnect } from './wsConnect.ts';

try {
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // It takes a privilege; without it the probe measures as it is.
}

await runGenerator({
  name: 'probe',
  createConnect: (clock) => createWsConnect(clock.nowUs),
  options: ['tape'],
  createInspect: (plan, options) => {
    // Others say less than the native stream, and what they say is matched with the tape by every client.
    if (plan.dialect !== 'native') return undefined;
    const reader = openTape(options['tape'] ?? '');
    const symbols = plan.clients.flatMap((client) => client.symbols);
    const truth = new TapeTruth(reader, plan.schedule, symbols);
    reader.close();
    return (fields, data) => truth.inspect(fields, data);
  },
});
