import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect, it } from 'vitest';
import { CRYPTO, NYSE } from '../../market/calendar/calendars.ts';
import { type Tick, TickKind } from '../../market/types.ts';
import type { ProviderBar } from './facade.ts';
import { MarketBook } from './marketBook.ts';
import { POLYGON } from './polygon.ts';
import { CLOSE_US, OPEN_US, openTestHost, quoteAt, SYMBOLS, tradeAt } from './testing/testHost.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;

const host = await openTestHost({ kind: POLYGON, ticks: [tradeAt(0)] });
const { header } = host.tape;
afterAll(() => host.close());

function openBook(calendar = NYSE as ConstructorParameters<typeof MarketBook>[0]['calendar']) {
  const bars: ProviderBar[] = [];
  const at = { nowUs: OPEN_US };
  const time = { marketNowUs: () => at.nowUs, shownUs: (eventTimeUs: number) => eventTimeUs };
  const book = new MarketBook({ header, time, calendar, bar: (bar) => bars.push(bar) });
  const take = (...ticks: readonly Tick[]): void => {
    for (const tick of ticks) {
      at.nowUs = tick.eventTimeUs;
      book.advance(tick.eventTimeUs);
      book.tick(tick, tick.eventTimeUs, tick.eventTimeUs);
    }
  };
  return { book, bars, take, at };
}

/** Bars of a length, made the slow way: every trade in every bar looked at. */
function naiveBars(ticks: readonly Tick[], lengthUs: number): unknown[] {
  const starts = [...new Set(ticks.map((tick) => Math.floor(tick.eventTimeUs / lengthUs) * lengthUs))];
  return starts.flatMap((startUs) =>
    SYMBOLS.flatMap((_, symbol) => {
      const inside = ticks.filter(
        (tick) =>
          tick.symbol === symbol &&
          tick.kind === TickKind.TRADE &&
          Math.floor(tick.eventTimeUs / lengthUs) * lengthUs === startUs,
      );
      const prices = inside.map(({ price }) => price);
      if (prices.length === 0) return [];
      return {
        ...{ symbol, startUs, open: prices[0], close: prices.at(-1), trades: prices.length },
        ...{ high: Math.max(...prices), low: Math.min(...prices) },
        volume: inside.reduce((sum, { size }) => sum + size, 0),
        notional: inside.reduce((sum, { size, price }) => sum + size * price, 0),
      };
    }),
  );
}

function inOrder(bars: readonly ProviderBar[]): unknown[] {
  const sorted = [...bars].sort((one, other) => one.startUs - other.startUs || one.symbol - other.symbol);
  return sorted.map(({ seconds, endUs, ...bar }) => {
    expect(endUs - bar.startUs).toBe(seconds * 1_000_000);
    return bar;
  });
}

