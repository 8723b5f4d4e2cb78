import { describe, expect, it } from 'vitest';
import { TickKind } from '../../market/types.ts';
import type { Fault } from '../../protocol/schemas/faults.ts';
import { runPaced } from '../pacing.ts';
import { Replay } from '../replay.ts';
import type { TapeCursor } from '../tape/types.ts';
import { VirtualTime } from '../virtualTime.ts';
import { FaultedReplay } from './faultedReplay.ts';
import { createFeedFaults } from './feedFaults.ts';
import { HEADER, market, OPEN_US, scenarioWith } from './testing/faulted.ts';

const S = 1_000_000;
/** One every 7 s, so that most of what happens is brought out by no event. */
const TICKS = market(60, 7 * S);
const TO_US = OPEN_US + 480 * S;

function cursor(): TapeCursor {
  let at = -1;
  const tick = { ...(TICKS[0] as (typeof TICKS)[number]) };
  return {
    tick,
    next: () => {
      at++;
      Object.assign(tick, TICKS[at]);
      return at < TICKS.length;
    },
    peekTimeUs: () => TICKS[at + 1]?.eventTimeUs ?? Number.POSITIVE_INFINITY,
  };
}

interface Heard {
  readonly inputs: string[];
  /** How long each came after it was due, µs. */
  readonly lateUs: number[];
}

/** What an engine gets of the ticks, with these faults, halts and minutes included. */
async function heardAt(speed: number, faults: readonly Fault[], stallUs = 0): Promise<Heard> {
  const time = new VirtualTime(1e15);
  const heard: Heard = { inputs: [], lateUs: [] };
  const schedule = { startUs: time.nowUs(), fromEventUs: OPEN_US, toEventUs: TO_US, speed };
  const replay = new Replay({ cursor: cursor(), schedule });
  const hear = (input: string, dueUs: number): void => {
    heard.inputs.push(input);
    heard.lateUs.push(time.nowUs() - dueUs);
  };
  const faulted = new FaultedReplay({
    replay,
    clock: time.clock,
    timers: time.timers,
    toUs: TO_US,
    faults: createFeedFaults({
      scenario: scenarioWith(faults),
      header: HEADER,
      schedule,
      onHalt: ({ symbol, isHalted }, { dueTimeUs }) => hear(`halt ${symbol} ${isHalted}`, dueTimeUs),
    }),
    sink: (control, dueUs) => hear(JSON.stringify(control), dueUs),
  });
  faulted.start();
  const sink = faulted.before((tick, dueUs) => hear(JSON.stringify(tick), dueUs));
  const played = runPaced({ replay, clock: time.clock, timers: time.timers, sink, maxEventsPerTurn: 1 }).then(() =>
    faulted.end(),
  );
  let hasEnded = false;
  void played.then(() => {
    hasEnded = true;
  });
  for (let step = 0; !hasEnded; step++) {
    if (stallUs > 0 && step % 5 === 0) time.stall(stallUs);
    if (!time.step()) await Promise.resolve();
  }
  faulted.stop();
  return heard;
}

const FAULTS: readonly Fault[] = [
  { kind: 'delay', at: 30, forS: 60, byMs: { distribution: 'uniform', from: 5_000, to: 40_000 } },
  { kind: 'reorder', at: 100, forS: 120, windowMs: 55_000 },
  { kind: 'duplicate', at: 240, forS: 60, share: 0.5, laterMs: 33_000 },
  { kind: 'halt', at: 65, forS: 50, symbols: ['IBM'] },
  { kind: 'burst', at: 330, forS: 45 },
  { kind: 'stale_clock', at: 380, forS: 20, byS: -3 },
];

describe('FaultedReplay', () => {
  it('should give ticks, halts and minutes in one order at every pace, stalled or not', async () => {
    const { inputs, lateUs } = await heardAt(1, FAULTS);
    expect(inputs.filter((input) => input.includes('clock'))).toHaveLength(8);
    expect(inputs.filter((input) => input.includes('halt'))).toHaveLength(2);
    expect(Math.max(...lateUs)).toBeLessThanOrEqual(2_000);
    for (const speed of [3, 1000, Number.POSITIVE_INFINITY]) {
      expect((await heardAt(speed, FAULTS)).inputs).toEqual(inputs);
    }
    expect((await heardAt(1, FAULTS, 20 * S)).inputs).toEqual(inputs);
  });

  it('should show the feed its own clock', async () => {
    const { inputs } = await heardAt(1, [{ kind: 'stale_clock', byS: -3 }]);
    expect(inputs[0]).toContain(`"eventTimeUs":${OPEN_US - 3 * S}`);
  });

  it('should give what is held back longer than the part at its end', async () => {
    const { inputs } = await heardAt(1, [{ kind: 'burst', at: 400, forS: 600 }]);
    const ticks = inputs.filter((input) => input.includes(`"kind":${TickKind.TRADE}`) || input.includes('"bid"'));
    expect(ticks).toHaveLength(TICKS.length);
    expect(inputs.at(-1)).toContain('"bid"');
  });
});
