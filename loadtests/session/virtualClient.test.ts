import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { tradeTick } from '../../market/harness.ts';
import type { Instrument, Tick } from '../../market/types.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import type { OrderTerms } from '../../protocol/messages.ts';
import { FAULTS } from '../faulty/faults.ts';
import type { Fault, FaultFilter, Release } from '../faulty/types.ts';
import { seededRandom } from '../gate/random.ts';
import { digest, playVirtually, type VirtualPlay, type VirtualRunResult } from './virtualRun.ts';

const START_US = 1_000_000_000_000;
const FROM_EVENT_US = 500_000_000_000;
const DURATION_US = 10_000_000;
const TICK_INTERVAL_US = 10_000;
const EVENTS_PER_SYMBOL = 1_000;
const INSTRUMENTS = ['AAPL', 'MSFT'].map(
  (symbol, index): Instrument => ({ symbol, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }),
);
/** A stop triggers on so many ticks of its symbol after it was taken. */
const TRIGGERS_AFTER_TICKS = 5;

interface Run {
  readonly fault?: Fault | Fault['filter'] | undefined;
  readonly resumesBy?: 'snapshot';
  readonly aheadUs?: number;
  /** Times of cuts of every client, µs since the start. */
  readonly cutsUs?: readonly number[];
  readonly clients?: number;
  /** Times of orders of every client, µs since the start. */
  readonly ordersUs?: readonly number[];
  /** Ticks from an order's time to the one that triggers it; below 0 its stop lies on the wrong side. */
  readonly afterTicks?: number;
  /** Each order is the first of an OCO list; the second's terms, where they differ. */
  readonly listed?: Partial<OrderTerms>;
  readonly stall?: { readonly atUs: number; readonly us: number };
  readonly inspect?: VirtualPlay['inspect'];
}

/** Every tick of a symbol is a cent below the one before. */
function priceOf(seq: number): number {
  return 20_000 - seq;
}

/** Ten seconds of two symbols with 100 ticks a second each, against the model server with the real engine of orders. */
function run(options: Run = {}): VirtualRunResult {
  const { clients = 1, afterTicks = TRIGGERS_AFTER_TICKS, fault = (): FaultFilter => pass, stall } = options;
  const plan: GeneratorPlan = {
    version: 1,
    generator: 'swarm',
    dialect: 'native',
    schedule: { startUs: START_US, fromEventUs: FROM_EVENT_US, toEventUs: FROM_EVENT_US + DURATION_US, speed: 1 },
    endUs: START_US + DURATION_US + 2_000_000,
    connectTimeoutMs: 2_000,
    reconnect: { firstDelayMs: 250, capMs: 30_000 },
    seed: 7,
    wallAheadUs: 0,
    maxListedViolations: 50,
    clients: Array.from({ length: clients }, (_, client) => ({
      client,
      url: 'ws://model/v1/stream',
      token: `acct-${client}`,
      account: `acct-${client}`,
      holder: `acct-${client}`,
      symbols: INSTRUMENTS.map(({ symbol }) => symbol),
      channels: ['ticker', 'order', 'execution'],
      connectAtUs: START_US - 1_000_000,
      orders: (options.ordersUs ?? []).map((atUs, number) => {
        const sell = stopOrder(`o-${client}-${number}`, atUs, afterTicks);
        if (options.listed === undefined) return { atUs: START_US + atUs, frame: { type: 'order.place', ...sell } };
        const second = { ...sell, clientOrderId: `${sell.clientOrderId}-second`, ...options.listed };
        const orders = [sell, second];
        return { atUs: START_US + atUs, frame: { type: 'order.placeList', contingency: 'OCO', orders } };
      }),
    })),
  };
  const lines = playVirtually({
    plan,
    instruments: INSTRUMENTS,
    ticks: ticks(),
    engine: ({ event }) => {
      const engine = new MarketEngine({ instruments: INSTRUMENTS, sink: event });
      return {
        onTick: (tick) => engine.onTick(tick),
        onCommand: (command) => engine.onCommand(command),
        onClock: () => undefined,
      };
    },
    server: {
      fault: typeof fault === 'function' ? { filter: fault } : fault,
      serviceUs: 100,
      ...(options.resumesBy === undefined ? {} : { resumesBy: options.resumesBy }),
    },
    aheadUs: options.aheadUs ?? 0,
    cuts: (options.cutsUs ?? []).flatMap((atUs) =>
      plan.clients.map(({ client }) => ({ client, atUs: START_US + atUs })),
    ),
    stalls: stall === undefined ? [] : [{ atUs: START_US + stall.atUs, us: stall.us }],
    random: seededRandom(plan.seed),
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
  });
  return digest(lines);
}

