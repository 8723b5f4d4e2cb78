import { ordersIn, type PlannedOrder } from '../../protocol/generatorPlan.ts';
import type { OrderPlaceFrame } from '../../protocol/messages.ts';
import type { OrderLine, OrderOutcome } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { ExecutionFields, OrderFields } from './dialect.ts';

/** An order sent at least so long before the end and not answered counts as `no_answer`. */
const NO_ANSWER_AFTER_US = 1_000_000;

/** One order of the plan and what became of it. */
export interface ClientOrder {
  /** Of a list's order: as if it had been placed by itself. */
  readonly frame: OrderPlaceFrame;
  readonly placement: Placement;
  answeredUs: number;
  outcome: OrderOutcome;
  rejectReason: string;
  acceptedTickSeq: number;
  readonly triggers: OrderLine['triggers'][number][];
  readonly fills: OrderLine['fills'][number][];
  canceled: OrderLine['canceled'];
  finalStatus: string;
}

/** What goes out as one frame: an order, or a list of orders that are taken together or not at all. */
export interface Placement {
  readonly plan: PlannedOrder;
  readonly orders: readonly ClientOrder[];
  /** First sending, 0 before. */
  sentUs: number;
  lastSentUs: number;
  /** Planned while the client was away, or sent again after a cut: its `ack` says nothing of the server. */
  disturbed: boolean;
}

/** The orders of one client: when each is to be sent, what was answered, what happened to it. */
export class ClientOrders {
  readonly #client: number;
  readonly #recorder: Recorder;
  readonly #placements: readonly Placement[];
  readonly #byClientOrderId = new Map<string, ClientOrder>();
  readonly #byFrameId = new Map<number, Placement>();
  #next = 0;

  constructor(options: {
    readonly client: number;
    readonly orders: readonly PlannedOrder[];
    readonly recorder: Recorder;
  }) {
    this.#client = options.client;
    this.#recorder = options.recorder;
    this.#placements = [...options.orders].sort((a, b) => a.atUs - b.atUs).map(newPlacement);
    for (const { orders } of this.#placements)
      for (const order of orders) this.#byClientOrderId.set(order.frame.clientOrderId, order);
  }

  /** When the next frame is to be sent, µs; Infinity when there is none. */
  get nextAtUs(): number {
    return this.#placements[this.#next]?.plan.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next placement if it is due. */
  takeDue(nowUs: number): Placement | undefined {
    const placement = this.#placements[this.#next];
    if (placement === undefined || placement.plan.atUs > nowUs) return undefined;
    this.#next += 1;
    return placement;
  }

  /** What was sent on an earlier connection and whose answer never came: to be sent again, since orders are idempotent. */
  unanswered(): readonly Placement[] {
    return this.#placements.filter(
      ({ sentUs, orders }) => sentUs > 0 && orders.some(({ answeredUs }) => answeredUs === 0),
    );
  }

  /** Notes that a placement went out as the frame `id`. */
  onSent(placement: Placement, sent: { readonly id: number; readonly atUs: number }): void {
    this.#byFrameId.set(sent.id, placement);
    if (placement.sentUs === 0) placement.sentUs = sent.atUs;
    else placement.disturbed = true;
    placement.lastSentUs = sent.atUs;
  }

  /** Takes the answer to a placement; of a list it names the first order alone. */
  onAccepted(answer: { readonly clientOrderId: string; readonly status: string }, atUs: number): void {
    for (const order of this.#byClientOrderId.get(answer.clientOrderId)?.placement.orders ?? []) {
      this.#answer(order, 'accepted', atUs);
      if (order.finalStatus === '') order.finalStatus = answer.status;
    }
  }

  /** Takes an error that answers a placement; false when it answers none. */
  onError(
    error: { readonly id: number; readonly clientOrderId: string; readonly reason: string },
    atUs: number,
  ): boolean {
    const placement = this.#byFrameId.get(error.id) ?? this.#byClientOrderId.get(error.clientOrderId)?.placement;
    if (placement === undefined) return false;
    for (const order of placement.orders) {
      if (order.answeredUs !== 0) continue;
      this.#answer(order, 'rejected', atUs);
      // The error names the order for which a list was refused; why the others are, their events say.
      const isMeant = placement.orders.length === 1 || order.frame.clientOrderId === error.clientOrderId;
      if (isMeant) order.rejectReason = error.reason;
      if (order.finalStatus === '') order.finalStatus = 'REJECTED';
    }
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
    } else if (event.reason === 'canceled') {
      order.canceled ??= { tickSeq: event.tickSeq, eventTimeUs: event.eventTimeUs };
    }
  }

