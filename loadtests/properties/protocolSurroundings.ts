import type { Expected, LinkRules } from './protocolLink.ts';
import type { Claims } from './protocolModel.ts';
import type { OperationOf } from './protocolOperations.ts';
import type { Truth } from './protocolTruth.ts';

/** The server that the law holds for, as far as a session touches it beside its clients' sockets. */
export interface LawServer {
  readonly port: number;
  readonly epoch: string;
  readonly secret: string;
  readonly hasJournal: boolean;
  /** A trade; symbol by its index, price in hundredths. */
  readonly trade: (trade: { readonly symbol: number; readonly price: number }) => void;
  readonly quote: (quote: { readonly symbol: number; readonly bid: number; readonly ask: number }) => void;
  readonly endMinute: () => void;
  readonly publishNews: (symbols: readonly string[]) => void;
  /** Stops it and starts it again over its journal. */
  readonly restart: () => Promise<void>;
}

/** What a client has to know of all that goes on in a session. */
export interface Surroundings {
  readonly truth: Truth;
  readonly rules: LinkRules;
  readonly secret: string;
  /** A new number for a question. */
  readonly nextId: () => number;
  /** The port to connect to; with a cut one that is cut there. */
  readonly port: (cut?: OperationOf<'connect'>['cut']) => number;
  /** Takes note of something that may change what answers say, and tells when nothing else has, until it is asked. */
  readonly change: () => () => boolean;
  /** Whether nothing has changed since it was asked, and nothing was under way then. */
  readonly still: () => () => boolean;
  /** Waits for what has to come soon. */
  readonly soon: (awaited: Promise<unknown>, what: string) => Promise<void>;
  /** From now on nobody knows which commands have arrived. */
  readonly blur: () => void;
  /** Alerts by account and name. */
  readonly alerts: Map<string, Alert>;
}

/** An alert as the model has it; `unsure` while a command about it is under way. */
export interface Alert {
  readonly account: string;
  readonly name: string;
  readonly isRise: boolean;
  readonly price: number;
  readonly state: 'unsure' | 'waits' | 'gone';
}

/** A client, as the parts see it that ask for it. */
export interface Asker {
  readonly own: string;
  readonly other: string;
  /** Who it will be once all commands are carried out; undefined before it said so. */
  readonly claims: Claims | undefined;
  /** Sends a frame with an `id`. */
  readonly ask: (frame: object, expected: Pick<Expected, 'lane' | 'check' | 'onAnswer'>) => void;
  /** Sends a frame that must be refused since nobody knows who asks. */
  readonly askUnknown: (frame: object) => void;
}
