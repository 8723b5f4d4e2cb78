import type { Instrument, Tick } from '../../market/types.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { EventTimes, HaltChange } from '../play/types.ts';

/** A bar of a symbol's trades: prices in ticks, volume in lots, notional in ticks x lots, times shown as on the wire, µs since the epoch. */
export interface ProviderBar {
  readonly symbol: number;
  /** 1 for a second's bar, 60 for a minute's. */
  readonly seconds: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly notional: number;
  readonly trades: number;
}

/** What the market of a provider has come to for one symbol since the session's open: prices in ticks, sizes in lots, times as shown, µs. */
export interface SymbolView {
  /** 0 before the first trade. */
  readonly last: number;
  readonly lastSize: number;
  readonly lastTimeUs: number;
  /** Count of the symbol's trades so far: a trade's id. */
  readonly trades: number;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  readonly quoteTimeUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly volume: number;
  readonly notional: number;
  /** The last close before this day, in ticks; 0 when unknown. */
  readonly previousClose: number;
  readonly isHalted: boolean;
}

/** The market as a provider knows it, for answers to questions. */
export interface ProviderMarket {
  readonly instruments: readonly Instrument[];
  /** By the tape's own name; undefined when there is none. */
  readonly indexOf: (symbol: string) => number | undefined;
  /** The market's time as shown, µs since the epoch. */
  readonly nowUs: () => number;
  /** The phase of the trading day now. */
  readonly phase: () => 'pre' | 'regular' | 'post' | 'closed';
  readonly view: (symbol: number) => SymbolView;
  /** Closed bars of one minute, oldest first, with `startUs` in a stretch of time (end exclusive). */
  readonly minutes: (symbol: number, fromUs?: number, toUs?: number) => readonly ProviderBar[];
  /** The minute's bar that is forming; undefined when nothing has been traded in it. */
  readonly forming: (symbol: number) => ProviderBar | undefined;
  /** The regular session's bounds as shown, µs since the epoch. */
  readonly session: () => { readonly openUs: number; readonly closeUs: number };
}

/** A client's connection as a façade sees it. */
export interface FacadeSocket {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  /** Sends an answer at once, after the data before it. */
  readonly send: (text: string) => void;
  /** Gets what the façade says under this topic from now on; once is enough. */
  readonly subscribe: (topic: string) => void;
  readonly unsubscribe: (topic: string) => void;
  readonly isSubscribed: (topic: string) => boolean;
  readonly topics: () => Iterable<string>;
  readonly end: (code: number, reason: string) => void;
  /** Cuts without a close frame. */
  readonly terminate: () => void;
  /** Sends a ping of the protocol, without data. */
  readonly ping: () => void;
  /** Calls back once after so long, ms, unless the socket has ended; returns what calls it off. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Calls back whenever a ping or a pong of the client has come. */
  readonly onControl: (callback: () => void) => void;
}

/** What a façade does about one connection. */
export interface FacadeSession {
  /** A text frame of the client. */
  readonly message: (text: string) => void;
  readonly closed: () => void;
}

/** Where a façade puts what it says of an event. */
export interface FacadeOutput {
  /** Whether anybody hears a topic: nothing need be written for nobody. */
  readonly wants: (topic: string) => boolean;
  /** Says something under a topic: written once, whatever the number of readers. */
  readonly say: (topic: string, text: string) => void;
}

/** A question by HTTP. */
export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface ProviderAnswer {
  readonly status: number;
  /** JSON; unless `contentType` says otherwise. */
  readonly body: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a façade is given when it is made. */
export interface FacadeWorld {
  readonly market: ProviderMarket;
  readonly output: FacadeOutput;
  /** The wall clock of limits and leases, µs since the epoch. */
  readonly nowUs: () => number;
  /** One of the façade's plans. */
  readonly plan: string;
  /** Accepted keys; undefined: any key that isn't empty. */
  readonly keys: readonly string[] | undefined;
  /** Whether a scenario says that keys are refused, or that all is over the limit, now. */
  readonly link: () => { readonly refusesAuth: boolean; readonly isRateLimited: boolean };
  /** Accepts what the provider would refuse, where a façade names such a case. */
  readonly isLenient: boolean;
  /** Draws 0 to 1 from the run's seed: session ids and the like. */
  readonly random: () => number;
}

/** A provider's face to its clients: routes, frames in, events out. */
export interface Facade {
  /** Endpoints of WebSocket: exact paths or with a trailing `/*`; none for a provider that is only polled. */
  readonly socketPaths: readonly string[];
  /** Looks at a connection before it is made: an answer refuses it, by its status. */
  readonly refuse?: (request: ProviderRequest) => ProviderAnswer | undefined;
  /** A new connection. */
  readonly connect?: (socket: FacadeSocket) => FacadeSession;
  /** Answers HTTP; undefined: no such route. */
  readonly request?: (request: ProviderRequest) => ProviderAnswer | undefined;
  /** Events, once each; reused objects. Absent: the provider doesn't push such. */
  readonly tick?: (tick: Tick, times: EventTimes) => void;
  readonly bar?: (bar: ProviderBar) => void;
  /** Whether anybody wants bars of a second: they are made only then. Default: nobody. */
  readonly wantsSeconds?: () => boolean;
  readonly halt?: (change: HaltChange, times: EventTimes) => void;
  /** Puts what sockets are owed in a turn into one frame that is alike for all of them: written once for all with the same. */
  readonly batch?: (texts: readonly string[]) => string;
  /** Puts what one socket is owed in a turn into frames, where sockets differ. Default: `batch`, else a frame each. */
  readonly frames?: (texts: readonly string[], socket: FacadeSocket) => readonly string[];
  /** Ends a client that reads too slowly, in the provider's way. Default: cut. */
  readonly kickSlow?: (socket: FacadeSocket) => void;
}

/** How a provider's façade is made, and what it offers. */
export interface ProviderKind {
  readonly name: ProviderName;
  /** Names of its plans with a line on each; the first is the default. */
  readonly plans: Readonly<Record<string, string>>;
  readonly create: (world: FacadeWorld) => Facade;
}
