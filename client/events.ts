import { CHANNEL_KEYS, type Channel, LOSSLESS_CHANNELS } from '../protocol/channels.ts';
import type {
  AlertData,
  AlertFrame,
  BarChannel,
  BarFrame,
  BarsData,
  ExecutionFrame,
  NewsFrame,
  OrderData,
  OrderFrame,
  PatternData,
  PatternFrame,
  PortfolioData,
  PortfolioFrame,
  PositionData,
  PositionFrame,
  PositionValueFrame,
  PresenceFrame,
  PresentUser,
  SnapshotFrame,
  StreamFrame,
  SubscribeFrame,
  SystemFrame,
  TickerData,
  TickerFrame,
  TradeData,
  TradeFrame,
} from '../protocol/messages.ts';

/** A channel that can be read; `heartbeat` serves the client itself. */
export type ReadableChannel = Exclude<Channel, 'heartbeat'>;

/** The state of a stream at `seq`: where a reader begins, and where it goes on when what it missed is gone. */
export type Snapshot<C extends Channel, Data> = Omit<SnapshotFrame, 'channel' | 'data'> & {
  readonly channel: C;
  readonly data: Data;
};

/** What a reader of each channel gets: the frames of PROTOCOL.md as they came. */
export interface ChannelEvents extends Record<BarChannel, BarFrame | Snapshot<BarChannel, BarsData>> {
  readonly ticker: TickerFrame | Snapshot<'ticker', TickerData>;
  readonly trade: TradeFrame | Snapshot<'trade', TradeData | null>;
  readonly pattern: PatternFrame | Snapshot<'pattern', readonly PatternData[]>;
  readonly order: OrderFrame | Snapshot<'order', readonly OrderData[]>;
  readonly execution: ExecutionFrame | Snapshot<'execution', null>;
  readonly position: PositionFrame | Snapshot<'position', readonly PositionData[]>;
  readonly 'position.value': PositionValueFrame | Snapshot<'position.value', readonly PositionData[]>;
  readonly portfolio: PortfolioFrame | Snapshot<'portfolio', PortfolioData>;
  readonly alert: AlertFrame | Snapshot<'alert', readonly AlertData[]>;
  readonly news: NewsFrame | Snapshot<'news', readonly NewsFrame[]>;
  readonly system: SystemFrame | Snapshot<'system', readonly SystemFrame[]>;
  readonly presence: PresenceFrame | Snapshot<'presence', readonly PresentUser[]>;
}

export type StreamEvent = StreamFrame | SnapshotFrame;

/** What a subscription may ask for beside its channel and keys: see `subscribe` in PROTOCOL.md. */
export type SubscribeOptions = Omit<SubscribeFrame, 'type' | 'id' | 'channel' | 'symbols' | 'since'>;

/**
 * How a stream's numbers prove a loss. `gapless`: each number once. `skipping`: they only rise, since others' events
 * (quotes between trades) or unwanted ones (a filter) lie between. `none`: each frame is the whole state.
 */
export type Numbering = 'gapless' | 'skipping' | 'none';

const LOSSLESS: ReadonlySet<Channel> = new Set(LOSSLESS_CHANNELS);

/** Whether events of the channel may never be dropped (class A). */
export function isLossless(channel: Channel): boolean {
  return LOSSLESS.has(channel);
}

/** How the channel is numbered under these options. */
export function numberingOf(channel: Channel, isFiltered: boolean): Numbering {
  if (channel === 'trade') return 'skipping';
  if (!isLossless(channel) && channel !== 'ticker') return 'none';
  return isFiltered ? 'skipping' : 'gapless';
}

/** The channel that a frame belongs to. */
export function channelOf(event: StreamEvent): Channel {
  if (event.type === 'snapshot' || event.type === 'bar') return event.channel;
  return event.type;
}

/** The key of the stream that a frame belongs to. */
export function keyOf(event: StreamEvent): string {
  switch (event.type) {
    case 'ticker':
    case 'trade':
    case 'bar':
    case 'pattern':
    case 'snapshot':
      return event.symbol;
    case 'presence':
      return event.channel;
    case 'news':
    case 'system':
      return '*';
    default:
      return event.account;
  }
}

/** Whether an event is one of the channel's. */
export function isEventOf<C extends ReadableChannel>(channel: C, event: StreamEvent): event is ChannelEvents[C] {
  return channelOf(event) === channel;
}

/** Whether the channel's streams are those of accounts, so that no key means one's own. */
export function isOfAccounts(channel: Channel): boolean {
  return CHANNEL_KEYS[channel] === 'account';
}
