import { DEFAULT_CLOSED_ORDERS_KEPT } from '../market/accounts/account.ts';
import type { EngineSnapshot } from '../market/snapshot.ts';
import type { CorporateAction } from '../market/types.ts';
import type { JournalConfig, ServerConfig } from './config.ts';
import type { Feed } from './feeds/feed.ts';
import type { Logger } from './logger.ts';
import type { Disk } from './store/disk.ts';
import { Durability, TICKER_SEQ_GAP } from './store/durability.ts';
import type { DurableState } from './store/durableState.ts';
import { Store } from './store/store.ts';

/** A server's journal. */
export interface OpenJournal {
  readonly store: Store;
  readonly durability: Durability;
  /** Sets who is told when the journal fails. */
  readonly onFailure: (tell: (reason: string) => void) => void;
}

/** What engine and hub go on from. */
export interface Restored {
  readonly snapshot: EngineSnapshot;
  /** Event time of the last tick taken, µs since the epoch; 0 before the first. */
  readonly marketUs: number;
  /** Corporate actions taken behind that tick. */
  readonly actions: readonly CorporateAction[];
  readonly state: DurableState;
}

interface JournalParts {
  readonly config: ServerConfig;
  readonly feed: Feed | undefined;
  readonly log: Logger;
  readonly disk: Disk | undefined;
}

/**
 * Opens the journal, says what it had, and lets the feed go on from there. `restored` is undefined for a new market; it is
 * large, so that whoever takes it lets go of it.
 *
 * @throws JournalError when the journal is damaged, of other instruments, or can't be written
 */
export function openJournal(
  { folder, recoverTo }: JournalConfig,
  parts: JournalParts,
): { readonly journal: OpenJournal; readonly restored: Restored | undefined } {
  const { config, feed, log, disk } = parts;
  const names = (feed?.instruments ?? []).map(({ symbol }) => symbol);
  const failure: { tell: (reason: string) => void } = { tell: () => undefined };
  const { store, recovery } = Store.open({
    folder,
    recoverTo,
    instruments: names,
    historyEvents: config.limits.historyEvents,
    closedOrdersKept: config.closedOrdersKept ?? DEFAULT_CLOSED_ORDERS_KEPT,
    ...(disk !== undefined && { disk }),
    onFailure: (reason) => {
      log.error({ reason }, 'the journal has failed');
      failure.tell(reason);
    },
  });
  const { kind, state, tornBytes, asideFolder } = recovery;
  if (tornBytes > 0) log.warn({ tornBytes }, 'the last write was torn and is cut off; it was never acknowledged');
  if (asideFolder !== undefined) log.warn({ asideFolder }, 'the journal was cut; copies lie aside, a new epoch begins');
  log.info({ kind, orders: state.orders.size, epoch: store.epoch }, 'journal open');
  feed?.resumeAfter?.(state.marketUs);
  const onFailure = (tell: (reason: string) => void): void => {
    failure.tell = tell;
  };
  return {
    journal: { store, durability: new Durability(store), onFailure },
    restored: kind === 'new' ? undefined : restoredOf(state, names),
  };
}

function restoredOf(state: DurableState, names: readonly string[]): Restored {
  const { marketUs, actions } = state;
  return { snapshot: state.snapshot(names, TICKER_SEQ_GAP), marketUs, actions, state };
}