function stopOrder(clientOrderId: string, atUs: number, afterTicks: number): OrderTerms {
  return {
    clientOrderId,
    symbol: 'AAPL',
    side: 'SELL',
    orderType: 'STOP_MARKET',
    quantity: '1',
    triggerPrice: (priceOf(Math.floor(atUs / TICK_INTERVAL_US) + 1 + afterTicks) / 100).toFixed(2),
  };
}

function ticks(): Tick[] {
  return Array.from({ length: EVENTS_PER_SYMBOL }, (_, at) =>
    [0, 1].map((symbol) =>
      tradeTick({
        symbol,
        price: priceOf(at + 1),
        eventTimeUs: FROM_EVENT_US + at * TICK_INTERVAL_US + symbol * 1_000,
      }),
    ),
  ).flat();
}

// --- faults -------------------------------------------------------------------------------------------------------

const pass: FaultFilter = { onFrame: (text, atUs) => [{ text, atUs }] };

function typeOf(text: string): string {
  return /^\{"type":"([\w.]+)"/.exec(text)?.[1] ?? '';
}

function symbolOf(text: string): string {
  return /"symbol":"([^"]+)"/.exec(text)?.[1] ?? '';
}

/** Changes frames of these types, or leaves them out, and lets the rest by. */
function on(types: readonly string[], change: (text: string) => readonly string[]): Fault['filter'] {
  return () => ({
    onFrame: (text, atUs) => (types.includes(typeOf(text)) ? change(text) : [text]).map((one) => ({ text: one, atUs })),
  });
}

/** Does this to every n-th ticker frame of a connection. */
function everyTicker(n: number, act: (release: Release) => readonly Release[]): Fault['filter'] {
  return () => {
    let seen = 0;
    return {
      onFrame: (text, atUs) => {
        if (typeOf(text) === 'ticker') seen += 1;
        return typeOf(text) === 'ticker' && seen % n === 0 ? act({ text, atUs }) : [{ text, atUs }];
      },
    };
  };
}

/** Sends every n-th ticker frame of a connection after its stream's next one. */
function swapEvery(n: number): Fault['filter'] {
  return () => {
    let seen = 0;
    let held = '';
    return {
      onFrame: (text, atUs) => {
        if (typeOf(text) !== 'ticker') return [{ text, atUs }];
        seen += 1;
        if (seen % n === 0 && held === '') {
          held = text;
          return [];
        }
        if (held === '' || symbolOf(held) !== symbolOf(text)) return [{ text, atUs }];
        const late = held;
        held = '';
        return [
          { text, atUs },
          { text: late, atUs },
        ];
      },
    };
  };
}

/** Changes the first ticker frame of each symbol after a resume. */
function afterResume(change: (text: string, last: string | undefined) => readonly string[]): Fault['filter'] {
  const last = new Map<string, string>();
  return () => {
    const fresh = new Set<string>();
    let isResumed = false;
    return {
      onFrame: (text, atUs) => {
        if (typeOf(text) === 'subscribed' && text.includes('"recovered":true')) isResumed = true;
        if (typeOf(text) !== 'ticker') return [{ text, atUs }];
        const symbol = symbolOf(text);
        const isFirst = isResumed && !fresh.has(symbol);
        fresh.add(symbol);
        const texts = isFirst ? change(text, last.get(symbol)) : [text];
        last.set(symbol, text);
        return texts.map((one) => ({ text: one, atUs }));
      },
    };
  };
}

/** Says of each frame what a server that keeps to the schedule would. */
function onSchedule(text: string): readonly string[] {
  return [text.replace(/"dueTimeUs":(\d+)/, (_, dueUs: string) => `"dueTimeUs":${Number(dueUs) + 30_000}`)];
}

/** Orders get no answer and no word of what becomes of them. */
const ignoresOrders = on(['order.accepted', 'order', 'execution', 'heartbeat'], (text) =>
  typeOf(text) === 'heartbeat' ? [text.replace(/"(order|execution)":\{[^}]*\}/g, '"$1":{}')] : [],
);

