import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect } from 'vitest';
import { readOrder } from '../records.ts';
import { Store } from '../store.ts';

/** The writing process as one file, so that a start costs no compiler. It lies inside the project, where its packages are found. */
async function bundle(): Promise<string> {
  const caches = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache');
  const program = join(caches, `order-writer-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'orderWriter.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  return program;
}

/** Starts the writer and kills it once it has told `after` safe orders. Returns all the lines that it told. */
async function runAndKill(program: string, folder: string, after: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString();
    if (text.split('\n').length > after + 2) child.kill('SIGKILL');
  });
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return text.split('\n').filter((line) => line !== '');
}

/** Kills a writing process so often, each time a new one that goes on in the same folder, and holds what was told against what is there at last. */
export async function expectNothingLost(folder: string, rounds: number): Promise<void> {
  const program = await bundle();
  const told = new Map<number, number>();
  let head = 0;
  for (let round = 0; round < rounds; round++) {
    // Spread over a flush, an index batch and a segment; the moment within is the machine's.
    const lines = await runAndKill(program, folder, (round * 167) % 1500);
    const found = /^found (\d+) (\d+)$/.exec(lines[0] ?? '');
    expect(Number(found?.[1])).toBeGreaterThanOrEqual(head);
    expect(found?.[2]).toBe(found?.[1]);
    for (const line of lines.slice(1)) {
      const [, orderId, seq] = /^safe (\d+) (\d+)$/.exec(line) ?? [];
      // The last line may be cut where the process was.
      if (orderId === undefined) continue;
      expect(told.has(Number(orderId))).toBe(false);
      told.set(Number(orderId), Number(seq));
      head = Math.max(head, Number(seq));
    }
  }
  const options = { folder, instruments: ['S0'], historyEvents: 1024, closedOrdersKept: 10_000 };
  rmSync(program);
  const { store, recovery } = Store.open(options);
  const { orders, streams, orderId } = recovery.state;
  expect(told.size).toBeGreaterThan(rounds);
  for (const id of told.keys()) expect(orders.has(id), `order ${id}`).toBe(true);
  // One order, one event, one number: none is missing between, none is there twice.
  expect(streams.get('order/a')?.head).toBe(orders.size);
  expect(orderId).toBe(orders.size);
  expect(new Set([...orders.values()].map((order) => readOrder(order).state.terms.clientOrderId)).size).toBe(
    orders.size,
  );
  await store.close();
}
