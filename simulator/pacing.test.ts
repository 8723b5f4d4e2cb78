import { describe, expect, it } from 'vitest';
import { type PacingOptions, type PacingSummary, runPaced } from './pacing.ts';
import { LATE_AFTER_US, Replay } from './replay.ts';
import { memoryCursor, trade } from './testTape.ts';
import { VirtualTime } from './virtualTime.ts';

const FROM_US = 1_584_365_400_000_000;
const START_US = 1_700_000_000_000_000;
/** A trade every 700 µs for 2.1 s, and a burst of 500 at one time in the middle. */
const ticks = Array.from({ length: 3_500 }, (_, at) => {
  const step = at < 1_500 ? at : Math.max(1_500, at - 500);
  return trade({ eventTimeUs: FROM_US + step * 700, price: at + 1 });
});

interface Scene {
  readonly time: VirtualTime;
  readonly deliveries: { readonly price: number; readonly atUs: number; readonly dueUs: number }[];
  readonly ended: Promise<PacingSummary>;
}

function play(options: { speed?: number } & Partial<PacingOptions> = {}): Scene {
  const time = new VirtualTime(START_US);
  const deliveries: Scene['deliveries'] = [];
  const { speed = 1, ...others } = options;
  const schedule = { startUs: START_US, fromEventUs: FROM_US, toEventUs: Number.POSITIVE_INFINITY, speed };
  const ended = runPaced({
    replay: new Replay({ cursor: memoryCursor(ticks), schedule }),
    clock: time.clock,
    timers: time.timers,
    sink: ({ price }, dueUs) =>
      deliveries.push({ price, atUs: time.clock.nowUs() - START_US, dueUs: dueUs - START_US }),
    ...others,
  });
  return { time, deliveries, ended };
}

describe('runPaced', () => {
  it('should deliver every event once, in order, never early and at most a timer late', async () => {
    const { time, deliveries, ended } = play();
    time.runToEnd();
    const summary = await ended;
    expect(deliveries.map(({ price }) => price)).toEqual(ticks.map(({ price }) => price));
    expect(deliveries.every(({ atUs, dueUs }) => atUs >= dueUs && atUs - dueUs <= 1_000)).toBe(true);
    expect(summary).toMatchObject({ ended: 'end', events: ticks.length, late: 0 });
    expect(summary.elapsedUs).toBeGreaterThanOrEqual(2_999 * 700);
    expect(summary.elapsedUs).toBeLessThanOrEqual(2_999 * 700 + 1_000);
  });

  it('should give one hash at market pace, ten times that, and as fast as possible', async () => {
    const hashes = [1, 10, Number.POSITIVE_INFINITY].map(async (speed) => {
      const { time, ended } = play({ speed });
      time.runToEnd();
      const { eventHash, elapsedUs } = await ended;
      return { eventHash, elapsedMs: Math.floor(elapsedUs / 1_000) };
    });
    const [market, ten, fastest] = await Promise.all(hashes);
    expect(market?.elapsedMs).toBe(2_100);
    expect(ten).toEqual({ eventHash: market?.eventHash, elapsedMs: 210 });
    expect(fastest).toEqual({ eventHash: market?.eventHash, elapsedMs: 0 });
  });

  it('should send at once what a stall made late, count it, and keep the due times of what follows', async () => {
    const { time, deliveries, ended } = play();
    while (time.clock.nowUs() < START_US + 200_000) time.step();
    const before = deliveries.length;
    const stalledAtUs = time.clock.nowUs() - START_US;
    time.stall(300_000);
    const resumedUs = stalledAtUs + 300_000;
    time.runToEnd();
    const summary = await ended;
    const missed = deliveries.slice(before).filter(({ dueUs }) => dueUs <= resumedUs);
    expect(missed.length).toBeGreaterThan(400);
    expect(new Set(missed.map(({ atUs }) => atUs))).toEqual(new Set([resumedUs]));
    expect(summary.late).toBe(missed.filter(({ dueUs }) => resumedUs - dueUs > LATE_AFTER_US).length);
    const after = deliveries.slice(before + missed.length);
    expect(after.every(({ price, atUs, dueUs }) => dueUs === dueOf(price) && atUs - dueUs <= 1_000)).toBe(true);
    expect(summary.latenessMaxUs).toBeGreaterThan(298_000);
  });

  it('should let the event loop turn between the events of a burst', async () => {
    const { time, deliveries, ended } = play({ speed: Number.POSITIVE_INFINITY, maxEventsPerTurn: 100 });
    const perTurn: number[] = [];
    let before = 0;
    do {
      perTurn.push(deliveries.length - before);
      before = deliveries.length;
    } while (time.step());
    await ended;
    expect(Math.max(...perTurn)).toBe(100);
    expect(perTurn).toHaveLength(35);
  });

  it('should end where it stands when it is aborted, and tell what was played', async () => {
    const controller = new AbortController();
    const { time, deliveries, ended } = play({ signal: controller.signal });
    while (time.clock.nowUs() < START_US + 500_000) time.step();
    controller.abort();
    const summary = await ended;
    expect(summary).toMatchObject({ ended: 'aborted', events: deliveries.length });
    expect(summary.lateness.count).toBe(deliveries.length);
    expect(time.step()).toBe(false);
  });

  it('should count all that was delivered when the sink itself aborts', async () => {
    const controller = new AbortController();
    let seen = 0;
    const sink = (): void => {
      seen += 1;
      if (seen === 10) controller.abort();
    };
    const { time, ended } = play({ speed: Number.POSITIVE_INFINITY, signal: controller.signal, sink });
    time.runToEnd();
    expect(await ended).toMatchObject({ ended: 'aborted', events: seen });
    expect(seen).toBeLessThan(ticks.length);
  });

  it('should play nothing when it is aborted beforehand', async () => {
    const { deliveries, ended } = play({ signal: AbortSignal.abort() });
    expect(await ended).toMatchObject({ ended: 'aborted', events: 0 });
    expect(deliveries).toEqual([]);
  });

  it('should tell progress in its rhythm', async () => {
    const elapsed: number[] = [];
    const { time, ended } = play({ progressEveryMs: 500, onProgress: ({ elapsedUs }) => elapsed.push(elapsedUs) });
    time.runToEnd();
    await ended;
    expect(elapsed.map((us) => Math.floor(us / 500_000))).toEqual([1, 2, 3, 4]);
  });

  it('should reject with what the sink throws, and stop', async () => {
    const { time, ended } = play({
      sink: () => {
        throw new RangeError('no');
      },
    });
    await expect(ended).rejects.toThrow(RangeError);
    expect(time.step()).toBe(false);
  });
});

function dueOf(price: number): number {
  return (ticks[price - 1]?.eventTimeUs ?? Number.NaN) - FROM_US;
}
