import { describe, expect, it } from 'vitest';
import type { Instrument, Tick } from '../../market/types.ts';
import type { OrderPlaceFrame } from '../../protocol/messages.ts';
import type { ClientLine, OrderLine, Schedule } from '../../protocol/run.ts';
import { expectTriggers, type TickSource } from './expectations.ts';
import { type JudgeOptions, judgeOrders } from './judgeOrders.ts';

const INSTRUMENTS: Instrument[] = ['AAA', 'BBB'].map((symbol, index) => ({
  symbol,
  index,
  priceDecimals: 2,
  quantityDecimals: 0,
  previousClose: 0,
}));
/** The tape's time 0 is due at 1,000 s; a tick each 100 ms. */
const SCHEDULE: Schedule = { startUs: 1e9, fromEventUs: 0, toEventUs: 1_000_000, speed: 1 };
/** Prices of AAA on ticks 1, 2, ...; BBB trades between them. */
const PRICES = [10_000, 10_010, 9_990, 9_950, 9_940, 9_930, 9_920, 9_910, 9_900];

function ticks(): TickSource {
  const tick: Tick = {
    kind: 0,
    symbol: 0,
    eventTimeUs: 0,
    price: 0,
    size: 1,
    bid: 0,
    ask: 0,
    bidSize: 0,
    askSize: 0,
    flags: 0,
  };
  let at = -1;
  const next = () => {
    at++;
    tick.symbol = at % 2;
    tick.eventTimeUs = at * 50_000;
    tick.price = at % 2 === 0 ? (PRICES[at / 2] ?? 0) : 500;
    return at < PRICES.length * 2;
  };
  return { tick, next };
}

const FRAME: OrderPlaceFrame = {
  type: 'order.place',
  clientOrderId: 'c1-1',
  symbol: 'AAA',
  side: 'SELL',
  orderType: 'STOP_MARKET',
  quantity: '10',
  triggerPrice: '99.60',
};
/** Sent 20 ms after tick 2 (10,010), crossing on tick 4 (9,950, at 300 ms). */
const SOUND: OrderLine = {
  kind: 'order',
  generator: 'swarm',
  client: 1,
  frame: FRAME,
  plannedUs: 1e9 + 120_000,
  sentUs: 1e9 + 120_000,
  answeredUs: 1e9 + 125_000,
  outcome: 'accepted',
  rejectReason: '',
  acceptedTickSeq: 2,
  triggers: [{ tickSeq: 4, eventTimeUs: 300_000, readUs: 1e9 + 301_000, price: '99.60', live: true }],
  fills: [{ tickSeq: 4, price: '99.50', quantity: '10', readUs: 1e9 + 301_000 }],
  finalStatus: 'FILLED',
};
const TRIGGER = { tickSeq: 4, eventTimeUs: 300_000, readUs: 1e9 + 301_000, price: '99.60', live: true };
const FILL = { tickSeq: 4, price: '99.50', quantity: '10', readUs: 1e9 + 301_000 };
const REST: Partial<OrderLine> = { triggers: [], fills: [], finalStatus: 'ACCEPTED' };
const REJECTED: Partial<OrderLine> = { ...REST, outcome: 'rejected', rejectReason: 'wrong_side_of_market' };

type More = Partial<Pick<JudgeOptions, 'graceUs' | 'clients' | 'away' | 'sameTick'>>;
function judge(change: Partial<OrderLine>, options: More = {}) {
  const orders = [{ ...SOUND, ...change }];
  const expectations = expectTriggers({ instruments: INSTRUMENTS, ticks: ticks(), orders });
  return judgeOrders({ expectations, orders, schedule: SCHEDULE, maxAckMs: 200, ...options });
}
const kinds = (change: Partial<OrderLine>) => judge(change).findings.map(({ kind }) => kind);

