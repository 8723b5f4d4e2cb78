import { pino } from 'pino';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { startServer } from '../../server/server.ts';
import { ManualFeed } from '../../server/testing/manualFeed.ts';
import { testClock } from '../../server/testing/testServer.ts';
import { LAW_LIMITS } from './protocolModel.ts';
import type { LawServer } from './protocolSurroundings.ts';

const SECRET = 'a secret of the law of sessions, long enough';

/** Starts a server under the law, fed by hand; with a journal if a folder for it is given. */
export async function startLawServer(folder?: string): Promise<LawServer & { readonly stop: () => Promise<void> }> {
  const feed = new ManualFeed(4);
  const start = () =>
    startServer(
      {
        listen: [{ host: '127.0.0.1', port: 0 }],
        limits: { ...DEFAULT_LIMITS, ...LAW_LIMITS },
        allowedOrigins: [],
        logLevel: 'silent',
        secret: SECRET,
        ...(folder !== undefined && { journal: { folder } }),
      },
      { clock: testClock, log: pino({ level: 'silent' }), feed },
    );
  let server = await start();
  return {
    get port() {
      return server.ports[0] ?? 0;
    },
    get epoch() {
      return server.epoch;
    },
    secret: SECRET,
    hasJournal: folder !== undefined,
    trade: (trade) => feed.trade(trade),
    quote: (quote) => feed.quote(quote),
    endMinute: () => {
      feed.endMinute();
    },
    publishNews: (symbols) => {
      server.publish.publishNews({ headline: 'Something happened', source: 'the law', symbols });
    },
    restart: async () => {
      await server.drain();
      server = await start();
    },
    stop: () => server.drain(),
  };
}
