import { type MessageEvent, WebSocket } from 'k6/websockets';

/** RFC 6455: a connection that ended without a close frame. */
const ABNORMAL_CLOSE = 1006;

export interface SocketHandlers {
  readonly onOpen: () => void;
  /** @param atWallMs when k6's reader had the message, ahead of the event loop's queue: ms since the epoch with a fraction */
  readonly onMessage: (text: string, atWallMs: number) => void;
  /** Comes once, also when the connection never opened. 1006 stands for a reset or any other end without a close frame. */
  readonly onClose: (code: number) => void;
}

export interface Socket {
  /** Sends a text frame; nothing happens when the socket isn't open. */
  send(text: string): void;
  /** Closes with a close frame: k6 has no way to cut. */
  close(code: number): void;
}

/** Opens a WebSocket of k6. Binary messages are handed on as '' : no frame of ours. */
export function openSocket(options: {
  url: string;
  protocol: string;
  headers: Readonly<Record<string, string>>;
  handlers: SocketHandlers;
}): Socket {
  const { url, protocol, headers, handlers } = options;
  const socket = new WebSocket(url, null, { headers: { ...headers, 'Sec-WebSocket-Protocol': protocol } });
  let closeWhenOpen: number | undefined;
  socket.addEventListener('open', () => {
    if (closeWhenOpen === undefined) handlers.onOpen();
    else socket.close(closeWhenOpen);
  });
  socket.addEventListener('message', (event) => {
    if (isMessage(event)) handlers.onMessage(typeof event.data === 'string' ? event.data : '', event.timestamp);
  });
  socket.addEventListener('close', (event) => handlers.onClose(codeOf(event)));
  return {
    send: (text) => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    close: (code) => {
      // A close before the connection stands would block k6's event loop until it does.
      if (socket.readyState === socket.CONNECTING) closeWhenOpen = code;
      else socket.close(code);
    },
  };
}

function isMessage(event: object): event is MessageEvent {
  return 'data' in event;
}

/** k6 gives the code only where there was one; its types don't know it. */
function codeOf(event: object): number {
  return 'code' in event && typeof event.code === 'number' ? event.code : ABNORMAL_CLOSE;
}
