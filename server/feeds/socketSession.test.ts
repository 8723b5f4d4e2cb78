import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { testInstruments } from '../testing/manualFeed.ts';
import { LiveFeed } from './liveFeed.ts';
import { polygon } from './providers/polygon.ts';
import { DEFAULT_FEED_RULES } from './rules.ts';
import { PolygonServer } from './testing/polygonServer.ts';

const SECOND_US = 1_000_000;

/** A feed of a real connection whose waiting is on a virtual clock; `live` resolves when the provider is live. */
function play(url: string, time: VirtualTime): { readonly feed: LiveFeed; readonly live: Promise<void> } {
  let isLive = (): void => undefined;
  const live = new Promise<void>((resolve) => {
    isLive = resolve;
  });
  const write = (line: string): void => {
    if (line.includes('the provider is live')) isLive();
  };
  const feed = new LiveFeed({
    providers: [polygon({ url, key: PolygonServer.KEY, plan: {}, pollMs: 1, maxPollMs: 1 })],
    instruments: testInstruments(1),
    calendar: undefined,
    rules: { ...DEFAULT_FEED_RULES, silenceMs: 3_600_000 },
    ports: { clock: time.clock, timers: time.timers, random: () => 0, log: pino({ level: 'info' }, { write }) },
  });
  void feed.play(
    () => undefined,
    () => undefined,
    () => undefined,
  );
  return { feed, live };
}

describe('a connection to a provider', () => {
  it('should be cut when nothing answers a ping, so that a half-open one is found out', async () => {
    const server = await PolygonServer.start({ autoPong: false });
    const time = new VirtualTime(Date.now() * 1_000);
    const { feed, live } = play(server.url, time);
    await live;
    time.runTo(time.nowUs() + 16 * SECOND_US);
    expect(feed.health().chain[0]?.state).toBe('live');
    time.runTo(time.nowUs() + 15 * SECOND_US);
    expect(feed.health().chain[0]).toMatchObject({
      reconnects: 1,
      lastEnd: { reason: 'closed', detail: 'no sign of life for 30 s' },
    });
    feed.stop();
    await server.stop();
  });
});
