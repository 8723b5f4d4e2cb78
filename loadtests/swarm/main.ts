/** The swarm, the built-in dense generator, as a process: `node main.js PLAN --out FILE [--workers N]`. */
import { parseArgs } from 'node:util';
import { ExitCode } from '../../protocol/codes.ts';
import { runGenerator } from '../session/generatorProcess.ts';
import { createConnector } from './socket.ts';
import { runWorkers } from './workers.ts';

if (process.argv.includes('--workers')) await inWorkers();
else await runGenerator({ name: 'swarm', createConnect: (clock, { reach }) => createConnector(clock.nowUs, reach) });

async function inWorkers(): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: 'string' }, workers: { type: 'string' } },
    });
    const { out, workers } = values;
    const [planPath] = positionals;
    const count = Number(workers);
    if (planPath === undefined || out === undefined || !Number.isInteger(count) || count < 1) {
      process.stderr.write('swarm: usage: PLAN --out FILE --workers N, a whole number from 1\n');
      process.exitCode = ExitCode.USAGE;
      return;
    }
    process.exitCode = await runWorkers({ planPath, outPath: out, workers: count });
  } catch (error) {
    process.stderr.write(`swarm: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = ExitCode.BAD_DATA;
  }
}
