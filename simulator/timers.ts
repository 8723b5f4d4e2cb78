/** Where waiting comes from: the host's event loop, or a virtual clock in tests. */
export interface Timers {
  /** Calls back once after `delayMs` (whole ms, at least 1); returns what calls it off. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Calls back on the next turn of the event loop, after what input and output is there; returns what calls it off. */
  readonly soon: (callback: () => void) => () => void;
}

/** The event loop's own `setTimeout` and `setImmediate`. */
export const hostTimers: Timers = {
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return () => clearTimeout(handle);
  },
  soon: (callback) => {
    const handle = setImmediate(callback);
    return () => clearImmediate(handle);
  },
};
