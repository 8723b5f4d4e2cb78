import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TradeFlag } from '../../market/clean.ts';
import { type Tick, TickKind } from '../../market/types.ts';
import { loadHistory } from '../history.ts';
import { openTape } from '../tape/reader.ts';
import { aTrade, inFolder } from '../tape/testTicks.ts';
import { createTapeWriter } from '../tape/writer.ts';
import { tapeFacts } from './facts.ts';

const history = await loadHistory();
const OPEN_US = 1_584_365_400e6;

function aQuote(values: Partial<Tick>): Tick {
  return { ...aTrade(), kind: TickKind.QUOTE, bid: 9_990, ask: 10_010, bidSize: 100, askSize: 300, ...values };
}

/** The facts of a recorded tape of these events, whose times are seconds after the open. */
function factsOf(ticks: readonly Tick[], options: { decimals?: number; lots?: number } = {}) {
  return inFolder((folder) => {
    const path = join(folder, 'hand.tape');
    const { decimals: priceDecimals = 2, lots: quantityDecimals = 0 } = options;
    const writer = createTapeWriter({
      path,
      name: 'by hand',
      seed: 0,
      origin: { kind: 'recorded', description: 'made by a test', sources: [] },
      instruments: ['A', 'B'].map((symbol, index) => ({
        symbol,
        index,
        priceDecimals,
        quantityDecimals,
        previousClose: 0,
      })),
      sessionDate: '2020-03-16',
      sessionOpenUs: OPEN_US,
      sessionCloseUs: OPEN_US + 10 * 60e6,
    });
    for (const tick of ticks) writer.append({ ...tick, eventTimeUs: OPEN_US + tick.eventTimeUs * 1e6 });
    writer.finish();
    const tape = openTape(path);
    try {
      return tapeFacts(tape, { history });
    } finally {
      tape.close();
    }
  });
}

describe('tapeFacts', () => {
  it('should tell spreads and sizes of a price level in the currency and in shares', async () => {
    const ticks = [
      aQuote({ eventTimeUs: 1 }),
      aQuote({ eventTimeUs: 2, bid: 9_980, ask: 10_020 }),
      aTrade({ eventTimeUs: 3, price: 10_000, size: 50 }),
    ];

    expect((await factsOf(ticks)).priceLevels).toEqual([
      { fromPrice: 100, toPrice: 200, symbols: 1, spreadTicks: 30, spreadBp: 30, quoteSize: 200, tradeSize: 50 },
    ]);
    expect((await factsOf(ticks, { decimals: 3, lots: 1 })).priceLevels).toEqual([
      { fromPrice: 10, toPrice: 20, symbols: 1, spreadTicks: 30, spreadBp: 30, quoteSize: 20, tradeSize: 5 },
    ]);
  });

  it('should count auctions and their share of the shares traded', async () => {
    const { auctions } = await factsOf([
      aTrade({ eventTimeUs: 1, price: 100, size: 10, flags: TradeFlag.OPENING_AUCTION }),
      aTrade({ eventTimeUs: 2, price: 100, size: 60, flags: TradeFlag.NOT_LAST }),
      aTrade({ eventTimeUs: 3, price: 100, size: 30, flags: TradeFlag.CLOSING_AUCTION | TradeFlag.NOT_LAST }),
    ]);

    expect(auctions).toEqual({ openings: 1, closings: 1, openingShare: 0.1, closingShare: 0.3 });
  });

  it('should hold gaps against a Poisson process', async () => {
    // Every symbol is silent for a long time after each ten events: one gap of ten is about ten times the mean.
    const ticks = Array.from({ length: 500 }, (_, at) =>
      aQuote({ eventTimeUs: Math.floor(at / 10) * 10 + (at % 10) * 0.01 }),
    );
    const { arrivals } = await factsOf(ticks);

    expect(arrivals.symbols).toBe(1);
    expect(arrivals.longer.find(({ gaps }) => gaps === 5)?.share).toBeCloseTo(49 / 499, 6);
    expect(arrivals.longer.find(({ gaps }) => gaps === 5)?.poisson).toBeCloseTo(Math.exp(-5), 12);
    expect(arrivals.ranks).toEqual([{ rank: 1, events: 500 }]);
  });

  it('should say of a recorded tape that it is, and leave out what it is too short for', async () => {
    const facts = await factsOf([aTrade({ eventTimeUs: 1, price: 100, size: 1 })]);

    expect(facts.tape).toMatchObject({ kind: 'recorded', description: 'made by a test', events: 1, trades: 1 });
    expect(facts.source).toMatchObject({ isOrigin: false, firstDate: '2000-01-03' });
    expect(facts.returns.map(({ role }) => role)).toEqual(['source']);
    expect(facts.priceLevels).toEqual([]);
    expect(facts.intraday[0]).toEqual({ minute: 0, events: 10, absoluteReturn: 0 });
  });
});
