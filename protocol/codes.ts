/** WebSocket close codes of the protocol. 4000-4099: reconnect and resume; 4100-4199: back off; 4400-4499: don't reconnect. */
export const CloseCode = {
  /** The server is draining; come back after the notice's `retryAfterMs`. */
  SHUTDOWN: 4001,
  /** The client reads too slowly for lossless data; reconnect and resume. */
  TOO_SLOW: 4008,
  /** The server lost the stream's state; reconnect, a snapshot follows. */
  STATE_LOST: 4010,
  /** Too many commands; wait, then reconnect. */
  RATE_LIMITED: 4129,
  /** A frame that can't be read as a command. */
  BAD_FRAME: 4400,
  /** The token has expired; authenticate anew. */
  TOKEN_EXPIRED: 4401,
  /** The identity may not do this. */
  FORBIDDEN: 4403,
  /** No valid `auth` in time. */
  AUTH_TIMEOUT: 4408,
  /** A newer connection took this one's place. */
  REPLACED: 4409,
  /** A frame over `maxFrameBytes`. */
  TOO_LARGE: 4413,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Error codes inside `error` frames and problem documents, each with whether a retry of the same command may succeed. */
export const ERROR_CODES = {
  bad_json: { retryable: false },
  bad_message: { retryable: false },
  unknown_type: { retryable: false },
  unknown_channel: { retryable: false },
  unknown_symbol: { retryable: false },
  unknown_order: { retryable: false },
  unknown_alert: { retryable: false },
  unauthenticated: { retryable: false },
  bad_token: { retryable: false },
  token_expired: { retryable: false },
  forbidden: { retryable: false },
  too_many_symbols: { retryable: false },
  too_many_alerts: { retryable: false },
  too_many_subscribers: { retryable: true },
  too_large: { retryable: false },
  too_deep: { retryable: false },
  not_found: { retryable: false },
  method_not_allowed: { retryable: false },
  unsupported_media_type: { retryable: false },
  rate_limited: { retryable: true },
  order_rejected: { retryable: false },
  shutting_down: { retryable: true },
  internal: { retryable: true },
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** Exit codes of the command line (docs: measuring). */
export const ExitCode = {
  PASS: 0,
  FAIL: 1,
  INVALID: 3,
  USAGE: 64,
  BAD_DATA: 65,
  MISSING_INPUT: 66,
  UNAVAILABLE: 69,
  /** A fault of tapedeck itself. */
  INTERNAL: 70,
  /** Something could not be read or written: a full disk, no permission. */
  IO_ERROR: 74,
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Whether a client that was closed with `code` should reconnect, back off first, or stay away. 1006 counts as 4000. */
export function reconnectAdvice(code: number): 'resume' | 'back-off' | 'stop' {
  if (code >= 4400 && code <= 4499) return 'stop';
  if (code >= 4100 && code <= 4199) return 'back-off';
  return 'resume';
}
