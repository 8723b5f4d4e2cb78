import { expect, it } from 'vitest';
import { CRYPTO } from './calendar/calendars.ts';
import { MarketEngine } from './engine.ts';
import { orderTerms, quoteTick, testInstrument, told, tradeTick } from './harness.ts';

const START_US = Date.parse('2025-03-03T15:00:00Z') * 1000;
const SECOND_US = 1_000_000;

/** An engine with bars whose events and bars' effects are kept in one list. */
function engineWithBars() {
  const news: string[] = [];
  const engine: MarketEngine = new MarketEngine({
    instruments: [testInstrument(0)],
    sink: (event) => news.push(told(event)),
    data: {
      calendar: CRYPTO,
      sink: {
        barClosed: (symbol, frame) =>
          void news.push(
            `closed at ${engine.data?.bars.window(symbol, frame).close(0)}, last ${engine.tickers.last[0]}`,
          ),
        barCorrected: () => void news.push('corrected'),
        gap: () => {},
      },
    },
  });
  const trade = (price: number, seconds: number) =>
    engine.onTick(tradeTick({ price, eventTimeUs: START_US + seconds * SECOND_US }));
  return { engine, trade, news };
}

it('should close bars before the tick that ends them is worked', () => {
  const { engine, trade, news } = engineWithBars();
  trade(10_000, 0);
  engine.onCommand(orderTerms('stop', { type: 'STOP_MARKET', triggerPrice: 9_500 }));
  trade(9_500, 60);
  expect(news).toEqual([
    ...['accepted stop', 'closed at 10000, last 10000', 'triggered stop', 'execution stop 1 at 9500', 'filled stop'],
  ]);
});

it('should move the clock of bars with quotes and clock inputs', () => {
  const { engine, trade, news } = engineWithBars();
  trade(100, 0);
  engine.onTick(quoteTick({ bid: 99, ask: 101, eventTimeUs: START_US + 60 * SECOND_US }));
  trade(101, 61);
  engine.onControl({ kind: 'clock', timeUs: START_US + 120 * SECOND_US });
  expect(news).toEqual(['closed at 100, last 100', 'closed at 101, last 101']);
});

it('should let a late trade amend its bar and nothing else', () => {
  const { engine, trade, news } = engineWithBars();
  trade(10_000, 50);
  trade(10_000, 60);
  engine.onCommand(orderTerms('stop', { type: 'STOP_MARKET', triggerPrice: 9_500 }));
  news.length = 0;
  expect(trade(9_400, 55)).toBe(false);
  expect(news).toEqual(['corrected']);
  expect(engine.data?.bars.window(0, 0).low(0)).toBe(9_400);
  expect([engine.tickers.last[0], engine.tickers.seq[0], engine.refusedTicks.size]).toEqual([10_000, 2, 0]);
});

it('should trigger nothing on a tick that cleaning refuses, and count it', () => {
  const { engine, trade, news } = engineWithBars();
  trade(10_000, 0);
  engine.onCommand(orderTerms('stop', { type: 'STOP_MARKET', triggerPrice: 9_500 }));
  expect(trade(5_000, 1)).toBe(false);
  expect(news).toEqual(['accepted stop']);
  expect(Object.fromEntries(engine.refusedTicks)).toEqual({ off_band: 1 });
});

it('should adjust windows and the last price alike in a split', () => {
  const { engine, trade } = engineWithBars();
  trade(10_000, 0);
  trade(10_000, 60);
  engine.onControl({ kind: 'corporate_action', symbol: 0, numerator: 4, denominator: 1, cashPerShare: 0 });
  expect([engine.data?.bars.window(0, 0).close(0), engine.tickers.last[0]]).toEqual([2_500, 2_500]);
  expect(trade(2_500, 61)).toBe(true);
});

it('should go on alike when its state was saved and restored', () => {
  const one = engineWithBars();
  const other = engineWithBars();
  one.trade(10_000, 0);
  one.trade(10_100, 60);
  const { data } = one.engine;
  if (data === undefined) throw new Error('no bars');
  other.engine.tickers.restore(one.engine.tickers.state());
  other.engine.data?.restore(data.save());
  for (const { trade } of [one, other]) trade(10_200, 120);
  expect(other.news).toEqual(['closed at 10100, last 10100']);
  expect(other.engine.data?.save()).toEqual(data.save());
});

it('should not be fed from the sink of its bars', () => {
  const engine: MarketEngine = new MarketEngine({
    instruments: [testInstrument(0)],
    sink: () => {},
    data: {
      calendar: CRYPTO,
      sink: {
        barClosed: () => void engine.onCommand(orderTerms('order', { type: 'MARKET' })),
        barCorrected: () => {},
        gap: () => {},
      },
    },
  });
  engine.onTick(tradeTick({ price: 100, eventTimeUs: START_US }));
  expect(() => engine.onTick(tradeTick({ price: 100, eventTimeUs: START_US + 60 * SECOND_US }))).toThrow(
    'the engine was fed from its own sink',
  );
});
