import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readOrder } from '../records.ts';
import { Store } from '../store.ts';

const WRITER = join(import.meta.dirname, 'orderWriter.ts');

/** Starts the writer and kills it once it has told `after` safe orders. Returns all the lines that it told. */
async function runAndKill(folder: string, after: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString();
    if (text.split('\n').length > after + 2) child.kill('SIGKILL');
  });
  const [, signal] = await ended;
  assert.equal(signal, 'SIGKILL');
  return text.split('\n').filter((line) => line !== '');
}

/** Kills a writing process so often, each time a new one that goes on in the same folder, and holds what was told against what is there at last. */
export async function expectNothingLost(folder: string, rounds: number): Promise<void> {
  const told = new Map<number, number>();
  let head = 0;
  for (let round = 0; round < rounds; round++) {
    // Spread over a flush, an index batch and a segment; the moment within is the machine's.
    const lines = await runAndKill(folder, (round * 167) % 1500);
    const found = /^found (\d+) (\d+)$/.exec(lines[0] ?? '');
    assert.ok(Number(found?.[1]) >= head, `${found?.[0]}, after ${head} were told`);
    assert.equal(found?.[2], found?.[1]);
    for (const line of lines.slice(1)) {
      const [, orderId, seq] = /^safe (\d+) (\d+)$/.exec(line) ?? [];
      // The last line may be cut where the process was.
      if (orderId === undefined) continue;
      assert.ok(!told.has(Number(orderId)), `order ${orderId} was told twice`);
      told.set(Number(orderId), Number(seq));
      head = Math.max(head, Number(seq));
    }
  }
  const options = { folder, instruments: ['S0'], historyEvents: 1024, closedOrdersKept: 10_000 };
  const { store, recovery } = Store.open(options);
  const { orders, streams, orderId } = recovery.state;
  assert.ok(told.size > rounds);
  for (const id of told.keys()) assert.ok(orders.has(id), `order ${id} is lost`);
  // One order, one event, one number: none is missing between, none is there twice.
  assert.equal(streams.get('order/a')?.head, orders.size);
  assert.equal(orderId, orders.size);
  const names = [...orders.values()].map((order) => readOrder(order).state.terms.clientOrderId);
  assert.equal(new Set(names).size, orders.size);
  await store.close();
}
