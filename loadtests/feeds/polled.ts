import { CLOCK_OFFSET_ENV, type Clock } from '../../protocol/clock.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { hostClock } from '../../simulator/hostClock.ts';

/** A plan of a provider that is polled, a symbol a call. */
interface PolledPlan {
  readonly plan: string;
  readonly callsPerMinute: number;
}

/** Providers that are judged by the age of the prices that they give. */
export const POLLED_BY = {
  'alpha-vantage': { plan: '75', callsPerMinute: 75 },
  yahoo: { plan: 'public', callsPerMinute: 60 },
} as const satisfies Partial<Record<ProviderName, PolledPlan>>;
export type PolledProvider = keyof typeof POLLED_BY;

/** Whether a provider is polled, so that what its server shows is a sample of the tape. */
export function isPolled(provider: string): provider is PolledProvider {
  return Object.hasOwn(POLLED_BY, provider);
}

/** How often a symbol is polled, ms: as often as US-001 does, or twice in a part that is shorter than two polls. */
const POLL_MS = 15_000;
const SHORT_POLL_MS = 4_000;
/** The server leaves this share of a limit unused: the provider's clock isn't its own. */
const UNUSED_SHARE = 0.05;
/** It counts calls over a minute and a little, ms. */
const COUNTED_MS = 61_000;
/** The gate looks at the quotes four times a second; half of that must be had. */
const LOOKS_PER_S = 2;
const LEAST_TICKS_PER_CLIENT_AND_SYMBOL = 1;

/** How often a symbol is polled while a scenario is played, ms. */
export function pollMsOf({ tape }: Scenario): number {
  return tape.durationS * 1000 >= 2 * POLL_MS ? POLL_MS : SHORT_POLL_MS;
}

/** As many symbols as a provider's plan allows to be polled so often, the first round among the calls of the first minute. */
export function symbolsFor(provider: PolledProvider, pollMs: number): number {
  const { callsPerMinute } = POLLED_BY[provider];
  const byPace = ((callsPerMinute * (1 - UNUSED_SHARE)) / 60_000) * pollMs;
  const byFirstMinute = callsPerMinute / (1 + COUNTED_MS / pollMs);
  return Math.max(1, Math.floor(Math.min(byPace, byFirstMinute)));
}

/** The scenario as it is played to a server that polls: at the market's pace, the busiest symbols that the plan allows, to all clients, without orders. */
export function scenarioPolledFrom(provider: PolledProvider, scenario: Scenario): Scenario {
  const { tape, load, leastSamples: _, ...rest } = scenario;
  const symbols = Math.min(tape.symbols, symbolsFor(provider, pollMsOf(scenario)));
  return {
    ...rest,
    tape: { ...tape, symbols, speed: 1 },
    load: { ...load, symbolsPerClient: symbols, ordersPerS: 0 },
    leastSamples: {
      freshness: Math.floor(tape.durationS * LOOKS_PER_S * symbols),
      tick: load.clients * symbols * LEAST_TICKS_PER_CLIENT_AND_SYMBOL,
    },
    targets: 'polled',
  };
}

/**
 * The clock of a run in which it is `marketUs` now: providers that are polled say the day of a price, or nothing, and the
 * server asks only while the market is open.
 */
export function clockOfMarket(marketUs: number, env: NodeJS.ProcessEnv): Clock {
  const clock = hostClock(env);
  const offsetUs = clock.offsetUs + marketUs - clock.nowUs();
  return hostClock({ ...env, [CLOCK_OFFSET_ENV]: String(offsetUs) });
}
