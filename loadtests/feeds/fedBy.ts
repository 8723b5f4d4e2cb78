import { isPolled, POLLED_BY, type PolledProvider } from './polled.ts';
import { isStreamed, SHOWN_BY, type StreamedProvider } from './shownTape.ts';

/** A provider that a gate's server may be fed by. */
export type GateFeed = StreamedProvider | PolledProvider;

/** Chains of one provider alone. */
const CHAINS: ReadonlyMap<string, GateFeed> = new Map([
  ['ai-trading-v2', 'binance'],
  ['us-001', 'yahoo'],
]);

/** Names of the providers that a gate's server may be fed by, and of the chains that have one alone. */
export const GATE_FEEDS: readonly string[] = [...Object.keys(SHOWN_BY), ...Object.keys(POLLED_BY), ...CHAINS.keys()];

/** The feed of this name; undefined for another. */
export function gateFeed(name: string): GateFeed | undefined {
  return isStreamed(name) || isPolled(name) ? name : CHAINS.get(name);
}

/** The plan under which the provider serves and is asked. */
export function planOf(feed: GateFeed): string {
  return isPolled(feed) ? POLLED_BY[feed].plan : SHOWN_BY[feed].plan;
}

/** Whether the minutes before now can be asked for. */
export function hasHistory(feed: GateFeed): boolean {
  return !isPolled(feed) && SHOWN_BY[feed].hasHistory;
}

/** Where the server finds a provider at a port of this machine. Tradier's streams begin with a question by HTTP. */
export function urlOf(feed: GateFeed, port: number): string {
  return `${isPolled(feed) || feed === 'tradier' ? 'http' : 'ws'}://127.0.0.1:${port}`;
}
