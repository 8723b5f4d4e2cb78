import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { emptyTick, type Tick } from '../../market/types.ts';
import type { EventTimes } from '../play/types.ts';
import { createFeedFaults } from './feedFaults.ts';
import { HEADER, OPEN_US, scenarioWith, scheduleAt } from './testing/faulted.ts';

const SAMPLES = 30;
/** Few enough that what they would allocate fits in the young generation: no collection may hide it. */
const EVENTS_PER_SAMPLE = 20_000;
/** The least that can be allocated per event is a boxed number, 12 to 16 bytes. */
const MOST_BYTES_PER_EVENT = 4;

it('should allocate nothing per event while no fault is at work', () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('no garbage collector at hand');
  const feed = createFeedFaults({
    scenario: scenarioWith([
      { kind: 'drop', at: 3_000, share: 0.5 },
      { kind: 'delay', at: 3_000, byMs: 100 },
      { kind: 'halt', at: 3_000, forS: 10 },
    ]),
    header: HEADER,
    schedule: scheduleAt(1),
  });
  const tick: Tick = { ...emptyTick(), price: 100, size: 1, eventTimeUs: OPEN_US };
  const times: EventTimes = { eventTimeUs: 0.5, dueTimeUs: 0.5, shownTimeUs: 0.5 };
  const sums = new Float64Array(1);
  const emit = (event: Tick): void => {
    sums[0] = (sums[0] as number) + event.price;
  };
  const growths: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let events = 0; events < EVENTS_PER_SAMPLE; events++) {
      const eventTimeUs = OPEN_US + sample * EVENTS_PER_SAMPLE + events;
      times.eventTimeUs = eventTimeUs;
      times.dueTimeUs = eventTimeUs;
      times.shownTimeUs = eventTimeUs;
      feed.tick(tick, times, emit);
    }
    growths.push(process.memoryUsage().heapUsed - before);
  }
  expect(sums[0]).toBe(SAMPLES * EVENTS_PER_SAMPLE * 100);
  const least = Math.min(...growths.filter((growth) => growth >= 0));
  expect(least / EVENTS_PER_SAMPLE).toBeLessThan(MOST_BYTES_PER_EVENT);
});
