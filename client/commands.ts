import type {
  AuthFrame,
  ClientFrame,
  ErrorFrame,
  ServerFrame,
  SubscribeFrame,
  UnsubscribeFrame,
} from '../protocol/messages.ts';
import { CommandError } from './errors.ts';

/** A command that is answered by one frame. */
export type Command = Exclude<ClientFrame, AuthFrame | SubscribeFrame | UnsubscribeFrame>;

/** A frame that answers a command. */
export type Answer = Exclude<Extract<ServerFrame, { readonly id?: number }>, ErrorFrame>;

interface Pending {
  readonly command: Command;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: CommandError) => void;
  readonly cancelTimer: () => void;
  /** Whether it has ever been handed to a socket. */
  wasSent: boolean;
}

/** A refused command that may be tried again waits at least this long, ms. */
const LEAST_RETRY_MS = 50;

/**
 * Commands from their sending to their answer. While there is no connection they wait, and those without an answer go again
 * on the next one: each is named by the client (`clientOrderId`, `alertId`), so the server does it once.
 */
export class Commands {
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #after: (delayMs: number, callback: () => void) => () => void;
  readonly #nextId: () => number;
  readonly #limit: number;
  readonly #timeoutMs: number;
  /** In the order of their sending. */
  readonly #pending = new Map<number, Pending>();
  readonly #retries = new Set<() => void>();

  constructor(parts: {
    /** False when there is no connection. */
    readonly send: (frame: ClientFrame) => boolean;
    readonly after: (delayMs: number, callback: () => void) => () => void;
    readonly nextId: () => number;
    /** Commands that may wait for an answer at once. */
    readonly limit: number;
    /** After this long a command without an answer is given up, ms. */
    readonly timeoutMs: number;
  }) {
    this.#send = parts.send;
    this.#after = parts.after;
    this.#nextId = parts.nextId;
    this.#limit = parts.limit;
    this.#timeoutMs = parts.timeoutMs;
  }

  /** Sends a command, at once or with the next connection. Rejects with a {@link CommandError}. */
  run(command: Command): Promise<Answer> {
    if (this.#pending.size >= this.#limit) {
      const text = `${nameOf(command)} was not sent: ${this.#limit} commands wait for an answer already`;
      return Promise.reject(new CommandError('queue_full', text, { clientOrderId: orderIdOf(command) }));
    }
    const id = this.#nextId();
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#after(this.#timeoutMs, () => this.#giveUp(id));
      const pending: Pending = { command, resolve, reject, cancelTimer, wasSent: false };
      this.#pending.set(id, pending);
      this.#write(id, pending);
    });
  }

  /** Sends everything that has no answer, oldest first. */
  onWelcome(): void {
    for (const [id, pending] of this.#pending) this.#write(id, pending);
  }

  onDown(): void {
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
    for (const [id, { command }] of this.#pending) {
      // What concerns one connection alone ends with it.
      if (command.type === 'ping' || command.type === 'refresh') {
        this.#reject(id, 'not_sent', `${command.type}: the connection was lost before the answer`);
      }
    }
  }

  /** Takes an answer; false when nobody waits for it. */
  onAnswer(frame: Answer): boolean {
    const pending = this.#take(frame.id);
    pending?.resolve(frame);
    return pending !== undefined;
  }

  /** Takes a refusal; false when nobody waits for it. */
  onError(frame: ErrorFrame): boolean {
    const { id, code, message, reason } = frame;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) return false;
    if (frame.retryable) {
      const cancel = this.#after(Math.max(LEAST_RETRY_MS, frame.retryAfterMs), () => {
        this.#retries.delete(cancel);
        if (this.#pending.has(id)) this.#write(id, pending);
      });
      this.#retries.add(cancel);
      return true;
    }
    this.#take(id);
    const clientOrderId = frame.clientOrderId ?? orderIdOf(pending.command);
    pending.reject(new CommandError(code, message, { reason, clientOrderId }));
    return true;
  }

  /** Gives up every command. */
  endAll(message: string): void {
    this.onDown();
    for (const id of [...this.#pending.keys()]) this.#reject(id, 'closed', message);
  }

  #write(id: number, pending: Pending): void {
    if (this.#send({ ...pending.command, id })) pending.wasSent = true;
  }

  #giveUp(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const name = nameOf(pending.command);
    const seconds = `${this.#timeoutMs / 1000} s`;
    if (pending.wasSent) {
      this.#reject(id, 'outcome_unknown', `${name} was sent and not answered within ${seconds}; look at its state`);
    } else this.#reject(id, 'not_sent', `${name} was not sent: no connection for ${seconds}`);
  }

  #reject(id: number, code: 'outcome_unknown' | 'not_sent' | 'closed', message: string): void {
    const pending = this.#take(id);
    pending?.reject(new CommandError(code, message, { clientOrderId: orderIdOf(pending.command) }));
  }

  #take(id: number | undefined): Pending | undefined {
    if (id === undefined) return undefined;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancelTimer();
    return pending;
  }
}

function orderIdOf(command: Command): string | undefined {
  return 'clientOrderId' in command ? command.clientOrderId : undefined;
}

function nameOf(command: Command): string {
  const orderId = orderIdOf(command);
  return orderId === undefined ? command.type : `${command.type} ${orderId}`;
}
