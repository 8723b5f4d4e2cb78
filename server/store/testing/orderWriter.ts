/**
 * A process that places orders through an engine and a store and says each id once it is safe, until it is killed. Its
 * only argument is the folder. Lines: `found HEAD` at the start, then `safe ORDER_ID SEQ`.
 */
import { writeSync } from 'node:fs';
import { MarketEngine } from '../../../market/engine.ts';
import { orderTerms, testInstrument, tradeTick } from '../../../market/harness.ts';
import type { MarketEvent } from '../../../market/types.ts';
import { pack, storedDesk } from '../records.ts';
import { Store } from '../store.ts';

const STREAM = 'order/a';
const instruments = [testInstrument(0)];
const [, , folder = ''] = process.argv;
const names = instruments.map(({ symbol }) => symbol);
const { store, recovery } = Store.open({
  folder,
  instruments: names,
  historyEvents: 1024,
  closedOrdersKept: 10_000,
  segmentBytes: 128 * 1024,
});
const events: MarketEvent[] = [];
const sink = (event: MarketEvent): void => {
  events.push(event);
};
const { state } = recovery;
const engine = MarketEngine.restore({ instruments, sink }, state.snapshot(names, 1000));
const changes = engine.gatherChanges();
engine.onTick(tradeTick({ price: 10_000, eventTimeUs: state.marketUs + 1 }));
let head = state.streams.get(STREAM)?.head ?? 0;
tell(`found ${head} ${state.orders.size}\n`);

/** Writes at once; a pipe that is full takes it a moment later. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

/** Some orders in one turn of the loop, as a busy server takes them. */
function turn(): void {
  for (let at = 0; at < 5; at++) {
    const clientOrderId = `order ${head + 1}`;
    const outcome = engine.onCommand(orderTerms(clientOrderId, { type: 'LIMIT', side: 'BUY', limitPrice: 9_000 }));
    if (outcome.kind !== 'taken') throw new Error(`${clientOrderId}: ${outcome.kind}`);
    for (const event of events) changes.note(event);
    const stored = events.splice(0).map((event) => ({ stream: STREAM, seq: ++head, atUs: 0, bytes: pack(event) }));
    const desk = changes.take();
    if (desk === undefined) throw new Error('an order changed nothing');
    const line = `safe ${outcome.order.orderId} ${head}\n`;
    store.whenFlushed(store.append({ marketUs: state.marketUs + 1, desk: storedDesk(desk), events: stored }), () =>
      tell(line),
    );
  }
  setImmediate(turn);
}
turn();
