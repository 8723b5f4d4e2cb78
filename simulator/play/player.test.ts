import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Tick } from '../../market/types.ts';
import type { Fault } from '../../protocol/schemas/faults.ts';
import { createFaults } from '../faults/faults.ts';
import { openTape } from '../tape/reader.ts';
import { aTrade, openWriter } from '../tape/testTicks.ts';
import type { TapeReader } from '../tape/types.ts';
import { VirtualTime } from '../virtualTime.ts';
import { createPlayer, type PlayerOptions } from './player.ts';
import type { Player, PlaySink, PlaySummary } from './types.ts';

const START_US = 1_700_000_000_000_000;
/** On a minute. */
const FROM_US = 1_584_365_400_000_000;
const EVENTS = 600;
const EVERY_US = 500_000;

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-player-'));
const tape = writeTape();
afterAll(() => {
  tape.close();
  rmSync(folder, { recursive: true });
});

/** Two trades a second for five minutes, two at each time: their price is their place. */
function writeTape(): TapeReader {
  const path = join(folder, 'player.tape');
  const halts = [{ symbol: 1, haltUs: FROM_US + 60e6, resumeUs: FROM_US + 120e6, reason: 'LULD pause' }];
  const writer = openWriter(path, { symbols: 2, blockEvents: 64, halts });
  for (let at = 0; at < EVENTS; at++) {
    const eventTimeUs = FROM_US + Math.floor(at / 2) * 2 * EVERY_US;
    writer.append(aTrade({ symbol: at % 2, eventTimeUs, price: at, size: 1 }));
  }
  writer.finish();
  return openTape(path);
}

class Scene {
  readonly time = new VirtualTime(START_US);
  readonly player: Player;
  readonly prices: number[] = [];
  readonly dueUs: number[] = [];
  readonly shownUs: number[] = [];
  readonly told: string[] = [];
  readonly caughtUp: number[] = [];
  readonly ended: Promise<PlaySummary>;

  constructor(options: Partial<PlayerOptions> = {}) {
    this.player = createPlayer({ tape, clock: this.time.clock, timers: this.time.timers, ...options });
    this.ended = this.player.play({
      tick: (tick: Tick, times) => {
        this.prices.push(tick.price);
        this.dueUs.push(times.dueTimeUs - START_US);
        this.shownUs.push(times.shownTimeUs);
      },
      halt: (change, times) =>
        this.told.push(
          `${change.isHalted ? 'halt' : 'resume'} ${change.symbol} ${(times.eventTimeUs - FROM_US) / 1e6}`,
        ),
      moved: (toUs, catchUp) => {
        this.told.push(`moved ${(toUs - FROM_US) / 1e6}`);
        this.caughtUp.length = 0;
        catchUp((tick) => this.caughtUp.push(tick.price));
      },
      roundEnded: (endUs) => this.told.push(`round ended ${(endUs - FROM_US) / 1e6}`),
    });
  }

  /** Lets the clock go on, and what waits for promises with it. */
  async run(seconds: number): Promise<void> {
    await turn();
    this.time.runTo(this.time.nowUs() + seconds * 1e6);
    await turn();
  }
}

