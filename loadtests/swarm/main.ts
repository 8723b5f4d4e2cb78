/** The swarm, the built-in dense generator, as a process: `node main.js PLAN --out FILE`. */
import { runGenerator } from '../session/generatorProcess.ts';
import { createConnector } from './socket.ts';

await runGenerator({ name: 'swarm', createConnect: (clock, { reach }) => createConnector(clock.nowUs, reach) });
