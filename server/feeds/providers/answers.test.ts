import { fc } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FeedListener } from '../testing/feedListener.ts';
import { spoiler } from '../testing/spoilt.ts';

import { WireServer } from '../testing/wireServer.ts';

const ANSWERS = {
  'alpha-vantage': {
    'Global Quote': {
      '01. symbol': 'AAPL',
      '05. price': '100.0000',
      '06. volume': '1000',
      '07. latest trading day': '2020-03-16',
    },
  },
  yahoo: {
    chart: {
      result: [
        {
          meta: {
            symbol: 'AAPL',
            regularMarketPrice: 100,
            regularMarketTime: 1_584_365_400,
            regularMarketVolume: 1_000,
          },
        },
      ],
      error: null,
    },
  },
};

const spoilt = spoiler(fc);
let server: WireServer;
let listener: FeedListener | undefined;
beforeEach(async () => {
  server = await WireServer.start();
});
afterEach(async () => {
  listener?.feed.stop();
  await server.stop();
});

describe.each(['alpha-vantage', 'yahoo'] as const)('the answers of %s', (name) => {
  it('should be read or refused, whatever they are, and the next one be asked for', async () => {
    let body: unknown = {};
    let onAsked = (): void => undefined;
    server.onRequest = () => {
      onAsked();
      return [200, body];
    };
    const asked = (): Promise<void> =>
      new Promise((resolve) => {
        onAsked = resolve;
      });
    const heard = new FeedListener({ name, url: `http://127.0.0.1:${server.port}`, symbols: ['AAPL'] });
    listener = heard;
    await fc.assert(
      fc.asyncProperty(spoilt(ANSWERS[name]), async (answer) => {
        body = answer;
        await asked();
        // The next question shows that the answer was read.
        await asked();
      }),
      { numRuns: 30 },
    );
    body = ANSWERS[name];
    await heard.until(() => heard.ticks.length > 0);
    expect(heard.ticks.every(({ price, size }) => price > 0 && size > 0 && Number.isSafeInteger(price))).toBe(true);
    expect(Object.keys(heard.bad).length).toBeGreaterThan(0);
  });
});
