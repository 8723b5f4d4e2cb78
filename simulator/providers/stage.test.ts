import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Tick } from '../../market/types.ts';
import { type FeedFaults, SOUND_LINK } from '../faults/types.ts';
import { createPlayer, type PlayerOptions } from '../play/player.ts';
import { VirtualTime } from '../virtualTime.ts';
import type { ProviderKind } from './facade.ts';
import { Stage } from './stage.ts';
import { OPEN_US, openTestHost, type TestHost, tradeAt } from './testing/testHost.ts';

const open: TestHost[] = [];
afterEach(() => {
  for (const host of open.splice(0)) host.close();
});

/** Lets what waits for promises go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** When the wall clock of a test starts: some years after its tape. */
const START_US = OPEN_US + 1e14;

interface StageTestOptions extends Pick<PlayerOptions, 'speed' | 'fromUs' | 'isLoop' | 'toUs'> {
  readonly showAs?: 'tape' | 'now';
  readonly feed?: FeedFaults;
}

/** A provider that notes what it hears, with the virtual time since the start, ms. */
async function stageOf(ticks: readonly Tick[], options: StageTestOptions) {
  const time = new VirtualTime(START_US);
  const notes: (readonly (string | number)[])[] = [];
  const nowMs = (): number => (time.nowUs() - START_US) / 1_000;
  const kind: ProviderKind = {
    name: 'polygon',
    plans: { only: '' },
    create: () => ({
      socketPaths: [],
      tick: (tick, { shownTimeUs }) => notes.push(['tick', nowMs(), tick.price, shownTimeUs]),
      bar: ({ startUs, close }) => notes.push(['bar', nowMs(), close, startUs]),
    }),
  };
  const host = await openTestHost({ kind, ticks });
  open.push(host);
  const { tape } = host;
  const { showAs = 'tape', feed, ...part } = options;
  const player = createPlayer({ tape, clock: time.clock, timers: time.timers, showAs, ...part, startAtUs: START_US });
  const stage = new Stage(
    {
      ...{ kind, plan: 'only', keys: undefined, isLenient: false, clock: time.clock, timers: time.timers },
      ...{ link: () => SOUND_LINK, random: () => 0 },
    },
    { player, tape, showAs, ...(feed && { faults: () => ({ feed }) }) },
  );
  return { stage, time, notes, player, tape };
}

