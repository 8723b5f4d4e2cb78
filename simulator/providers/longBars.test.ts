import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { ProviderBar, ProviderMarket } from './facade.ts';
import { barsOf, joinBars } from './longBars.ts';

const MINUTE_US = 60_000_000;

/** A minute of four trades that say where it stands. */
function minuteAt(minute: number, values: Partial<ProviderBar> = {}): ProviderBar {
  const startUs = minute * MINUTE_US;
  const prices = { open: 100 + minute, high: 110 + minute, low: 90 + minute, close: 105 + minute };
  return {
    symbol: 0,
    seconds: 60,
    startUs,
    endUs: startUs + MINUTE_US,
    ...prices,
    volume: 4,
    notional: 400,
    trades: 4,
    ...values,
  };
}

function marketOf(minutes: readonly ProviderBar[], forming?: ProviderBar): Pick<ProviderMarket, 'minutes' | 'forming'> {
  return {
    minutes: (_, fromUs = 0, toUs = Number.POSITIVE_INFINITY) =>
      minutes.filter(({ startUs }) => startUs >= fromUs && startUs < toUs),
    forming: () => forming,
  };
}

describe('bars of several minutes', () => {
  it('should join minutes from whole multiples of their length, the forming one too, with holes where nothing was traded', () => {
    const market = marketOf([minuteAt(3), minuteAt(4), minuteAt(5), minuteAt(12)], minuteAt(13));
    const bars = barsOf(market, 0, { minutesPerBar: 5 });
    expect(bars.map(({ startUs, endUs, trades }) => [startUs / MINUTE_US, endUs / MINUTE_US, trades])).toEqual([
      [0, 5, 8],
      [5, 10, 4],
      [10, 15, 8],
    ]);
    expect(bars[0]).toMatchObject({
      open: 103,
      high: 114,
      low: 93,
      close: 109,
      volume: 8,
      notional: 800,
      seconds: 300,
    });
  });

  it('should begin at an anchor, and keep to bounds', () => {
    const market = marketOf([minuteAt(3), minuteAt(4), minuteAt(5)], minuteAt(6));
    const anchored = barsOf(market, 0, { minutesPerBar: 2, anchorUs: 3 * MINUTE_US });
    expect(anchored.map(({ startUs }) => startUs / MINUTE_US)).toEqual([3, 5]);
    const bounded = barsOf(market, 0, { minutesPerBar: 1, fromUs: 4 * MINUTE_US, toUs: 6 * MINUTE_US });
    expect(bounded.map(({ startUs }) => startUs / MINUTE_US)).toEqual([4, 5]);
  });

  it('should join nothing to nothing', () => {
    expect(joinBars([], { startUs: 0, endUs: 1 })).toBeUndefined();
    expect(barsOf(marketOf([]), 0, { minutesPerBar: 5 })).toEqual([]);
  });

  test.prop([fc.uniqueArray(fc.nat(500), { minLength: 1 }), fc.integer({ min: 1, max: 90 })])(
    'should neither lose nor invent trading',
    (at, minutesPerBar) => {
      const minutes = at.toSorted((a, b) => a - b).map((minute) => minuteAt(minute, { volume: minute + 1 }));
      const bars = barsOf(marketOf(minutes), 0, { minutesPerBar });
      const sum = (of: readonly ProviderBar[]) => of.reduce((total, { volume }) => total + volume, 0);
      expect(sum(bars)).toBe(sum(minutes));
      expect(bars.at(-1)?.close).toBe(minutes.at(-1)?.close);
      expect(Math.max(...bars.map(({ high }) => high))).toBe(Math.max(...minutes.map(({ high }) => high)));
    },
  );
});
