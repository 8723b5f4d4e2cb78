import type { FrameIndex } from '../market/bars/types.ts';
import { FRAMES } from '../market/bars/types.ts';
import {
  type BarChannel,
  CHANNEL_KEYS,
  CHANNELS,
  type Channel,
  LOSSLESS_CHANNELS,
  type LosslessChannel,
  type SnapshotData,
  type UnsubscribeFrame,
  WHOLE_STREAM,
} from '../protocol/messages.ts';
import { type CommandContext, idOf, indicesOf, refuse } from './commandContext.ts';
import type { SubscribeRequest } from './dialects/dialect.ts';
import type { FirstStates } from './firstStates.ts';
import type { EventFilter } from './hub/eventFeed.ts';
import type { TickerView } from './hub/tickerLog.ts';
import { frameOf } from './marketWire.ts';
import { heldKeys, whyNotRead } from './permissions.ts';
import { DEFAULT_BARS, streamState } from './queries.ts';

/** Closed bars that the snapshots of one subscription bring at most, all symbols together: about 400 KB. */
const MAX_SNAPSHOT_BARS = 2_000;

/** Earlier patterns that one subscription brings at most, all symbols together: about 800 KB. */
const MAX_BACKLOG_PATTERNS = 400;

type Frame = SubscribeRequest | UnsubscribeFrame;

/** Subscribes to keys of a channel; all of them, or none after a refusal. `states` are shown where they are given, else what is now. */
export function subscribe(context: CommandContext, frame: SubscribeRequest, states: FirstStates): void {
  const { channel } = frame;
  const keys = keysOf(context, frame);
  if (keys === undefined || !mayThrottle(context, frame)) return;
  if (!mayRead(context, frame, keys) || !hasRoom(context, frame, keys)) return;
  if (channel === 'ticker' || channel === 'trade') subscribeSymbols(context, frame, keys);
  else if (isLossless(channel)) subscribeEvents(context, frame, { channel, keys, states });
  else subscribeValues(context, frame, { keys, states });
}

/** Takes keys of a channel away from what the socket gets. */
export function unsubscribe(context: CommandContext, frame: UnsubscribeFrame): void {
  const { session, hub, book } = context;
  const { channel } = frame;
  const keys = keysOf(context, frame);
  if (keys === undefined) return;
  if (channel === 'ticker' || channel === 'trade') {
    const indices = keys.map((key) => book.instrument(key)?.index ?? -1);
    hub.readers.unsubscribeSymbols(session.subscriber, channel, indices);
  } else {
    hub.readers.unsubscribeValues(session.subscriber, channel, keys);
    if (isLossless(channel)) hub.readers.unsubscribeEvents(session.subscriber, channel, streamKeys(channel, keys));
  }
  session.tell({ type: 'unsubscribed', ...idOf(frame), channel, symbols: keys });
}

/** The keys that a command names, each once; undefined after a refusal. */
function keysOf(context: CommandContext, frame: Frame): readonly string[] | undefined {
  const { channel } = frame;
  const named = frame.symbols === undefined ? undefined : [...new Set(frame.symbols)];
  switch (CHANNEL_KEYS[channel]) {
    case 'symbol':
      return named === undefined ? needsSymbols(context, frame) : knownSymbols(context, frame, named);
    case 'account':
      return named ?? [context.claims.account];
    case 'whole':
      if (channel === 'system' || named === undefined || named.includes(WHOLE_STREAM)) return [WHOLE_STREAM];
      return knownSymbols(context, frame, named);
    case 'channel':
      return named === undefined ? needsSymbols(context, frame) : knownChannels(context, frame, named);
    case 'none':
      return [];
  }
}

/** Whether the channel has values that newer ones may stand in for, if that is asked for; false after a refusal. */
function mayThrottle(context: CommandContext, frame: SubscribeRequest): boolean {
  const { channel, throttleMs = 0, forming = false } = frame;
  if (throttleMs === 0 || !isLossless(channel) || (isBarChannel(channel) && forming)) return true;
  const message = `every event of ${channel} is sent: "throttleMs" is for ticker, trade, forming bars, position.value, portfolio and presence`;
  refuse(context, frame, { code: 'bad_message', message });
  return false;
}