describe('expectTriggers', () => {
  it('should say on which tick, at which time and at which prices an order triggers', () => {
    const trailing: OrderPlaceFrame = {
      ...FRAME,
      clientOrderId: 'c1-2',
      orderType: 'TRAILING_STOP_MARKET',
      trailingOffset: { kind: 'price', value: '0.60' },
    };
    const orders = [
      SOUND,
      { ...SOUND, frame: trailing, acceptedTickSeq: 1 },
      { ...SOUND, frame: { ...FRAME, clientOrderId: 'c1-3', triggerPrice: '90' } },
      { ...SOUND, frame: { ...FRAME, clientOrderId: 'c1-4', triggerPrice: '100.10' } },
      { ...SOUND, frame: { ...FRAME, clientOrderId: 'c1-5', triggerPrice: '99.605' } },
    ];
    const expectations = expectTriggers({ instruments: INSTRUMENTS, ticks: ticks(), orders });
    expect(expectations.map(({ outcome }) => outcome)).toEqual([
      { kind: 'triggered', tickSeq: 4, eventTimeUs: 300_000, stopPrice: 9_960, fillPrice: 9_950 },
      { kind: 'triggered', tickSeq: 4, eventTimeUs: 300_000, stopPrice: 9_950, fillPrice: 9_950 },
      { kind: 'resting' },
      { kind: 'rejected', reason: 'wrong_side_of_market' },
      { kind: 'rejected', reason: 'bad_price' },
    ]);
    expect(expectations[0]).toMatchObject({ acceptedTickTimeUs: 100_000, nextTickTimeUs: 200_000 });
  });
});

