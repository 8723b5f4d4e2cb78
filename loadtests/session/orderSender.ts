import type { ClientPlan, PlacingFrame } from '../../protocol/generatorPlan.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { ClientOrders, Placement } from './clientOrders.ts';
import type { Dialect, SessionEvent } from './dialect.ts';
import { delayMs } from './link.ts';
import type { ClientPorts } from './ports.ts';

export interface OrderSenderOptions {
  readonly plan: ClientPlan;
  readonly dialect: Dialect;
  readonly recorder: Recorder;
  readonly ports: ClientPorts;
  readonly orders: ClientOrders;
  readonly nextId: () => number;
  readonly send: (frame: string) => void;
  /** When the connection at hand was welcomed, µs; 0 while there is none. */
  readonly welcomedUs: () => number;
  /** Told of each order that is due. */
  readonly onOperation: () => void;
  /** What the answer to a posted order says. */
  readonly onAnswer: (event: SessionEvent, atUs: number) => void;
}

/** Sends a client's orders at their planned times, over the socket or by HTTP. */
export class OrderSender {
  readonly #options: OrderSenderOptions;
  #cancel: () => void = () => undefined;

  constructor(options: OrderSenderOptions) {
    this.#options = options;
  }

  /** Waits for the next order's time. */
  arm(): void {
    const { ports, orders, welcomedUs } = this.#options;
    const atUs = orders.nextAtUs;
    if (atUs === Number.POSITIVE_INFINITY) return;
    this.#cancel = ports.after(delayMs(atUs - ports.nowUs()), () => {
      if (welcomedUs() > 0) this.#sendDue();
      // While away nothing is armed: the next welcome sends what has become due, and arms again.
    });
  }

  /** A connection is welcomed: sends what is unanswered, since orders are idempotent, and what has become due. */
  onWelcome(): void {
    const { plan, orders } = this.#options;
    // What was posted is answered without the socket.
    const again = plan.orderUrl === undefined ? orders.unanswered() : [];
    for (const placement of again) this.#send(placement);
    this.#sendDue();
  }

  end(): void {
    this.#cancel();
  }

  /** Sends what is due. An order that became due while the client was away isn't the generator's slip. */
  #sendDue(): void {
    const { ports, recorder, orders, welcomedUs, onOperation } = this.#options;
    this.#cancel();
    for (;;) {
      const nowUs = ports.nowUs();
      const placement = orders.takeDue(nowUs);
      if (placement === undefined) break;
      if (placement.plan.atUs < welcomedUs()) placement.disturbed = true;
      else recorder.record('slip', nowUs, nowUs - placement.plan.atUs);
      onOperation();
      this.#send(placement);
    }
    this.arm();
  }

  #send(placement: Placement): void {
    const { ports, dialect, orders, nextId, send } = this.#options;
    const id = nextId();
    orders.onSent(placement, { id, atUs: ports.nowUs() });
    const frame = dialect.placeOrder(id, placement.plan.frame);
    if (frame === undefined) this.#post(placement);
    else send(frame);
  }

  #post(placement: Placement): void {
    const { ports, dialect, plan, recorder, onAnswer } = this.#options;
    const { frame } = placement.plan;
    recorder.countSent(ports.nowUs());
    ports.post?.(
      { url: plan.orderUrl ?? '', headers: dialect.headers(plan.token), body: bodyOf(frame) },
      (answer, atUs) => {
        const event = dialect.readAnswer?.(frame, answer);
        if (event !== undefined) onAnswer(event, atUs);
      },
    );
  }
}

/** An order or a list as it is posted. */
export function bodyOf({ type: _, ...body }: PlacingFrame): string {
  return JSON.stringify(body);
}
