import { describe, expect, it } from 'vitest';
import { BarWork } from './barWork.ts';

const MINUTE_US = 60_000_000;
const START_US = 600 * MINUTE_US;

/** Bars of 100 symbols close at once; each takes `barUs` to be worked. */
function close(options: { readonly barUs: number }) {
  let nowUs = 0;
  const turns: (() => void)[] = [];
  const log: string[] = [];
  const times = { receivedTimeUs: 7, dueTimeUs: 5 };
  const work: BarWork = new BarWork({
    symbols: 100,
    times,
    next: {
      barClosed: (symbol, frame) => {
        nowUs += options.barUs;
        log.push(`${symbol}/${frame} of ${work.times.receivedTimeUs}`);
      },
      barCorrected: (symbol, _frame, back) => log.push(`corrected ${symbol}/${back}`),
      gap: () => undefined,
    },
    clock: { nowUs: () => nowUs, offsetUs: 0 },
    soon: (turn) => turns.push(turn),
    closingStartUs: () => START_US,
    onSlice: () => log.push('slice'),
    onDone: ({ dueTimeUs }) => log.push(`done, due ${dueTimeUs}`),
  });
  for (let symbol = 0; symbol < 100; symbol++) work.barClosed(symbol, symbol === 3 ? 1 : 0);
  times.receivedTimeUs = 99;
  const turn = (): void => {
    for (const each of turns.splice(0)) each();
  };
  return { work, log, turn, turns };
}

describe('BarWork', () => {
  it('should work bars in slices, in the order in which they closed and with the times of their own input', () => {
    const { work, log, turn, turns } = close({ barUs: 100 });
    expect(log).toEqual([]);
    turn();
    const first = log.splice(0);
    expect(first.slice(0, 4)).toEqual(['0/0 of 7', '1/0 of 7', '2/0 of 7', '3/1 of 7']);
    expect(first.at(-1)).toBe('slice');
    expect(first.length).toBeLessThan(30);
    let more = 0;
    for (; work.isPending; more++) turn();
    expect(more).toBeGreaterThan(3);
    expect(log.filter((line) => line.includes('/'))).toHaveLength(100 - (first.length - 1));
    expect(log.slice(-3)).toEqual(['99/0 of 7', 'slice', 'done, due 5']);
    expect(turns).toEqual([]);
  });

  it.each([
    ['a late tick, which may correct a bar', START_US + MINUTE_US - 1, true],
    ['a tick of the minute that is open', START_US + MINUTE_US, false],
    ['the last tick of the open minute', START_US + 2 * MINUTE_US - 1, false],
    ['what closes the next minute', START_US + 2 * MINUTE_US, true],
  ])('should have settled everything before %s', (_what, timeUs, isSettled) => {
    const { work, log } = close({ barUs: 1 });
    work.before(timeUs);
    expect(work.isPending).toBe(!isSettled);
    expect(log.filter((line) => line.includes('/'))).toHaveLength(isSettled ? 100 : 0);
  });

  it('should begin anew after a batch, and pass corrections on at once', () => {
    const { work, log, turn } = close({ barUs: 1 });
    work.settle();
    turn();
    log.length = 0;
    work.barCorrected(5, 0, 2);
    work.barClosed(1, 0);
    expect(log).toEqual(['corrected 5/2']);
    turn();
    expect(log.slice(1)).toEqual(['1/0 of 99', 'slice', 'done, due 5']);
  });
});
