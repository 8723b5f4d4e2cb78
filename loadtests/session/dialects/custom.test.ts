import { describe, expect, it } from 'vitest';
import type { GeneratorPlan, TapeSymbol } from '../../../protocol/generatorPlan.ts';
import type { CustomRules } from '../../../protocol/serverUnderTest.ts';
import type { Dialect, SessionEvent } from '../dialect.ts';
import { dialectsOf } from './all.ts';

const FROM_MS = 1_584_365_400_000;
const TAPE: TapeSymbol = {
  symbol: 'AAPL',
  priceDecimals: 2,
  timesUs: [FROM_MS * 1000 + 1_250, FROM_MS * 1000 + 2_500],
  prices: [10_000, 10_001],
  trades: [1, 1],
};
const SCHEDULE = { startUs: 0, fromEventUs: FROM_MS * 1000, toEventUs: FROM_MS * 1000 + 60e6, speed: 1 };
const RULES: CustomRules = {
  frames: [],
  where: { path: 'type', value: 'price' },
  symbol: 'd.s',
  time: { path: 'd.t', unit: 'ms' },
  seq: { path: 'd.n', of: 'symbol' },
};

function make(rules: Partial<CustomRules>, timedBy: GeneratorPlan['timedBy'] = 'frame'): Dialect {
  const custom = { ...RULES, ...rules };
  const dialectOf = dialectsOf({ dialect: 'custom', custom, timedBy, schedule: SCHEDULE, tape: [TAPE] });
  const dialect = dialectOf({ account: 'acct-1', token: 't"1', symbols: ['AAPL', 'MSFT'], channels: ['ticker'] });
  subscribe(dialect);
  return dialect;
}

const subscribe = (dialect: Dialect) =>
  dialect.subscribe({ id: 1, channel: 'ticker', symbols: ['AAPL', 'MSFT'], since: undefined, atUs: -10e6 });
const price = (s: string, n: number, t: unknown = 1_000) => ({ type: 'price', d: { s, n, t } });

/** What a frame tells: of a ticker its fields, copied, since the object is used again. */
function read(dialect: Dialect, frame: unknown, atUs = 0): SessionEvent | object {
  const event = dialect.parse(JSON.stringify(frame), atUs);
  return event.kind === 'ticker' ? { ...event.fields } : event;
}

