import type { Clock } from '../protocol/clock.ts';
import type { PortfolioFrame, PositionValueFrame } from '../protocol/messages.ts';
import type { Message } from '../transport/types.ts';
import type { AccountBook } from './accountBook.ts';
import type { Dialect, Voice } from './dialects/dialect.ts';
import type { EngineLoop } from './engineLoop.ts';
import type { Gateway } from './gateway.ts';
import type { Hub } from './hub/hub.ts';

/** Intervals at which the native stream tells values, ms. */
const POSITIONS_EVERY_MS = 1_000;
const PORTFOLIO_EVERY_MS = 2_000;

/** Sends positions and portfolios at the intervals that dialects and channels promise; each account is computed once for all its sockets. */
export function openStandingReports(parts: {
  readonly dialects: readonly Dialect[];
  readonly gateway: Gateway;
  readonly hub: Hub;
  readonly book: AccountBook;
  readonly loop: EngineLoop;
  readonly clock: Clock;
}): NodeJS.Timeout[] {
  const { dialects, book, clock } = parts;
  const values: Report<PositionValueFrame> = {
    channel: 'position.value',
    compute: (account) => {
      const asOfUs = clock.nowUs();
      const data = book.positions(account);
      return { type: 'position.value', account, asOfUs, computeUs: clock.nowUs() - asOfUs, data };
    },
  };
  const worth: Report<PortfolioFrame> = {
    channel: 'portfolio',
    compute: (account) => {
      const asOfUs = clock.nowUs();
      const data = book.portfolio(account);
      return { type: 'portfolio', account, asOfUs, computeUs: clock.nowUs() - asOfUs, data };
    },
  };
  const ofValues = groupsOf(dialects, (dialect) => dialect.standing.positionsEveryMs, POSITIONS_EVERY_MS);
  const ofWorth = groupsOf(dialects, (dialect) => dialect.standing.portfolioEveryMs, PORTFOLIO_EVERY_MS);
  return [
    ...[...ofValues].map(([everyMs, group]) => setInterval(() => tell(parts, values, group), everyMs)),
    ...[...ofWorth].map(([everyMs, group]) => setInterval(() => tell(parts, worth, group), everyMs)),
  ];
}

interface Report<Frame> {
  readonly channel: 'position.value' | 'portfolio';
  readonly compute: (account: string) => Frame;
}

/** Frames by account. */
interface Computed {
  readonly channel: Report<never>['channel'];
  readonly frames: ReadonlyMap<string, PositionValueFrame | PortfolioFrame>;
}

/** Whom an interval serves. */
interface Group {
  /** Dialects whose every socket gets it. */
  readonly dialects: Dialect[];
  /** Whether subscribers of the channel get it. */
  isChannel: boolean;
}

function groupsOf(
  dialects: readonly Dialect[],
  everyMs: (dialect: Dialect) => number,
  channelEveryMs: number,
): ReadonlyMap<number, Group> {
  const groups = new Map<number, Group>([[channelEveryMs, { dialects: [], isChannel: true }]]);
  for (const dialect of dialects) {
    const interval = everyMs(dialect);
    if (interval === 0) continue;
    const group = groups.get(interval) ?? { dialects: [], isChannel: false };
    groups.set(interval, group);
    group.dialects.push(dialect);
  }
  return groups;
}

/** Computes what is due and tells it once it is safe. */
function tell(
  parts: { readonly gateway: Gateway; readonly hub: Hub; readonly loop: EngineLoop; readonly clock: Clock },
  report: Report<PositionValueFrame | PortfolioFrame>,
  group: Group,
): void {
  const { gateway, hub, loop } = parts;
  // What accounts are like now may be what a restart won't find.
  if (loop.failure !== undefined) return;
  const { channel, compute } = report;
  const accounts = new Set(group.isChannel ? hub.latest.keys(channel) : []);
  for (const dialect of group.dialects) {
    for (const { claims } of gateway.welcomed(dialect)) if (claims !== undefined) accounts.add(claims.account);
  }
  const frames = new Map([...accounts].map((account) => [account, compute(account)]));
  loop.whenSafe(() => write(parts, { channel, frames }, group));
}

/** Whoever came after the frames were computed waits for the next interval. */
function write(
  { gateway, hub, clock }: { readonly gateway: Gateway; readonly hub: Hub; readonly clock: Clock },
  { channel, frames }: Computed,
  group: Group,
): void {
  for (const dialect of group.dialects) {
    const written = new Map<Voice, Map<string, Message | undefined>>();
    for (const { claims, subscriber } of gateway.welcomed(dialect)) {
      const frame = frames.get(claims?.account ?? '');
      if (frame === undefined) continue;
      const { account } = frame;
      const texts = written.get(subscriber.voice) ?? new Map<string, Message | undefined>();
      written.set(subscriber.voice, texts);
      if (!texts.has(account)) texts.set(account, subscriber.voice.write(frame, clock.nowUs()));
      const text = texts.get(account);
      if (text !== undefined) subscriber.send(text);
    }
  }
  if (!group.isChannel) return;
  for (const key of [...hub.latest.keys(channel)]) {
    const frame = frames.get(key);
    if (frame !== undefined) hub.latest.tell({ channel, key }, frame, clock.nowUs());
  }
}
