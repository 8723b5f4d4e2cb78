import type { DialectName, Need } from './case.ts';
import type { Codec } from './socket.ts';

/** The server under test, as the suite knows it: by its URL, and what its owner tells of it. */
export interface Target {
  /** `ws://host:port` or `wss://host:port`, without a path. */
  readonly base: string;
  /** Paths of endpoints that lie elsewhere than PROTOCOL.md says. */
  readonly paths: Readonly<Partial<Record<DialectName, string>>>;
  /** Symbols that trade; at least one. */
  readonly symbols: readonly string[];
  /** A symbol that hasn't traded. */
  readonly quietSymbol?: string | undefined;
  /** A JWT that may read the market and place orders. */
  readonly token?: string | undefined;
  /** The same of another user. */
  readonly otherToken?: string | undefined;
  /** The secret of the server's tokens: with it each case is a user of its own. */
  readonly secret?: string | undefined;
  readonly codec: Codec;
  /** PEM of an authority to trust. */
  readonly ca?: string | undefined;
  /** Takes any certificate. */
  readonly isInsecure: boolean;
  /** Whether cases may take half a minute. */
  readonly isPatient: boolean;
  /** Tells the server to stop, as SIGTERM does, and resolves when it, or another in its place, listens at the same address; absent: the suite may not. */
  readonly restart?: (() => Promise<void>) | undefined;
  /** What the server doesn't have, by its owner's word. */
  readonly lacks: readonly Need[];
}

/** The path of each dialect's endpoint. */
export const PATHS: Readonly<Record<DialectName, string>> = {
  native: '/v1/stream',
  'ai-trading-v2': '/api/ws/realtime',
  'us-001': '/ws/stocks',
  paiid: '/ws',
  tickstock: '/patterns/realtime',
  http: '/api/health',
};

/** Whether the target has what a case needs; else why not. */
export function lacking(target: Target, need: Need): boolean {
  if (target.lacks.includes(need)) return true;
  switch (need) {
    case 'secret':
      return target.secret === undefined;
    case 'tokens':
      return target.secret === undefined && target.token === undefined;
    case 'development':
      return target.secret !== undefined || target.token !== undefined;
    case 'other-token':
      return target.secret === undefined && target.otherToken === undefined;
    case 'patience':
      return !target.isPatient;
    case 'restart':
      return target.restart === undefined;
    case 'json':
      return target.codec !== 'json';
    case 'quiet-symbol':
      return target.quietSymbol === undefined;
    default:
      return false;
  }
}
