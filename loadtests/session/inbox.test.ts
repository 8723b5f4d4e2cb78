import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { Inbox } from './inbox.ts';

const START_US = 1_000_000_000;

/** An inbox on a virtual clock, whose messages take `costUs` each to look at. */
function setUp(options: { readonly costUs: number; readonly cores: number }) {
  const time = new VirtualTime(START_US);
  let workedUs = 0;
  const seen: string[] = [];
  const behind: number[] = [];
  const inbox = new Inbox({
    ports: {
      nowUs: () => time.nowUs() + workedUs,
      after: (delayMs, action) => time.at(time.nowUs() + delayMs * 1_000, action),
    },
    cores: options.cores,
    onFellBehind: (ageUs) => behind.push(ageUs),
  });
  const handle = (text: string, atUs: number): void => {
    seen.push(`${text}@${atUs - START_US}`);
    workedUs += options.costUs;
  };
  return { time, inbox, handle, seen, behind };
}

describe('Inbox', () => {
  it('should hand on nothing at once and all of it within a slice when it is quiet', () => {
    const { time, inbox, handle, seen } = setUp({ costUs: 20, cores: 0.4 });
    const lane = inbox.lane(handle);
    lane.push('a', START_US + 1);
    lane.push('b', START_US + 2);
    expect(seen).toEqual([]);
    time.runTo(START_US + 10_000);
    expect(seen).toEqual(['a@1', 'b@2']);
  });

  it('should take no more of a core than its share in a burst, and lose nothing', () => {
    const { time, inbox, handle, seen } = setUp({ costUs: 100, cores: 0.4 });
    const lane = inbox.lane(handle);
    for (let n = 0; n < 1_000; n++) lane.push(`${n}`, START_US + n);
    time.runTo(START_US + 10_000);
    // 0.4 of 10 ms at 100 µs each, and the turn that was begun.
    expect(seen.length).toBe(40);
    time.runTo(START_US + 500_000);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => `${n}@${n}`));
  });

  it('should let lanes take turns, each in its own order', () => {
    const { time, inbox, handle, seen } = setUp({ costUs: 100, cores: 0.16 });
    const lanes = [
      inbox.lane((text, atUs) => handle(`x${text}`, atUs)),
      inbox.lane((text, atUs) => handle(`y${text}`, atUs)),
    ];
    for (let n = 0; n < 100; n++) for (const lane of lanes) lane.push(`${n}`, START_US + n);
    time.runTo(START_US + 10_000);
    expect(seen.length).toBe(16);
    expect(seen.filter((text) => text.startsWith('x'))).toHaveLength(8);
    time.runTo(START_US + 1_000_000);
    for (const name of ['x', 'y']) {
      expect(seen.filter((text) => text.startsWith(name))).toEqual(
        Array.from({ length: 100 }, (_, n) => `${name}${n}@${n}`),
      );
    }
  });

  it('should hand on what one connection has read before its end is told, and leave the others their turns', () => {
    const { time, inbox, handle, seen } = setUp({ costUs: 10, cores: 0.4 });
    const cut = inbox.lane((text, atUs) => handle(`cut ${text}`, atUs));
    const other = inbox.lane((text, atUs) => handle(`other ${text}`, atUs));
    other.push('1', START_US);
    cut.push('1', START_US);
    cut.push('2', START_US);
    cut.drain();
    expect(seen).toEqual(['cut 1@0', 'cut 2@0']);
    cut.push('3', START_US + 5);
    time.runTo(START_US + 10_000);
    expect(seen).toEqual(['cut 1@0', 'cut 2@0', 'other 1@0', 'cut 3@5']);
  });

  it('should hand on everything at the end', () => {
    const { inbox, handle, seen, behind } = setUp({ costUs: 10, cores: 0.4 });
    const lanes = [inbox.lane(handle), inbox.lane(handle)];
    for (let n = 0; n < 100; n++) for (const lane of lanes) lane.push(`${n}`, START_US);
    inbox.drain();
    expect(seen).toHaveLength(200);
    expect(behind).toEqual([]);
  });

  it('should work at twice its share on what is older than a second', () => {
    const { time, inbox, handle, seen } = setUp({ costUs: 100, cores: 0.4 });
    const lane = inbox.lane(handle);
    for (let n = 0; n < 1_000; n++) lane.push(`${n}`, START_US - 1_500_000);
    time.runTo(START_US + 10_000);
    expect(seen).toHaveLength(80);
  });

  it('should tell once when it falls behind for seconds', () => {
    const { time, inbox, handle, behind } = setUp({ costUs: 100_000, cores: 0.4 });
    const lane = inbox.lane(handle);
    for (let n = 0; n < 1_000; n++) lane.push(`${n}`, START_US);
    time.runTo(START_US + 20_000);
    expect(behind).toEqual([]);
    time.runTo(START_US + 5_000_000);
    expect(behind).toHaveLength(1);
    expect(behind[0]).toBeGreaterThan(3_000_000);
  });
});
