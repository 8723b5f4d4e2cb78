import type { Channel, SnapshotData } from '../protocol/messages.ts';
import { type CommandContext, mayShowAccounts } from './commandContext.ts';
import type { SubscribeRequest } from './dialects/dialect.ts';

/** What accounts were like when a subscription to them was asked for, by key. */
export type FirstStates = ReadonlyMap<string, SnapshotData>;

/** Channels whose snapshots show what the journal keeps. */
const KEPT_CHANNELS = ['order', 'position', 'alert', 'position.value', 'portfolio'] as const;
type KeptChannel = (typeof KEPT_CHANNELS)[number];

/**
 * Carries out a subscription once all that was taken is safe. Its snapshots are read before the wait: meanwhile more may
 * have been taken whose record isn't flushed, and a client must not be shown what a crash would undo.
 */
export function onceSafe(
  context: CommandContext,
  frame: SubscribeRequest,
  subscribe: (states: FirstStates) => void,
): void {
  const { loop, session } = context;
  if (keptChannel(frame.channel) !== undefined && !mayShowAccounts(context, frame)) return;
  const states = new Map<string, SnapshotData>();
  if (!loop.isSafe) for (const key of keysToShow(context, frame)) states.set(key, stateOf(context, frame.channel, key));
  loop.whenSafe(() => {
    if (session.isEnded) return;
    // What a resume needed was forgotten meanwhile: a snapshot has to stand for it, and that is to be read first.
    const isLate = !loop.isSafe && keysToShow(context, frame).some((key) => !states.has(key));
    if (isLate) onceSafe(context, frame, subscribe);
    else subscribe(states);
  });
}

/** Keys that a snapshot would be told of now. */
function keysToShow({ claims, hub }: CommandContext, { channel, symbols, since }: SubscribeRequest): string[] {
  if (keptChannel(channel) === undefined) return [];
  const keys = [...(symbols ?? [claims.account])];
  const isValue = channel === 'position.value' || channel === 'portfolio';
  if (isValue || since === undefined) return keys;
  const lossless = channel === 'order' || channel === 'position' ? channel : 'alert';
  return keys.filter((key) => hub.eventsSince({ channel: lossless, key }, since).missed === undefined);
}

function stateOf({ book }: CommandContext, channel: Channel, key: string): SnapshotData {
  switch (keptChannel(channel)) {
    case 'order':
      return book.workingOrders(key);
    case 'alert':
      return book.alerts(key);
    case 'portfolio':
      return book.portfolio(key);
    default:
      return book.positions(key);
  }
}

function keptChannel(channel: Channel): KeptChannel | undefined {
  return KEPT_CHANNELS.find((one) => one === channel);
}
