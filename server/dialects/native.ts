import { TickKind } from '../../market/types.ts';
import { encodeFrame, encodeTicker, encodeTickerSnapshot, encodeTrade, parseClientFrame } from '../../protocol/codecs/json.ts';
import type { Dialect } from './dialect.ts';

/** The full protocol on `/v1/stream`, in JSON. */
export const native: Dialect = {
  name: 'native',
  path: '/v1/stream',
  subprotocols: ['tapedeck.v1.json'],
  identity: 'frame',
  standing: { heartbeat: true, orders: false, positionsEveryMs: 0, portfolioEveryMs: 0 },
  read: parseClientFrame,
  ticker: encodeTicker,
  trade: (view, sentTimeUs) =>
    view.kind === TickKind.TRADE || view.seqFrom !== view.seq ? encodeTrade(view, sentTimeUs) : undefined,
  tickerSnapshot: encodeTickerSnapshot,
  write: encodeFrame,
};