  /** Whether an order of ours is one of a list. */
  isListed({ clientOrderId }: Pick<OrderFields, 'clientOrderId'>): boolean {
    return (this.#byClientOrderId.get(clientOrderId)?.placement.orders.length ?? 0) > 1;
  }

  onExecution(event: ExecutionFields, atUs: number): void {
    const { tickSeq, lastPrice: price, lastQuantity: quantity } = event;
    this.#byClientOrderId.get(event.clientOrderId)?.fills.push({ tickSeq, price, quantity, readUs: atUs });
  }

  /** Tells every order's line and returns how many were never answered though there was time to. */
  finish(nowUs: number): number {
    let failed = 0;
    for (const order of this.#placements.flatMap(({ orders }) => orders)) {
      const { sentUs, lastSentUs } = order.placement;
      if (sentUs > 0 && order.answeredUs === 0 && nowUs - lastSentUs >= NO_ANSWER_AFTER_US) {
        failed += 1;
        const waitedMs = Math.round((nowUs - sentUs) / 1000);
        this.#recorder.violation({
          violation: 'no_answer',
          client: this.#client,
          stream: '',
          expectedSeq: 0,
          seq: 0,
          atUs: nowUs,
          detail: `order ${order.frame.clientOrderId} was not answered for ${waitedMs} ms`,
        });
      }
      this.#recorder.tell(this.#line(order));
    }
    return failed;
  }

  #answer(order: ClientOrder, outcome: OrderOutcome, atUs: number): void {
    if (order.answeredUs !== 0) return;
    const { plan, orders, disturbed } = order.placement;
    const isFirst = orders.every(({ answeredUs }) => answeredUs === 0);
    order.answeredUs = atUs;
    order.outcome = outcome;
    if (isFirst && !disturbed) this.#recorder.record('ack', plan.atUs, atUs - plan.atUs);
  }

  #line(order: ClientOrder): Omit<OrderLine, 'generator'> {
    const { plan, orders, sentUs } = order.placement;
    return {
      kind: 'order',
      client: this.#client,
      frame: order.frame,
      ...(orders.length === 1 ? {} : { list: orders.map(({ frame }) => frame.clientOrderId) }),
      plannedUs: plan.atUs,
      sentUs,
      answeredUs: order.answeredUs,
      outcome: order.outcome,
      rejectReason: order.rejectReason,
      acceptedTickSeq: order.acceptedTickSeq,
      triggers: order.triggers,
      fills: order.fills,
      ...(order.canceled === undefined ? {} : { canceled: order.canceled }),
      finalStatus: order.finalStatus,
    };
  }
}

function newPlacement(plan: PlannedOrder): Placement {
  const orders: ClientOrder[] = [];
  const placement: Placement = { plan, orders, sentUs: 0, lastSentUs: 0, disturbed: false };
  for (const frame of ordersIn(plan.frame)) {
    orders.push({
      frame,
      placement,
      answeredUs: 0,
      outcome: 'unanswered',
      rejectReason: '',
      acceptedTickSeq: -1,
      triggers: [],
      fills: [],
      canceled: undefined,
      finalStatus: '',
    });
  }
  return placement;
}
