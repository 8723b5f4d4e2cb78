import { describe, expect, it } from 'vitest';
import { testInstrument } from '../../market/harness.ts';
import type { ClientLine, SeenBar, SeenPattern } from '../../protocol/run.ts';
import { soundClient } from '../judge/testEvidence.ts';
import { MINUTE_US, type NaiveBar } from './bars.ts';
import { judgeMarket } from './judgeMarket.ts';

const START_US = 1_700_000_000_000_000;
/** The part played begins ten seconds before the end of the third bar, and ends in the fourth. */
const FROM_US = 3 * MINUTE_US - 10_000_000;
const SCHEDULE = { startUs: START_US, fromEventUs: FROM_US, toEventUs: FROM_US + 40_000_000, speed: 1 };
const BARS: NaiveBar[] = [
  [10_000, 10_100],
  [10_500, 10_300],
  [10_200, 10_600],
  [10_600, 10_700],
].map(([open = 0, close = 0], at) => ({
  startUs: at * MINUTE_US,
  open,
  close,
  high: Math.max(open, close),
  low: Math.min(open, close),
  volume: 700,
}));
const ENGULFING: SeenPattern = {
  symbol: 'S0',
  patternType: 'bullish_engulfing',
  barEndUs: 3 * MINUTE_US,
  readUs: START_US + 10_002_000,
};
const THIRD_BAR: SeenBar = {
  symbol: 'S0',
  startUs: 2 * MINUTE_US,
  open: 102,
  high: 106,
  low: 102,
  close: 106,
  volume: 700,
  readUs: START_US + 10_001_000,
};

/** Judges one client that heard S0. */
function judged(fields: Partial<Pick<ClientLine, 'patterns' | 'bars'>>) {
  const none = { patterns: { fromUs: -1, seen: [] }, bars: { fromUs: -1, seen: [] } };
  return judgeMarket({
    instruments: [testInstrument(0)],
    bars: [BARS],
    schedule: SCHEDULE,
    clients: [soundClient(7, { ...none, ...fields })],
    symbolsOf: new Map([[7, ['S0']]]),
  });
}

const since = <Item>(seen: readonly Item[], fromUs = START_US - 1) => ({ fromUs, seen });

describe('judgeMarket', () => {
  it('should be content with what the trades make, and count it', () => {
    expect(judged({ patterns: since([ENGULFING]), bars: since([THIRD_BAR]) })).toEqual({
      patternsDue: 1,
      patternsSeen: 1,
      barsDue: 1,
      barsSeen: 1,
      faults: [],
    });
  });

  it('should find silence', () => {
    const { patternsDue, patternsSeen, faults } = judged({ patterns: since([]), bars: since([]) });

    expect({ patternsDue, patternsSeen }).toEqual({ patternsDue: 1, patternsSeen: 0 });
    expect(faults).toMatchObject([
      {
        violation: 'missing_pattern',
        client: 7,
        stream: 'pattern:S0',
        atUs: START_US + 40_000_000,
        detail: 'bullish_engulfing of the minute that ended at 00:03:00 never came',
      },
      { violation: 'missing_bar', stream: 'bar.1m:S0' },
    ]);
  });

  it('should owe nothing to who came after it was due, or never subscribed', () => {
    expect(judged({ patterns: since([], START_US + 10_000_001) }).faults).toEqual([]);
    expect(judged({}).faults).toEqual([]);
  });

  it.each([
    ['of another type', { ...ENGULFING, patternType: 'bearish_engulfing' }],
    ['of another minute', { ...ENGULFING, barEndUs: 2 * MINUTE_US }],
    ['of another symbol', { ...ENGULFING, symbol: 'S9' }],
  ] as const)('should find a pattern %s', (_, wrong) => {
    expect(judged({ patterns: since([ENGULFING, wrong]) }).faults).toMatchObject([
      { violation: 'wrong_pattern', atUs: ENGULFING.readUs },
    ]);
  });

  it('should find a pattern that came twice', () => {
    expect(judged({ patterns: since([ENGULFING, ENGULFING]) }).faults).toMatchObject([
      { violation: 'wrong_pattern', detail: 'bullish_engulfing of the minute that ended at 00:03:00 came twice' },
    ]);
  });

  it.each(['open', 'high', 'low', 'close', 'volume'] as const)('should find a bar whose %s is off', (field) => {
    const wrong = { ...THIRD_BAR, [field]: THIRD_BAR[field] + 0.01 * (field === 'volume' ? 100 : 1) };

    expect(judged({ bars: since([wrong]) }).faults).toMatchObject([{ violation: 'wrong_bar' }]);
    expect(judged({ bars: since([wrong, THIRD_BAR]) }).faults).toEqual([]);
  });
});