describe('a player', () => {
  it('should play a tape at its pace, with due and shown times, and tell halts in their place', async () => {
    const scene = new Scene({ speed: 2 });
    await scene.run(150);
    const summary = await scene.ended;
    expect(scene.prices).toEqual(Array.from({ length: EVENTS }, (_, at) => at));
    expect(scene.dueUs.slice(0, 6)).toEqual([0, 0, 500_000, 500_000, 1_000_000, 1_000_000]);
    expect(scene.shownUs[2]).toBe(FROM_US + 1e6);
    expect(scene.told).toEqual(['halt 1 60', 'resume 1 120']);
    expect(summary).toMatchObject({ status: 'ended', events: EVENTS, late: 0, eventHash: tape.header.eventHash });
  });

  it("should show due times as the tape's own when it is played as if it were live", async () => {
    const scene = new Scene({ showAs: 'now', speed: 10, startAtUs: START_US + 5e6 });
    await scene.run(1);
    expect(scene.prices).toEqual([]);
    await scene.run(50);
    await scene.ended;
    expect(scene.shownUs[2]).toBe(START_US + 5e6 + 100_000);
  });

  it('should stand still while it is paused, and go on with no event lost or doubled', async () => {
    const scene = new Scene();
    await scene.run(10.2);
    scene.player.pause();
    await scene.run(1_000);
    expect(scene.player.state()).toMatchObject({ status: 'paused', positionUs: FROM_US + 10e6, events: 22 });
    scene.player.resume();
    await scene.run(0.7);
    expect(scene.prices).toHaveLength(22);
    await scene.run(0.1);
    expect(scene.prices).toHaveLength(24);
    await scene.run(400);
    expect(await scene.ended).toMatchObject({ events: EVENTS, late: 0, eventHash: tape.header.eventHash });
  });

  it('should go on at a time that is set', async () => {
    const scene = new Scene({ startAtUs: START_US + 3600e6 });
    await scene.run(1);
    scene.player.pause();
    scene.player.resume(START_US + 5e6);
    await scene.run(3.9);
    expect(scene.prices).toEqual([]);
    await scene.run(2.1);
    expect(scene.dueUs.slice(0, 3)).toEqual([5e6, 5e6, 6e6]);
    await scene.run(400);
    expect(await scene.ended).toMatchObject({ late: 0, eventHash: tape.header.eventHash });
  });

  it('should take another speed from where it stands', async () => {
    const scene = new Scene();
    await scene.run(10);
    scene.player.setSpeed(10);
    await scene.run(1);
    expect(scene.player.state()).toMatchObject({ positionUs: FROM_US + 20e6, speed: 10 });
    scene.player.setSpeed(Number.POSITIVE_INFINITY);
    await scene.run(1);
    expect(await scene.ended).toMatchObject({ events: EVENTS, late: 0, eventHash: tape.header.eventHash });
    expect(() => scene.player.setSpeed(0)).toThrow('the speed must be above 0, it is 0');
  });

  it('should step by ticks and by minutes', async () => {
    const scene = new Scene();
    await scene.run(10.2);
    scene.player.step('tick', 3);
    expect(scene.prices).toHaveLength(25);
    scene.player.step('bar', 1);
    expect(scene.player.state()).toMatchObject({ status: 'paused', positionUs: FROM_US + 59e6, events: 120 });
    scene.player.step('bar', 2);
    expect(scene.player.state().positionUs).toBe(FROM_US + 179e6);
    expect(scene.told).toEqual(['halt 1 60', 'resume 1 120']);
    scene.player.step('bar', 100);
    expect(await scene.ended).toMatchObject({ events: EVENTS, late: 0, eventHash: tape.header.eventHash });
  });

  it('should go to any place, tell what holds there, and give what the market did before', async () => {
    const scene = new Scene();
    await scene.run(5);
    scene.player.seek(FROM_US + 90e6);
    expect(scene.told).toEqual(['moved 90', 'halt 1 60']);
    expect(scene.caughtUp).toHaveLength(180);
    await scene.run(0.5);
    expect(scene.prices.slice(-2)).toEqual([180, 181]);
    scene.player.pause();
    scene.player.seek(0);
    expect(scene.player.state()).toMatchObject({ status: 'paused', positionUs: FROM_US });
    scene.player.resume();
    await scene.run(400);
    expect(await scene.ended).toMatchObject({ events: 12 + 2 + EVENTS, eventHash: undefined });
  });

  it('should begin again at the end of a loop, on one schedule', async () => {
    const scene = new Scene({ isLoop: true, fromUs: FROM_US + 10e6, toUs: FROM_US + 20e6 });
    for (let second = 0; second < 35; second++) await scene.run(1);
    expect(scene.player.state()).toMatchObject({ rounds: 3, events: 72 });
    expect(scene.dueUs.at(-1)).toBe(35e6);
    expect(scene.told).toEqual(Array.from({ length: 3 }, () => ['round ended 20', 'moved 10']).flat());
    scene.player.stop();
    expect(await scene.ended).toMatchObject({ status: 'ended', rounds: 3 });
  });

  it('should end a round at the end of its part, long after its last event, and obey meanwhile', async () => {
    const scene = new Scene({ isLoop: true, fromUs: FROM_US + 290e6, toUs: FROM_US + 360e6 });
    await scene.run(50);
    expect(scene.player.state()).toMatchObject({ rounds: 0, events: 20 });
    expect(scene.player.marketNowUs()).toBe(FROM_US + 340e6);
    scene.player.pause();
    await scene.run(100);
    expect(scene.player.marketNowUs()).toBe(FROM_US + 340e6);
    scene.player.resume();
    scene.player.setSpeed(2);
    await scene.run(9.9);
    expect(scene.player.state().rounds).toBe(0);
    await scene.run(0.2);
    expect(scene.player.state()).toMatchObject({ rounds: 1, events: 22 });
    await scene.run(0.5);
    expect(scene.player.state()).toMatchObject({ rounds: 1, events: 24 });
    scene.player.seek(FROM_US + 355e6);
    await scene.run(2.6);
    expect(scene.player.state()).toMatchObject({ rounds: 2 });
    scene.player.stop();
    await scene.ended;
  });

  it('should play each event once whatever pauses, steps and speeds come', async () => {
    const command = fc.oneof(
      fc.record({ kind: fc.constant('run' as const), seconds: fc.integer({ min: 0, max: 60 }) }),
      fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const) }),
      fc.record({ kind: fc.constant('speed' as const), speed: fc.constantFrom(0.1, 1, 7, Number.POSITIVE_INFINITY) }),
      fc.record({
        kind: fc.constant('step' as const),
        unit: fc.constantFrom('tick' as const, 'bar' as const),
        count: fc.nat(3),
      }),
    );
    const law = fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
      const scene = new Scene();
      for (const given of commands) {
        if (given.kind === 'run') await scene.run(given.seconds);
        else if (given.kind === 'speed') scene.player.setSpeed(given.speed);
        else if (given.kind === 'step') scene.player.step(given.unit, given.count);
        else scene.player[given.kind]();
      }
      scene.player.resume();
      scene.player.setSpeed(1000);
      await scene.run(10);
      expect(await scene.ended).toMatchObject({ events: EVENTS, eventHash: tape.header.eventHash });
      expect(scene.prices).toEqual(Array.from({ length: EVENTS }, (_, at) => at));
    });
    await fc.assert(law, { numRuns: 60, seed: 20200316 });
  });
});

