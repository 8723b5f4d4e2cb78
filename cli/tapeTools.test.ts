import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { trade } from '../simulator/testTape.ts';
import { type Captured, capture } from './capture.ts';

/** 09:30 in New York. */
const OPEN_US = 1_584_365_400_000_000;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-tools-'));
const file = join(folder, 'any.tape');

beforeAll(() => {
  const writer = createTapeWriter({
    ...{ path: file, name: 'any', seed: 1, sessionDate: '2020-03-16' },
    ...{ sessionOpenUs: OPEN_US, sessionCloseUs: OPEN_US + 23_400_000_000 },
    origin: { kind: 'recorded', description: 'A sawtooth.', sources: [] },
    instruments: ['AAPL', 'IBM'].map((symbol, index) => ({
      ...{ symbol, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 },
    })),
  });
  for (let at = 0; at < 20_000; at++) {
    writer.append(trade({ eventTimeUs: OPEN_US + at * 500_000, symbol: at % 2, price: 10_000 + (at % 40) }));
  }
  writer.finish();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `tapedeck tape` in this process and gathers what it prints. */
function tape(...args: string[]): Promise<Captured> {
  return capture('tape', ...args);
}

/** What it prints as JSON. */
async function json(...args: string[]): Promise<unknown> {
  const { out } = await tape(...args, '--format', 'json');
  return JSON.parse(out);
}

describe('tapedeck tape info', () => {
  it('should tell rates, gaps and quality beside the header', async () => {
    const { out } = await tape('info', file);

    expect(out).toMatch(
      /^in session {2}2 events\/s over 10,000 s; most in the second of 2020-03-16T13:30:00\.000000Z: 2$/m,
    );
    expect(out).toMatch(/^busiest +AAPL +1 events\/s \(10,000: 10,000 trades, 0 quotes\)$/m);
    expect(out).toMatch(/^gaps +no silences over 2 s$/m);
    expect(out).toMatch(/^quality +0 crossed quotes$/m);
  });

  it('should go by the limits given, and print an object for one tape, a list for several', async () => {
    const one = await json('info', file, '--silence', '0.4', '--symbol-silence', '0.9', '--sigma', '5');

    expect(one).toMatchObject({
      ...{ tape: file, events: 20_000 },
      survey: { gaps: { tape: { count: 19_999 }, symbols: { concerned: 2 } }, limits: { jumpSigma: 5 } },
    });
    const two = await json('info', file, file, '--quick');
    expect(two).toMatchObject([{ tape: file }, { tape: file }]);
    expect(JSON.stringify(two)).not.toContain('survey');
  });
});

describe('tapedeck tape info on tapes of few events', () => {
  it('should tell no rate of less than a second, and the dates of what is not of the session', async () => {
    const [first, late, both] = [join(folder, 'first.tape'), join(folder, 'late.tape'), join(folder, 'both.tape')];
    await tape('cut', file, '--to', '0.5', '--out', first);
    const writer = createTapeWriter({
      ...{ path: late, name: 'late', seed: 0, sessionDate: '2020-03-18' },
      ...{ sessionOpenUs: OPEN_US + 2 * 86_400e6, sessionCloseUs: OPEN_US + 3 * 86_400e6 },
      origin: { kind: 'recorded', description: 'One trade.', sources: [] },
      instruments: [{ symbol: 'BTC', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
    });
    writer.append(trade({ eventTimeUs: OPEN_US + 2 * 86_400e6, symbol: 0, price: 100 }));
    writer.finish();
    await tape('merge', first, late, '--out', both);

    const one = (await tape('info', first)).out;
    expect(one).toMatch(/^rate +no rate of under a second$/m);
    expect(one).toMatch(/^in session {2}no rate of under a second; most in the second of /m);
    expect(one).toMatch(/^size +\d+\.\d kB, /m);
    expect(one).toMatch(/^ +no silences of a symbol over 300 s$/m);
    expect((await tape('info', late)).out).toMatch(/^session +2020-03-18, around the clock$/m);
    expect((await tape('info', both)).out).toMatch(/^span +2020-03-16 13:30:00\.000 to 2020-03-18 13:30:00\.000 UTC$/m);
  });
});

describe('tapedeck tape cut, merge, speed', () => {
  it('should cut by time and symbols, in the three ways to write a time, and merge the parts again', async () => {
    const [early, late] = [join(folder, 'early.tape'), join(folder, 'late.tape')];

    const cut = await json('cut', file, '--to', '09:30:10', '--symbols', 'IBM', '--symbols', 'AAPL', '--out', early);
    await tape('cut', file, '--from', '10', '--to', '2020-03-16T13:30:12.5Z', '--out', late);

    expect(cut).toMatchObject({ tape: early, events: 20, lastEventUs: OPEN_US + 9_500_000 });
    const merged = await json('merge', early, late, '--out', join(folder, 'merged.tape'));
    const direct = await json('cut', file, '--to', '12.5', '--out', join(folder, 'direct.tape'));
    expect(merged).toMatchObject({ events: 25, origin: { edited: true } });
    expect(hashOf(merged)).toBe(hashOf(direct));
    expect((await tape('verify', join(folder, 'merged.tape'))).code).toBe(0);
  });

  it('should write a tape at twice the speed and say so', async () => {
    const { out } = await tape('speed', file, '--factor', '2', '--out', join(folder, 'fast.tape'));

    expect(out).toMatch(/^origin .*they pass 2 times as fast/m);
    expect(out).toMatch(/^span +13:30:00\.000 to 14:53:19\.750 UTC$/m);
  });
});

describe('tapedeck tape halt', () => {
  it('should write a tape with one more halt, which info tells of', async () => {
    const out = join(folder, 'halted.tape');
    const halted = await json('halt', file, '--symbol', 'IBM', '--from', '09:31', '--to', '09:32', '--out', out);

    const halt = { symbol: 1, haltUs: OPEN_US + 60_000_000, resumeUs: OPEN_US + 120_000_000, reason: 'trading halt' };
    expect(halted).toMatchObject({ halts: [halt], origin: { edited: true } });
    expect((await tape('info', out)).out).toMatch(/ 60 trades of halted symbols$/m);
  });
});

describe('tapedeck tape head', () => {
  it('should print events as lines, as CSV and as JSON', async () => {
    const text = await tape('head', file, '-n', '2');
    const csv = await tape('head', file, '--from', '1', '--symbol', 'IBM', '--lines', '1', '--format', 'csv');
    const list = await json('head', file, '-n', '1');

    expect(text.out).toBe(
      '2020-03-16T13:30:00.000000Z  AAPL  trade  100.00 x 100\n2020-03-16T13:30:00.500000Z  IBM   trade  100.01 x 100\n',
    );
    expect(csv.out).toBe(
      'time_us,symbol,kind,price,size,bid,ask,bid_size,ask_size,flags\n1584365401500000,IBM,trade,100.03,100,,,,,0\n',
    );
    expect(list).toEqual([{ timeUs: OPEN_US, symbol: 'AAPL', kind: 'trade', price: '100.00', size: '100' }]);
  });
});

describe('tapedeck tape export', () => {
  it('should write to a file, telling so, and to stdout, with nothing else there', async () => {
    const out = join(folder, 'sub', 'any.csv');
    const toFile = await tape('export', file, '--out', out, '--symbols', 'IBM');
    const toStdout = await tape('export', file, '--symbols', 'IBM');

    expect(toFile.err).toBe(`10,000 events written to ${out}\n`);
    expect(readFileSync(out, 'utf8')).toBe(toStdout.out);
    expect(toStdout).toMatchObject({ code: 0, err: '' });
  });

  it("should write a folder of Binance's files", async () => {
    const out = join(folder, 'binance');
    const { err } = await tape('export', file, '--format', 'binance-trades', '--out', out);

    expect(err).toBe(`20,000 events written to 2 files in ${out}\n`);
    expect(readdirSync(out)).toEqual(['AAPL-trades-2020-03-16.csv', 'IBM-trades-2020-03-16.csv']);
  });

  it('should end quietly when its reader leaves', async () => {
    const main = projectFile('cli', 'main.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'tape', 'export', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (text) => (err += String(text)));
    await once(child.stdout, 'data');
    child.stdout.destroy();

    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(err).toBe('');
  });
});

describe('tapedeck tape, used wrongly', () => {
  const out = join(folder, 'never.tape');

  it.each([
    [64, ['cut', file, '--from', 'noon', '--out', out], '--from noon: give seconds after the open (90), exchange time'],
    [64, ['cut', file, '--from', '10001', '--to', '99999', '--out', out], 'no event lies in the part asked for'],
    [64, ['cut', file, '--symbols', 'MSFT', '--out', out], 'has no symbol "MSFT"; it has AAPL IBM'],
    [64, ['cut', file, '--out', '-'], "a tape can't go to stdout: name a file with --out"],
    [64, ['cut', file], "required option '--out <file>' not specified"],
    [64, ['merge', file, '--out', out], "missing required argument 'files'"],
    [66, ['merge', file, join(folder, 'none.tape'), '--out', out], 'no such file'],
    [64, ['speed', file, '--factor', '0', '--out', out], 'Give a number from 0.001, at most 1000'],
    [64, ['speed', file, '--factor', '2', '--out', `${file}/x`], "can't be written (EEXIST); choose another place"],
    [64, ['cut', file, '--to', '10', '--out', file], 'is read here, and would be overwritten; choose another place'],
    [64, ['merge', file, file, '--out', file], 'is read here'],
    [64, ['speed', file, '--factor', '2', '--out', `${folder}/./any.tape`], 'is read here'],
    [64, ['export', file, '--out', file], 'is read here'],
    [64, ['halt', file, '--symbol', 'MSFT', '--from', '1', '--out', out], 'has no symbol "MSFT"'],
    [64, ['halt', file, '--symbol', 'IBM', '--from', '1', '--reason', '', '--out', out], 'Give a reason of one line'],
    [64, ['head', file, '--symbol', 'MSFT'], 'has no symbol "MSFT"'],
    [64, ['head', file, '-n', '0'], 'Give a whole number from 1 to 1000000'],
    [64, ['export', file, '--format', 'binance-trades'], 'take one with --symbols NAME, or name a folder with --out'],
    [64, ['export', file, '--format', 'xml'], 'Allowed choices are csv, ndjson, polygon-trades, binance-trades'],
    [64, ['info', file, '--silence', '0'], 'Give a number above 0'],
    [66, ['export', join(folder, 'none.tape')], 'build one with "tapedeck tape build"'],
  ])('should leave with %i for %j, in one line, and write nothing', async (code, args, reason) => {
    const ran = await tape(...args);

    expect(ran).toMatchObject({ code, out: '', err: expect.stringContaining(reason) });
    expect(ran.err.match(/\n/g)).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });
});

function hashOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'eventHash' in value ? value.eventHash : undefined;
}
