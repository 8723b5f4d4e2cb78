import { randomBytes } from 'node:crypto';
import type { ScenarioBackEnd, ScenarioEnvironment, ScenarioPart } from '../loadtests/scenarios/environment.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { createLogger } from '../server/logger.ts';
import { startServer } from '../server/server.ts';
import { hostClock } from './clock.ts';

/** The reference server in this process, as scenarios judge it. */
export function referenceServer(): ScenarioEnvironment {
  const clock = hostClock(process.env);
  return {
    nowUs: clock.nowUs,
    start: (part, feeds) => {
      if (feeds !== undefined) throw new Error('not yet');
      return startEmbedded(part);
    },
  };

  async function startEmbedded(part: ScenarioPart): Promise<ScenarioBackEnd> {
    const { scenario, nameOrPath, tapePath, fromUs, toUs, startAtUs } = part;
    const secret = randomBytes(32).toString('hex');
    const server = await startServer(
      {
        listen: [{ host: '127.0.0.1', port: 0 }],
        limits: {
          ...DEFAULT_LIMITS,
          drainMs: 200,
          maxSocketsPerAddress: DEFAULT_LIMITS.maxSocketsPerAddress + 2 * scenario.load.clients,
        },
        allowedOrigins: [],
        logLevel: 'silent',
        secret,
        feed: { tapePath, speed: scenario.tape.speed, fromUs, toUs, startAtUs, faults: nameOrPath },
      },
      { clock, log: createLogger('silent') },
    );
    return {
      port: server.ports[0] ?? 0,
      secret,
      ended: server.feedEnded,
      refusedRequests: () => 0,
      stop: () => server.drain(),
    };
  }
}
