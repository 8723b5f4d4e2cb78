import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TickKind } from '../../market/types.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import { openTape, verifyTape } from '../../simulator/tape/reader.ts';
import { aTrade, drain, openWriter } from '../../simulator/tape/testTicks.ts';
import { isStreamed, scenarioShownBy, tapeAsShown } from './shownTape.ts';

let folder: string;
let tapePath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-shown-'));
  tapePath = join(folder, 'source.tape');
});
afterEach(() => rmSync(folder, { recursive: true }));

const quote = { kind: TickKind.QUOTE, price: 0, size: 0, bid: 99, ask: 101, bidSize: 100, askSize: 200 };

function writeSource(hasTrades = true): void {
  const writer = openWriter(tapePath, { symbols: 2 });
  for (let at = 0; at < 300; at++) {
    const eventTimeUs = 1_000_000 + at * 700;
    const isTrade = hasTrades && at % 3 === 0;
    writer.append(
      aTrade({ eventTimeUs, symbol: at % 2, ...(isTrade ? { price: 100 + at, size: at === 6 ? 99 : 100 } : quote) }),
    );
  }
  writer.finish();
}

async function shownBy(provider: 'polygon' | 'binance' | 'tradier') {
  const path = await tapeAsShown({ tapePath, provider, cacheDir: folder });
  verifyTape(path);
  const tape = openTape(path);
  const ticks = drain(tape.cursor());
  tape.close();
  return { path, ticks, header: tape.header };
}

describe('a tape as a provider shows it', () => {
  it('should have all that Polygon says, in whole ms and without odd lots and in order, and say so', async () => {
    writeSource();
    const { ticks, header } = await shownBy('polygon');
    expect(ticks).toHaveLength(299);
    expect(ticks.every(({ eventTimeUs }) => eventTimeUs % 1000 === 0)).toBe(true);
    expect(ticks[1]).toMatchObject({ ...quote, symbol: 1, eventTimeUs: 1_000_000 });
    expect(ticks[3]).toMatchObject({ kind: TickKind.TRADE, price: 103, size: 100, eventTimeUs: 1_002_000 });
    expect(header.origin.description).toMatch(/made by a test As polygon shows it: without odd lots, in whole ms\.$/);
  });

  it('should have trades alone where quotes have no time, made once', async () => {
    writeSource();
    const { ticks, path } = await shownBy('binance');
    expect(ticks.map(({ kind }) => kind)).toEqual(Array.from({ length: 100 }, () => TickKind.TRADE));
    expect(await tapeAsShown({ tapePath, provider: 'binance', cacheDir: folder })).toBe(path);
  });

  it('should have of Tradier the sizes of quotes in whole lots, and odd lots of trades', async () => {
    const writer = openWriter(tapePath, { symbols: 1 });
    writer.append(aTrade({ eventTimeUs: 1_000_400, price: 100, size: 99 }));
    writer.append(aTrade({ eventTimeUs: 1_001_000, ...quote, bidSize: 40, askSize: 270 }));
    writer.append(aTrade({ eventTimeUs: 1_002_000, ...quote, bidSize: 0, askSize: 300 }));
    writer.finish();
    const { ticks, header } = await shownBy('tradier');
    expect(ticks).toMatchObject([
      { eventTimeUs: 1_000_000, size: 99 },
      { bidSize: 100, askSize: 200 },
      { bidSize: 0, askSize: 300 },
    ]);
    expect(header.origin.description).toMatch(/As tradier shows it: in whole ms, sizes of quotes in lots of 100\.$/);
  });

  it('should refuse a tape of which nothing would be left', async () => {
    writeSource(false);
    await expect(shownBy('binance')).rejects.toThrow('it has no trades, and binance shows those alone');
  });

  it('should be played faster where less of it is left', () => {
    const scenario = loadScenario('default');
    expect(scenarioShownBy('polygon', scenario)).toEqual(scenario);
    expect(scenarioShownBy('finnhub', scenario).tape).toEqual({ ...scenario.tape, speed: 1.6 * 2.75 });
    expect([isStreamed('polygon'), isStreamed('yahoo'), isStreamed('toString')]).toEqual([true, false, false]);
  });
});