describe('judgeOrders', () => {
  it('should find nothing wrong with a sound run', () => {
    expect(judge({})).toMatchObject({ findings: [], triggersExpected: 1, triggersSeen: 1, wrongTick: 0, undecided: 0 });
    expect(kinds({ ...REST, frame: { ...FRAME, triggerPrice: '90' } })).toEqual([]);
    expect(kinds({ ...REJECTED, frame: { ...FRAME, triggerPrice: '100.10' } })).toEqual([]);
  });

  it('should let an order that overtakes its symbol’s first tick be refused for want of a market or of a session', () => {
    const early = { ...REJECTED, sentUs: 1e9 - 40_000, answeredUs: 1e9 - 30_000, acceptedTickSeq: 0 };

    expect(kinds({ ...early, rejectReason: 'no_market' })).toEqual([]);
    expect(kinds({ ...early, rejectReason: 'market_closed' })).toEqual([]);
    expect(kinds({ ...early, rejectReason: 'bad_price' })).toEqual(['wrong_reason']);
  });

  it.each<[string, Partial<OrderLine>]>([
    ['late', { triggers: [{ ...TRIGGER, tickSeq: 5, eventTimeUs: 400_000 }], fills: [{ ...FILL, tickSeq: 5 }] }],
    ['early', { triggers: [{ ...TRIGGER, tickSeq: 3, eventTimeUs: 200_000 }] }],
    ['early', { frame: { ...FRAME, triggerPrice: '90' } }],
    ['never', REST],
    ['twice', { triggers: [TRIGGER, TRIGGER] }],
    ['wrong_time', { triggers: [{ ...TRIGGER, eventTimeUs: 400_000 }] }],
    ['wrong_price', { triggers: [{ ...TRIGGER, price: '99.61' }] }],
    ['wrong_price', { fills: [{ ...FILL, price: '99.60' }] }],
    ['wrong_price', { fills: [{ ...FILL, price: 'NaN' }] }],
    ['wrong_quantity', { fills: [{ ...FILL, quantity: '9' }] }],
    ['late', { fills: [{ ...FILL, tickSeq: 5 }] }],
    ['never_filled', { fills: [] }],
    ['filled_twice', { fills: [FILL, FILL] }],
    ['wrongly_rejected', REJECTED],
    ['wrongly_rejected', { ...REJECTED, acceptedTickSeq: -1 }],
    ['wrong_reason', { ...REJECTED, rejectReason: 'no_market', frame: { ...FRAME, triggerPrice: '100.10' } }],
    ['wrongly_filled', { ...REST, fills: [FILL], frame: { ...FRAME, triggerPrice: '90' } }],
    ['wrongly_ended', { ...REST, finalStatus: 'CANCELED', frame: { ...FRAME, triggerPrice: '90' } }],
    ['early', { ...REJECTED, triggers: [TRIGGER], frame: { ...FRAME, triggerPrice: '100.10' } }],
    ['wrongly_filled', { ...REJECTED, fills: [FILL], frame: { ...FRAME, triggerPrice: '100.10' } }],
    ['wrongly_accepted', { frame: { ...FRAME, triggerPrice: '100.10' } }],
    ['never_answered', { ...REST, outcome: 'unanswered', answeredUs: 0, acceptedTickSeq: -1 }],
    ['answered_late', { answeredUs: 1e9 + 400_000 }],
    ['implausible_acceptance', { acceptedTickSeq: -1 }],
    ['implausible_acceptance', { acceptedTickSeq: 999 }],
    ['implausible_acceptance', { acceptedTickSeq: 3 }],
    ['implausible_acceptance', { sentUs: 1e9 + 550_000, answeredUs: 1e9 + 560_000 }],
  ])('should find %s', (kind, change) => {
    expect(kinds(change)).toEqual([kind]);
  });

  describe('of an OCO list', () => {
    // The sell stop at 99.60 is crossed on tick 4; the buy stop at 100.30 never, but for the fault.
    const list = ['c1-1', 'c1-2'];
    const sell: OrderLine = { ...SOUND, list };
    const buyFrame: OrderPlaceFrame = { ...FRAME, clientOrderId: 'c1-2', side: 'BUY', triggerPrice: '100.30' };
    const gone = { canceled: { tickSeq: 4, eventTimeUs: 300_000 }, finalStatus: 'CANCELED' };
    const buy: OrderLine = { ...SOUND, frame: buyFrame, list, triggers: [], fills: [], ...gone };
    const { canceled: _, ...never } = { ...buy, finalStatus: 'ACCEPTED' };
    const judgeBoth = (second: OrderLine, more: More = {}) => {
      const orders = [sell, second];
      const expectations = expectTriggers({ instruments: INSTRUMENTS, ticks: ticks(), orders });
      return judgeOrders({ expectations, orders, schedule: SCHEDULE, maxAckMs: 200, ...more });
    };

    it('should ask that the trigger of one leg cancels the other', () => {
      expect(judgeBoth(buy)).toMatchObject({ findings: [], triggersExpected: 1, triggersSeen: 1 });
      expect(judgeBoth(never).findings).toMatchObject([
        { kind: 'never_canceled', clientOrderId: 'c1-2', dueUs: 1e9 + 300_000 },
      ]);
      expect(judgeBoth(never, { graceUs: 750_000 }).findings).toEqual([]);
    });

    it.each([3, 6])('should ask that it does so on its own tick, not on tick %i', (tickSeq) => {
      const found = judgeBoth({ ...buy, canceled: { tickSeq, eventTimeUs: 1 } });
      expect(found).toMatchObject({ findings: [{ kind: 'wrong_cancel', expectedTickSeq: 4, tickSeq }], wrongTick: 1 });
    });

    it('should ask that both legs are taken, after the same tick', () => {
      const untold = judgeBoth({ ...buy, acceptedTickSeq: -1 });
      expect(untold.findings).toMatchObject([{ kind: 'implausible_acceptance', clientOrderId: 'c1-2' }]);
      const apart = judgeBoth({ ...buy, acceptedTickSeq: 1 });
      expect(apart.findings.map(({ kind }) => kind)).toContain('implausible_acceptance');
    });

    it('should find both legs triggered, or the other filled', () => {
      const found = judgeBoth({ ...never, triggers: [{ ...TRIGGER, tickSeq: 6 }] });
      expect(found).toMatchObject({ findings: [{ kind: 'both_legs', tickSeq: 6 }], wrongTick: 1 });
      expect(judgeBoth({ ...buy, fills: [FILL] }).findings).toMatchObject([{ kind: 'both_legs', tickSeq: 4 }]);
    });

    it('should enter the legs as one, so that neither can be taken alone', () => {
      const bad = { ...buyFrame, triggerPrice: '99.00' };
      const orders = [sell, { ...buy, frame: bad }].map((line): OrderLine => ({ ...line, ...REJECTED }));
      const expectations = expectTriggers({ instruments: INSTRUMENTS, ticks: ticks(), orders });
      expect(expectations.map(({ outcome }) => outcome)).toEqual([
        { kind: 'rejected', reason: 'list_rejected' },
        { kind: 'rejected', reason: 'wrong_side_of_market' },
      ]);
    });
  });

  it('should not let a late trigger hide behind a late acceptance', () => {
    const trailing = { ...FRAME, triggerPrice: '99.45' };
    const change = {
      frame: trailing,
      acceptedTickSeq: 4,
      triggers: [{ ...TRIGGER, tickSeq: 5, eventTimeUs: 400_000, price: '99.45' }],
      fills: [{ ...FILL, tickSeq: 5, price: '99.40' }],
    };
    expect(kinds(change)).toEqual(['implausible_acceptance']);
  });

  it('should leave open what was due too near the end to be heard of', () => {
    expect(judge(REST, { graceUs: 750_000 })).toMatchObject({ findings: [], undecided: 1, triggersExpected: 0 });
    const untold = { ...REST, acceptedTickSeq: -1, sentUs: 1e9 + 990_000, answeredUs: 1e9 + 999_000 };
    expect(judge(untold, { graceUs: 100_000 })).toMatchObject({ findings: [], undecided: 1 });
    const unanswered = { ...REST, outcome: 'unanswered', answeredUs: 0, sentUs: 1e9 + 900_000 } as const;
    expect(judge(unanswered)).toMatchObject({ findings: [], undecided: 1 });
  });

  it('should ask for nothing that was due while the client was away, where nothing is told again', () => {
    // The crossing tick is due at 300 ms.
    const away = (fromMs: number, toMs: number) =>
      new Map([[1, [{ fromUs: 1e9 + fromMs * 1_000, toUs: 1e9 + toMs * 1_000 }]]]);

    expect(judge(REST, { away: away(290, 400) })).toMatchObject({ findings: [], triggersExpected: 0, undecided: 1 });
    expect(judge(REST, { away: away(310, 400) }).findings).toMatchObject([{ kind: 'never' }]);
    // What was told all the same is judged.
    const early = { ...TRIGGER, tickSeq: 3, eventTimeUs: 200_000 };
    expect(judge({ triggers: [early] }, { away: away(290, 400) }).findings).toMatchObject([{ kind: 'early' }]);
    // Whether it was taken wasn't told either.
    const untold = { ...REST, acceptedTickSeq: -1 };
    expect(judge(untold, { away: away(100, 400) })).toMatchObject({ findings: [], undecided: 1 });
    expect(judge(untold, { away: away(200, 400) }).findings).toMatchObject([{ kind: 'implausible_acceptance' }]);
  });

  it('should take a tick for the one that it must be where the dialect can’t tell them apart', () => {
    const next = { triggers: [{ ...TRIGGER, tickSeq: 5 }], fills: [{ ...FILL, tickSeq: 5 }] };
    const sameTick = (symbol: string, a: number, b: number) => symbol === 'AAA' && Math.min(a, b) === 4;

    expect(judge(next, { sameTick }).findings).toEqual([]);
    expect(judge(next, { sameTick: () => false }).findings[0]).toMatchObject({ kind: 'late', tickSeq: 5 });
  });

  it('should excuse a late answer only to a client that was cut meanwhile', () => {
    const client = (atUs: number): ClientLine => ({
      kind: 'client',
      generator: 'swarm',
      client: 1,
      connects: 2,
      failedConnects: 0,
      closes: [{ atUs, code: 1006 }],
      resumes: [],
      streams: [],
      tickBySecond: [],
      patterns: { fromUs: -1, seen: [] },
      bars: { fromUs: -1, seen: [] },
      operations: 0,
      failedOperations: 0,
      received: 0,
      orderEvents: 0,
    });
    const late = { answeredUs: 1e9 + 400_000 };
    expect(judge(late, { clients: [client(1e9 + 130_000)] }).findings).toEqual([]);
    expect(judge(late, { clients: [client(1e9 + 500_000)] }).findings).toHaveLength(1);
  });
});