describe('a custom dialect', () => {
  it('should read a price by its own time and number', () => {
    const dialect = make({});

    expect(read(dialect, price('AAPL', 41))).toMatchObject({
      symbol: 'AAPL',
      seq: 41,
      baseSeq: 40,
      dueTimeUs: 1_000_000,
    });
    expect(read(dialect, price('AAPL', 42))).toMatchObject({ seq: 42, baseSeq: -1 });
    expect(read(dialect, price('AAPL', 45))).toMatchObject({ seq: 45, baseSeq: -1 });
  });

  it('should take all that is told again after a reconnect as a state, until something new comes', () => {
    const dialect = make({});
    for (const n of [5, 6, 7]) read(dialect, price('AAPL', n));
    subscribe(dialect);

    expect([6, 7].map((n) => read(dialect, price('AAPL', n)))).toEqual([{ kind: 'state' }, { kind: 'state' }]);
    expect(read(dialect, price('AAPL', 8))).toMatchObject({ seq: 8 });
    expect(read(dialect, price('AAPL', 8))).toMatchObject({ seq: 8, baseSeq: -1 });
  });

  it('should count every message of a connection that numbers them all, and find the hole before a price', () => {
    const dialect = make({
      where: { path: 'k', value: 'p' },
      symbol: 's',
      time: { path: 't', unit: 'ms' },
      seq: { path: 'n', of: 'connection' },
    });
    const told = (n: number, k = 'p') => read(dialect, { k, s: 'AAPL', n, t: 1_000 });
    expect(told(1)).toMatchObject({ seq: 1 });
    told(2, 'beat');
    expect(told(3)).toMatchObject({ seq: 2 });
    expect(told(5)).toMatchObject({ seq: 4 });
  });

  it('should go on after a reconnect where the stream stands, and take what it knew as a state', () => {
    const dialect = make({});
    read(dialect, price('AAPL', 41));
    subscribe(dialect);

    expect(read(dialect, price('AAPL', 41))).toEqual({ kind: 'state' });
    subscribe(dialect);
    expect(read(dialect, price('AAPL', 50))).toMatchObject({ seq: 50, baseSeq: 49 });
  });

  it("should take a hole in a connection's numbers as one before what comes after it", () => {
    const dialect = make({ seq: { path: 'd.n', of: 'connection' } });

    expect(read(dialect, price('AAPL', 7))).toMatchObject({ seq: 1 });
    expect(read(dialect, price('MSFT', 8))).toMatchObject({ seq: 1 });
    expect(read(dialect, price('MSFT', 11))).toMatchObject({ symbol: 'MSFT', seq: 4 });
    expect(read(dialect, price('AAPL', 12))).toMatchObject({ symbol: 'AAPL', seq: 2 });
  });

  it('should count what has no number', () => {
    const { seq: _, ...rules } = RULES;
    const dialectOf = dialectsOf({ dialect: 'custom', custom: rules, timedBy: 'frame', schedule: SCHEDULE });
    const dialect = dialectOf({ account: 'a', symbols: ['AAPL'], channels: ['ticker'] });

    expect(read(dialect, price('AAPL', 9))).toMatchObject({ seq: 1 });
    expect(read(dialect, price('AAPL', 3))).toMatchObject({ seq: 2 });
  });

  it.each([
    ['us', 1_700_000_000_000_001, 1_700_000_000_000_001],
    ['s', 1.5, 1_500_000],
    ['s', '1.5', 1_500_000],
    ['iso', '1970-01-01T00:00:01.250Z', 1_250_000],
    ['iso', '1970-01-02T02:00:00+02:00', 86_400_000_000],
    ['iso', '2026-11-22', Date.UTC(2026, 10, 22) * 1000],
    ['iso', '2026-11-22T10:00', Date.UTC(2026, 10, 22, 10) * 1000],
    ['iso', '2026-11-22T10:00:00.123', Date.UTC(2026, 10, 22, 10, 0, 0, 123) * 1000],
    ['iso', '2026-11-22 10:00:00.123', Date.UTC(2026, 10, 22, 10, 0, 0, 123) * 1000],
    ['iso', '2026-11-22 10:00:00.123-05:00', Date.UTC(2026, 10, 22, 15, 0, 0, 123) * 1000],
  ] as const)('should read a time in %s', (unit, told, dueTimeUs) => {
    const dialect = make({ time: { path: 'd.t', unit } });

    expect(read(dialect, price('AAPL', 1, told), dueTimeUs + 1_000)).toMatchObject({ dueTimeUs });
  });

  it('should take a time that is more than a day off for none', () => {
    const now = 1_700_000_000_000;
    const bad = { kind: 'bad', reason: expect.stringContaining('--time-unit') };

    for (const unit of ['us', 's'] as const)
      expect(read(make({ time: { path: 'd.t', unit } }), price('AAPL', 1, now), now * 1_000)).toMatchObject(bad);
    expect(read(make({}), price('AAPL', 1, now - 86_000_000), now * 1_000)).toMatchObject({ symbol: 'AAPL' });
  });

  it('should keep the first message that told nothing', () => {
    const dialect = make({});
    expect(dialect.unread?.()).toBe('');
    read(dialect, price('AAPL', 1));
    read(dialect, { type: 'hello', now: 1 });
    read(dialect, { type: 'bye' });
    expect(dialect.unread?.()).toBe('{"type":"hello","now":1}');
    const other = make({});
    read(other, price('aapl', 1));
    expect(other.unread?.()).toMatch(/^price of aapl, which was not subscribed: \{"type":"price"/);
  });

  it('should read a number that is written as a text', () => {
    const text = { type: 'price', d: { s: 'AAPL', n: '41', t: '1000' } };

    expect(read(make({}), text)).toMatchObject({ seq: 41, dueTimeUs: 1_000_000 });
  });

  it('should outlive values of which no text can be made', () => {
    const hostile = { toString: 1, valueOf: 1 };

    expect(read(make({}), { type: hostile })).toEqual({ kind: 'other' });
    for (const unit of ['ms', 'iso'] as const)
      expect(read(make({ time: { path: 'd.t', unit } }), price('AAPL', 1, hostile))).toMatchObject({ kind: 'bad' });
  });

  it('should leave other messages alone, and call a price bad that lacks what it must have', () => {
    const dialect = make({});

    expect(read(dialect, { type: 'hello' })).toEqual({ kind: 'other' });
    expect(read(dialect, { type: 'price', d: { s: 'AAPL', n: 1 } })).toMatchObject({ kind: 'bad' });
    expect(read(dialect, { type: 'price', d: { s: 'TSLA', n: 1, t: 1 } })).toMatchObject({ kind: 'bad' });
    expect(dialect.parse('{"type":', 0)).toMatchObject({ kind: 'bad' });
  });

  it('should read each price of a list', () => {
    const { where: _, ...rules } = RULES;
    const custom = {
      ...rules,
      items: 'list',
      symbol: 's',
      time: { path: 't', unit: 'ms' },
      seq: { path: 'n', of: 'symbol' },
    } as const;
    const dialect = dialectsOf({ dialect: 'custom', custom, timedBy: 'frame', schedule: SCHEDULE })({
      account: 'a',
      symbols: ['AAPL', 'MSFT'],
      channels: ['ticker'],
    });
    const told: string[] = [];
    const event = dialect.parse(
      JSON.stringify({
        list: [
          { s: 'AAPL', t: 1, n: 1 },
          { s: 'MSFT', t: 2, n: 5 },
        ],
      }),
      0,
    );
    if (event.kind === 'several') {
      event.each((one) => told.push(one.kind === 'ticker' ? `${one.fields.symbol} ${one.fields.seq}` : one.kind));
    }

    expect(told).toEqual(['AAPL 1', 'MSFT 5']);
    expect(dialect.parse('{"list":"none"}', 0)).toEqual({ kind: 'other' });
  });

  it.each([
    [{ type: 'price', list: [{ s: 'AAPL' }, { s: 'MSFT' }, {}] }, ['ticker', 'ticker', 'bad']],
    [{ type: 'beat', list: [{ s: 'AAPL', type: 'price' }, { s: 'MSFT' }] }, ['ticker', 'other']],
    [{ list: [{ s: 'AAPL', type: 'price' }, { type: 'price' }] }, ['ticker', 'bad']],
  ])('should take what is in a list for prices when the message or the item says so: %j', (frame, kinds) => {
    const { time: _, seq: __, ...others } = RULES;
    const custom = { ...others, items: 'list', symbol: 's' };
    const dialect = dialectsOf({ dialect: 'custom', custom, timedBy: 'nothing', schedule: SCHEDULE })({
      account: 'a',
      symbols: ['AAPL', 'MSFT'],
      channels: ['ticker'],
    });
    const told: string[] = [];
    const event = dialect.parse(JSON.stringify(frame), 0);
    if (event.kind === 'several') event.each((one) => told.push(one.kind));

    expect(told).toEqual(kinds);
  });

  it('should find a price on the tape by its time and the price', () => {
    const dialect = make({ price: 'd.p' }, 'schedule');
    const told = (t: number, p: number | string) => read(dialect, { type: 'price', d: { s: 'AAPL', t, p } });

    expect(told(FROM_MS + 1, '100.00')).toMatchObject({ seq: 1, eventTimeUs: TAPE.timesUs[0] });
    expect(told(FROM_MS + 2, 100.01)).toMatchObject({ seq: 2, eventTimeUs: TAPE.timesUs[1] });
    expect(told(FROM_MS + 2, 100.02)).toMatchObject({ kind: 'wrong', stream: 'ticker:AAPL' });
  });

  it('should be due by the schedule where its time is the event of the feed, and tell what was before as a state', () => {
    const dialect = make({}, 'schedule');

    expect(read(dialect, price('AAPL', 1, FROM_MS - 1))).toEqual({ kind: 'state' });
    expect(read(dialect, price('AAPL', 2, FROM_MS + 5))).toMatchObject({
      eventTimeUs: (FROM_MS + 5) * 1000,
      dueTimeUs: -1,
    });
  });

  it('should fill in the frames that subscribe', () => {
    const frames = [
      { op: 'auth', token: '{token}' },
      { op: 'sub', names: '{symbols}', who: '{account}', all: 'T.{symbols}' },
      { op: 'one', name: 'T.{symbol}' },
    ];

    expect(subscribe(make({ frames })).frames.map((text) => JSON.parse(text))).toEqual([
      { op: 'auth', token: 't"1' },
      { op: 'sub', names: ['AAPL', 'MSFT'], who: 'acct-1', all: 'T.AAPL,MSFT' },
      { op: 'one', name: 'T.AAPL' },
      { op: 'one', name: 'T.MSFT' },
    ]);
  });
});
