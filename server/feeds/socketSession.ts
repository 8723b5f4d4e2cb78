import { type RawData, WebSocket } from 'ws';
import type { EndReason, Session, SessionEnd, SessionHost } from './provider.ts';

/** No provider's frame is as large as this, bytes. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
/** A connection on which nothing is heard for so long is asked for a sign, ms, and is dead without one in as long again. */
const SIGN_MS = 15_000;

/** What is special about a provider's connection. */
export interface SocketTalk {
  readonly url: string;
  /** Whether a frame may hold several objects, a line each. */
  readonly hasLines?: boolean;
  /** The connection is open. `settled` calls back when the provider has read what was sent until then, for want of its own word for that. */
  readonly opened: (send: (frame: object) => void, settled: (callback: () => void) => void) => void;
  /** A frame of JSON. */
  readonly frame: (value: unknown) => void;
  /** What a close frame of the provider means; undefined: that it closed. */
  readonly endOf?: (code: number) => Partial<SessionEnd> | undefined;
}

/** Opens a WebSocket to a provider: frames of JSON in and out, a watch over half-open connections, and one end. */
export function openSocket(host: SessionHost, talk: SocketTalk): Session {
  const { timers } = host.ports;
  const socket = new WebSocket(talk.url, {
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  let isOver = false;
  let hasOpened = false;
  let hasSign = true;
  let callOffSign: () => void = () => undefined;
  const close = (): void => {
    isOver = true;
    callOffSign();
    socket.terminate();
  };
  const end = (sessionEnd: SessionEnd): void => {
    if (isOver) return;
    close();
    host.ended(sessionEnd);
  };
  const watch = (): void => {
    callOffSign = timers.after(SIGN_MS, () => {
      if (!hasSign) {
        end({ reason: 'closed', detail: `no sign of life for ${(2 * SIGN_MS) / 1000} s` });
        return;
      }
      hasSign = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
      watch();
    });
  };
  socket.on('open', () => {
    if (isOver) return;
    hasOpened = true;
    watch();
    talk.opened(
      (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
      },
      (callback) => {
        socket.once('pong', () => {
          if (!isOver) callback();
        });
        socket.ping();
      },
    );
  });
  socket.on('message', (data, isBinary) => {
    hasSign = true;
    if (isOver) return;
    if (isBinary) host.bad('binary');
    else readFrame(data, host, talk);
  });
  socket.on('pong', () => {
    hasSign = true;
  });
  socket.on('unexpected-response', (_request, response) => {
    const status = response.statusCode ?? 0;
    response.destroy();
    const retryAfterMs = retryAfterOf(response.headers['retry-after']);
    end({ reason: reasonOf(status), detail: `the connection was refused with HTTP ${status}`, ...retryAfterMs });
  });
  // Its message may hold the address with the key, so that only its code is told.
  socket.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : 'protocol error';
    end({ reason: hasOpened ? 'closed' : 'unreachable', detail: `the connection failed (${code})` });
  });
  socket.on('close', (code) => {
    const detail = code === 1006 ? 'the connection broke' : `the provider closed the connection with ${code}`;
    end({ reason: 'closed', detail, ...talk.endOf?.(code) });
  });
  return { stop: close };
}

/** What an HTTP status says of the session. */
export function reasonOf(status: number): EndReason {
  if (status === 401 || status === 403) return 'auth_refused';
  return status === 429 || status === 418 ? 'rate_limited' : 'unreachable';
}

/** The wait that a header asks for; seconds alone are understood. */
export function retryAfterOf(header: string | null | undefined): { readonly retryAfterMs?: number } {
  return header !== null && header !== undefined && /^\d{1,6}$/.test(header)
    ? { retryAfterMs: Number(header) * 1000 }
    : {};
}

function readFrame(data: RawData, host: SessionHost, talk: SocketTalk): void {
  const text = String(data);
  if (talk.hasLines !== true) {
    readText(text, host, talk);
    return;
  }
  for (const line of text.split('\n')) if (line !== '') readText(line, host, talk);
}

function readText(text: string, host: SessionHost, talk: SocketTalk): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    host.bad('not_json');
    return;
  }
  talk.frame(value);
}
