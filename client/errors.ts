import type { ErrorCode } from '../protocol/codes.ts';

/** Why a command has no good answer: the server's code, or one of the client's own. */
export type CommandErrorCode = ErrorCode | 'queue_full' | 'not_sent' | 'outcome_unknown' | 'closed';

/** A command was refused, by the server or, with one of the client's own codes, before it left. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;
  /** For `order_rejected`: the engine's reason. */
  readonly reason: string | undefined;
  readonly clientOrderId: string | undefined;

  constructor(
    code: CommandErrorCode,
    message: string,
    more: { readonly reason?: string | undefined; readonly clientOrderId?: string | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = more.reason;
    this.clientOrderId = more.clientOrderId;
  }
}

/** The server refused a subscription; the reader ends with this. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A reader of events that may not be dropped fell too far behind; it ends with this after what it still holds. */
export class ReaderBehindError extends Error {
  override readonly name = 'ReaderBehindError';
}

/** The connection is closed for good, and not by the user: `code` says why. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  /** The WebSocket close code. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
