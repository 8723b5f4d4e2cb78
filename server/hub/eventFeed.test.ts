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
});
