import { describe, expect, it } from 'vitest';
import type { Control } from '../market/types.ts';
import { MinuteEnds } from './minuteEnds.ts';
import { Replay } from './replay.ts';
import { memoryCursor, trade } from './testTape.ts';
import { VirtualTime } from './virtualTime.ts';

const MINUTE_US = 60_000_000;
const START_US = 1_000_000_000;

/** A tape whose events lie at these seconds, played from 0 to `toS`; returns what was told, in order. */
function play(options: { readonly atS: readonly number[]; readonly toS: number }) {
  const time = new VirtualTime(START_US);
  const events = options.atS.map((atS) => trade({ eventTimeUs: atS * 1e6, price: 100 }));
  const schedule = { startUs: START_US, fromEventUs: 0, toEventUs: options.toS * 1e6, speed: 1 };
  const replay = new Replay({ cursor: memoryCursor(events), schedule });
  const told: string[] = [];
  const minutes = new MinuteEnds({
    replay,
    clock: time.clock,
    toUs: options.toS * 1e6,
    sink: (control: Control, dueUs) => {
      if (control.kind === 'clock') told.push(`minute ${control.timeUs / MINUTE_US} at ${(dueUs - START_US) / 1e6}`);
    },
    timers: time.timers,
  });
  minutes.start();
  const sink = minutes.before((tick) => told.push(`tick ${tick.eventTimeUs / 1e6}`));
  /** Lets time pass, in seconds, and runs what falls due. */
  const advance = (seconds: number): void => time.runTo(time.nowUs() + seconds * 1e6);
  return { advance, nowUs: time.nowUs, replay, told, sink, minutes };
}

describe('MinuteEnds', () => {
  it('should tell a minute when it is due, though no event follows', () => {
    const { advance, nowUs, replay, told, sink } = play({ atS: [10], toS: 120 });
    advance(10);
    replay.pump(nowUs(), sink);
    advance(60);
    expect(told).toEqual(['tick 10', 'minute 1 at 60']);
    advance(60);
    expect(told).toEqual(['tick 10', 'minute 1 at 60', 'minute 2 at 120']);
  });

  it('should wait for events of before that are late themselves, and go before those at its end', () => {
    const { advance, nowUs, replay, told, sink } = play({ atS: [59, 60, 130], toS: 180 });
    advance(200);
    expect(told).toEqual([]);
    replay.pump(nowUs(), sink);
    expect(told).toEqual(['tick 59', 'minute 1 at 60', 'tick 60', 'minute 2 at 120', 'tick 130']);
    advance(0.01);
    expect(told.at(-1)).toBe('minute 3 at 180');
  });

  it('should tell nothing beyond the part, and end', async () => {
    const { nowUs, replay, told, sink, minutes } = play({ atS: [10], toS: 59 });
    replay.pump(nowUs() + 20e6, sink);
    await minutes.end();
    expect(told).toEqual(['tick 10']);
  });
});