/** What is heard of a tape with a halt of its own when a scenario adds another one, and loses a fifth of all events. */
class FaultedScene {
  readonly time = new VirtualTime(START_US);
  readonly said: string[] = [];
  readonly player: Player;
  readonly #ended: Promise<PlaySummary>;

  constructor(speed: number) {
    this.player = createPlayer({ tape, clock: this.time.clock, timers: this.time.timers, speed });
    const tell: PlaySink['halt'] = ({ symbol, isHalted }, { eventTimeUs }) =>
      this.said.push(`${isHalted ? 'halt' : 'resume'} ${symbol} ${(eventTimeUs - FROM_US) / 1e6}`);
    const symbols = [tape.header.instruments[0]?.symbol ?? ''];
    const halt: Fault = { kind: 'halt', at: 30, forS: 60, symbols };
    const faults: Fault[] = [halt, { kind: 'drop', share: 0.2 }];
    const { feed } = createFaults({
      scenario: { name: 'halts', seed: 1, tape: { speed: 1 }, faults },
      ...{ header: tape.header, schedule: () => this.player.schedule(), originUs: FROM_US, onHalt: tell },
    });
    this.#ended = this.player.play({
      tick: (tick, times) => feed.tick(tick, times, ({ price }) => this.said.push(`trade ${price}`)),
      halt: tell,
      moved: (toUs) => {
        feed.moved(toUs);
        this.said.length = 0;
      },
    });
  }

  async runToEnd(): Promise<readonly string[]> {
    await turn();
    this.time.runToEnd();
    await this.#ended;
    return this.said;
  }
}

describe('a player with faults', () => {
  it("should tell the tape's halts and a scenario's in their places, the same at every pace", async () => {
    const said = await new FaultedScene(1).runToEnd();
    const changes = ['halt 0 30', 'halt 1 60', 'resume 0 90', 'resume 1 120'];
    expect(said.filter((what) => !what.startsWith('trade'))).toEqual(changes);
    expect(said.length / EVENTS).toBeGreaterThan(0.6);
    expect(said.length / EVENTS).toBeLessThan(0.8);
    const during = said
      .slice(said.indexOf('halt 0 30'), said.indexOf('resume 0 90'))
      .flatMap((what) => what.match(/^trade (\d+)$/)?.[1] ?? []);
    expect(during.every((price) => Number(price) % 2 === 1)).toBe(true);
    for (const speed of [0.3, 50, Number.POSITIVE_INFINITY]) {
      expect(await new FaultedScene(speed).runToEnd()).toEqual(said);
    }
  });

  it('should lose the same events after a seek, and tell first which symbols are halted', async () => {
    const all = await new FaultedScene(1).runToEnd();
    const scene = new FaultedScene(1);
    await turn();
    scene.time.runTo(START_US + 200e6);
    scene.player.seek(FROM_US + 70e6);
    const said = await scene.runToEnd();
    const isTrade = (what: string): boolean => what.startsWith('trade');
    expect(said.filter((what) => !isTrade(what))).toEqual(['halt 1 60', 'halt 0 30', 'resume 0 90', 'resume 1 120']);
    expect(said.filter(isTrade)).toEqual(all.filter((what) => isTrade(what) && Number(what.slice(6)) >= 140));
  });
});
