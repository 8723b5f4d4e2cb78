import type { OrderLine, OrderOutcome, PlannedOrder } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { ExecutionFields, OrderFields } from './dialect.ts';

/** An order sent at least so long before the end and not answered counts as `no_answer`. */
const NO_ANSWER_AFTER_US = 1_000_000;

/** One order of the plan and what became of it. */
export interface ClientOrder {
  readonly plan: PlannedOrder;
  /** First sending, 0 before. */
  sentUs: number;
  lastSentUs: number;
  answeredUs: number;
  outcome: OrderOutcome;
  rejectReason: string;
  acceptedTickSeq: number;
  readonly triggers: OrderLine['triggers'][number][];
  readonly fills: OrderLine['fills'][number][];
  finalStatus: string;
  /** Planned while the client was away, or sent again after a cut: its `ack` says nothing of the server. */
  disturbed: boolean;
}

/** The orders of one client: when each is to be sent, what was answered, what happened to it. */
export class ClientOrders {
  readonly #client: number;
  readonly #recorder: Recorder;
  readonly #orders: readonly ClientOrder[];
  readonly #byClientOrderId = new Map<string, ClientOrder>();
  readonly #byFrameId = new Map<number, ClientOrder>();
  #next = 0;

  constructor(options: {
    readonly client: number;
    readonly orders: readonly PlannedOrder[];
    readonly recorder: Recorder;
  }) {
    this.#client = options.client;
    this.#recorder = options.recorder;
    this.#orders = [...options.orders].sort((a, b) => a.atUs - b.atUs).map(newOrder);
    for (const order of this.#orders) this.#byClientOrderId.set(order.plan.frame.clientOrderId, order);
  }

  /** When the next order is to be sent, µs; Infinity when there is none. */
  get nextAtUs(): number {
    return this.#orders[this.#next]?.plan.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next order if it is due. */
  takeDue(nowUs: number): ClientOrder | undefined {
    const order = this.#orders[this.#next];
    if (order === undefined || order.plan.atUs > nowUs) return undefined;
    this.#next += 1;
    return order;
  }

  /** Orders sent on an earlier connection whose answer never came: to be sent again, since they are idempotent. */
  unanswered(): readonly ClientOrder[] {
    return this.#orders.filter((order) => order.sentUs > 0 && order.answeredUs === 0);
  }

  /** Notes that an order went out as the frame `id`. */
  onSent(order: ClientOrder, sent: { readonly id: number; readonly atUs: number }): void {
    this.#byFrameId.set(sent.id, order);
    if (order.sentUs === 0) order.sentUs = sent.atUs;
    else order.disturbed = true;
    order.lastSentUs = sent.atUs;
  }

  onAccepted(answer: { readonly clientOrderId: string; readonly status: string }, atUs: number): void {
    const order = this.#byClientOrderId.get(answer.clientOrderId);
    if (order === undefined) return;
    this.#answer(order, 'accepted', atUs);
    if (order.finalStatus === '') order.finalStatus = answer.status;
  }

  /** Takes an error that answers an order; false when it answers none. */
  onError(
    error: { readonly id: number; readonly clientOrderId: string; readonly reason: string },
    atUs: number,
  ): boolean {
    const order = this.#byFrameId.get(error.id) ?? this.#byClientOrderId.get(error.clientOrderId);
    if (order === undefined) return false;
    if (order.answeredUs !== 0) return true;
    this.#answer(order, 'rejected', atUs);
    order.rejectReason = error.reason;
    if (order.finalStatus === '') order.finalStatus = 'REJECTED';
    return true;
  }

  /** Takes a new order event; latencies of triggers are the caller's. */
  onOrderEvent(event: OrderFields, read: { readonly atUs: number; readonly live: boolean }): void {
    const order = this.#byClientOrderId.get(event.clientOrderId);
    if (order === undefined) return;
    order.finalStatus = event.status;
    if (event.reason === 'accepted' || event.reason === 'rejected') {
      this.#answer(order, event.reason, read.atUs);
      if (order.acceptedTickSeq < 0) order.acceptedTickSeq = event.tickSeq;
      if (event.reason === 'rejected' && order.rejectReason === '') order.rejectReason = event.rejectReason;
    } else if (event.reason === 'triggered') {
      const { tickSeq, eventTimeUs, triggerPrice: price } = event;
      order.triggers.push({ tickSeq, eventTimeUs, readUs: read.atUs, price, live: read.live });
    }
  }

  onExecution(event: ExecutionFields, atUs: number): void {
    const { tickSeq, lastPrice: price, lastQuantity: quantity } = event;
    this.#byClientOrderId.get(event.clientOrderId)?.fills.push({ tickSeq, price, quantity, readUs: atUs });
  }

  /** Tells every order's line and returns how many were never answered though there was time to. */
  finish(nowUs: number): number {
    let failed = 0;
    for (const order of this.#orders) {
      if (order.sentUs > 0 && order.answeredUs === 0 && nowUs - order.lastSentUs >= NO_ANSWER_AFTER_US) {
        failed += 1;
        const waitedMs = Math.round((nowUs - order.sentUs) / 1000);
        this.#recorder.violation({
          violation: 'no_answer',
          client: this.#client,
          stream: '',
          expectedSeq: 0,
          seq: 0,
          atUs: nowUs,
          detail: `order ${order.plan.frame.clientOrderId} was not answered for ${waitedMs} ms`,
        });
      }
      this.#recorder.tell(this.#line(order));
    }
    return failed;
  }

  #answer(order: ClientOrder, outcome: OrderOutcome, atUs: number): void {
    if (order.answeredUs !== 0) return;
    order.answeredUs = atUs;
    order.outcome = outcome;
    if (!order.disturbed) this.#recorder.record('ack', order.plan.atUs, atUs - order.plan.atUs);
  }

  #line(order: ClientOrder): Omit<OrderLine, 'generator'> {
    return {
      kind: 'order',
      client: this.#client,
      frame: order.plan.frame,
      plannedUs: order.plan.atUs,
      sentUs: order.sentUs,
      answeredUs: order.answeredUs,
      outcome: order.outcome,
      rejectReason: order.rejectReason,
      acceptedTickSeq: order.acceptedTickSeq,
      triggers: order.triggers,
      fills: order.fills,
      finalStatus: order.finalStatus,
    };
  }
}

function newOrder(plan: PlannedOrder): ClientOrder {
  return {
    plan,
    sentUs: 0,
    lastSentUs: 0,
    answeredUs: 0,
    outcome: 'unanswered',
    rejectReason: '',
    acceptedTickSeq: -1,
    triggers: [],
    fills: [],
    finalStatus: '',
    disturbed: false,
  };
}