describe('Stage', () => {
  it('should end a minute when the schedule says so, though no event follows', async () => {
    const { stage, time, notes } = await stageOf([tradeAt(0), tradeAt(600_000)], { speed: 10 });
    void stage.run();
    time.runTo(START_US + 20_000_000);
    expect(notes).toEqual([
      ['tick', 0, 10_000, OPEN_US],
      ['bar', 6_000, 10_000, OPEN_US],
    ]);
  });

  it('should end no minute while it is paused, nor before a late event of it', async () => {
    const { stage, time, notes, player } = await stageOf([tradeAt(0), tradeAt(59_999), tradeAt(600_000)], { speed: 1 });
    void stage.run();
    time.runTo(START_US + 50_000_000);
    player.pause();
    await turn();
    time.runTo(START_US + 500_000_000);
    expect(notes).toHaveLength(1);
    player.resume();
    await turn();
    time.stall(20_000_000);
    time.runTo(START_US + 530_000_000);
    expect(notes.slice(1).map(([kind, , price]) => [kind, price])).toEqual([
      ['tick', 10_000],
      ['bar', 10_000],
    ]);
  });

  it('should cut minutes by the clock on the wall when the tape is shown as now', async () => {
    const ticks = [0, 30_000, 90_000, 150_000].map((ms, at) => tradeAt(ms, { price: 10_000 + at }));
    const { stage, time, notes } = await stageOf(ticks, { speed: 1, showAs: 'now' });
    void stage.run();
    time.runTo(START_US + 200_000_000);
    const bars = notes.filter(([kind]) => kind === 'bar');
    // The wall's minutes begin 20 s after the start.
    const intoMinuteUs = START_US % 60_000_000;
    expect(intoMinuteUs).toBe(40_000_000);
    expect(bars).toEqual([
      ['bar', 20_000, 10_000, START_US - intoMinuteUs],
      ['bar', 80_000, 10_001, START_US + 20_000_000],
      ['bar', 140_000, 10_002, START_US + 80_000_000],
    ]);
  });

  it('should know at its start what came before the part, and after a seek what came before that', async () => {
    const ticks = Array.from({ length: 10 }, (_, at) => tradeAt(at * 60_000, { price: 10_000 + at }));
    const part = { fromUs: OPEN_US + 240_000_000, toUs: OPEN_US + 480_000_000 };
    const { stage, time, player } = await stageOf(ticks, { speed: 1, isLoop: true, ...part });
    void stage.run();
    const known = (): unknown => {
      const { last, high, trades } = stage.market.view(0);
      return { last, high, trades, minutes: stage.market.minutes(0).length };
    };
    expect(known()).toEqual({ last: 10_004, high: 10_004, trades: 5, minutes: 4 });
    player.seek(OPEN_US + 360_000_000);
    await turn();
    time.runTo(START_US + 1_000);
    expect(known()).toMatchObject({ high: 10_006, trades: 7 });
    player.stop();
  });

  it('should go on at once after a seek into a long tape, and know all of the day soon', async () => {
    const ticks = Array.from({ length: 200_000 }, (_, at) => tradeAt(at * 100, { price: 20_000 - (at % 200) }));
    ticks[1_000] = tradeAt(100_000, { price: 90_000 });
    const { stage, time, notes, player } = await stageOf(ticks, { speed: 1 });
    const ended = stage.run();
    const known = (): unknown => {
      const { last, open, high, volume, trades } = stage.market.view(0);
      return { last, open, high, volume, trades, minutes: stage.market.minutes(0).length };
    };
    for (const place of [150_000, 180_000, 120_000]) {
      notes.length = 0;
      player.seek(OPEN_US + place * 100_000);
      expect(known()).toMatchObject({ last: 20_000 - 199, high: 20_000 });
      await turn();
      time.runTo(time.nowUs() + 1_000_000);
      expect(notes.filter(([kind]) => kind === 'tick')[0]).toEqual([
        'tick',
        expect.anything(),
        20_000,
        OPEN_US + place * 100_000,
      ]);
      const all = { open: 20_000, high: 90_000, volume: (place + 11) * 100, trades: place + 11 };
      expect(known()).toMatchObject({ ...all, minutes: place / 600 });
    }
    player.stop();
    await ended;
  });

  it('should end with what is wrong with the tape when that shows in what was before', async () => {
    const ticks = Array.from({ length: 100_000 }, (_, at) => tradeAt(at * 100));
    const { stage, time, player, tape } = await stageOf(ticks, { speed: 1 });
    const ended = stage.run();
    const file = openSync(tape.path, 'r+');
    writeSync(file, 'XXXX', Math.floor(fstatSync(file).size / 5));
    closeSync(file);
    player.seek(OPEN_US + 9_900 * 1e6);
    void turn().then(() => time.runTo(time.nowUs() + 1e6));
    await expect(ended).rejects.toThrow(/block \d+ at byte \d+ is altered/);
    expect(player.state().status).toBe('ended');
  });

  it('should tell the last minute of a round before the next one', async () => {
    const ticks = [
      tradeAt(0),
      tradeAt(70_000, { price: 10_001 }),
      tradeAt(110_000, { price: 10_002 }),
      tradeAt(600_000),
    ];
    const part = { fromUs: OPEN_US, toUs: OPEN_US + 120_000_000 };
    const { stage, time, notes, player } = await stageOf(ticks, { speed: 10, isLoop: true, ...part });
    const ended = stage.run();
    for (let second = 1; second <= 13; second++) {
      await turn();
      time.runTo(START_US + second * 1_000_000);
    }
    expect(notes.map(([kind, ms, price]) => [kind, ms, price])).toEqual([
      ...[
        ['tick', 0, 10_000],
        ['bar', 6_000, 10_000],
      ],
      ...[
        ['tick', 7_000, 10_001],
        ['tick', 11_000, 10_002],
        ['bar', 12_000, 10_002],
      ],
      ['tick', 12_000, 10_000],
    ]);
    player.stop();
    await ended;
  });

  it('should say what a fault of the feed says, when it is due', async () => {
    let held: Parameters<FeedFaults['tick']> | undefined;
    const at = START_US + 5_000_000;
    const feed: FeedFaults = {
      tick: (tick, times, emit) => {
        if (tick.price === 10_000) held = [{ ...tick }, { ...times }, emit];
        else emit(tick, times);
      },
      release: () => undefined,
      nextDueUs: () => (held === undefined ? Number.POSITIVE_INFINITY : at),
      releaseUntil: (eventUs, emit) => {
        if (held === undefined || eventUs < OPEN_US + 5_000_000) return;
        emit(held[0], held[1]);
        held = undefined;
      },
      nextEventUs: () => Number.POSITIVE_INFINITY,
      moved: () => undefined,
    };
    const ticks = [tradeAt(0), tradeAt(1_000, { price: 10_001 }), tradeAt(600_000)];
    const { stage, time, notes } = await stageOf(ticks, { speed: 1, feed });
    void stage.run();
    time.runTo(START_US + 10_000_000);
    expect(notes.map(([, ms, price]) => [ms, price])).toEqual([
      [1_000, 10_001],
      [5_000, 10_000],
    ]);
  });
});
