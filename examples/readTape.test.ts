import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../market/types.ts';
import { MAX_SIZE_LOTS } from '../simulator/tape/block.ts';
import { aTrade, inFolder, writeTape } from '../simulator/tape/testTicks.ts';

const READER = fileURLToPath(new URL('read-tape.mjs', import.meta.url));

/** What the example prints of a tape. */
async function read(path: string, count: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [READER, path, String(count)]);
  return stdout.trimEnd().split('\n');
}

function lineOf({ kind, symbol, eventTimeUs, price, size, bid, ask, bidSize, askSize, flags }: Tick): string {
  const shown = (ticks: number): string => (ticks / 100).toFixed(2);
  return kind === TickKind.TRADE
    ? `${eventTimeUs} S${symbol} trade ${shown(price)} ${size} ${flags}`
    : `${eventTimeUs} S${symbol} quote ${shown(bid)}/${shown(ask)} ${bidSize}/${askSize} ${flags}`;
}

/** Every column's short and long numbers, up, down and at their bounds; several blocks, with flags and without. */
function ticks(): Tick[] {
  const prices = [0, 1, -1, 12_345, 2 ** 31 - 1, -(2 ** 31), 10_000, 9_936, 10_064];
  const sizes = [0, 1, 99, 100, 6_300, 6_400, 2 ** 32, MAX_SIZE_LOTS];
  return Array.from({ length: 60 }, (_, at) => {
    const common = { symbol: (at * 7) % 90, eventTimeUs: 1_584_365_400_000_000 + at ** 5, flags: at > 30 ? at % 3 : 0 };
    const price = prices[at % prices.length] ?? 0;
    const size = sizes[at % sizes.length] ?? 0;
    if (at % 2 === 0) return aTrade({ ...common, price, size });
    const [ask = 0, askSize = 0] = [prices[(at * 5) % prices.length], sizes[(at * 3) % sizes.length]];
    return aTrade({ ...common, kind: TickKind.QUOTE, bid: price, ask, bidSize: size, askSize });
  });
}

describe('examples/read-tape.mjs', () => {
  it('should read what docs/tape-format.md describes, event by event', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'any.tape');
      const written = ticks();
      writeTape(path, written, { symbols: 90, blockEvents: 16 });

      expect(await read(path, 100)).toEqual([...written.map(lineOf), '60 events']);
      expect(await read(path, 1)).toEqual([lineOf(written[0] as Tick), '60 events']);
    }));

  it('should refuse a file that is no tape, in words', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'notes.txt');
      writeFileSync(path, 'x'.repeat(100));

      await expect(read(path, 1)).rejects.toThrow(`${path} is no tape`);
    }));
});
