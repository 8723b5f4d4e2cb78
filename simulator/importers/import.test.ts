import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { inFolder } from '../tape/testTicks.ts';
import { brief, example, fileOf, importInto } from './testImport.ts';

const HEADER = 'timestamp,symbol,price,size';
const SECOND = 1_704_205_800;

/** A row of {@link HEADER}. */
function row(at: number, symbol: string, price: string, size = '1'): string {
  return `${SECOND + at},${symbol},${price},${size}`;
}

describe('importing', () => {
  it('should list bad rows with file, line, column, value and reason, and take the others', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', [
        ...[HEADER, row(0, 'A', '1.5'), row(1, 'A', 'abc'), '', row(2, 'A', '-1'), row(3, 'A', '3000000000')],
        ...[row(4, 'no symbol', '1'), 'soon,A,1,1', row(5, 'A', '1', '0'), `${row(6, 'A', '1')},`, row(7, 'A', '2')],
        ...['"x,A,1,1', row(8, 'A', '1', '1e-13')],
      ]);

      const imported = await importInto(folder, [path], { maxBadShare: 1 });

      expect(brief(imported).map((line) => line.slice(29))).toEqual(['1.5 x 1', '2.0 x 1']);
      expect(imported.report).toMatchObject({ rows: 11, taken: 2, filtered: 0, rejected: 9 });
      expect(imported.report.rejectsPath).toBe(join(folder, 'rejects.csv'));
      expect(readFileSync(join(folder, 'rejects.csv'), 'utf8').replaceAll(path, 'F').split('\n')).toEqual([
        'file,line,column,value,reason',
        'F,3,price,abc,is not a decimal number',
        'F,5,price,-1,is not above 0',
        'F,6,price,3000000000,has more digits than a tape holds',
        'F,7,symbol,no symbol,is no symbol (1 to 32 printable ASCII characters)',
        'F,8,timestamp,soon,"is not a time from 1990 to 2099 (seconds, ms, µs or ns since 1970, or ISO 8601)"',
        'F,9,size,0,is not above 0',
        `F,10,,"${SECOND + 6},A,1,1,","has 5 columns, expected 4"`,
        'F,12,,"x,A,1,1",has a quote that is not closed',
        'F,13,size,1e-13,has more than 12 decimal places',
        '',
      ]);
    }));

  it('should stop with one line when too many rows are bad, and leave no tape', () =>
    inFolder(async (folder) => {
      const rows = Array.from({ length: 50 }, (_, at) => row(at, 'A', at === 20 ? 'abc' : '1'));
      const path = fileOf(folder, 'trades.csv', [HEADER, ...rows]);

      await expect(importInto(folder, [path])).rejects.toThrow(
        `${path}:22: column "price": "abc" is not a decimal number; 1 of 50 rows are bad, more than --max-bad 1%; they are listed in ${join(folder, 'rejects.csv')}`,
      );

      expect(readdirSync(folder).sort()).toEqual(['rejects.csv', 'trades.csv']);
      const { report } = await importInto(folder, [path], { maxBadShare: 0.02 });
      expect(report.rejected).toBe(1);
    }));

  it('should stop early when a thousand rows are bad', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', [
        HEADER,
        ...Array.from({ length: 5_000 }, (_, at) => row(at, 'A', 'x')),
      ]);

      await expect(importInto(folder, [path])).rejects.toThrow('1,000 of 1,000 rows are bad, more than --max-bad 1%');
    }));

  it('should remove an earlier list of bad rows when there are none', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', [HEADER, row(0, 'A', '1')]);
      fileOf(folder, 'rejects.csv', ['file,line,column,value,reason', 'old,1,,,']);
      const mine = fileOf(folder, 'mine.csv', ['my own list']);

      const { report } = await importInto(folder, [path]);
      await importInto(folder, [path], { rejects: mine });

      expect(report.rejectsPath).toBeUndefined();
      expect(existsSync(join(folder, 'rejects.csv'))).toBe(false);
      expect(readFileSync(mine, 'utf8')).toBe('my own list\n');
    }));

  it('should tell the packing by the first bytes, not by the name', () =>
    inFolder(async (folder) => {
      const text = `${[HEADER, row(0, 'A', '1.25')].join('\n')}\n`;
      const packed = gzipSync(text);
      const files = {
        'plain.gz': text,
        'packed.csv': packed,
        'twice.txt': Buffer.concat([packed, gzipSync(`${row(1, 'A', '1')}\n`)]),
      };
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
      writeFileSync(join(folder, 'zip.csv'), readFileSync(example('many.zip')));

      const own = await importInto(
        folder,
        ['plain.gz', 'packed.csv', 'twice.txt'].map((name) => join(folder, name)),
      );
      const zipped = await importInto(folder, [join(folder, 'zip.csv')]);

      expect(own.ticks).toHaveLength(4);
      expect(zipped.ticks).toHaveLength(2);
    }));

  it('should say that an archive is damaged', () =>
    inFolder(async (folder) => {
      const gz = join(folder, 'a.gz');
      const zip = join(folder, 'a.zip');
      const packed = gzipSync(`${[HEADER, row(0, 'A', '1')].join('\n')}\n`);
      writeFileSync(gz, packed.subarray(0, packed.length - 12));
      writeFileSync(zip, readFileSync(example('many.zip')).subarray(0, 200));
      writeFileSync(join(folder, 'none.csv'), '');

      await expect(importInto(folder, [gz])).rejects.toThrow('a.gz: is damaged gzip data');
      await expect(importInto(folder, [zip])).rejects.toThrow('a.zip: is a damaged zip archive');
      await expect(importInto(folder, [join(folder, 'none.csv')])).rejects.toThrow('none.csv: is empty');
      await expect(importInto(folder, [join(folder, 'absent.csv')])).rejects.toThrow('absent.csv: no such file');
    }));

  it('should say what a file is that is no text of rows', () =>
    inFolder(async (folder) => {
      const rows = `${[HEADER, row(0, 'A', '1')].join('\n')}\n`;
      const utf16 = Buffer.from(`\ufeff${rows}`, 'utf16le');
      const { bytes } = await importInto(folder, [fileOf(folder, 'good.csv', [HEADER, row(0, 'A', '1')])]);
      const cases: readonly (readonly [Buffer, string])[] = [
        [utf16, 'is UTF-16 text; make it UTF-8 first, with "iconv -f UTF-16 -t UTF-8"'],
        [Buffer.from(utf16).swap16(), 'is UTF-16 text'],
        [utf16.subarray(2), 'is no text of rows: it has bytes of 0'],
        [bytes, 'is a tape already; "tapedeck tape merge" joins tapes'],
        [gzipSync(readFileSync(example('many.zip'))), 'is an archive inside an archive'],
      ];
      for (const [content, reason] of cases) {
        writeFileSync(join(folder, 'odd.csv'), content);
        await expect(importInto(folder, [join(folder, 'odd.csv')])).rejects.toThrow(`odd.csv: ${reason}`);
      }
    }));

  it('should not overwrite what it reads, by whatever name', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'out.tape', [HEADER, row(0, 'A', 'x')]);
      linkSync(path, join(folder, 'linked.csv'));
      const before = readFileSync(path, 'utf8');
      const list = { rejects: path, out: join(folder, 'other.tape') };

      await expect(importInto(folder, [path])).rejects.toThrow(/^--out .*out\.tape: is read here/);
      await expect(importInto(folder, [join(folder, 'linked.csv')])).rejects.toThrow(/^--out .*is read here/);
      await expect(importInto(folder, [path], list)).rejects.toThrow(/^--rejects .*is read here/);
      expect(readFileSync(path, 'utf8')).toBe(before);
    }));

  it('should take files, folders and patterns, each file once, and skip what lies beside archives', () =>
    inFolder(async (folder) => {
      const data = join(folder, 'data');
      mkdirSync(join(data, 'deep', 'er'), { recursive: true });
      const line = (symbol: string) => [HEADER, row(0, symbol, '1')];
      fileOf(data, 'a.csv', line('A'));
      fileOf(join(data, 'deep'), 'b.csv', line('B'));
      fileOf(join(data, 'deep', 'er'), 'c.txt', line('C'));
      fileOf(data, 'a.csv.CHECKSUM', ['0123']);
      fileOf(data, '.hidden', ['x']);
      fileOf(data, 'README.txt', ['About these files']);
      fileOf(data, 'LICENSE', ['Free']);
      const symbols = async (...inputs: string[]) => {
        const { instruments, ticks } = await importInto(folder, inputs);
        return ticks.map((tick) => instruments[tick.symbol]?.symbol).join('');
      };

      expect(await symbols(data)).toBe('ABC');
      expect(await symbols(join(data, '**', '*.csv'), `${data}/./a.csv`)).toBe('AB');
      expect(await symbols(`${data}/*/?.csv`)).toBe('B');
      expect(await symbols(`${data}/deep/**`)).toBe('BC');
      await expect(symbols(`${data}/*.parquet`)).rejects.toThrow('*.parquet: no file to import is there');
    }));

  it('should guess the columns, or refuse to, or take them by name', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'odd.csv', ['ts;"Last Px";qty;venue', `${SECOND};1.5;10;X`]);
      const strange = fileOf(folder, 'strange.csv', ['a,b,c', `${SECOND},1.5,10`]);
      const columns = { time: 'ts', price: 'Last Px', size: 'qty' };
      const told: unknown[] = [];
      const onText = (text: { readonly layout: object }) =>
        told.push('guess' in text.layout ? text.layout.guess : 'none');

      await importInto(folder, [path], { symbol: 'A', columns: { price: 'Last Px' }, onText });
      await importInto(folder, [path], { symbol: 'A', columns, mayGuess: false, onText });

      expect(told).toEqual(['time=ts, price="Last Px", size=qty, times without a zone are UTC', 'none']);
      await expect(
        importInto(folder, [path], { symbol: 'A', columns: { price: 'Last Px' }, mayGuess: false }),
      ).rejects.toThrow('if the guess is right, name them: --column time=ts --column size=qty');
      await expect(importInto(folder, [path], { columns })).rejects.toThrow(
        'has no column that names the symbol (header: ts, Last Px, qty, venue); give --symbol NAME, or --column symbol=COLUMN',
      );
      await expect(importInto(folder, [path], { columns: { price: 'none' } })).rejects.toThrow(
        '--column price=none: the header has no column of that name (it reads: ts, Last Px, qty, venue)',
      );
      await expect(importInto(folder, [strange], { columns: { time: 'a' } })).rejects.toThrow(
        'no column was found for price (header: a, b, c); name it with --column price=COLUMN',
      );
    }));

  it('should join a date and a time of day of two columns, guessed or named', () =>
    inFolder(async (folder) => {
      const bars = fileOf(folder, 'bars.csv', [
        'Date,Time,Open,High,Low,Close,Volume',
        '2024-01-02,09:30,10,12,9,11,100',
        '2024-01-03,09:31,10,12,9,11,100',
        '2024-01-03,09:32,10,12,9,x,100',
      ]);
      const metatrader = fileOf(folder, 'mt.csv', ['<DATE>\t<TIME>\t<LAST>', '2024.01.02\t9:30:00.5\t10']);
      const compact = fileOf(folder, 'compact.csv', ['Tag,Zeit,Kurs', '20240102,093000,10', '20240102,250000,10']);
      const symbol = { symbol: 'A', maxBadShare: 1 };

      const minutes = await importInto(folder, [bars], { ...symbol, zone: 'America/New_York' });
      expect(minutes.report).toMatchObject({ taken: 2, rejected: 1 });
      expect(brief(minutes)[0]).toBe('A 2024-01-02T14:30:00.000000 10 x 25');
      expect(minutes.ticks.at(-1)?.eventTimeUs).toBe(Date.parse('2024-01-03T14:32Z') * 1_000 - 1);
      expect(brief(await importInto(folder, [metatrader], symbol))).toEqual(['A 2024-01-02T09:30:00.500000 10 x 1']);
      const columns = { date: 'Tag', time: 'Zeit', price: 'Kurs' };
      const named = await importInto(folder, [compact], { ...symbol, columns, mayGuess: false });
      expect(brief(named)).toEqual(['A 2024-01-02T09:30:00.000000 10 x 1']);
      expect(named.report.rejected).toBe(1);
    }));

  it('should say which times of bars it cannot read', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'us.csv', ['date,open,high,low,close', '01/02/2024,1,1,1,1', '01/03/2024,1,1,1,1']);
      await expect(importInto(folder, [path], { symbol: 'A' })).rejects.toThrow(
        'us.csv:2: column of the time: "01/02/2024" is not a time from 1990 to 2099',
      );
    }));

  it('should give each symbol the fewest decimals that hold all its prices and sizes', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', [
        ...[HEADER, row(0, 'A', '1.50000', '10'), row(1, 'A', '1.255', '0.5'), row(2, 'B', '700', '3')],
        ...[row(3, 'C', '0.000000000001'), row(4, 'D', '2147483647')],
      ]);

      const { instruments } = await importInto(folder, [path]);

      expect(
        instruments.map(({ symbol, priceDecimals, quantityDecimals }) => [symbol, priceDecimals, quantityDecimals]),
      ).toEqual([
        ['A', 3, 1],
        ['B', 0, 0],
        ['C', 12, 0],
        ['D', 0, 0],
      ]);
    }));

  it('should refuse the few prices that do not fit among the others of their symbol', () =>
    inFolder(async (folder) => {
      const usual = Array.from({ length: 300 }, (_, at) => row(at, 'A', `${500 + at}.25`));
      const path = fileOf(folder, 'trades.csv', [
        HEADER,
        row(0, 'A', '114.1253333'),
        ...usual,
        row(0, 'B', '114.1253333'),
      ]);

      const { instruments, report, ticks } = await importInto(folder, [path]);

      expect(instruments.map((instrument) => instrument.priceDecimals)).toEqual([2, 7]);
      expect(ticks).toHaveLength(301);
      expect(report).toMatchObject({ rows: 302, taken: 301, rejected: 1 });
      expect(readFileSync(join(folder, 'rejects.csv'), 'utf8')).toContain(
        `${path},2,price,114.1253333,"doesn't fit among the prices of A, which have 2 decimals"`,
      );
    }));

  it('should leave out other symbols and times, and say when nothing is left', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', [
        HEADER,
        ...[0, 1, 2, 3].flatMap((at) => [row(at, 'A', '1'), row(at, 'B', '1')]),
      ]);
      const part = { symbols: ['B'], fromUs: (SECOND + 1) * 1e6, toUs: (SECOND + 3) * 1e6 };

      const imported = await importInto(folder, [path], part);

      expect(brief(imported).map((line) => line.slice(0, 21))).toEqual([
        'B 2024-01-02T14:30:01',
        'B 2024-01-02T14:30:02',
      ]);
      expect(imported.report).toMatchObject({ rows: 8, taken: 2, filtered: 6 });
      await expect(importInto(folder, [path], { symbols: ['Z'] })).rejects.toThrow(
        'no event is left for a tape (8 rows read, 8 of them left out, 0 bad)',
      );
    }));

  it('should leave nothing behind when it is stopped', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', [
        HEADER,
        ...Array.from({ length: 64 }, (_, at) => row(99 - at, 'A', '1')),
      ]);
      const abort = new AbortController();
      const onText = () => abort.abort(new Error('stopped by the test'));

      const stopped = importInto(folder, [path], {
        signal: abort.signal,
        bufferEvents: 8,
        onText,
      });

      await expect(stopped).rejects.toThrow('stopped by the test');
      expect(readdirSync(folder)).toEqual(['trades.csv']);
    }));

  it("should name a session that makes the tape usable: New York's of the first date, the next after a closed day, or the whole day", () =>
    inFolder(async (folder) => {
      const session = async (isoTime: string, calendar: 'us' | '24x7') => {
        const { header } = (
          await importInto(folder, [fileOf(folder, 't.csv', [HEADER, `${isoTime},A,1,1`])], { calendar })
        ).report;
        return [header.sessionOpenUs, header.sessionCloseUs].map((us) =>
          new Date(us / 1_000).toISOString().slice(0, 16),
        );
      };

      expect(await session('2024-07-03T12:00:00Z', 'us')).toEqual(['2024-07-03T13:30', '2024-07-03T17:00']);
      expect(await session('2024-01-13T12:00:00Z', 'us')).toEqual(['2024-01-16T14:30', '2024-01-16T21:00']);
      expect(await session('2024-01-13T12:00:00Z', '24x7')).toEqual(['2024-01-13T00:00', '2024-01-14T00:00']);
      await expect(session('2099-01-13T12:00:00Z', 'us')).rejects.toThrow('import with --calendar 24x7');
    }));

  const cells = fc.record({
    at: fc.integer({ min: 0, max: 50 }),
    symbol: fc.constantFrom('A', 'B', 'C', 'bad symbol'),
    price: fc.constantFrom('1', '1.5', '2147483647', '0.123456789', '0', 'x', '-3'),
    size: fc.constantFrom('1', '0.001', '1000000000000', '', '7'),
  });

  it.prop([fc.array(cells, { minLength: 1, maxLength: 60 })], { numRuns: 40 })(
    'should lose no row: each is taken, left out or bad; and sort on disk to the same bytes as in memory',
    (rows) =>
      inFolder(async (folder) => {
        const lines = rows.map(({ at, symbol, price, size }) => row(at, symbol, price, size));
        const path = fileOf(folder, 'trades.csv', [HEADER, row(0, 'A', '1'), ...lines]);
        const options = { maxBadShare: 1, symbols: ['A', 'B'] };

        const inMemory = await importInto(folder, [path], options);
        const onDisk = await importInto(folder, [path], { ...options, bufferEvents: 8 });

        const { rows: read, taken, filtered, rejected } = inMemory.report;
        expect(read).toBe(rows.length + 1);
        expect(taken + filtered + rejected).toBe(read);
        expect(inMemory.ticks).toHaveLength(taken);
        const listed = rejected === 0 ? 0 : readFileSync(join(folder, 'rejects.csv'), 'utf8').split('\n').length - 2;
        expect(listed).toBe(rejected);
        expect(onDisk.bytes.equals(inMemory.bytes)).toBe(true);
      }),
  );
});
