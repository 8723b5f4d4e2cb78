import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { orderTerms, testInstrument, tradeTick } from '../../market/harness.ts';
import type { EngineSnapshot } from '../../market/snapshot.ts';
import type { Command, MarketEvent } from '../../market/types.ts';
import { pack, type StoredEvent, storedDesk } from './records.ts';
import { type Recovery, Store, type StoreOptions } from './store.ts';
import { rewrite, segments, TestFolders } from './testing/folders.ts';

const SYMBOLS = 3;
const INSTRUMENTS = Array.from({ length: SYMBOLS }, (_, index) => testInstrument(index));
const NAMES = INSTRUMENTS.map(({ symbol }) => symbol);
const KEPT = { historyEvents: 8, closedOrdersKept: 20 };
const SEGMENT_BYTES = 65_536;
const folders = new TestFolders();
afterAll(() => folders.clean());

function open(
  folder: string,
  options: Partial<StoreOptions> = {},
): { readonly store: Store; readonly recovery: Recovery } {
  return Store.open({ folder, instruments: NAMES, ...KEPT, segmentBytes: SEGMENT_BYTES, ...options });
}

/** An engine whose changes go to a store, as a server's do. */
class Journaled {
  readonly engine: MarketEngine;
  readonly heads = new Map<string, number>();
  readonly #store: Store;
  readonly #changes;
  #timeUs: number;

  constructor(store: Store, { state, kind }: Recovery) {
    this.#store = store;
    const sink = (event: MarketEvent): void => this.#onEvent(event);
    const options = { instruments: INSTRUMENTS, sink, closedOrdersKept: KEPT.closedOrdersKept };
    this.engine = kind === 'new' ? new MarketEngine(options) : MarketEngine.restore(options, state.snapshot(NAMES, 0));
    for (const [key, { head }] of state.streams) this.heads.set(key, head);
    this.#changes = this.engine.gatherChanges();
    this.#timeUs = state.marketUs;
  }

  #events: StoredEvent[] = [];

  #onEvent(event: MarketEvent): void {
    this.#changes.note(event);
    const stream = event.kind === 'order' ? `order/${event.order.account}` : `execution/${event.account}`;
    const seq = (this.heads.get(stream) ?? 0) + 1;
    this.heads.set(stream, seq);
    this.#events.push({ stream, seq, atUs: this.#timeUs, bytes: pack(event) });
  }

  trade(price: number, symbol = 0): void {
    this.#timeUs += 1_000_000;
    this.engine.onTick(tradeTick({ price, symbol, eventTimeUs: this.#timeUs }));
    this.#append();
  }

  command(command: Command): void {
    this.engine.onCommand(command);
    this.#append();
  }

  market(): void {
    this.#store.appendMarket({
      marketUs: this.#timeUs,
      halted: this.#changes.halted(),
      tickers: this.engine.tickers.state(),
    });
  }

  #append(): void {
    const desk = this.#changes.take();
    const events = this.#events;
    this.#events = [];
    if (desk !== undefined) this.#store.append({ marketUs: this.#timeUs, desk: storedDesk(desk), events });
  }
}

/** A day of one engine with every kind of order, so many that old ones are forgotten. */
function live(on: Journaled, round: number): void {
  for (let symbol = 0; symbol < SYMBOLS; symbol++) on.trade(10_000 + round, symbol);
  for (let at = 0; at < 40; at++) {
    const id = `${round}-${at}`;
    const account = at % 3 === 0 ? 'a' : 'b';
    const symbol = at % SYMBOLS;
    const buy = { account, symbol, side: 'BUY', quantity: 3 } as const;
    const sell = { account, symbol, side: 'SELL', quantity: 2 } as const;
    on.command(orderTerms(`${id}m`, { ...buy, type: 'MARKET' }));
    on.command(orderTerms(`${id}l`, { ...buy, type: 'LIMIT', limitPrice: 9_900 - at }));
    const trailingOffset = { kind: 'ticks', value: 30 + at } as const;
    on.command(orderTerms(`${id}t`, { ...sell, type: 'TRAILING_STOP_MARKET', trailingOffset }));
    const stop = orderTerms(`${id}s`, { ...sell, type: 'STOP_MARKET', triggerPrice: 9_950 - at });
    const target = orderTerms(`${id}p`, { ...sell, type: 'TAKE_PROFIT', triggerPrice: 10_100 + at });
    on.command({ kind: 'list', account, contingency: at % 2 === 0 ? 'OCO' : 'OUO', orders: [stop, target] });
    const entry = orderTerms(`${id}e`, { ...buy, type: 'LIMIT', limitPrice: 9_980 });
    const children = [
      orderTerms(`${id}x`, { ...sell, quantity: 3, type: 'STOP_MARKET', triggerPrice: 9_900 }),
      orderTerms(`${id}y`, { ...sell, quantity: 3, type: 'TAKE_PROFIT', triggerPrice: 10_200 }),
    ];
    on.command({ kind: 'list', account, contingency: 'BRACKET', orders: [entry, ...children] });
    if (at % 4 === 0) on.command({ kind: 'cancel', account, clientOrderId: `${id}p` });
    if (at % 5 === 0) on.command({ kind: 'modify', account, clientOrderId: `${id}l`, quantity: 5 });
    on.command(orderTerms(`${id}c`, { ...sell, type: 'LIMIT', limitPrice: 10_400, parentClientOrderId: `${id}l` }));
    on.trade(10_000 + ((at * 37) % 90) - 40, symbol);
  }
}

