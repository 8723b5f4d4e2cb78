import type { FrameIndex } from '../market/bars/types.ts';
import type { GetFrame, LosslessChannel, NewsFrame, SnapshotData, SystemFrame } from '../protocol/messages.ts';
import {
  accountOf,
  type CommandContext,
  idOf,
  indicesOf,
  mayReadMarket,
  mayShowAccounts,
  refuse,
  tellSafe,
} from './commandContext.ts';
import { type EventFilter, passes, type StreamEntry } from './hub/eventFeed.ts';
import { frameOf, frameOfChannel, tickerData } from './marketWire.ts';

/** Closed bars that a `get` or a snapshot brings unless it says otherwise. */
export const DEFAULT_BARS = 50;
const DEFAULT_NEWS = 20;

/** Answers `get`: the state at this moment, without a subscription. */
export function answerGet(context: CommandContext, frame: GetFrame): void {
  switch (frame.what) {
    case 'quote':
    case 'bars':
    case 'patterns':
      if (mayReadMarket(context, frame, `"${frame.what}"`)) answerSymbol(context, frame);
      return;
    case 'news':
      if (mayReadMarket(context, frame, '"news"')) {
        const data = newsOf(context.hub.lastNotices('news', frame.limit ?? DEFAULT_NEWS));
        tellSafe(context, { ...answerTo(context, frame, '*'), what: 'news', data });
      }
      return;
    default:
      answerAccount(context, frame);
  }
}

/** The state that stands for a stream of class A, as a snapshot carries it. */
export function streamState(
  context: Pick<CommandContext, 'book' | 'hub'>,
  channel: LosslessChannel,
  wish: {
    readonly key: string;
    readonly bars: number;
    readonly frames: readonly FrameIndex[];
    /** So many of the last patterns that pass the filter, instead of those that may still come true. */
    readonly backlog?: number | undefined;
    readonly filter?: EventFilter | undefined;
  },
): SnapshotData {
  const { book, hub } = context;
  const { key } = wish;
  switch (channel) {
    case 'order':
      return book.workingOrders(key);
    case 'position':
      return book.positions(key);
    case 'alert':
      return book.alerts(key);
    case 'execution':
      return null;
    case 'news':
      return newsOf(hub.lastNotices('news'));
    case 'system':
      return noticesOf(hub.lastNotices('system'));
    case 'pattern': {
      const { backlog, filter, frames } = wish;
      const index = book.instrument(key)?.index ?? -1;
      if (backlog === undefined) return book.patterns(index, { frames });
      const earlier = book.lastPatterns(index).filter((pattern) => passes({ pattern }, filter));
      return earlier.slice(Math.max(0, earlier.length - backlog));
    }
    default:
      return book.bars(book.instrument(key)?.index ?? -1, frameOfChannel(channel), wish.bars);
  }
}

function answerSymbol(context: CommandContext, frame: GetFrame): void {
  const { book, hub } = context;
  const { symbol, timeFrame, limit } = frame;
  if (symbol === undefined) {
    refuse(context, frame, { code: 'bad_message', message: `"${frame.what}" needs a "symbol"` });
    return;
  }
  const [index] = indicesOf(context, frame, [symbol]) ?? [];
  if (index === undefined) return;
  const answer = answerTo(context, frame, symbol);
  if (frame.what === 'quote') tellSafe(context, { ...answer, what: 'quote', data: tickerData(hub.view(index)) });
  else if (frame.what === 'bars') {
    tellSafe(context, {
      ...answer,
      what: 'bars',
      data: book.bars(index, frameOf(timeFrame ?? '1m'), limit ?? DEFAULT_BARS),
    });
  } else {
    const frames = timeFrame === undefined ? undefined : [frameOf(timeFrame)];
    const wish = { ...(frames !== undefined && { frames }), ...(frame.early !== undefined && { early: frame.early }) };
    const patterns = book.patterns(index, wish);
    tellSafe(context, { ...answer, what: 'patterns', data: patterns.slice(-(limit ?? patterns.length)) });
  }
}

function answerAccount(context: CommandContext, frame: GetFrame): void {
  const { book } = context;
  const account = accountOf(context, frame);
  if (account === undefined || !mayShowAccounts(context, frame)) return;
  const answer = answerTo(context, frame, account);
  if (frame.what === 'orders') tellSafe(context, { ...answer, what: 'orders', data: book.workingOrders(account) });
  if (frame.what === 'positions') tellSafe(context, { ...answer, what: 'positions', data: book.positions(account) });
  if (frame.what === 'portfolio') tellSafe(context, { ...answer, what: 'portfolio', data: book.portfolio(account) });
  if (frame.what === 'alerts') tellSafe(context, { ...answer, what: 'alerts', data: book.alerts(account) });
}

function answerTo(context: CommandContext, frame: GetFrame, key: string) {
  return { type: 'result', ...idOf(frame), key, serverTimeUs: context.clock.nowUs() } as const;
}

function newsOf(entries: readonly StreamEntry[]): NewsFrame[] {
  return entries.map(({ frame }) => frame(0)).filter((frame) => frame.type === 'news');
}

function noticesOf(entries: readonly StreamEntry[]): SystemFrame[] {
  return entries.map(({ frame }) => frame(0)).filter((frame) => frame.type === 'system');
}
