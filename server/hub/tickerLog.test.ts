import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { TickerState } from '../../market/tickers.ts';
import { TickKind } from '../../market/types.ts';
import { testInstruments } from '../testing/manualFeed.ts';
import { TickerLog } from './tickerLog.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function makeLog(options: { readonly symbols?: number; readonly maxEvents?: number; readonly maxAgeUs?: number } = {}) {
  const { symbols = 1, maxEvents = 100, maxAgeUs = 1e12 } = options;
  const tickers = new TickerState(symbols);
  const limits = { maxEvents, maxAgeUs };
  const log = new TickerLog({ epoch: 'e', instruments: testInstruments(symbols), limits, leastKept: 1 });
  const empty = { price: 0, size: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  const trade = (symbol: number, nowUs: number, size = 10): void => {
    const price = 100 + (tickers.seq[symbol] as number);
    const tick = { ...empty, kind: TickKind.TRADE, symbol, eventTimeUs: nowUs, price, size };
    tickers.apply(tick);
    log.append(tick, tickers, { receivedTimeUs: nowUs, dueTimeUs: nowUs - 5 });
  };
  return { log, trade };
}

describe('TickerLog', () => {
  it('should give back every event while it grows, and the latest ones once it is full', () => {
    const { log, trade } = makeLog({ maxEvents: 100 });
    for (let seq = 1; seq <= 1000; seq++) {
      trade(0, seq);
      const oldest = Math.max(1, seq - 99);
      expect(log.span(0, seq)).toEqual({ epoch: 'e', head: seq, oldest });
      for (const read of [oldest, seq]) {
        expect(log.read(0, read)).toMatchObject({
          seq: read,
          last: 99 + read,
          receivedTimeUs: read,
          dueTimeUs: read - 5,
        });
      }
    }
  });

  it('should let go of what is too old', () => {
    const { log, trade } = makeLog({ maxAgeUs: 10 });
    for (const nowUs of [100, 105, 111]) trade(0, nowUs);
    expect(log.span(0, 111).oldest).toBe(2);
    expect(log.span(0, 115).oldest).toBe(2);
    expect(log.span(0, 116).oldest).toBe(3);
    expect(log.span(0, 999)).toEqual({ epoch: 'e', head: 3, oldest: 4 });
  });

  it('should keep sizes beyond 32 bits exactly, and those before them', () => {
    const { log, trade } = makeLog();
    trade(0, 1, 7);
    trade(0, 2, 1e12);
    for (let nowUs = 3; nowUs < 60; nowUs++) trade(0, nowUs, 3);
    expect(log.read(0, 1).lastSize).toBe(7);
    expect(log.read(0, 2).lastSize).toBe(1e12);
    expect(log.read(0, 59).volume).toBe(1e12 + 7 + 57 * 3);
  });

  it('should give nothing for resume without a history, but the state', () => {
    const { log, trade } = makeLog({ maxEvents: 0 });
    trade(0, 1);
    trade(0, 2);
    expect(log.span(0, 2)).toEqual({ epoch: 'e', head: 2, oldest: 3 });
    expect(log.read(0, 2)).toMatchObject({ last: 101 });
    expect(log.read(0, 0)).toMatchObject({ last: 0, eventTimeUs: 0, symbol: 'S0' });
  });

  it('should take at most 60 bytes an event, so 1000 symbols of 1024 events well under 100 MB', async () => {
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const { log, trade } = makeLog({ symbols: 100, maxEvents: 1024 });
    for (let event = 0; event < 102_400; event++) trade(event % 100, event);
    // What a collection frees of array buffers is given back by threads of the engine's own.
    const bytesAnEvent = (): number => (process.memoryUsage().arrayBuffers - before) / 102_400;
    for (let turns = 0; turns < 100 && bytesAnEvent() >= 60; turns++) {
      collectGarbage();
      await turn();
    }
    expect(log.span(99, 102_400).oldest).toBe(1);
    expect(bytesAnEvent()).toBeLessThan(60);
  });
});
