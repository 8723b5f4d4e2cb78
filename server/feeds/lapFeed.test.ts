import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostClock } from '../../simulator/hostClock.ts';
import { aTrade, inFolder, writeTape } from '../../simulator/tape/testTicks.ts';
import { type FeedLap, LapFeed } from './lapFeed.ts';

const DAY_US = 86_400e6;

/** Plays laps of a tape of four trades, a quarter second apart; what the engine was told, in order. */
function told(laps: AsyncIterable<FeedLap>): Promise<(readonly [string, number])[]> {
  return inFolder(async (folder) => {
    const tapePath = join(folder, 'four.tape');
    const ticks = [0, 1, 2, 3].map((at) => aTrade({ eventTimeUs: at * 250_000, price: 100 + at, size: 1 }));
    writeTape(tapePath, ticks, { symbols: 1 });
    const feed = new LapFeed({ tapePath, laps, clock: hostClock({}) });
    const heard: (readonly [string, number])[] = [];
    await feed.play(
      (tick) => heard.push([`trade ${tick.price}`, tick.eventTimeUs]),
      (control) => heard.push([control.kind, control.kind === 'clock' ? control.timeUs : 0]),
    );
    expect(feed.state).toBe('ended');
    return heard;
  });
}

describe('LapFeed', () => {
  it('should play each lap as it is asked for, on its own day, the day before ended first', async () => {
    const lap = { fromUs: 0, toUs: 600_000, shiftUs: 0, speed: 1000, startAtUs: 0 };
    async function* laps(): AsyncGenerator<FeedLap> {
      yield lap;
      yield { ...lap, fromUs: 500_000, toUs: 1_000_000, shiftUs: DAY_US, clockUs: DAY_US / 2 };
    }

    expect(await told(laps())).toEqual([
      ['trade 100', 0],
      ['trade 101', 250_000],
      ['trade 102', 500_000],
      ['clock', DAY_US / 2],
      ['trade 102', DAY_US + 500_000],
      ['trade 103', DAY_US + 750_000],
    ]);
  });

  it('should tell the ends of minutes at their time of the lap’s day, the last of them too', async () => {
    async function* laps(): AsyncGenerator<FeedLap> {
      yield { fromUs: 0, toUs: 120_000_000, shiftUs: DAY_US, speed: 100_000, startAtUs: 0 };
    }

    expect((await told(laps())).filter(([kind]) => kind === 'clock')).toEqual([
      ['clock', DAY_US + 60_000_000],
      ['clock', DAY_US + 120_000_000],
    ]);
  });
});
