import type { PlacingFrame } from '../../protocol/generatorPlan.ts';
import type { AuthFrame, PingFrame, SubscribeFrame, TimeFrame, UnsubscribeFrame } from '../../protocol/messages.ts';
import { SESSION_CHANNELS, type SessionChannel } from '../../protocol/run.ts';
import type { Codec } from '../../protocol/serverUnderTest.ts';
import { type Dialect, type HeartbeatHead, newTickerFields, type SessionEvent, type TickerFields } from './dialect.ts';
import { bad, type Fields, isFields, isNumber, isWhole, numberOr, parseFields, textOr } from './fields.ts';

const OTHER: SessionEvent = { kind: 'other' };
const MINUTE_US = 60_000_000;
const FRAME_MINUTES = new Map<unknown, number>([
  ['1m', 1],
  ['5m', 5],
  ['15m', 15],
  ['1h', 60],
] satisfies [TimeFrame, number][]);

/** Makes the native dialect (`/v1/stream`) for one client. Its frames are JSON here; a connection of the other codec translates them. */
export function nativeDialect(codec: Codec = 'json'): Dialect {
  const ticker = newTickerFields();
  return {
    protocol: `tapedeck.v1.${codec}`,
    isNumbered: true,
    headers: () => ({}),
    parse: (text) => parse(text, ticker),
    opened: (id, token) =>
      JSON.stringify({ type: 'auth', id, ...(token === undefined ? {} : { token }) } satisfies AuthFrame),
    subscribe: ({ id, channel, symbols, since }) => {
      const frame: SubscribeFrame = {
        type: 'subscribe',
        id,
        channel,
        ...(symbols === undefined ? {} : { symbols }),
        // Bars from before the run are nobody's concern here.
        ...(channel === 'bar.1m' ? { bars: 0 } : {}),
        ...(since === undefined ? {} : { since }),
      };
      return { frames: [JSON.stringify(frame)], isAnswered: true };
    },
    unsubscribe: (request) => JSON.stringify({ type: 'unsubscribe', ...request } satisfies UnsubscribeFrame),
    placeOrder: (id, frame) => JSON.stringify({ ...frame, id } satisfies PlacingFrame),
    ping: (id) => JSON.stringify({ type: 'ping', id } satisfies PingFrame),
  };
}

/** Whether a connection of this subprotocol speaks the native stream: only there a ticker may be read in place. */
export function isNativeProtocol(protocol: string): boolean {
  return protocol.startsWith('tapedeck.v1.');
}

function parse(text: string, ticker: TickerFields): SessionEvent {
  const parsed = parseFields(text);
  if (parsed === undefined) return bad('not a JSON object');
  switch (parsed['type']) {
    case 'ticker':
      return readTicker(parsed, ticker)
        ? { kind: 'ticker', fields: ticker, data: parsed['data'] }
        : bad('ticker without its numbers');
    case 'order':
      return readOrder(parsed);
    case 'execution':
      return readExecution(parsed);
    case 'pattern':
      return readPattern(parsed);
    case 'bar':
      return readBar(parsed);
    case 'position.value':
    case 'portfolio':
      return readValue(parsed['type'], parsed);
    case 'heartbeat':
      return readHeartbeat(parsed);
    case 'welcome':
      return readWelcome(parsed);
    case 'subscribed':
      return readSubscribed(parsed);
    case 'snapshot':
      return readSnapshot(parsed);
    case 'order.accepted':
      return readAccepted(parsed);
    case 'error':
      return readError(parsed);
    case 'pong':
      return isWhole(parsed['serverTimeUs'])
        ? { kind: 'pong', id: numberOr(parsed['id'], -1), serverTimeUs: parsed['serverTimeUs'] }
        : bad('pong without serverTimeUs');
    default:
      return typeof parsed['type'] === 'string' ? OTHER : bad('no type');
  }
}

