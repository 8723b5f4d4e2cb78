import { TickKind } from '../../market/types.ts';
import {
  encodeFrame,
  encodeTicker,
  encodeTickerSnapshot,
  encodeTrade,
  parseClientFrame,
} from '../../protocol/codecs/json.ts';
import type { Dialect, Voice } from './dialect.ts';

const JSON_VOICE: Voice = { read: parseClientFrame, write: encodeFrame };

/** The full protocol on `/v1/stream`, in JSON. */
export const native: Dialect = {
  name: 'native',
  path: '/v1/stream',
  subprotocols: ['tapedeck.v1.json'],
  identity: 'frame',
  standing: { heartbeatMs: 'limit', streams: [], positionsEveryMs: 0, portfolioEveryMs: 0 },
  voiceOf: () => JSON_VOICE,
  ticker: encodeTicker,
  trade: (view, sentTimeUs) =>
    view.kind === TickKind.TRADE || view.seqFrom !== view.seq ? encodeTrade(view, sentTimeUs) : undefined,
  tickerSnapshot: (view, { epoch }) => encodeTickerSnapshot(view, epoch),
};
