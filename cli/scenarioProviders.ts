import type { ScenarioPart } from '../loadtests/scenarios/environment.ts';
import type { Clock } from '../protocol/clock.ts';
import type { ProviderName } from '../protocol/providers/names.ts';
import type { LiveFeedConfig } from '../server/feeds/liveConfig.ts';
import type { FeedRules } from '../server/feeds/rules.ts';
import { createFaults } from '../simulator/faults/faults.ts';
import { createPlayer } from '../simulator/play/player.ts';
import type { ProviderKind } from '../simulator/providers/facade.ts';
import { openHost, type ProviderHost } from '../simulator/providers/host.ts';
import { PROVIDER_KINDS } from '../simulator/providers/kinds.ts';
import { openTape } from '../simulator/tape/reader.ts';

/** Rules of a feed that must get through an outage of seconds. */
const RULES: FeedRules = {
  backoff: { baseMs: 100, maxMs: 800 },
  breaker: { failures: 4, openMs: 500, maxOpenMs: 1_000 },
  connectMs: 1_500,
  stableMs: 1_000,
  silenceMs: 5_000,
  failOverMs: 500,
  failBackMs: 1_000,
  minuteGraceMs: 200,
};
const POLL_MS = 500;
const CALLS_PER_MINUTE = 1_200;
const POLLED: readonly ProviderName[] = ['alpha-vantage', 'yahoo', 'tradier'];

/** The providers of a scenario, each at a port of its own, and the feed that reads them. */
export interface ScenarioProviders {
  readonly liveFeed: LiveFeedConfig;
  /** Requests that were refused because a scenario says that all is over the limit. */
  readonly refusedRequests: () => number;
  readonly close: () => void;
}

/** Starts the providers of a scenario on one tape and one schedule, each with its own faults on the link. */
export async function startProviders(
  part: ScenarioPart,
  names: readonly ProviderName[],
  clock: Clock,
): Promise<ScenarioProviders> {
  const { scenario, fromUs, toUs, startAtUs } = part;
  const tape = openTape(part.tapePath);
  const { header } = tape;
  const refused = { count: 0 };
  const hosts: ProviderHost[] = [];
  const providers: { readonly name: ProviderName; readonly access: LiveFeedConfig['providers'][number]['access'] }[] =
    [];
  for (const name of names) {
    const { speed } = scenario.tape;
    const player = createPlayer({ tape, clock, fromUs, toUs, speed, startAtUs });
    const faults = { scenario, header, schedule: () => player.schedule(), originUs: fromUs, provider: name };
    const host = await openHost({
      kind: counting(PROVIDER_KINDS[name], refused),
      plan: Object.keys(PROVIDER_KINDS[name].plans).find((plan) => plan === 'unlimited') ?? '',
      clock,
      seed: scenario.seed,
      play: { player, tape, showAs: 'tape', faults: (onHalt) => createFaults({ ...faults, onHalt }) },
    });
    hosts.push(host);
    const scheme = POLLED.includes(name) ? 'http' : 'ws';
    const plan = POLLED.includes(name) ? { callsPerMinute: CALLS_PER_MINUTE } : {};
    const url = `${scheme}://127.0.0.1:${host.port}`;
    providers.push({ name, access: { url, key: 'scenario', plan, pollMs: POLL_MS, maxPollMs: POLL_MS } });
  }
  const runs = hosts.map((host) => host.run());
  return {
    liveFeed: { providers, instruments: header.instruments, calendar: 'nyse', cleaning: 'form', rules: RULES },
    refusedRequests: () => refused.count,
    close: () => {
      for (const host of hosts) host.close();
      void Promise.allSettled(runs).then(() => tape.close());
    },
  };
}

/** The same provider, whose refusals for the limit are counted. */
function counting(kind: ProviderKind, refused: { count: number }): ProviderKind {
  return {
    ...kind,
    create: (world) => {
      const facade = kind.create(world);
      const { request } = facade;
      if (request === undefined) return facade;
      return Object.assign(facade, {
        request: (question: Parameters<typeof request>[0]) => {
          if (world.link().isRateLimited) refused.count++;
          return request.call(facade, question);
        },
      });
    },
  };
}
