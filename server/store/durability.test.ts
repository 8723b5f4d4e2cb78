import { afterAll, describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { testInstrument } from '../../market/harness.ts';
import type { StreamEntry } from '../hub/eventFeed.ts';
import { Durability } from './durability.ts';
import { Store } from './store.ts';
import { TestFolders } from './testing/folders.ts';

const folders = new TestFolders();
afterAll(() => folders.clean());

const entry: StreamEntry = {
  channel: 'news',
  key: '*',
  createdUs: 1,
  frame: () => ({ type: 'pong', serverTimeUs: 1 }),
};

describe('Durability', () => {
  it('should let an event go once, when its record is safe, though it arose while somebody was told', async () => {
    const instruments = [testInstrument(0)];
    const names = instruments.map(({ symbol }) => symbol);
    const { store } = Store.open({ folder: folders.make(), instruments: names, historyEvents: 8, closedOrdersKept: 8 });
    const engine = new MarketEngine({ instruments, sink: () => undefined });
    const durability = new Durability(store);
    const released: StreamEntry[] = [];
    durability.connect({
      changes: engine.gatherChanges(),
      tickers: engine.tickers,
      marketUs: () => 0,
      release: (entries) => released.push(...entries),
    });
    await new Promise<void>((resolve) => durability.whenSafe(resolve));

    // All is safe, so that this is told at once; what it tells of brings an event, as a subscription settles bars.
    durability.commit(() => {
      durability.appended(entry, { seq: 1, atUs: 1 });
      durability.hold(entry);
      durability.commit();
    });
    const early = [...released];
    await new Promise<void>((resolve) => durability.whenSafe(resolve));
    await store.close();

    expect([early, released]).toEqual([[], [entry]]);
  });
});
