import type { Recorder } from '../audit/recorder.ts';
import type { Dialect, SessionEvent } from './dialect.ts';
import type { ClientPorts } from './ports.ts';

const PING_INTERVAL_MS = 5_000;

export interface ClockPingsOptions {
  readonly dialect: Pick<Dialect, 'ping'>;
  readonly recorder: Recorder;
  readonly ports: Pick<ClientPorts, 'nowUs' | 'after'>;
  readonly nextId: () => number;
  readonly send: (frame: string) => void;
}

/** Asks the server for its time while one client is connected; each answer is a sample of the clocks' offset. */
export class ClockPings {
  readonly #options: ClockPingsOptions;
  /** The ping whose answer counts; -1 when there is none. */
  #id = -1;
  #sentUs = 0;
  #cancel: () => void = () => undefined;

  constructor(options: ClockPingsOptions) {
    this.#options = options;
  }

  /** Pings now and at every interval until {@link stop}, where the dialect can. */
  start(): void {
    const { dialect, ports, nextId, send } = this.#options;
    if (dialect.ping === undefined) return;
    this.#id = nextId();
    this.#sentUs = ports.nowUs();
    send(dialect.ping(this.#id));
    this.#cancel = ports.after(PING_INTERVAL_MS, () => this.start());
  }

  stop(): void {
    this.#id = -1;
    this.#cancel();
  }

  onPong({ id, serverTimeUs }: Extract<SessionEvent, { kind: 'pong' }>, atUs: number): void {
    if (id !== this.#id) return;
    this.#options.recorder.clockSample({ sentUs: this.#sentUs, serverUs: serverTimeUs, receivedUs: atUs });
  }
}
