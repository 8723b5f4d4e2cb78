import type { ClientPlan } from '../../protocol/generatorPlan.ts';
import type { ClientLine } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { ClientMarket } from './clientMarket.ts';
import type { ClientOrders } from './clientOrders.ts';
import type { ClientStreams } from './clientStreams.ts';
import type { ClientSubscriptions } from './clientSubscriptions.ts';
import type { ClockPings } from './clockPings.ts';
import type { Dialect, InspectTicker, OrderFields, SessionEvent, TickerFields, WelcomeEvent } from './dialect.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { Link } from './link.ts';
import type { Outages } from './outages.ts';

export interface ClientReaderOptions {
  readonly plan: ClientPlan;
  readonly dialect: Dialect;
  readonly recorder: Recorder;
  readonly link: Pick<Link, 'welcomedUs'>;
  readonly streams: ClientStreams;
  readonly orders: ClientOrders;
  readonly market: ClientMarket;
  readonly subscriptions: ClientSubscriptions;
  readonly outages: Outages;
  readonly heartbeats: Heartbeats;
  readonly pings: ClockPings;
  /** Who of the same generator places an order. */
  readonly ownerOf: (clientOrderId: string) => ClientPlan | undefined;
  /** Undefined: content isn't looked at. */
  readonly inspect: InspectTicker | undefined;
  readonly onWelcome: (welcome: WelcomeEvent, atUs: number) => void;
  /** The server told an error that isn't the refusal of an order. */
  readonly onError: (detail: string, atUs: number) => void;
}

/** What one client reads, message by message: counted, handed to whom it concerns, and held against its outage. */
export class ClientReader {
  readonly #options: ClientReaderOptions;
  readonly #streams: ClientStreams;
  readonly #outages: Outages;
  readonly #tally = { received: 0, orderEvents: 0 };

  constructor(options: ClientReaderOptions) {
    this.#options = options;
    this.#streams = options.streams;
    this.#outages = options.outages;
  }

  /** Takes a message of the dialect, whatever it tells. */
  onMessage(text: string, atUs: number): void {
    this.#tally.received += 1;
    this.#options.recorder.countReceived(atUs);
    this.onEvent(this.#options.dialect.parse(text, atUs), atUs);
  }

  /** Takes a ticker that the generator has read without parsing its frame whole. */
  onTicker(fields: TickerFields, atUs: number): void {
    this.#tally.received += 1;
    this.#options.recorder.countReceived(atUs);
    this.#streams.onTicker(fields, atUs);
    if (this.#outages.isOut) this.#noteResumed(atUs);
  }

  /** Takes what a message tells, or the answer to a request beside the socket. */
  onEvent(event: SessionEvent, atUs: number): void {
    switch (event.kind) {
      case 'ticker':
        this.#inspect(event.fields, event.data, atUs);
        this.#streams.onTicker(event.fields, atUs);
        // Where no answer says that a subscription stands, nothing is owed before something is due.
        this.#noteResumed(
          atUs,
          this.#options.dialect.isNumbered ? 0 : Math.max(0, this.#streams.dueUs - this.#options.link.welcomedUs),
        );
        return;
      case 'order':
        this.#onOrder(event.order, atUs);
        return;
      case 'execution':
        if (this.#streams.onClassA('execution', { ...event.execution, key: event.execution.account }, atUs).isNew) {
          this.#tally.orderEvents += 1;
          this.#options.orders.onExecution(event.execution, atUs);
        }
        this.#noteResumed(atUs);
        return;
      case 'pattern':
        this.#options.market.onPattern(event.pattern, atUs);
        this.#noteResumed(atUs);
        return;
      case 'bar':
        this.#options.market.onBar(event.bar, atUs);
        this.#noteResumed(atUs);
        return;
      case 'value':
        this.#options.market.onValue(event, atUs);
        return;
      case 'state':
        this.#noteResumed(atUs);
        return;
      case 'repeat':
        this.#streams.violation('duplicate', event.stream, { seq: 0, expectedSeq: 0, atUs, detail: event.what });
        return;
      case 'wrong':
        this.#streams.violation('wrong_content', event.stream, { seq: 0, expectedSeq: 0, atUs, detail: event.reason });
        return;
      case 'heartbeat':
        this.#options.heartbeats.onHeartbeat(atUs);
        if (this.#streams.onHeads(event.heads, atUs) && !this.#options.subscriptions.isWaiting) this.#noteResumed(atUs);
        return;
      case 'accepted':
        this.#options.orders.onAccepted(event, atUs);
        return;
      case 'welcome':
        this.#options.onWelcome(event, atUs);
        return;
      case 'subscribed':
        this.#onSubscribed(event, atUs);
        return;
      case 'snapshot':
        this.#streams.onSnapshot(event, atUs);
        this.#noteResumed(atUs);
        return;
      case 'error':
        this.#onError(event, atUs);
        return;
      case 'pong':
        this.#options.pings.onPong(event, atUs);
        return;
      case 'bad':
        this.#streams.violation('bad_frame', '', { seq: 0, expectedSeq: 0, atUs, detail: event.reason });
        return;
      case 'several':
        event.each((one) => this.onEvent(one, atUs));
        return;
      case 'other':
        return;
    }
  }

  /** What was read, as the client's end line tells it. */
  lines(): Pick<ClientLine, 'received' | 'orderEvents'> {
    return this.#tally;
  }

  #inspect(fields: TickerFields, data: unknown, atUs: number): void {
    const wrong = this.#options.inspect?.(fields, data, atUs) ?? '';
    if (wrong === '') return;
    const { symbol, seq } = fields;
    this.#streams.violation('wrong_content', `ticker:${symbol}`, { seq, expectedSeq: seq, atUs, detail: wrong });
  }

  #onOrder(order: OrderFields, atUs: number): void {
    this.#noteResumed(atUs);
    this.#auditOwner(order, atUs);
    if (order.seq < 0) return;
    const { isNew, live, dueUs } = this.#streams.onClassA('order', { ...order, key: order.account }, atUs);
    if (!isNew) return;
    const { orders, recorder } = this.#options;
    this.#tally.orderEvents += 1;
    orders.onOrderEvent(order, { atUs, live });
    if (order.fill !== undefined) orders.onExecution({ ...order, ...order.fill }, atUs);
    // What a trigger does to the others of its list belongs to it.
    const isOfTrigger = order.reason === 'triggered' || (order.reason === 'canceled' && orders.isListed(order));
    if (isOfTrigger && live) recorder.record('trigger', dueUs, atUs - dueUs);
  }

