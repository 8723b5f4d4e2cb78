/**
 * Imports a made-up archive and tells the rate and the memory it took: `npx tsx tools/import-100m.ts [millions of rows] [folder]`.
 * Ten files over the same day, with late rows in each, so that everything goes through the sort on disk. 100 million rows need
 * some 8 GB of disk.
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { importTape } from '../simulator/importers/import.ts';
import { Random } from '../simulator/universe/random.ts';

const FILES = 10;
const SYMBOLS = 100;
const DAY_US = 86_400_000_000;
const START_US = Date.parse('2025-01-02T00:00:00Z') * 1_000;
/** One row in so many lies up to an hour before the one above it. */
const LATE_EVERY = 50;
const ROWS_A_CHUNK = 10_000;

function* rows(count: number, file: number): Generator<string> {
  const random = new Random(file, 'archive');
  yield 'timestamp,symbol,price,size\n';
  for (let done = 0; done < count; ) {
    let chunk = '';
    for (let end = Math.min(count, done + ROWS_A_CHUNK); done < end; done++) {
      const lateUs = done % LATE_EVERY === 0 ? Math.floor(random.unit() * 3_600e6) : 0;
      const timeUs = START_US + Math.max(0, Math.floor((done / count) * DAY_US) - lateUs);
      const cents = 10_000 + Math.floor(random.unit() * 1_000);
      chunk += `${timeUs},S${Math.floor(random.unit() * SYMBOLS)},${cents / 100},${1 + Math.floor(random.unit() * 500)}\n`;
    }
    yield chunk;
  }
}

const millions = Number(process.argv[2] ?? 100);
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'tapedeck-import-'));
try {
  const count = Math.round((millions * 1e6) / FILES);
  for (let file = 0; file < FILES; file++) {
    await pipeline(Readable.from(rows(count, file)), createWriteStream(join(folder, `part-${file}.csv`)));
    process.stderr.write(`made file ${file + 1} of ${FILES}\n`);
  }
  const startedMs = performance.now();
  const columns = { time: 'timestamp', symbol: 'symbol', price: 'price', size: 'size' };
  const report = await importTape({
    ...{ inputs: [folder], out: join(folder, 'out', 'all.tape'), format: 'csv', columns, mayGuess: false, zone: 'UTC' },
    ...{ calendar: '24x7', maxBadShare: 0, licence: 'made up' },
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  const bytes = statSync(join(folder, 'out', 'all.tape')).size;
  const lines = [
    `rows        ${report.rows.toLocaleString('en-US')}, ${report.outOfOrder.toLocaleString('en-US')} of them late`,
    `runs        ${report.runs} on disk`,
    `time        ${seconds.toFixed(1)} s: ${Math.round(report.rows / seconds).toLocaleString('en-US')} rows/s`,
    `tape        ${(bytes / report.header.events).toFixed(1)} bytes an event`,
    `peak memory ${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MB`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
