/**
 * Measures the journal: `node dist/tools/bench-journal.js`. Orders go through an engine into a store as a server's do; each is acknowledged when
 * its record is flushed. Then the state of 100,000 orders is read back, from the index and from the journal alone.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarketEngine } from '../market/engine.ts';
import type { Instrument, MarketEvent } from '../market/types.ts';
import { TickKind } from '../market/types.ts';
import { packAny, type StoredEvent, storedDesk } from '../server/store/records.ts';
import { Store } from '../server/store/store.ts';

const ORDERS = 100_000;
const ACCOUNTS = 100;
const SYMBOLS = 1000;
/** Orders that arrive in one turn of the loop, while the load is full. */
const BATCH = 64;
/** Orders that may wait for their flush: as many clients as wait for their answers. */
const WINDOW = 2048;
const LONE = 500;
const KEPT = { historyEvents: 1024, closedOrdersKept: 10_000 };

const instruments: Instrument[] = Array.from({ length: SYMBOLS }, (_, index) => ({
  symbol: `S${index}`,
  index,
  priceDecimals: 2,
  quantityDecimals: 0,
  previousClose: 10_000,
}));
const names = instruments.map(({ symbol }) => symbol);

/** An engine whose changes a store takes. */
class Desk {
  readonly #store: Store;
  readonly #engine: MarketEngine;
  readonly #changes;
  readonly #heads = new Map<string, number>();
  #events: StoredEvent[] = [];
  #placed = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#engine = new MarketEngine({ instruments, sink: (event) => this.#onEvent(event) });
    this.#changes = this.#engine.gatherChanges();
    const nothing = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      this.#engine.onTick({ kind: TickKind.TRADE, symbol, eventTimeUs: 1, price: 10_000, size: 1, ...nothing });
    }
  }

  /** Places an order; `done` is called when it may be acknowledged. */
  place(done: () => void): void {
    const at = this.#placed++;
    const terms = { account: `account-${at % ACCOUNTS}`, clientOrderId: `order-${at}`, symbol: at % SYMBOLS } as const;
    this.#engine.onCommand({ kind: 'place', ...terms, side: 'BUY', type: 'LIMIT', quantity: 10, limitPrice: 9_000 });
    const desk = this.#changes.take();
    const events = this.#events;
    this.#events = [];
    if (desk === undefined) throw new Error('an order changed nothing');
    this.#store.whenFlushed(this.#store.append({ marketUs: 1, desk: storedDesk(desk), events }), done);
  }

  #onEvent(event: MarketEvent): void {
    this.#changes.note(event);
    const account = event.kind === 'order' ? event.order.account : event.account;
    const stream = `${event.kind}/${account}`;
    const seq = (this.#heads.get(stream) ?? 0) + 1;
    this.#heads.set(stream, seq);
    this.#events.push({ stream, seq, atUs: 1, bytes: packAny(event) });
  }
}

/** Wall time and this process's own processor time, all its threads: on a busy machine the second one is what the code costs. */
class Stopwatch {
  readonly #startedMs = performance.now();
  readonly #startedCpu = process.cpuUsage();

  get wallMs(): number {
    return performance.now() - this.#startedMs;
  }

  get processorMs(): number {
    const { user, system } = process.cpuUsage(this.#startedCpu);
    return (user + system) / 1000;
  }

  toString(): string {
    return `${this.wallMs.toFixed(0)} ms (${this.processorMs.toFixed(0)} ms of processor)`;
  }
}

/** Median and 99th percentile, sorted. */
function spread(latenciesUs: number[]): string {
  latenciesUs.sort((a, b) => a - b);
  const at = (share: number): string => (latenciesUs[Math.floor(latenciesUs.length * share)] ?? 0).toFixed(0);
  return `p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`;
}

/** As many orders as the store takes, `WINDOW` of them unanswered. */
function full(desk: Desk): Promise<number[]> {
  const latenciesUs: number[] = [];
  return new Promise((resolve) => {
    let sent = 0;
    const turn = (): void => {
      for (let at = 0; at < BATCH && sent < ORDERS && sent - latenciesUs.length < WINDOW; at++) {
        sent++;
        const startedUs = performance.now() * 1000;
        desk.place(() => latenciesUs.push(performance.now() * 1000 - startedUs));
      }
      if (latenciesUs.length < ORDERS) setImmediate(turn);
      else resolve(latenciesUs);
    };
    turn();
  });
}

/** One order after the other, each once the one before it is answered. */
function lone(desk: Desk): Promise<number[]> {
  const latenciesUs: number[] = [];
  return new Promise((resolve) => {
    const next = (): void => {
      const startedUs = performance.now() * 1000;
      desk.place(() => {
        latenciesUs.push(performance.now() * 1000 - startedUs);
        if (latenciesUs.length < LONE) setImmediate(next);
        else resolve(latenciesUs);
      });
    };
    next();
  });
}

/** Opens the folder as a start does, up to an engine that goes on. */
async function recover(folder: string): Promise<string> {
  const watch = new Stopwatch();
  const { store, recovery } = Store.open({ folder, instruments: names, ...KEPT });
  const read = watch.toString();
  MarketEngine.restore({ instruments, sink: () => undefined }, recovery.state.snapshot(names, 0));
  const took = watch.toString();
  const { orders } = recovery.state;
  await store.close();
  return `${orders.size} orders in ${took}; read in ${read}, ${recovery.recordsRead} records of it from the journal`;
}

/** Recovers in a process of its own, as a restart does: nothing of the run before is in its memory. */
function recoverApart(folder: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, folder], {
    encoding: 'utf8',
  });
  return stdout.trim() || stderr;
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-journal-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(folder: string): Promise<void> {
  const { store } = Store.open({ folder, instruments: names, ...KEPT });
  const desk = new Desk(store);
  console.log(`one order at a time: ${spread(await lone(desk))} from command to acknowledgement`);
  const watch = new Stopwatch();
  const latenciesUs = await full(desk);
  const perSecond = (ORDERS / watch.wallMs) * 1000;
  const perProcessorSecond = (ORDERS / watch.processorMs) * 1000;
  console.log(
    `full load: ${perSecond.toFixed(0)} acknowledged orders/s (${perProcessorSecond.toFixed(0)} per second of processor), ${spread(latenciesUs)} with ${WINDOW} unanswered`,
  );
  await store.close();
  console.log(`from the index: ${recoverApart(folder)}`);
  rmSync(join(folder, 'index'), { recursive: true });
  console.log(`from the journal alone: ${recoverApart(folder)}`);
}

const [, , journaled] = process.argv;
if (journaled === undefined) await measure();
else console.log(await recover(journaled));