describe('VirtualClient against a sound server', () => {
  it('should find nothing wrong and measure every tick once', () => {
    const { end, clients, metric } = run();
    expect(end.violations).toEqual({});
    expect(metric('tick').count).toBe(2 * EVENTS_PER_SYMBOL);
    expect(metric('tick').max).toBe(100);
    expect(metric('service').max).toBe(100);
    expect(clients[0]).toMatchObject({ connects: 1, failedConnects: 0, closes: [], resumes: [], failedOperations: 0 });
    const [apple] = clients[0]?.streams ?? [];
    expect(apple).toMatchObject({ stream: 'ticker:AAPL', firstSeq: 0, lastSeq: 1_000, events: 1_000, conflated: 0 });
    expect(apple?.lastReadUs).toBeGreaterThan(START_US + 9_900_000);
  });

  it('should measure connecting, heartbeats and the clock', () => {
    const { metric, end } = run();
    // Opening, auth and welcome: three times over the network.
    expect(metric('connect').max).toBe(300);
    expect(metric('heartbeat').max).toBe(1_000_000);
    expect(metric('slip').max).toBe(0);
    expect(end).toMatchObject({ clockOffsetUs: 0, clockErrorUs: 100, dueTimeErrorUs: 0 });
  });

  it('should tell each second once with its connections, and the ticks of each client by second', () => {
    const { lines, clients } = run({ clients: 3 });
    const connected = new Map<number, number>();
    for (const line of lines) {
      if (line.kind === 'window') connected.set(line.second, (connected.get(line.second) ?? 0) + line.connected);
    }
    for (let second = 0; second < 10; second++) expect(connected.get(second)).toBe(3);
    expect(clients[2]?.tickBySecond.map(([second, { count }]) => [second, count])).toEqual(
      Array.from({ length: 10 }, (_, second) => [second, 200]),
    );
  });

  it('should come back after every cut without loss, and count what it missed as resumed', () => {
    const { end, clients, metric } = run({ cutsUs: [2_500_000, 6_000_000], clients: 5 });
    expect(end.violations).toEqual({});
    for (const client of clients) {
      expect(client).toMatchObject({ connects: 3, failedConnects: 0 });
      expect(client.closes.map(({ code }) => code)).toEqual([1006, 1006]);
      expect(client.resumes.map(({ recovered }) => recovered)).toEqual([true, true]);
      expect(client.streams[0]).toMatchObject({ lastSeq: 1_000, events: 1_000 });
    }
    expect(metric('reconnect').count).toBe(10);
    expect(metric('reconnect').max).toBeLessThan(260_000);
    // What was due while away doesn't count as a late tick.
    expect(metric('tick').max).toBe(100);
    expect(metric('tick').count).toBeLessThan(5 * 2 * EVENTS_PER_SYMBOL);
  });

  it('should take a snapshot in place of a history for tickers, where nothing is promised', () => {
    const { end, clients } = run({ cutsUs: [2_500_000], resumesBy: 'snapshot' });
    expect(end.violations).toEqual({});
    expect(clients[0]?.resumes).toMatchObject([{ recovered: false }]);
    expect(clients[0]?.streams[0]?.lastSeq).toBe(1_000);
  });

  it('should follow its orders to the fill', () => {
    const { orders, metric, end } = run({ ordersUs: [1_000_500, 2_000_500] });
    expect(end.violations).toEqual({});
    expect(orders).toHaveLength(2);
    const [order] = orders;
    expect(order).toMatchObject({ outcome: 'accepted', acceptedTickSeq: 101, finalStatus: 'FILLED', rejectReason: '' });
    expect(order?.triggers).toHaveLength(1);
    expect(order?.triggers[0]).toMatchObject({ tickSeq: 101 + TRIGGERS_AFTER_TICKS, price: '198.94', live: true });
    expect(order?.fills).toHaveLength(1);
    expect(metric('trigger')).toMatchObject({ count: 2, max: 100 });
    // The order is planned in whole ms of a timer's reach: what the timer adds is slip, and part of the answer's time.
    expect(metric('ack').max).toBeLessThanOrEqual(1_200);
    expect(metric('slip').max).toBeLessThanOrEqual(1_000);
  });

  it('should follow each leg of a list, and send the whole list again that was cut off', () => {
    for (const cutsUs of [[], [2_001_050], [2_001_150]]) {
      const { orders, metric, end } = run({
        ordersUs: [2_001_000],
        afterTicks: 60,
        listed: { side: 'BUY', triggerPrice: '500.00' },
        cutsUs,
      });
      expect(end.violations).toEqual({});
      const list = ['o-0-0', 'o-0-0-second'];
      expect(orders).toMatchObject([
        { outcome: 'accepted', finalStatus: 'FILLED', list, triggers: [{}], fills: [{}] },
        { outcome: 'accepted', finalStatus: 'CANCELED', list, triggers: [], fills: [] },
      ]);
      expect(orders[0]?.acceptedTickSeq).toBe(orders[1]?.acceptedTickSeq);
      expect(metric('ack').count).toBe(cutsUs.length === 0 ? 1 : 0);
    }
  });

  it('should know for which of its orders a list was refused', () => {
    const { orders, end } = run({ ordersUs: [2_001_000], listed: { side: 'BUY', triggerPrice: '1.00' } });
    expect(end.violations).toEqual({});
    expect(orders).toMatchObject([
      { outcome: 'rejected', rejectReason: 'list_rejected', finalStatus: 'REJECTED' },
      { outcome: 'rejected', rejectReason: 'wrong_side_of_market', finalStatus: 'REJECTED' },
    ]);
  });

  it('should send what was planned while it was away as soon as it is back, and not call that slip', () => {
    const { orders, end, metric } = run({
      cutsUs: [2_000_000],
      ordersUs: [2_000_050, 2_000_060, 3_000_000],
      afterTicks: 60,
    });
    expect(end.violations).toEqual({});
    expect(orders.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(metric('ack').count).toBe(1);
    expect(metric('slip').max).toBeLessThanOrEqual(1_000);
  });

  it('should send an order again that was cut off on its way there or back, and see one trigger all the same', () => {
    for (const cutUs of [2_001_050, 2_001_150]) {
      const { orders, end } = run({ cutsUs: [cutUs], ordersUs: [2_001_000], afterTicks: 60 });
      expect(end.violations).toEqual({});
      expect(orders[0]).toMatchObject({ outcome: 'accepted', finalStatus: 'FILLED' });
      expect(orders[0]?.triggers).toHaveLength(1);
      expect(orders[0]?.fills).toHaveLength(1);
    }
  });
});

describe('VirtualClient against a server with one fault', () => {
  it('should see a delay of each message in full', () => {
    const { metric, end } = run({ fault: FAULTS['delay'] });
    expect(metric('tick').min).toBe(140_100);
    expect(end.violations).toEqual({});
  });

  it('should see a stall from the time at which each tick was due', () => {
    const { metric, end } = run({ fault: FAULTS['stall'] });
    expect(metric('tick').max).toBe(300_100);
    // Every tick that was due in the stall is late, not one.
    expect(metric('tick').countAbove(100_000)).toBe(21 + 20);
    expect(end.violations).toEqual({});
  });

  it('should report each dropped message as one gap', () => {
    const { end, lines } = run({ fault: everyTicker(300, () => []) });
    expect(end.violations).toEqual({ gap: 6 });
    const listed = lines.find((line) => line.kind === 'violation');
    expect(listed).toMatchObject({ violation: 'gap', client: 0, stream: 'ticker:MSFT', expectedSeq: 150, seq: 151 });
  });

  it('should report each doubled message as one duplicate', () => {
    expect(run({ fault: everyTicker(300, (release) => [release, release]) }).end.violations).toEqual({ duplicate: 6 });
  });

  it('should report each swap of neighbours as one reorder', () => {
    expect(run({ fault: swapEvery(300) }).end.violations).toEqual({ reorder: 6 });
  });

  it('should report a hole and a repeat after a resume as what they are', () => {
    // Two symbols; the account's streams are empty and have no history to spoil.
    const hole = run({ cutsUs: [2_500_000], fault: afterResume(() => []) });
    expect(hole.end.violations).toEqual({ hole_after_resume: 2 });
    const repeat = run({
      cutsUs: [2_500_000],
      fault: afterResume((text, last) => (last === undefined ? [text] : [last, text])),
    });
    expect(repeat.end.violations).toEqual({ repeat_after_resume: 2 });
  });

  it('should not take a snapshot for the order events that it missed', () => {
    const { end } = run({
      cutsUs: [2_000_000],
      ordersUs: [1_970_000],
      resumesBy: 'snapshot',
    });
    expect(end.violations).toEqual({ hole_after_resume: 2 });
  });

  it('should notice a schedule that slips while every message looks fresh', () => {
    const { end, metric } = run({ fault: FAULTS['slip'] });
    expect(end.violations.schedule_slip).toBeGreaterThan(1_000);
    expect(end.dueTimeErrorUs).toBeGreaterThan(95_000);
    expect(metric('tick').max).toBeGreaterThan(95_000);
    expect(metric('service').max).toBe(100);
  });

  it('should notice a server that runs ahead of the schedule', () => {
    const { end } = run({ aheadUs: 30_000, fault: on(['ticker'], onSchedule) });
    expect(end.violations).toEqual({ schedule_slip: 2 * EVENTS_PER_SYMBOL });
    expect(end.earlyUs).toBeGreaterThan(29_000);
  });

  it('should notice the lost tail of a stream by the heartbeats', () => {
    const { end, lines } = run({
      fault: on(['ticker'], (text) => (/"symbol":"AAPL","seq":(9\d\d|1000),/.test(text) ? [] : [text])),
    });
    expect(end.violations).toEqual({ heartbeat_head: 1 });
    expect(lines.find((line) => line.kind === 'violation')).toMatchObject({ stream: 'ticker:AAPL', expectedSeq: 900 });
  });

  it('should notice silence: no welcome, no answer to a subscription or an order, no heartbeat', () => {
    const mute = run({ fault: FAULTS['mute'] });
    expect(mute.end.violations.no_welcome).toBeGreaterThan(1);
    expect(mute.metric('connect').min).toBeGreaterThanOrEqual(2_000_000);
    expect(mute.clients[0]).toMatchObject({ connects: 0, received: 0 });
    const deaf = run({ fault: on(['subscribed', 'snapshot', 'ticker'], () => []) });
    expect(deaf.end.violations).toEqual({ no_answer: 3 });
    const idle = run({ ordersUs: [1_000_000, 2_000_000], fault: ignoresOrders });
    expect(idle.end.violations).toEqual({ no_answer: 2 });
    expect(idle.orders.map(({ outcome }) => outcome)).toEqual(['unanswered', 'unanswered']);
    const quiet = run({ fault: on(['heartbeat'], () => []) });
    expect(quiet.metric('heartbeat').max).toBeGreaterThan(10_000_000);
    // Told that one comes an hour, it is as silent.
    let beats = 0;
    const rare = run({
      fault: on(['welcome', 'heartbeat'], (text) => {
        if (typeOf(text) === 'welcome') return [text.replace(/"heartbeatMs":\d+/, '"heartbeatMs":3600000')];
        beats += 1;
        return beats === 1 ? [text] : [];
      }),
    });
    expect(beats).toBeGreaterThan(5);
    expect(rare.metric('heartbeat').max).toBeGreaterThan(8_000_000);
  });

  it('should report an error that nobody planned, but not a refused order', () => {
    const failing = run({
      ordersUs: [1_000_000],
      afterTicks: -50,
      fault: on(['error'], (text) => [text.replace('order_rejected', 'internal')]),
    });
    expect(failing.end.violations).toEqual({ unexpected_error: 1 });
    const refusing = run({ ordersUs: [1_000_000], afterTicks: -50 });
    expect(refusing.end.violations).toEqual({});
    expect(refusing.orders[0]).toMatchObject({ outcome: 'rejected', rejectReason: 'wrong_side_of_market' });
  });

  it('should tell on which tick an order triggered, so that a late one shows', () => {
    const { orders } = run({ ordersUs: [1_000_500], fault: FAULTS['late-trigger'] });
    expect(orders[0]?.triggers[0]?.tickSeq).toBe(101 + TRIGGERS_AFTER_TICKS + 1);
  });

  it('should report an event of an order that another account placed', () => {
    const { lines, end } = run({
      clients: 2,
      ordersUs: [1_000_500],
      fault: on(['order'], (text) => [text.replace('"o-1-0"', '"o-0-0"')]),
    });
    const [first] = lines.filter((line) => line.kind === 'violation' && line.violation === 'wrong_content');

    expect(end.violations.wrong_content).toBeGreaterThan(1);
    expect(first).toMatchObject({ client: 1, stream: 'order:acct-1', detail: expect.stringContaining('client 0') });
    expect(run({ clients: 2, ordersUs: [1_000_500] }).end.violations).toEqual({});
  });

  it('should report content that the tape does not have', () => {
    const { end, lines } = run({ inspect: ({ seq }) => (seq === 500 ? 'last 1, the tape says 2' : '') });
    expect(end.violations).toEqual({ wrong_content: 2 });
    expect(lines.find((line) => line.kind === 'violation')).toMatchObject({
      seq: 500,
      detail: 'last 1, the tape says 2',
    });
  });
});

describe('VirtualClient of a starved generator', () => {
  it("should tell its own slip, and charge the order's time from the plan", () => {
    const { metric } = run({ ordersUs: [3_000_000], stall: { atUs: 2_900_000, us: 500_000 }, afterTicks: 100 });
    expect(metric('slip').max).toBe(400_000);
    expect(metric('ack').max).toBe(400_200);
  });
});

it('should list violations up to the plan, and count them all', () => {
  const { lines, end } = run({ fault: FAULTS['slip'] });
  const listed = lines.filter((line) => line.kind === 'violation');
  expect(listed).toHaveLength(50);
  expect(listed[0]?.atUs).toBeGreaterThan(START_US);
  expect(end.violations.schedule_slip).toBeGreaterThan(50);
});
