/** What the client needs of a WebSocket: the part that browsers, Node 22 and `ws` share. */
export interface SocketLike {
  binaryType: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** `ws` alone: ends the connection without waiting for the peer. */
  terminate?(): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
}

/** A WebSocket class: `globalThis.WebSocket`, or the default export of `ws`. */
export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

/** What the client needs of `fetch`. */
export type FetchLike = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>;

/** The world outside as the client sees it; each part can be replaced, which is how tests run it on a virtual clock. */
export interface ClientPorts {
  readonly WebSocket: SocketConstructor;
  readonly fetch: FetchLike;
  /** A clock in ms that never runs backwards; its zero doesn't matter. */
  readonly nowMs: () => number;
  /** From 0 up to but without 1. */
  readonly random: () => number;
  /** Calls back once after `delayMs`; the function that it returns cancels that. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
}

/**
 * Fills in what this runtime has for every part that isn't given.
 *
 * @throws Error when there is neither a given WebSocket nor a global one (Node 20 and older)
 */
export function completePorts(given: Partial<ClientPorts>): ClientPorts {
  return {
    WebSocket: given.WebSocket ?? globalSocket(),
    fetch: given.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    nowMs: given.nowMs ?? (() => performance.now()),
    random: given.random ?? Math.random,
    after:
      given.after ??
      ((delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      }),
  };
}

function globalSocket(): SocketConstructor {
  const found: unknown = Reflect.get(globalThis, 'WebSocket');
  if (isConstructor(found)) return found;
  throw new Error("this runtime has no WebSocket; pass one, such as the ws package's: { WebSocket }");
}

function isConstructor(value: unknown): value is SocketConstructor {
  return typeof value === 'function';
}
