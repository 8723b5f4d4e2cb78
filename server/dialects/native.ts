import { TickKind } from '../../market/types.ts';
import {
  encodeFrame,
  encodeTicker,
  encodeTickerSnapshot,
  encodeTrade,
  parseClientFrame,
} from '../../protocol/codecs/json.ts';
import {
  encodeMsgpack,
  encodeMsgpackTicker,
  encodeMsgpackTickerSnapshot,
  encodeMsgpackTrade,
  parseMsgpackFrame,
} from '../../protocol/codecs/msgpack.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { Dialect, Voice } from './dialect.ts';

const JSON_VOICE: Voice = { read: parseClientFrame, write: encodeFrame };
const MSGPACK_VOICE: Voice = {
  read: () => ({ type: 'refusal', code: 'bad_json', message: 'expected MessagePack in a binary frame, not text' }),
  readBinary: parseMsgpackFrame,
  write: encodeMsgpack,
};

/** The full protocol on `/v1/stream`, in JSON. */
export const native: Dialect = {
  name: 'native',
  path: '/v1/stream',
  subprotocols: ['tapedeck.v1.json'],
  identity: 'frame',
  standing: { heartbeatFactor: 1, streams: [], positionsEveryMs: 0, portfolioEveryMs: 0 },
  voiceOf: () => JSON_VOICE,
  ticker: encodeTicker,
  trade: (view, sentTimeUs) => (mayBeTrade(view) ? encodeTrade(view, sentTimeUs) : undefined),
  tickerSnapshot: (view, { epoch, staleMs }) => encodeTickerSnapshot(view, epoch, staleMs),
};

/** The full protocol on `/v1/stream`, in MessagePack: the same frames, both ways. */
export const nativeMsgpack: Dialect = {
  ...native,
  name: 'native-msgpack',
  subprotocols: ['tapedeck.v1.msgpack'],
  voiceOf: () => MSGPACK_VOICE,
  ticker: encodeMsgpackTicker,
  trade: (view, sentTimeUs) => (mayBeTrade(view) ? encodeMsgpackTrade(view, sentTimeUs) : undefined),
  tickerSnapshot: (view, { epoch, staleMs }) => encodeMsgpackTickerSnapshot(view, epoch, staleMs),
};

function mayBeTrade({ kind, seq, seqFrom }: TickerView): boolean {
  return kind === TickKind.TRADE || seqFrom !== seq;
}
