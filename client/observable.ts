/** Something that tells its listeners; a listener that throws harms neither the others nor the client. */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Calls `listener` at each telling from now on; the function that it returns ends that. */
  subscribe(listener: (value: T) => void): () => void {
    // A wrapper of its own, so that one function subscribed twice is told twice and ends one at a time.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  tell(value: T): void {
    for (const listener of [...this.#listeners]) callSafely(() => listener(value));
  }

  /** Forgets all listeners. */
  clear(): void {
    this.#listeners.clear();
  }
}

/** A value that can be read at any time and tells its changes. */
export interface Observable<T> {
  readonly current: T;
  /** Calls `listener` at each change from now on; the function that it returns ends that. */
  readonly subscribe: (listener: (value: T) => void) => () => void;
}

/** An {@link Observable} that its owner sets. */
export class Value<T> implements Observable<T> {
  readonly #signal = new Signal<T>();
  #current: T;

  constructor(initial: T) {
    this.#current = initial;
  }

  get current(): T {
    return this.#current;
  }

  readonly subscribe = (listener: (value: T) => void): (() => void) => this.#signal.subscribe(listener);

  set(value: T): void {
    this.#current = value;
    this.#signal.tell(value);
  }

  /** Forgets all listeners; the value stays. */
  clear(): void {
    this.#signal.clear();
  }
}

/** Calls a user's function; what it throws is thrown again outside of the client's own work, where the runtime reports it. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