  /** What other accounts do is none of a client's business; clients of one holder are of one account. */
  #auditOwner({ account, clientOrderId, seq }: OrderFields, atUs: number): void {
    const { plan, ownerOf } = this.#options;
    const owner = ownerOf(clientOrderId);
    if (owner?.holder === undefined || plan.holder === undefined || owner.holder === plan.holder) return;
    const detail = `an event of order ${clientOrderId}, which client ${owner.client} placed for another account`;
    this.#streams.violation('wrong_content', `order:${account}`, { seq, expectedSeq: seq, atUs, detail });
  }

  #onSubscribed(event: Extract<SessionEvent, { kind: 'subscribed' }>, atUs: number): void {
    const detail = this.#options.subscriptions.onSubscribed(event, atUs);
    if (detail !== '') {
      this.#streams.violation('bad_frame', '', { seq: 0, expectedSeq: 0, atUs, detail });
      return;
    }
    // Where nothing is resumed, being subscribed again is all that a quiet stream can show.
    if (!this.#options.dialect.isNumbered) this.#noteResumed(atUs);
  }

  #onError(error: Extract<SessionEvent, { kind: 'error' }>, atUs: number): void {
    const { orders, subscriptions, onError } = this.#options;
    const reason = error.rejectReason ?? error.code;
    const isOrder = orders.onError({ id: error.id, clientOrderId: error.clientOrderId, reason }, atUs);
    subscriptions.onRefused(error.id);
    if (isOrder && error.rejectReason !== undefined) return;
    onError(`${error.code}: ${error.message}`, atUs);
  }

  #noteResumed(atUs: number, quietUs = 0): void {
    if (!this.#outages.isOut) return;
    const { link, subscriptions } = this.#options;
    // Back is who has all that it asked for, not who hears the first of its channels.
    if (link.welcomedUs <= 0 || subscriptions.isWaiting) return;
    this.#outages.onResumed(atUs, subscriptions.isRecovered, quietUs);
  }
}
