import type { CustomRules, TlsFiles } from '../../protocol/serverUnderTest.ts';
import type { StreamedProvider } from '../feeds/shownTape.ts';

/** Our server: this build's, or that of another `dist/cli/main.js`. */
export interface ReferenceUnderTest {
  readonly kind: 'reference';
  /** The command line of the build that is judged; absent: this one. */
  readonly cli?: string;
}

/** Where a server that isn't ours gets its prices. */
export type FedBy =
  /** From wherever it does: what is due nobody here knows. */
  | { readonly kind: 'own' }
  /** It plays our tape itself, from this time (µs since the epoch) on; absent: the run says when. */
  | { readonly kind: 'tape'; readonly startAtUs?: number }
  /** From a provider of ours, which listens at this port. */
  | { readonly kind: 'provider'; readonly name: StreamedProvider; readonly port: number };

/** How clients of a server that isn't ours get their tokens; absent: they have none. */
export type TokenSource =
  | { readonly kind: 'fixed'; readonly token: string }
  /** Run by the shell for each account, `{account}` replaced; what it prints is the token. */
  | { readonly kind: 'command'; readonly command: string }
  /** Signed as for our server, with the secret in this file. */
  | { readonly kind: 'secret'; readonly file: string };

/** What is known of a server that isn't ours. */
export interface ForeignServer {
  /** Absent: by its own feed. */
  readonly fed?: FedBy;
  readonly tokens?: TokenSource;
  /** Of the upgrade request, and of orders that are posted. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsFiles;
  /** Its process, for CPU and memory; a command's is found by its port. */
  readonly pid?: number;
  /** Its Prometheus page. */
  readonly metricsUrl?: string;
  /** What its clients subscribe to; absent: the symbols of the tape. */
  readonly symbols?: readonly string[];
  /** How its messages are read, where it speaks no dialect of ours. */
  readonly rules?: CustomRules;
  /** A `custom` message's time is the feed's, and due by the tape's schedule; absent: it is when the message was made. */
  readonly isEventTime?: boolean;
}

/** A server that the run starts with `PORT` in its environment, and ends when it is done. */
export interface CommandUnderTest extends ForeignServer {
  readonly kind: 'command';
  /**
   * Run by the shell. Replaced in it: `{port}` on which it must listen; `{feedUrl}` of the provider that feeds it,
   * and `{instruments}`, a file of what that shows; `{startUs}`, `{fromS}`, `{durationS}`, `{speed}` and `{tape}` of what it must play.
   */
  readonly command: string;
  /** Where it listens, as of {@link UrlUnderTest}; `{port}` stands for a free one. Default `ws://127.0.0.1:{port}`. */
  readonly url?: string;
}

/** A server that runs already, here or elsewhere. */
export interface UrlUnderTest extends ForeignServer {
  readonly kind: 'url';
  /**
   * `ws://host:port/path` or `wss://...`; without a path the dialect's. `{account}`, `{token}`, `{symbol}` (the first) and
   * `{symbols}` in the path are each client's.
   */
  readonly url: string;
}

/** What a run judges. */
export type UnderTest = ReferenceUnderTest | CommandUnderTest | UrlUnderTest;

/** Whether a run judges a server that isn't ours. */
export function isForeign(underTest: UnderTest | undefined): underTest is CommandUnderTest | UrlUnderTest {
  return underTest !== undefined && underTest.kind !== 'reference';
}