const someTicks = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 45_000 }),
      symbol: fc.integer({ min: 0, max: SYMBOLS.length - 1 }),
      isQuote: fc.boolean(),
      price: fc.integer({ min: 1, max: 20_000 }),
      size: fc.integer({ min: 1, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((events) => {
    let ms = 0;
    return events.map(({ gapMs, symbol, isQuote, price, size }) => {
      ms += gapMs;
      return isQuote ? quoteAt(ms, { symbol }) : tradeAt(ms, { symbol, price, size });
    });
  });

describe('MarketBook: bars', () => {
  test.prop([someTicks])('should be those of the trades, each told once, minutes kept', (ticks) => {
    const { book, bars, take } = openBook();
    book.hasSeconds = true;
    take(...ticks);
    book.advance((ticks.at(-1)?.eventTimeUs ?? 0) + MINUTE_US);
    const minutes = bars.filter(({ seconds }) => seconds === 60);
    expect(inOrder(minutes)).toEqual(naiveBars(ticks, MINUTE_US));
    expect(inOrder(bars.filter(({ seconds }) => seconds === 1))).toEqual(naiveBars(ticks, 1_000_000));
    expect(inOrder(SYMBOLS.flatMap((_, symbol) => book.minutes(symbol)))).toEqual(naiveBars(ticks, MINUTE_US));
  });

  it('should show the one in the making, and end it by the time alone', () => {
    const { book, bars, take } = openBook();
    take(tradeAt(10_000, { price: 10_500 }));
    expect(book.forming(0)).toMatchObject({ startUs: OPEN_US, open: 10_500, trades: 1 });
    expect(book.nextBarEndUs()).toBe(OPEN_US + MINUTE_US);
    book.advance(OPEN_US + MINUTE_US - 1);
    expect(bars).toEqual([]);
    book.advance(OPEN_US + MINUTE_US);
    expect(bars).toMatchObject([{ symbol: 0, close: 10_500 }]);
    expect(book.forming(0)).toBeUndefined();
    expect(book.nextBarEndUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('should count a trade that comes late for the bar in the making, never for one that was told', () => {
    const { book, bars, take } = openBook();
    take(tradeAt(10_000), tradeAt(61_000), tradeAt(59_000, { price: 9_000 }));
    book.advance(OPEN_US + 2 * MINUTE_US);
    expect(bars.map(({ startUs, trades }) => [(startUs - OPEN_US) / MINUTE_US, trades])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('should give minutes of a stretch of time', () => {
    const { book, take } = openBook();
    for (let minute = 0; minute < 40; minute++) take(tradeAt(minute * 60_000, { price: 10_000 + minute }));
    const opens = (fromMinute: number, toMinute: number) =>
      book.minutes(0, OPEN_US + fromMinute * MINUTE_US, OPEN_US + toMinute * MINUTE_US).map(({ open }) => open);
    expect(opens(5, 8)).toEqual([10_005, 10_006, 10_007]);
    expect(opens(38, 60)).toEqual([10_038]);
    expect(opens(60, 70)).toEqual([]);
  });
});

describe('MarketBook: the day', () => {
  it('should know the last trade and quote and the range of the day', () => {
    const { book, take } = openBook();
    take(
      tradeAt(0, { price: 10_000 }),
      tradeAt(1, { price: 10_300 }),
      tradeAt(2, { price: 9_900, size: 7 }),
      quoteAt(3),
    );
    expect(book.view(0)).toMatchObject({
      ...{ last: 9_900, lastSize: 7, lastTimeUs: OPEN_US + 2_000, trades: 3, open: 10_000, high: 10_300, low: 9_900 },
      ...{ volume: 207, bid: 9_999, ask: 10_001, bidSize: 300, askSize: 250, quoteTimeUs: OPEN_US + 3_000 },
      ...{ previousClose: 9_900, isHalted: false },
    });
    expect(book.view(1)).toMatchObject({ last: 0, volume: 0, previousClose: 9_900 });
    expect(() => book.view(99)).toThrow(RangeError);
  });

  it.each([
    ['New York', NYSE],
    ['a market that never closes', CRYPTO],
    ['no calendar', undefined],
  ])('should begin anew with the next day: %s', (_, calendar) => {
    const { book, take } = openBook(calendar);
    take(tradeAt(0, { price: 10_000 }), tradeAt(60_000, { price: 10_100 }));
    take(tradeAt(0, { price: 10_400, eventTimeUs: OPEN_US + DAY_US }));
    expect(book.view(0)).toMatchObject({ open: 10_400, low: 10_400, volume: 100, previousClose: 10_100, trades: 3 });
    expect(book.minutes(0)).toHaveLength(2);
  });

  it("should count trade before and after hours to the day of New York's session", () => {
    const { book, take } = openBook();
    take(tradeAt(-3_600_000), tradeAt(0), tradeAt((CLOSE_US - OPEN_US) / 1_000 + 60_000));
    expect(book.view(0).volume).toBe(300);
  });

  it('should know the session and its phase', () => {
    const { book, at } = openBook();
    const phases = [-1, 0, CLOSE_US - OPEN_US, 12 * 3_600_000_000].map((afterUs) => {
      at.nowUs = OPEN_US + afterUs;
      expect(book.nowUs()).toBe(at.nowUs);
      if (afterUs < DAY_US / 2) expect(book.session()).toEqual({ openUs: OPEN_US, closeUs: CLOSE_US });
      return book.phase();
    });
    expect(phases).toEqual(['pre', 'regular', 'post', 'closed']);
    expect(book.session().openUs).toBe(OPEN_US + DAY_US);
  });

  it('should forget everything when told, and know of a halt', () => {
    const { book, take } = openBook();
    take(tradeAt(0));
    book.halt(0, true);
    expect(book.view(0).isHalted).toBe(true);
    book.clear();
    expect(book.view(0)).toMatchObject({ last: 0, volume: 0, isHalted: false, previousClose: 9_900 });
    expect(book.forming(0)).toBeUndefined();
  });
});

describe('MarketBook: what was before', () => {
  const views = (book: MarketBook) =>
    SYMBOLS.map((_, symbol) => {
      const { last, lastSize, lastTimeUs, trades, bid, ask, quoteTimeUs } = book.view(symbol);
      const { open, high, low, volume, notional, previousClose } = book.view(symbol);
      return {
        ...{
          last,
          lastSize,
          lastTimeUs,
          trades,
          bid,
          ask,
          quoteTimeUs,
          open,
          high,
          low,
          volume,
          notional,
          previousClose,
        },
        ...{ minutes: book.minutes(symbol), forming: book.forming(symbol) },
      };
    });
  const anEvent = fc.record({
    isTrade: fc.boolean(),
    symbol: fc.nat(SYMBOLS.length - 1),
    // Within a minute, into another one, or to another day.
    afterMs: fc.oneof(fc.nat(20_000), fc.nat(200_000), fc.constant(DAY_US / 1_000)),
    price: fc.integer({ min: 9_000, max: 11_000 }),
  });
  const places = fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60));

  test.prop([fc.array(anEvent, { maxLength: 60 }), places], { seed: 20200316 })(
    'should make a book that began later like one that heard all, whenever it is told',
    (events, [one, other, third]) => {
      let atMs = 0;
      const ticks = events.map(({ isTrade, symbol, afterMs, price }) => {
        atMs += afterMs;
        return isTrade ? tradeAt(atMs, { symbol, price }) : quoteAt(atMs, { symbol, bid: price - 1, ask: price + 1 });
      });
      const [begins = 0, goesOn = 0, toldAt = 0] = [one, other, third].sort((a, b) => a - b);
      const all = openBook();
      const past = openBook().book;
      const later = openBook();
      for (const tick of ticks.slice(0, begins)) past.warm(tick);
      for (const tick of ticks.slice(begins, goesOn)) later.book.warm(tick);
      later.take(...ticks.slice(goesOn, toldAt));
      later.book.precede(past);
      later.take(...ticks.slice(toldAt));
      all.take(...ticks);
      for (const { book } of [all, later]) book.advance(OPEN_US + atMs * 1_000);
      expect(views(later.book)).toEqual(views(all.book));
    },
  );
});