/** Reads what the audit needs into `ticker`; false when something is missing or no whole number. */
export function readTicker(frame: Fields, ticker: TickerFields): boolean {
  const { symbol, seq, seqFrom, eventTimeUs, dueTimeUs, receivedTimeUs, sentTimeUs } = frame;
  if (typeof symbol !== 'string' || !isWhole(seq) || !isWhole(eventTimeUs)) return false;
  if (!isWhole(receivedTimeUs) || !isWhole(sentTimeUs)) return false;
  if (seqFrom !== undefined && !(isWhole(seqFrom) && seqFrom <= seq)) return false;
  if (dueTimeUs !== undefined && !isWhole(dueTimeUs)) return false;
  ticker.symbol = symbol;
  ticker.seq = seq;
  ticker.seqFrom = seqFrom ?? seq;
  ticker.eventTimeUs = eventTimeUs;
  ticker.dueTimeUs = dueTimeUs ?? -1;
  ticker.receivedTimeUs = receivedTimeUs;
  ticker.sentTimeUs = sentTimeUs;
  return true;
}

/** When a frame says that it was due: by its schedule, else when its cause reached the server; -1 when it says neither. */
function saidDueUs({ dueTimeUs, receivedTimeUs }: Fields): number {
  if (isWhole(dueTimeUs)) return dueTimeUs;
  return isWhole(receivedTimeUs) ? receivedTimeUs : -1;
}

function readOrder(frame: Fields): SessionEvent {
  const { account, seq, reason, tickSeq, eventTimeUs, data } = frame;
  if (typeof account !== 'string' || typeof reason !== 'string' || !isFields(data))
    return bad('order without account, reason or data');
  if (!isWhole(tickSeq) || !isWhole(eventTimeUs)) return bad('order without tickSeq or eventTimeUs');
  if (seq === undefined ? reason !== 'ratcheted' : !isWhole(seq)) return bad(`order ${reason} without seq`);
  if (typeof data['clientOrderId'] !== 'string') return bad('order without clientOrderId');
  return {
    kind: 'order',
    order: {
      account,
      seq: numberOr(seq, -1),
      reason,
      tickSeq,
      eventTimeUs,
      saidDueUs: saidDueUs(frame),
      clientOrderId: data['clientOrderId'],
      status: textOr(data['status'], ''),
      triggerPrice: textOr(data['triggerPrice'], ''),
      rejectReason: textOr(data['rejectReason'], ''),
    },
  };
}

function readExecution(frame: Fields): SessionEvent {
  const { account, seq, tickSeq, eventTimeUs, data } = frame;
  if (typeof account !== 'string' || !isFields(data)) return bad('execution without account or data');
  if (!isWhole(seq) || !isWhole(tickSeq) || !isWhole(eventTimeUs))
    return bad('execution without seq, tickSeq or eventTimeUs');
  if (typeof data['clientOrderId'] !== 'string') return bad('execution without clientOrderId');
  return {
    kind: 'execution',
    execution: {
      account,
      seq,
      tickSeq,
      eventTimeUs,
      saidDueUs: saidDueUs(frame),
      clientOrderId: data['clientOrderId'],
      lastPrice: textOr(data['lastPrice'], ''),
      lastQuantity: textOr(data['lastQuantity'], ''),
    },
  };
}

function readPattern(frame: Fields): SessionEvent {
  const { symbol, seq, data } = frame;
  if (typeof symbol !== 'string' || !isWhole(seq) || !isFields(data)) return bad('pattern without symbol, seq or data');
  const { patternType, timeFrame, toUs } = data;
  const barMinutes = FRAME_MINUTES.get(timeFrame) ?? 0;
  if (typeof patternType !== 'string' || barMinutes === 0 || !isWhole(toUs))
    return bad('pattern without patternType, timeFrame or toUs');
  const barEndUs = toUs + barMinutes * MINUTE_US;
  return { kind: 'pattern', pattern: { symbol, seq, patternType, barMinutes, barEndUs, saidDueUs: saidDueUs(frame) } };
}