/** A snapshot without what isn't durable: what is told of ratchets, and prices since the market was journaled. */
function durable(snapshot: EngineSnapshot): unknown {
  const { told: _, tickers: __, groups, accounts, ...rest } = snapshot;
  return {
    ...rest,
    groups: groups.map((group) => JSON.stringify(group)).sort(),
    accounts: accounts.map((account) => ({
      ...account,
      positions: [...account.positions].sort((x, y) => x.symbol - y.symbol),
    })),
    orders: snapshot.orders.map((order) => ({ ...order, toldStop: 0, trailPeak: 0 })),
  };
}

describe('a state that is journaled', () => {
  it('should come back whole from the journal alone, and from the index with what follows it', async () => {
    const folder = folders.make();
    let heads = new Map<string, number>();
    let saved: unknown;
    let epoch = '';
    for (let round = 0; round < 4; round++) {
      if (round === 2) rmSync(join(folder, 'index'), { recursive: true });
      const { store, recovery } = open(folder);
      const { state, indexFault } = recovery;
      expect(indexFault).toBe(round === 0 || round === 2 ? 'there is none' : undefined);
      expect(recovery.kind).toBe(round === 0 ? 'new' : 'continued');
      if (round > 0) {
        expect(store.epoch).toBe(epoch);
        expect(durable(state.snapshot(NAMES, 0))).toEqual(saved);
        expect(new Map([...state.streams].map(([key, { head }]) => [key, head]))).toEqual(heads);
        for (const log of state.streams.values()) {
          const { head } = log;
          const kept = Math.min(head, KEPT.historyEvents);
          expect([...log.events()].map(({ seq }) => seq)).toEqual(
            Array.from({ length: kept }, (_, at) => head - kept + 1 + at),
          );
        }
      }
      const journaled = new Journaled(store, recovery);
      live(journaled, round);
      saved = durable(journaled.engine.snapshot());
      heads = new Map(journaled.heads);
      epoch = store.epoch;
      await store.close();
    }
  });

  it('should count ticker numbers on from the last known market, with a gap for what may have been told since', async () => {
    const folder = folders.make();
    const { store, recovery } = open(folder);
    const journaled = new Journaled(store, recovery);
    journaled.trade(10_000);
    journaled.market();
    journaled.trade(10_010);
    await store.close();
    const { store: again, recovery: found } = open(folder);
    const { seq, last } = found.state.snapshot(NAMES, 1000).tickers;
    expect({ seq, last }).toEqual({ seq: [1001, 1000, 1000], last: [10_000, 0, 0] });
    await again.close();
  });

  it('should throw a damaged index away and read the journal', async () => {
    const folder = folders.make();
    const { store, recovery } = open(folder);
    const journaled = new Journaled(store, recovery);
    live(journaled, 0);
    await store.close();
    const name = readdirSync(join(folder, 'index')).find((file) => file.startsWith('data')) ?? '';
    rewrite(join(folder, 'index', name), (bytes) => {
      // Values of orders alone.
      for (let at = bytes.indexOf('STOP_MARKET'); at >= 0; at = bytes.indexOf('STOP_MARKET', at + 1)) bytes[at] = 0x58;
      return bytes;
    });
    const { store: again, recovery: found } = open(folder);
    expect(found.indexFault).toMatch(/damaged/);
    expect(durable(found.state.snapshot(NAMES, 0))).toEqual(durable(journaled.engine.snapshot()));
    await again.close();
    const { store: third, recovery: mended } = open(folder);
    expect(mended.indexFault).toBeUndefined();
    await third.close();
  });

  it('should refuse a journal that is shorter than what the index has seen of it', async () => {
    const folder = folders.make();
    const { store, recovery } = open(folder);
    live(new Journaled(store, recovery), 0);
    await store.close();
    const last = segments(folder).at(-1) ?? '';
    rewrite(join(folder, last), (bytes) => bytes.subarray(0, bytes.length - 500));
    expect(() => open(folder)).toThrow(/ends before offset \d+, up to which it was flushed once/);
  });

  it('should refuse other instruments, and begin a new epoch where the journal was cut', async () => {
    const folder = folders.make();
    const { store, recovery } = open(folder);
    live(new Journaled(store, recovery), 0);
    await store.close();
    expect(() => open(folder, { instruments: ['X'] })).toThrow(/of other instruments/);
    expect(() => open(folder, { recoverTo: 'here' })).toThrow(/--recover-to here: give the place/);
    const { store: cut, recovery: found } = open(folder, { recoverTo: '00000000.journal:0' });
    expect(found).toMatchObject({ kind: 'cut', asideFolder: join(folder, 'aside-1') });
    expect(found.state.orders.size).toBe(0);
    expect(cut.epoch).not.toBe(store.epoch);
    await cut.close();
  });
});
