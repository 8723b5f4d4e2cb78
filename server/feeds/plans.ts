import type { ProviderName } from '../../protocol/providers/names.ts';
import type { PlanLimits } from './provider.ts';

/** Plans with their names; the first is the default. As the providers publish them, but for what no document says. */
const PLANS: Readonly<Record<ProviderName, readonly (readonly [name: string, limits: PlanLimits])[]>> = {
  // They differ in connections, of which we make one.
  polygon: [
    ['unlimited', {}],
    ['1', {}],
    ['5', {}],
    ['10', {}],
    ['50', {}],
  ],
  binance: [
    ['public', {}],
    ['unlimited', {}],
  ],
  'alpha-vantage': [
    ['5', { callsPerMinute: 5, callsPerDay: 500 }],
    ['free', { callsPerMinute: 5, callsPerDay: 25 }],
    ['75', { callsPerMinute: 75 }],
    ['300', { callsPerMinute: 300 }],
    ['unlimited', {}],
  ],
  tradier: [
    ['production', { callsPerMinute: 120 }],
    ['sandbox', { callsPerMinute: 60 }],
    ['unlimited', {}],
  ],
  // About 50 symbols by stream: third-party.
  finnhub: [
    ['free', { callsPerMinute: 60, symbols: 50 }],
    ['premium', { callsPerMinute: 300 }],
    ['unlimited', {}],
  ],
  // Yahoo publishes no limit; this is what clients get by with.
  yahoo: [
    ['public', { callsPerMinute: 60 }],
    ['unlimited', {}],
  ],
};

/** What a provider allows when no plan is named. */
export function defaultPlan(provider: ProviderName): PlanLimits {
  return PLANS[provider][0]?.[1] ?? {};
}

/** Reads a plan: one of the provider's by name, or limits as `75/minute+500/day+50/symbols`; undefined when it is neither. */
export function readPlan(provider: ProviderName, text: string): PlanLimits | undefined {
  const named = PLANS[provider].find(([name]) => name === text);
  if (named !== undefined) return named[1];
  const limits: { callsPerMinute?: number; callsPerDay?: number; symbols?: number } = {};
  for (const part of text.split('+')) {
    const [, count, unit] = /^([1-9]\d{0,6})\/(minute|day|symbols)$/.exec(part) ?? [];
    if (unit === 'minute') limits.callsPerMinute = Number(count);
    else if (unit === 'day') limits.callsPerDay = Number(count);
    else if (unit === 'symbols') limits.symbols = Number(count);
    else return undefined;
  }
  return limits;
}

/** Names of a provider's plans, the default first. */
export function planNames(provider: ProviderName): readonly string[] {
  return PLANS[provider].map(([name]) => name);
}
