import { describe, expect, it } from 'vitest';
import { SendResult, type TransportSocket } from '../../transport/types.ts';
import { type LinkState, SOUND_LINK } from '../faults/types.ts';
import { VirtualTime } from '../virtualTime.ts';
import { Delivery, emptyCounts } from './delivery.ts';
import { FrameCache } from './fanOut.ts';

const START_US = 1e15;

/** A delivery on the virtual clock to a socket that notes what it gets, and when, ms. */
function scene(result: SendResult = SendResult.SENT) {
  const time = new VirtualTime(START_US);
  const link = { state: SOUND_LINK as LinkState };
  const got: [string, number][] = [];
  const counts = emptyCounts();
  let kicks = 0;
  const socket: TransportSocket = {
    isOpen: true,
    remoteAddress: '127.0.0.1',
    send: (message) => {
      got.push([String(message), (time.nowUs() - START_US) / 1_000]);
      return result;
    },
    bufferedBytes: () => 0,
    join: () => undefined,
    leave: () => undefined,
    cork: (write) => write(),
    end: () => undefined,
    terminate: () => undefined,
    ping: () => undefined,
  };
  const to = { socket, kick: () => kicks++ };
  const { timers, nowUs } = time;
  const delivery = new Delivery({ nowUs, timers, counts, link: () => link.state, random: () => 0 });
  return { time, link, got, counts, delivery, to, kicks: () => kicks };
}

describe('Delivery', () => {
  it('should send at once while nothing is wrong', () => {
    const { got, delivery, to, counts } = scene();
    delivery.data(to, ['a'], 3);
    delivery.data(to, ['b', 'c'], 2);
    expect(got).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ]);
    expect(counts).toMatchObject({ deliveries: 5, frames: 3, dropped: 0 });
  });

  it('should let nothing overtake when a delay shrinks or ends, answers included', () => {
    const { time, link, got, delivery, to } = scene();
    link.state = { ...SOUND_LINK, delayUs: 50_000 };
    delivery.data(to, ['a'], 1);
    time.runTo(START_US + 10_000);
    link.state = { ...SOUND_LINK, delayUs: 5_000 };
    delivery.data(to, ['b'], 1);
    link.state = SOUND_LINK;
    delivery.answer(to, 'c');
    time.runTo(START_US + 100_000);
    delivery.data(to, ['d'], 1);
    expect(got).toEqual([
      ['a', 50],
      ['b', 50],
      ['c', 50],
      ['d', 100],
    ]);
  });

  it('should count what a fault keeps back, and answer all the same while silent', () => {
    const { link, got, counts, delivery, to } = scene();
    link.state = { ...SOUND_LINK, isSilent: true };
    delivery.data(to, ['a'], 4);
    delivery.answer(to, 'b');
    link.state = { ...SOUND_LINK, isHalfOpen: true };
    delivery.data(to, ['c'], 1);
    delivery.answer(to, 'd');
    expect(got).toEqual([['b', 0]]);
    expect(counts).toMatchObject({ dropped: 5, deliveries: 0, frames: 0 });
  });

  it('should say whose buffer is full', () => {
    const { delivery, to, kicks } = scene(SendResult.DROPPED);
    delivery.data(to, ['a'], 1);
    delivery.data(to, ['b', 'c'], 2);
    expect(kicks()).toBe(2);
  });
});

describe('FrameCache', () => {
  it('should write once for all who are owed the same, and never take other texts for them', () => {
    const written: string[] = [];
    const cache = new FrameCache((texts) => {
      written.push(texts.join('+'));
      return texts.join('+');
    });
    const frames = [
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'c'],
    ].map((pending) => cache.frame({ pending, pendingMark: 7 }));
    expect(frames).toEqual(['a+b', 'a+b', 'a+c']);
    expect(written).toEqual(['a+b', 'a+c']);
  });
});
