import { describe, expect, it } from 'vitest';
import { EventFeed, type StreamEntry, type StreamPlace } from './eventFeed.ts';

const place = { channel: 'bar.1m', key: 'S0' } as const satisfies StreamPlace;
const make = (): StreamEntry => ({
  ...place,
  createdUs: 1,
  frame: () => ({ type: 'pong', serverTimeUs: 1 }),
});

describe('EventFeed', () => {
  it('should count as sent only what was written: a heartbeat between two slices of bars tells of no loss', () => {
    const feed = new EventFeed('e', { maxEvents: 10, maxAgeUs: 1e9 });
    const first = feed.append(place, make, 1);
    const second = feed.append(place, make, 1);

    feed.write(first);
    const between = feed.sent(place);
    feed.write({ ...second, ratchetOf: '1' });
    feed.write(second);

    expect([feed.head(place), between, feed.sent(place)]).toEqual([2, 1, 2]);
    expect(feed.sent({ channel: 'bar.1m', key: 'S1' })).toBe(0);
  });

  it('should forget what is too old to be given, also where nothing new comes, and keep the numbers', () => {
    const feed = new EventFeed('e', { maxEvents: 10, maxAgeUs: 100 });
    for (const nowUs of [10, 20, 90]) feed.append(place, make, nowUs);

    feed.expire(130);
    expect(feed.events(place).last(3)).toHaveLength(1);
    feed.expire(1_000);
    expect(feed.events(place).last(3)).toHaveLength(0);
    expect(feed.events(place).span(1_000)).toEqual({ epoch: 'e', head: 3, oldest: 4 });
  });
});
