import { describe, expect, it } from 'vitest';
import { TRIGGERS_AFTER_TICKS } from './scriptedServer.ts';
import { runVirtually, START_US } from './virtualRun.ts';

const EVENTS_PER_SYMBOL = 1_000;

describe('VirtualClient against a sound server', () => {
  it('should find nothing wrong and measure every tick once', () => {
    const { end, clients, metric } = runVirtually();
    expect(end.violations).toEqual({});
    expect(metric('tick').count).toBe(2 * EVENTS_PER_SYMBOL);
    expect(metric('tick').max).toBe(100);
    expect(metric('service').max).toBe(100);
    expect(clients[0]).toMatchObject({ connects: 1, failedConnects: 0, closes: [], resumes: [], failedOperations: 0 });
    const [apple] = clients[0]?.streams ?? [];
    expect(apple).toEqual({ stream: 'ticker:AAPL', firstSeq: 0, lastSeq: 1_000, events: 1_000, conflated: 0 });
  });

  it('should measure connecting, heartbeats and the clock', () => {
    const { metric, end } = runVirtually();
    // Opening, auth and welcome: three times over the network.
    expect(metric('connect').max).toBe(300);
    expect(metric('heartbeat').max).toBe(1_000_000);
    expect(metric('slip').max).toBe(0);
    expect(end).toMatchObject({ clockOffsetUs: 0, clockErrorUs: 100, dueTimeErrorUs: 0 });
  });

  it('should tell each second once with its connections, and the ticks of each client by second', () => {
    const { lines, clients } = runVirtually({ clients: 3 });
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
    const { end, clients, metric } = runVirtually({ cutsUs: [2_500_000, 6_000_000], clients: 5 });
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
    const { end, clients } = runVirtually({ cutsUs: [2_500_000], faults: { resume: 'snapshot' } });
    expect(end.violations).toEqual({});
    expect(clients[0]?.resumes).toMatchObject([{ recovered: false }]);
    expect(clients[0]?.streams[0]?.lastSeq).toBe(1_000);
  });

  it('should follow its orders to the fill', () => {
    const { orders, metric, end } = runVirtually({ ordersUs: [1_000_500, 2_000_500] });
    expect(end.violations).toEqual({});
    expect(orders).toHaveLength(2);
    const [order] = orders;
    expect(order).toMatchObject({ outcome: 'accepted', acceptedTickSeq: 101, finalStatus: 'FILLED', rejectReason: '' });
    expect(order?.triggers).toHaveLength(1);
    expect(order?.triggers[0]).toMatchObject({ tickSeq: 101 + TRIGGERS_AFTER_TICKS, price: '99.50', live: true });
    expect(order?.fills).toHaveLength(1);
    expect(metric('trigger')).toMatchObject({ count: 2, max: 100 });
    // The order is planned in whole ms of a timer's reach: what the timer adds is slip, and part of the answer's time.
    expect(metric('ack').max).toBeLessThanOrEqual(1_200);
    expect(metric('slip').max).toBeLessThanOrEqual(1_000);
  });

  it('should send what was planned while it was away as soon as it is back, and not call that slip', () => {
    const { orders, end, metric } = runVirtually({ cutsUs: [2_000_000], ordersUs: [2_000_050, 2_000_060, 3_000_000] });
    expect(end.violations).toEqual({});
    expect(orders.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(metric('ack').count).toBe(1);
    expect(metric('slip').max).toBeLessThanOrEqual(1_000);
  });

  it('should send an order again that was cut off on its way there or back, and see one trigger all the same', () => {
    for (const cutUs of [2_001_050, 2_001_150]) {
      const { orders, end } = runVirtually({ cutsUs: [cutUs], ordersUs: [2_001_000] });
      expect(end.violations).toEqual({});
      expect(orders[0]).toMatchObject({ outcome: 'accepted', finalStatus: 'FILLED' });
      expect(orders[0]?.triggers).toHaveLength(1);
      expect(orders[0]?.fills).toHaveLength(1);
    }
  });
});

describe('VirtualClient against a server with one fault', () => {
  it('should see a delay of each message in full', () => {
    const { metric, end } = runVirtually({ faults: { delayUs: 140_000 } });
    expect(metric('tick').min).toBe(140_100);
    expect(end.violations).toEqual({});
  });

  it('should see a stall from the time at which each tick was due', () => {
    const { metric, end } = runVirtually({ faults: { stall: { everyUs: 5_000_000, forUs: 300_000 } } });
    expect(metric('tick').max).toBe(300_100);
    // Every tick that was due in the stalls is late, not one per stall.
    expect(metric('tick').countAbove(100_000)).toBe(2 * (21 + 20));
    expect(end.violations).toEqual({});
  });

  it('should report each dropped message as one gap', () => {
    const { end, lines } = runVirtually({ faults: { dropEvery: 300 } });
    expect(end.violations).toEqual({ gap: 6 });
    const listed = lines.find((line) => line.kind === 'violation');
    expect(listed).toMatchObject({ violation: 'gap', client: 0, stream: 'ticker:MSFT', expectedSeq: 150, seq: 151 });
  });

  it('should report each doubled message as one duplicate', () => {
    expect(runVirtually({ faults: { doubleEvery: 300 } }).end.violations).toEqual({ duplicate: 6 });
  });

  it('should report each swap of neighbours as one reorder', () => {
    expect(runVirtually({ faults: { swapEvery: 300 } }).end.violations).toEqual({ reorder: 6 });
  });

  it('should report a hole and a repeat after a resume as what they are', () => {
    // Two symbols; the account's streams are empty and have no history to spoil.
    const hole = runVirtually({ cutsUs: [2_500_000], faults: { resume: 'hole' } });
    expect(hole.end.violations).toEqual({ hole_after_resume: 2 });
    const repeat = runVirtually({ cutsUs: [2_500_000], faults: { resume: 'repeat' } });
    expect(repeat.end.violations).toEqual({ repeat_after_resume: 2 });
  });

  it('should not take a snapshot for the order events that it missed', () => {
    const { end } = runVirtually({
      cutsUs: [2_000_000],
      ordersUs: [1_970_000],
      faults: { resume: 'snapshot' },
    });
    expect(end.violations).toEqual({ hole_after_resume: 2 });
  });

  it('should notice a schedule that slips while every message looks fresh', () => {
    const { end, metric } = runVirtually({ faults: { slipShare: 0.02 } });
    expect(end.violations.schedule_slip).toBeGreaterThan(1_000);
    expect(end.dueTimeErrorUs).toBeGreaterThan(195_000);
    expect(metric('tick').max).toBeGreaterThan(195_000);
    expect(metric('service').max).toBe(100);
  });

  it('should notice a server that runs ahead of the schedule', () => {
    const { end } = runVirtually({ faults: { earlyUs: 30_000 } });
    expect(end.violations).toEqual({ schedule_slip: 2 * EVENTS_PER_SYMBOL });
  });

  it('should notice the lost tail of a stream by the heartbeats', () => {
    const { end, lines } = runVirtually({ faults: { loseTail: { symbol: 'AAPL', fromSeq: 900 } } });
    expect(end.violations).toEqual({ heartbeat_head: 1 });
    expect(lines.find((line) => line.kind === 'violation')).toMatchObject({ stream: 'ticker:AAPL', expectedSeq: 900 });
  });

  it('should notice silence: no welcome, no answer to a subscription or an order, no heartbeat', () => {
    const mute = runVirtually({ faults: { silent: 'welcome' } });
    expect(mute.end.violations.no_welcome).toBeGreaterThan(1);
    expect(mute.metric('connect').min).toBeGreaterThanOrEqual(2_000_000);
    expect(mute.clients[0]).toMatchObject({ connects: 0, received: 0 });
    const deaf = runVirtually({ faults: { silent: 'subscribe' } });
    expect(deaf.end.violations).toEqual({ no_answer: 3 });
    const idle = runVirtually({ ordersUs: [1_000_000, 2_000_000], faults: { silent: 'orders' } });
    expect(idle.end.violations).toEqual({ no_answer: 2 });
    expect(idle.orders.map(({ outcome }) => outcome)).toEqual(['unanswered', 'unanswered']);
    const quiet = runVirtually({ faults: { silent: 'heartbeat' } });
    expect(quiet.metric('heartbeat').max).toBeGreaterThan(10_000_000);
  });

  it('should report an error that nobody planned, but not a refused order', () => {
    const failing = runVirtually({ ordersUs: [1_000_000], faults: { orderError: 'internal' } });
    expect(failing.end.violations).toEqual({ unexpected_error: 1 });
    const refusing = runVirtually({ ordersUs: [1_000_000], faults: { orderError: 'order_rejected' } });
    expect(refusing.end.violations).toEqual({});
    expect(refusing.orders[0]).toMatchObject({ outcome: 'rejected', rejectReason: 'order_rejected' });
  });

  it('should tell on which tick an order triggered, so that a late one shows', () => {
    const { orders } = runVirtually({ ordersUs: [1_000_500], faults: { triggerLateTicks: 1 } });
    expect(orders[0]?.triggers[0]?.tickSeq).toBe(101 + TRIGGERS_AFTER_TICKS + 1);
  });

  it('should report content that the tape does not have', () => {
    const { end, lines } = runVirtually({ inspect: ({ seq }) => (seq === 500 ? 'last 1, the tape says 2' : '') });
    expect(end.violations).toEqual({ wrong_content: 2 });
    expect(lines.find((line) => line.kind === 'violation')).toMatchObject({
      seq: 500,
      detail: 'last 1, the tape says 2',
    });
  });
});

describe('VirtualClient of a starved generator', () => {
  it("should tell its own slip, and charge the order's time from the plan", () => {
    const { metric } = runVirtually({ ordersUs: [3_000_000], starvedUs: { fromUs: 2_900_000, toUs: 3_400_000 } });
    expect(metric('slip').max).toBe(400_000);
    expect(metric('ack').max).toBe(400_200);
  });
});

it('should list violations up to the plan, and count them all', () => {
  const { lines, end } = runVirtually({ faults: { slipShare: 0.02 } });
  const listed = lines.filter((line) => line.kind === 'violation');
  expect(listed).toHaveLength(50);
  expect(listed[0]?.atUs).toBeGreaterThan(START_US);
  expect(end.violations.schedule_slip).toBeGreaterThan(50);
});
