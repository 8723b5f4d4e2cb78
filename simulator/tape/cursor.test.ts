import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTape } from './reader.ts';
import { aTrade, inFolder, writeTape } from './testTicks.ts';

/** A whole microsecond time of 2020 is no small integer: a careless cursor boxes each one, in 12 bytes or more. */
const START_US = 1_584_365_400_000_000;
const EVENTS = 60_000;

it('should allocate nothing per event', () =>
  inFolder((folder) => {
    const path = join(folder, 'one-block.tape');
    const ticks = Array.from({ length: EVENTS }, (_, at) =>
      aTrade({ eventTimeUs: START_US + at * 7, price: 100 + (at % 9), size: at % 2 === 0 ? 5 : 2 ** 40 }),
    );
    writeTape(path, ticks, { symbols: 1, blockEvents: EVENTS });
    const tape = openTape(path);
    const play = (): number => {
      const cursor = tape.cursor();
      const before = process.memoryUsage().heapUsed;
      let total = 0;
      while (cursor.next()) total += cursor.tick.price;
      expect(total).toBeGreaterThan(0);
      return process.memoryUsage().heapUsed - before;
    };
    // The first rounds run before the optimiser; the least of the later ones is free of others' work in this process.
    const grown = Array.from({ length: 30 }, play).slice(10);

    // A collection in between makes growth negative: those rounds say nothing.
    expect(Math.min(...grown.filter((bytes) => bytes >= 0)) / EVENTS).toBeLessThan(2);
    tape.close();
  }));

it('should know from which time on so many events come up to another', () =>
  inFolder((folder) => {
    const path = join(folder, 'blocks.tape');
    // Blocks of 10 events, two at each time.
    const ticks = Array.from({ length: 100 }, (_, at) => aTrade({ eventTimeUs: START_US + Math.floor(at / 2) }));
    writeTape(path, ticks, { symbols: 1, blockEvents: 10 });
    const tape = openTape(path);
    for (const [events, toUs] of [0, 1, 9, 10, 11, 35, 100, 1_000].flatMap((e) =>
      [-5, 0, 3, 27, 49, 90].map((t) => [e, t] as const),
    )) {
      const untilUs = START_US + toUs;
      const fromUs = tape.timeBefore(untilUs, events);
      const between = ticks.filter(({ eventTimeUs }) => eventTimeUs >= fromUs && eventTimeUs < untilUs).length;
      const all = ticks.filter(({ eventTimeUs }) => eventTimeUs < untilUs).length;
      expect(fromUs).toBeLessThanOrEqual(untilUs);
      expect(between).toBeGreaterThanOrEqual(Math.min(events, all));
      expect(between).toBeLessThanOrEqual(events + 20);
    }
    tape.close();
  }));