/** Whether the identity may read the streams; false after a refusal. */
function mayRead(context: CommandContext, frame: SubscribeRequest, keys: readonly string[]): boolean {
  const { channel } = frame;
  for (const key of keys) {
    const message = whyNotRead(context.claims, { channel, key });
    if (message === undefined) continue;
    refuse(context, frame, { code: 'forbidden', message });
    return false;
  }
  return true;
}

function needsSymbols(context: CommandContext, frame: Frame): undefined {
  const what = CHANNEL_KEYS[frame.channel] === 'channel' ? 'names of channels' : 'names of symbols';
  const message = `the channel ${frame.channel} needs "symbols": ${what}`;
  refuse(context, frame, { code: 'bad_message', message });
}

function knownSymbols(context: CommandContext, frame: Frame, named: readonly string[]): readonly string[] | undefined {
  return indicesOf(context, frame, named) === undefined ? undefined : named;
}

function knownChannels(context: CommandContext, frame: Frame, named: readonly string[]): readonly string[] | undefined {
  const unknown = named.find((name) => channelNamed(name) === undefined);
  if (unknown === undefined) return named;
  refuse(context, frame, { code: 'unknown_channel', message: `unknown channel ${JSON.stringify(unknown)}` });
  return undefined;
}

function channelNamed(name: string): Channel | undefined {
  return CHANNELS.find((channel) => channel === name);
}

/** Whether the socket may have so many keys of the channel; false after a refusal. */
function hasRoom(context: CommandContext, frame: SubscribeRequest, keys: readonly string[]): boolean {
  const { maxSymbolsPerSocket } = context.limits;
  const had = heldKeys(context.session.subscriber, frame.channel, context.book);
  const count = had.size + keys.filter((key) => !had.has(key)).length;
  if (count <= maxSymbolsPerSocket) return isFree(context, frame, { had, keys });
  const message = `a socket may have ${maxSymbolsPerSocket} symbols, this would make ${count}`;
  refuse(context, frame, { code: 'too_many_symbols', message });
  return false;
}

/** Whether every symbol whose prices are asked for may have one more subscriber; false after a refusal. */
function isFree(
  context: CommandContext,
  frame: SubscribeRequest,
  { had, keys }: { readonly had: ReadonlySet<string>; readonly keys: readonly string[] },
): boolean {
  if (frame.channel !== 'ticker' && frame.channel !== 'trade') return true;
  const { book, hub, limits } = context;
  const full = keys.find(
    (key) =>
      !had.has(key) && hub.readers.followers(book.instrument(key)?.index ?? -1) >= limits.maxSubscribersPerSymbol,
  );
  if (full === undefined) return true;
  const message = `${JSON.stringify(full)} has ${limits.maxSubscribersPerSymbol} subscribers already; try again later`;
  refuse(context, frame, { code: 'too_many_subscribers', message });
  return false;
}

function subscribeSymbols(context: CommandContext, frame: SubscribeRequest, keys: readonly string[]): void {
  const { session, hub, book } = context;
  const { since, channel, throttleMs } = frame;
  const kind = channel === 'trade' ? 'trade' : 'ticker';
  const symbols = keys.map((key) => book.instrument(key)?.index ?? -1);
  hub.readers.subscribeSymbols(
    session.subscriber,
    { kind, symbols, since, throttleMs },
    {
      subscribed: (recovered) => answerSubscribed(context, frame, keys, recovered),
      snapshot: (view) => {
        if (kind === 'trade') tellSnapshot(context, 'trade', { key: view.symbol, seq: view.seq, data: tradeOf(view) });
        else sendTickerSnapshot(context, view);
      },
    },
  );
}

function sendTickerSnapshot({ session, hub, clock }: CommandContext, view: TickerView): void {
  const { subscriber } = session;
  const moment = { epoch: hub.epoch, nowUs: clock.nowUs(), phase: hub.phase, staleMs: hub.staleMs(view) };
  const text = subscriber.dialect.tickerSnapshot(view, moment);
  if (text !== undefined) subscriber.send(text);
}

/** The last trade as a snapshot of `trade` has it; null before the first. */
export function tradeOf({ last, lastSize, flags, priceDecimals, quantityDecimals }: TickerView): SnapshotData {
  return last === 0 ? null : { price: last / 10 ** priceDecimals, size: lastSize / 10 ** quantityDecimals, flags };
}

