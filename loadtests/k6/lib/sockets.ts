import { b64decode, b64encode } from 'k6/encoding';
import { setTimeout } from 'k6/timers';
import { type MessageEvent, WebSocket } from 'k6/websockets';
import { newTickerFields } from '../../session/dialect.ts';
import type { Inbox } from '../../session/inbox.ts';
import { isNativeProtocol } from '../../session/native.ts';
import { ABNORMAL_CLOSE, type Connection, type ConnectRequest, told } from '../../session/ports.ts';
import { readTickerText } from './tickerText.ts';

/** The first messages of a connection are its welcome and the answers to it: the client goes on by them, so they don't wait. */
const HANDSHAKE_MESSAGES = 4;
/** Values of `readyState`: k6's types promise them on the socket, where at run time there are none. */
const CONNECTING = 0;
const OPEN = 1;

/** What all sockets of a VU share. */
export interface SocketShared {
  /** The run's clock, µs since the epoch. */
  readonly nowUs: () => number;
  /** What an event's time lies ahead of the run's clock, µs. */
  readonly wallAheadUs: number;
  readonly inbox: Inbox;
}

/**
 * Opens a WebSocket of k6. A message's time is the event's `timestamp`: taken by k6's reader, ahead of the event loop's
 * queue, with steps below 1 µs. So the message itself waits in the VU's inbox, and a close is told after what was read
 * before it.
 *
 * k6 can't cut a connection: `abort` tells the client of the end at once, and closes with a close frame behind its back.
 */
export function openSocket(request: ConnectRequest, shared: SocketShared): Connection {
  const { nowUs, wallAheadUs, inbox } = shared;
  const { url, protocol, hasTextInBinary = false, headers, handlers } = request;
  const asked = protocol === '' ? {} : { 'Sec-WebSocket-Protocol': protocol };
  const socket = new WebSocket(url, null, { headers: { ...headers, ...asked } });
  const ticker = newTickerFields();
  const isNative = isNativeProtocol(protocol);
  let ended = false;
  let closeWhenOpen = false;
  let messages = 0;
  let why = '';
  if (hasTextInBinary) socket.binaryType = 'arraybuffer';
  const lane = inbox.lane((text, atUs) => {
    if (ended) return;
    if (isNative && readTickerText(text, ticker)) handlers.onTicker(ticker, atUs);
    else handlers.onMessage(text, atUs);
  });
  const end = (code: number, atUs: number): void => {
    if (ended) return;
    ended = true;
    handlers.onClose(code, atUs, why);
  };
  const close = (): void => {
    // A close before the connection stands would block k6's event loop until it does.
    if (socket.readyState === CONNECTING) closeWhenOpen = true;
    else socket.close();
  };

  socket.addEventListener('open', () => {
    if (closeWhenOpen) socket.close();
    else handlers.onOpen(nowUs());
  });
  socket.addEventListener('message', (event) => {
    if (ended || !isMessage(event)) return;
    lane.push(textOf(event, hasTextInBinary), Math.round(event.timestamp * 1000) - wallAheadUs);
    if (messages >= HANDSHAKE_MESSAGES) return;
    messages += 1;
    lane.drain();
  });
  socket.addEventListener('error', (event) => {
    why = wordsOf(event, 'error');
  });
  socket.addEventListener('close', (event) => {
    const atUs = nowUs();
    lane.drain();
    why = wordsOf(event, 'reason') || why;
    end(codeOf(event), atUs);
  });
  return {
    send: (text) => {
      if (!ended && socket.readyState === OPEN) socket.send(text);
    },
    close,
    abort: () => {
      const atUs = nowUs();
      setTimeout(() => end(ABNORMAL_CLOSE, atUs), 0);
      close();
    },
  };
}

function isMessage(event: object): event is MessageEvent {
  return 'data' in event;
}

/** Where binary messages are no text, they belong to no JSON dialect: as '' they are found to be bad frames. */
function textOf({ data }: MessageEvent, hasTextInBinary: boolean): string {
  if (typeof data === 'string') return data;
  return hasTextInBinary && data instanceof ArrayBuffer ? b64decode(b64encode(data), 'std', 's') : '';
}

/** What k6 says of an end in a field that its types don't know. */
function wordsOf(event: object, field: 'error' | 'reason'): string {
  const words: unknown = (event as Partial<Record<typeof field, unknown>>)[field];
  return typeof words === 'string' ? told(words) : '';
}

/** k6 gives the code only where there was a close frame; its types don't know the field. */
function codeOf(event: object): number {
  return 'code' in event && typeof event.code === 'number' ? event.code : ABNORMAL_CLOSE;
}
