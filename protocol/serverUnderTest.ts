/** What clients of the measurement know of the server: the language that it speaks, and how it is reached. */

/** Languages that the clients of the measurement speak. */
export const DIALECT_NAMES = ['native', 'ai-trading-v2', 'us-001', 'paiid', 'tickstock'] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];

/** A server that speaks none of those: its messages are read by {@link CustomRules}. */
export const CUSTOM_DIALECT = 'custom';
export type PlanDialect = DialectName | typeof CUSTOM_DIALECT;

/** Units in which a message may state a time: numbers since the epoch, or ISO 8601 text. */
export const TIME_UNITS = ['us', 'ms', 's', 'iso'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** How messages of a server with a language of its own are read. Fields are named by dotted paths: `data.items[0].ts`. */
export interface CustomRules {
  /**
   * JSON frames sent when the connection is open, in order: `{symbols}`, `{symbol}`, `{token}` and `{account}` in their
   * texts are filled in.
   */
  readonly frames: readonly unknown[];
  /** Which messages tell prices: those with this text or number at this path; absent: all that have the fields below. */
  readonly where?: { readonly path: string; readonly value: string };
  /** Where a message holds a list of them; '' when it is one itself. Absent: a message tells one. */
  readonly items?: string;
  readonly symbol: string;
  readonly time?: { readonly path: string; readonly unit: TimeUnit };
  /** A number that grows by one from message to message, of each symbol or of the connection. */
  readonly seq?: { readonly path: string; readonly of: 'symbol' | 'connection' };
  readonly price?: string;
}

/** How frames of the native stream are written. */
export const CODECS = ['json', 'msgpack'] as const;
export type Codec = (typeof CODECS)[number];

/** What a TLS connection goes by: paths of PEM files. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The server's certificate isn't checked. */
  readonly isInsecure?: boolean;
}

/** How a server that isn't ours is reached. */
export interface Reach {
  /** Of the upgrade request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name and port of the server, where `url` names something in front of it: the Host header, and the name in TLS. */
  readonly host?: string;
  readonly tls?: TlsFiles;
  /** The cut proxy lies between: it can't look into TLS, and is told by a line before it whose connection it is. */
  readonly isTold?: boolean;
}