function readBar(frame: Fields): SessionEvent {
  const { channel, symbol, seq, data } = frame;
  if (channel !== 'bar.1m') return OTHER;
  if (typeof symbol !== 'string' || !isFields(data)) return bad('bar without symbol or data');
  if (data['isClosed'] !== true && data['isCorrection'] !== true) return OTHER;
  const { startUs, open, high, low, close, volume } = data;
  if (!isWhole(seq) || !isWhole(startUs)) return bad('closed bar without seq or startUs');
  if (!isNumber(open) || !isNumber(high) || !isNumber(low) || !isNumber(close) || !isNumber(volume))
    return bad('bar without its numbers');
  return { kind: 'bar', bar: { symbol, seq, saidDueUs: saidDueUs(frame), startUs, open, high, low, close, volume } };
}

function readValue(channel: 'position.value' | 'portfolio', frame: Fields): SessionEvent {
  const { account, computeUs, data } = frame;
  if (typeof account !== 'string' || !isNumber(computeUs) || computeUs < 0 || typeof data !== 'object')
    return bad(`${channel} without account, computeUs or data`);
  return { kind: 'value', channel, account, computeUs };
}

function readHeartbeat(frame: Fields): SessionEvent {
  const heads = frame['heads'];
  if (!isFields(heads)) return bad('heartbeat without heads');
  const list: HeartbeatHead[] = [];
  for (const channel of SESSION_CHANNELS) {
    const byKey = heads[channel];
    if (!isFields(byKey)) continue;
    for (const key of Object.keys(byKey)) {
      const seq = byKey[key];
      if (!isWhole(seq)) return bad(`heartbeat head of ${channel}:${key} is no number`);
      list.push({ channel, key, seq });
    }
  }
  return { kind: 'heartbeat', heads: list };
}

function readWelcome(frame: Fields): SessionEvent {
  const { account, epoch, heartbeatMs } = frame;
  if (typeof account !== 'string' || typeof epoch !== 'string' || !isWhole(heartbeatMs)) {
    return bad('welcome without account, epoch or heartbeatMs');
  }
  return { kind: 'welcome', account, epoch };
}

function readSubscribed(frame: Fields): SessionEvent {
  const channel = asChannel(frame['channel']);
  if (channel === undefined) return OTHER;
  if (typeof frame['recovered'] !== 'boolean') return bad('subscribed without recovered');
  return { kind: 'subscribed', id: numberOr(frame['id'], -1), channel, recovered: frame['recovered'] };
}

function readSnapshot(frame: Fields): SessionEvent {
  const channel = asChannel(frame['channel']);
  if (channel === undefined) return OTHER;
  const { symbol, epoch, seq } = frame;
  if (typeof symbol !== 'string' || typeof epoch !== 'string' || !isWhole(seq))
    return bad('snapshot without symbol, epoch or seq');
  return { kind: 'snapshot', channel, key: symbol, epoch, seq };
}

function readAccepted(frame: Fields): SessionEvent {
  const data = frame['data'];
  if (!isFields(data) || typeof data['clientOrderId'] !== 'string') return bad('order.accepted without clientOrderId');
  return {
    kind: 'accepted',
    id: numberOr(frame['id'], -1),
    clientOrderId: data['clientOrderId'],
    status: textOr(data['status'], ''),
  };
}

function readError(frame: Fields): SessionEvent {
  const { code, message, reason, clientOrderId } = frame;
  if (typeof code !== 'string') return bad('error without code');
  return {
    kind: 'error',
    id: numberOr(frame['id'], -1),
    code,
    message: textOr(message, ''),
    rejectReason: code === 'order_rejected' ? textOr(reason, code) : undefined,
    clientOrderId: textOr(clientOrderId, ''),
  };
}

function asChannel(value: unknown): SessionChannel | undefined {
  return SESSION_CHANNELS.find((channel) => channel === value);
}
