import type { ClientPlan } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { ClientOrder, ClientOrders } from './clientOrders.ts';
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
    for (const order of again) this.#send(order);
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
      const order = orders.takeDue(nowUs);
      if (order === undefined) break;
      if (order.plan.atUs < welcomedUs()) order.disturbed = true;
      else recorder.record('slip', nowUs, nowUs - order.plan.atUs);
      onOperation();
      this.#send(order);
    }
    this.arm();
  }

  #send(order: ClientOrder): void {
    const { ports, dialect, orders, nextId, send } = this.#options;
    const id = nextId();
    orders.onSent(order, { id, atUs: ports.nowUs() });
    const frame = dialect.placeOrder(id, order.plan.frame);
    if (frame === undefined) this.#post(order);
    else send(frame);
  }

  #post(order: ClientOrder): void {
    const { ports, dialect, plan, recorder, onAnswer } = this.#options;
    const { frame } = order.plan;
    const { type: _, ...body } = frame;
    recorder.countSent(ports.nowUs());
    ports.post?.(
      { url: plan.orderUrl ?? '', headers: dialect.headers(plan.token), body: JSON.stringify(body) },
      (answer, atUs) => {
        const event = dialect.readAnswer?.(frame, answer);
        if (event !== undefined) onAnswer(event, atUs);
      },
    );
  }
}
