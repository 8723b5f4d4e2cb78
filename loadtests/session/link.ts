import { reconnectAdvice } from '../../protocol/codes.ts';
import type { ClientPlan, GeneratorPlan } from '../../protocol/generatorPlan.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { Dialect, TickerFields } from './dialect.ts';
import type { ClientPorts, Connection } from './ports.ts';

/** Header by which a client tells the cut proxy in front of it who it is. */
export const CLIENT_HEADER = 'x-tapedeck-client';

/** The run's settings that a client needs beside its own plan. */
export type SessionSettings = Pick<
  GeneratorPlan,
  'connectTimeoutMs' | 'reconnect' | 'endUs' | 'polled' | 'timedBy' | 'reach'
>;

/** What the link tells of the connection at hand; nothing of one before it, nothing after the link's end. */
export interface LinkHandlers {
  /** An attempt to connect begins. */
  readonly onAttempt: () => void;
  readonly onOpen: (atUs: number) => void;
  readonly onMessage: (text: string, atUs: number) => void;
  readonly onTicker: (fields: TickerFields, atUs: number) => void;
  /** No welcome within the time for it: the connection was aborted. */
  readonly onNoWelcome: (atUs: number) => void;
  readonly onClose: (code: number, atUs: number, why: string) => void;
}

type LinkDialect = Pick<Dialect, 'protocol' | 'headers' | 'hasTextInBinary'>;

/** Keeps one client connected: opens at the planned time, times the welcome, comes back after a close with full jitter. */
export class Link {
  readonly #plan: ClientPlan;
  readonly #settings: SessionSettings;
  readonly #dialect: LinkDialect;
  readonly #recorder: Recorder;
  readonly #ports: ClientPorts;
  readonly #handlers: LinkHandlers;
  #connection: Connection | undefined;
  /** Tells this connection's calls from those of one before. */
  #attempt = 0;
  #failuresInARow = 0;
  #plannedUs = 0;
  #welcomedUs = 0;
  #cancelWait: () => void = () => undefined;

  constructor(options: {
    readonly plan: ClientPlan;
    readonly settings: SessionSettings;
    readonly dialect: LinkDialect;
    readonly recorder: Recorder;
    readonly ports: ClientPorts;
    readonly handlers: LinkHandlers;
  }) {
    this.#plan = options.plan;
    this.#settings = options.settings;
    this.#dialect = options.dialect;
    this.#recorder = options.recorder;
    this.#ports = options.ports;
    this.#handlers = options.handlers;
  }

  /** When the connection at hand was welcomed, µs; 0 while there is no welcome. */
  get welcomedUs(): number {
    return this.#welcomedUs;
  }

  start(): void {
    this.#connectAt(this.#plan.connectAtUs);
  }

  send(text: string): void {
    this.#recorder.countSent(this.#ports.nowUs());
    this.#connection?.send(text);
  }

  /** Takes note of the welcome: its time is a sample of `connect`, counted from when the connection was to be opened. */
  onWelcome(atUs: number): void {
    this.#cancelWait();
    this.#welcomedUs = atUs;
    this.#failuresInARow = 0;
    this.#recorder.record('connect', this.#plannedUs, atUs - this.#plannedUs);
  }

  /** Ends the connection at hand without a close frame: the server, and then this client, take it for lost. */
  drop(): void {
    this.#connection?.abort();
  }

  /** Stops reading, or goes on with it, where the generator can. */
  read(isReading: boolean): void {
    if (isReading) this.#connection?.resume?.();
    else this.#connection?.pause?.();
  }

  /** Connects again after {@link end}, now. */
  comeBack(): void {
    this.#failuresInARow = 0;
    this.#connectAt(this.#ports.nowUs());
  }

  /** Closes in order, and for good. */
  end(): void {
    this.#connection?.close();
    this.#leave();
  }

  #connectAt(atUs: number): void {
    this.#cancelWait = this.#ports.after(delayMs(atUs - this.#ports.nowUs()), () => this.#connect(atUs));
  }

  #connect(plannedUs: number): void {
    const handlers = this.#handlers;
    const nowUs = this.#ports.nowUs();
    this.#recorder.record('slip', nowUs, nowUs - plannedUs);
    handlers.onAttempt();
    this.#plannedUs = plannedUs;
    const attempt = ++this.#attempt;
    const isCurrent = () => attempt === this.#attempt;
    this.#cancelWait = this.#ports.after(this.#settings.connectTimeoutMs, () => this.#onNoWelcome());
    this.#connection = this.#ports.connect({
      url: this.#plan.url,
      protocol: this.#dialect.protocol,
      hasTextInBinary: this.#dialect.hasTextInBinary === true,
      headers: this.#headers(),
      handlers: {
        onOpen: (atUs) => {
          if (isCurrent()) handlers.onOpen(atUs);
        },
        onMessage: (text, atUs) => {
          if (isCurrent()) handlers.onMessage(text, atUs);
        },
        onTicker: (fields, atUs) => {
          if (attempt === this.#attempt) handlers.onTicker(fields, atUs);
        },
        onClose: (code, atUs, why = '') => {
          if (isCurrent()) this.#onClose(code, atUs, why);
        },
      },
    });
  }

  #headers(): Readonly<Record<string, string>> {
    const { reach } = this.#settings;
    return {
      ...(reach?.host !== undefined && { Host: reach.host }),
      ...this.#dialect.headers(this.#plan.token),
      ...reach?.headers,
      [CLIENT_HEADER]: String(this.#plan.client),
    };
  }

  #onNoWelcome(): void {
    const nowUs = this.#ports.nowUs();
    // The time waited is a lower bound of a sample; leaving it out would make the slowest server look quick.
    this.#recorder.record('connect', this.#plannedUs, nowUs - this.#plannedUs);
    this.#handlers.onNoWelcome(nowUs);
    this.#connection?.abort();
    this.#leave();
    this.#reconnectAfter(nowUs);
  }

  #onClose(code: number, atUs: number, why: string): void {
    this.#handlers.onClose(code, atUs, why);
    this.#leave();
    if (reconnectAdvice(code) !== 'stop') this.#reconnectAfter(atUs);
  }

  #leave(): void {
    this.#attempt += 1;
    this.#connection = undefined;
    this.#welcomedUs = 0;
    this.#cancelWait();
  }

  #reconnectAfter(atUs: number): void {
    const dueUs = atUs + this.#nextDelayMs() * 1000;
    this.#failuresInARow += 1;
    if (dueUs < this.#settings.endUs) this.#connectAt(dueUs);
  }

  /** Full jitter: uniform below a bound that doubles with every failure in a row. Or the policy's own delays, while it has any. */
  #nextDelayMs(): number {
    const { firstDelayMs, capMs, delaysMs } = this.#settings.reconnect;
    if (delaysMs !== undefined) return delaysMs[this.#failuresInARow] ?? Number.POSITIVE_INFINITY;
    return this.#ports.random() * Math.min(capMs, firstDelayMs * 2 ** this.#failuresInARow);
  }
}

/** Whole ms that are not short of `us`; timers count from 0. */
export function delayMs(us: number): number {
  return Math.max(0, Math.ceil(us / 1000));
}