function subscribeEvents(
  context: CommandContext,
  frame: SubscribeRequest,
  wish: { readonly channel: LosslessChannel; readonly keys: readonly string[]; readonly states: FirstStates },
): void {
  const { session, hub } = context;
  const { channel, keys, states } = wish;
  const streams = streamKeys(channel, keys);
  const bars = Math.min(frame.bars ?? DEFAULT_BARS, Math.floor(MAX_SNAPSHOT_BARS / Math.max(1, streams.length)));
  const frames: readonly FrameIndex[] = frame.timeFrames?.map(frameOf) ?? FRAMES;
  const filter = filterOf(frame, keys);
  const backlog = backlogOf(frame, streams.length);
  hub.readers.subscribeEvents(
    session.subscriber,
    { channel, keys: streams, since: frame.since, filter },
    {
      subscribed: (recovered) => answerSubscribed(context, frame, channel === 'system' ? [] : keys, recovered),
      snapshot: (key, seq) => {
        tellSnapshot(context, channel, {
          key,
          seq,
          data: states.get(key) ?? streamState(context, channel, { key, bars, frames, backlog, filter }),
        });
      },
    },
  );
  if (frame.forming === true && isBarChannel(channel)) {
    hub.readers.subscribeValues(session.subscriber, { channel, keys, throttleMs: frame.throttleMs });
  }
}

function backlogOf({ backlog }: SubscribeRequest, streams: number): number | undefined {
  return backlog === undefined ? undefined : Math.min(backlog, Math.floor(MAX_BACKLOG_PATTERNS / Math.max(1, streams)));
}

/** The streams that stand for keys: news and notices have one, of which symbols are a choice. */
function streamKeys(channel: LosslessChannel, keys: readonly string[]): readonly string[] {
  return CHANNEL_KEYS[channel] === 'whole' ? [WHOLE_STREAM] : keys;
}

function filterOf(frame: SubscribeRequest, keys: readonly string[]): EventFilter | undefined {
  const { channel, minConfidence, patternTypes, timeFrames } = frame;
  if (channel === 'news') return keys.includes(WHOLE_STREAM) ? undefined : { symbols: new Set(keys) };
  if (channel !== 'pattern') return undefined;
  return {
    ...(minConfidence !== undefined && { minConfidence }),
    ...(patternTypes !== undefined && { patternTypes: new Set(patternTypes) }),
    ...(timeFrames !== undefined && { timeFrames: new Set(timeFrames) }),
  };
}

function subscribeValues(
  context: CommandContext,
  frame: SubscribeRequest,
  { keys, states }: { readonly keys: readonly string[]; readonly states: FirstStates },
): void {
  const { session, hub, book } = context;
  const { channel, throttleMs } = frame;
  answerSubscribed(context, frame, keys, false);
  hub.readers.subscribeValues(session.subscriber, { channel, keys, throttleMs });
  for (const key of keys) {
    const first = states.get(key);
    if (channel === 'position.value')
      tellSnapshot(context, channel, { key, seq: 0, data: first ?? book.positions(key) });
    if (channel === 'portfolio') tellSnapshot(context, channel, { key, seq: 0, data: first ?? book.portfolio(key) });
    const watched = channel === 'presence' ? channelNamed(key) : undefined;
    if (watched !== undefined) tellSnapshot(context, channel, { key, seq: 0, data: hub.presence.users(watched) });
  }
}

function answerSubscribed(
  context: CommandContext,
  frame: SubscribeRequest,
  symbols: readonly string[],
  recovered: boolean,
): void {
  context.session.tell({ type: 'subscribed', ...idOf(frame), channel: frame.channel, symbols, recovered });
}

function tellSnapshot(
  context: CommandContext,
  channel: Channel,
  state: { readonly key: string; readonly seq: number; readonly data: SnapshotData },
): void {
  const { key, seq, data } = state;
  context.session.tell({ type: 'snapshot', channel, symbol: key, epoch: context.hub.epoch, seq, data });
}

function isLossless(channel: Channel): channel is LosslessChannel {
  return LOSSLESS_CHANNELS.some((one) => one === channel);
}

function isBarChannel(channel: Channel): channel is BarChannel {
  return channel.startsWith('bar.');
}
