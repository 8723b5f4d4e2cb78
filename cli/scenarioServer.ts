import { randomBytes } from 'node:crypto';
import type { ScenarioBackEnd, ScenarioEnvironment, ScenarioPart } from '../loadtests/scenarios/environment.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import type { ServerConfig } from '../server/config.ts';
import { createLogger } from '../server/logger.ts';
import { startServer } from '../server/server.ts';
import { hostClock } from './clock.ts';
import { startProviders } from './scenarioProviders.ts';

const DRAIN_MS = 200;

/** The reference server in this process, as scenarios judge it: fed by the tape, or over the providers that a scenario names. */
export function referenceServer(): ScenarioEnvironment {
  const clock = hostClock(process.env);
  const start = async (
    part: ScenarioPart,
    feed: Pick<ServerConfig, 'feed' | 'liveFeed'>,
  ): Promise<Omit<ScenarioBackEnd, 'refusedRequests'>> => {
    const secret = randomBytes(32).toString('hex');
    // All clients come from one address, and every one is cut at once.
    const twice = 2 * part.scenario.load.clients;
    const limits = {
      ...DEFAULT_LIMITS,
      drainMs: DRAIN_MS,
      maxSocketsPerAddress: DEFAULT_LIMITS.maxSocketsPerAddress + twice,
      handshakesPerSecond: DEFAULT_LIMITS.handshakesPerSecond + twice,
      handshakeBurst: DEFAULT_LIMITS.handshakeBurst + twice,
    };
    const listen = [{ host: '127.0.0.1', port: 0 }];
    const server = await startServer(
      { listen, limits, allowedOrigins: [], logLevel: 'silent', secret, ...feed },
      { clock, log: createLogger('silent') },
    );
    return { port: server.ports[0] ?? 0, secret, stop: () => server.drain() };
  };
  return {
    nowUs: clock.nowUs,
    start: async (part) => {
      const { scenario, nameOrPath, tapePath, fromUs, toUs, startAtUs } = part;
      if (scenario.feeds === undefined) {
        const feed = { tapePath, speed: scenario.tape.speed, fromUs, toUs, startAtUs, faults: nameOrPath };
        return { ...(await start(part, { feed })), refusedRequests: () => 0 };
      }
      const providers = await startProviders(part, scenario.feeds, clock);
      const server = await start(part, { liveFeed: providers.liveFeed });
      return {
        ...server,
        refusedRequests: providers.refusedRequests,
        stop: async () => {
          await server.stop();
          providers.close();
        },
      };
    },
  };
}
