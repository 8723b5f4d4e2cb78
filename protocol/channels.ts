/** The channels of bars, shortest time frame first. */
export const BAR_CHANNELS = ['bar.1m', 'bar.5m', 'bar.15m', 'bar.1h'] as const;
export type BarChannel = (typeof BAR_CHANNELS)[number];

/** Channels of the native stream. */
export const CHANNELS = [
  'ticker',
  'trade',
  ...BAR_CHANNELS,
  'pattern',
  'order',
  'execution',
  'position',
  'position.value',
  'portfolio',
  'alert',
  'news',
  'system',
  'presence',
  'heartbeat',
] as const;
export type Channel = (typeof CHANNELS)[number];

/** The one key of the streams that are there once: `news` and `system`. */
export const WHOLE_STREAM = '*';

/** What a channel's keys are: symbols, accounts, names of channels, {@link WHOLE_STREAM}, or nothing. */
export const CHANNEL_KEYS: Readonly<Record<Channel, 'symbol' | 'account' | 'channel' | 'whole' | 'none'>> = {
  ticker: 'symbol',
  trade: 'symbol',
  'bar.1m': 'symbol',
  'bar.5m': 'symbol',
  'bar.15m': 'symbol',
  'bar.1h': 'symbol',
  pattern: 'symbol',
  order: 'account',
  execution: 'account',
  position: 'account',
  'position.value': 'account',
  portfolio: 'account',
  alert: 'account',
  news: 'whole',
  system: 'whole',
  presence: 'channel',
  heartbeat: 'none',
};

/** Channels of class A: lossless, numbered from 1 without gaps by key, resumable. Of `bar.*` that holds for closed bars and corrections. */
export const LOSSLESS_CHANNELS = [
  ...BAR_CHANNELS,
  'pattern',
  'order',
  'execution',
  'position',
  'alert',
  'news',
  'system',
] as const satisfies readonly Channel[];
export type LosslessChannel = (typeof LOSSLESS_CHANNELS)[number];
