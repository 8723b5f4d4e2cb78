import type { ClientPlan } from '../../protocol/generatorPlan.ts';
import type { ClientLine } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import { UntimedRecorder } from '../audit/untimedRecorder.ts';
import { Polling } from './behaviours/polling.ts';
import { type BehaviourHands, playSteps, stepsOf } from './behaviours/steps.ts';
import { ClientMarket } from './clientMarket.ts';
import { ClientOrders } from './clientOrders.ts';
import { ClientStreams } from './clientStreams.ts';
import { ClientSubscriptions } from './clientSubscriptions.ts';
import type { Dialect, InspectTicker, OrderFields, SessionEvent, TickerFields } from './dialect.ts';
import { Heartbeats } from './heartbeats.ts';
import { Link, type SessionSettings } from './link.ts';
import { OrderSender } from './orderSender.ts';
import { Outages } from './outages.ts';
import type { ClientPorts } from './ports.ts';

const PING_INTERVAL_MS = 5_000;

export { CLIENT_HEADER } from './link.ts';

export interface VirtualClientOptions {
  readonly plan: ClientPlan;
  readonly settings: SessionSettings;
  readonly dialect: Dialect;
  readonly recorder: Recorder;
  readonly ports: ClientPorts;
  /** Who of the same generator places an order. */
  readonly ownerOf: (clientOrderId: string) => ClientPlan | undefined;
  /** Default: content isn't looked at. */
  readonly inspect?: InspectTicker;
}

/**
 * One client of the measurement: connects, authenticates, subscribes, places its orders at their planned times, audits
 * and times every frame, and comes back after a close with a cursor. Pure: clock, sockets, timers and chance are ports.
 */
export class VirtualClient {
  readonly #options: VirtualClientOptions;
  readonly #link: Link;
  readonly #streams: ClientStreams;
  readonly #orders: ClientOrders;
  readonly #market: ClientMarket;
  readonly #subscriptions: ClientSubscriptions;
  readonly #polling: Polling;
  readonly #sender: OrderSender;
  readonly #outages: Outages;
  readonly #heartbeats: Heartbeats;
  #cancelPing: () => void = () => undefined;
  #cancelBehaviour: () => void = () => undefined;
  /** The end of the connection at hand is the client's own doing. */
  #isDropping = false;
  #nextId = 1;
  #pingId = -1;
  #pingSentUs = 0;
  #finished = false;
  readonly #tally = { connects: 0, failedConnects: 0, operations: 0, failedOperations: 0, received: 0, orderEvents: 0 };

  constructor(given: VirtualClientOptions) {
    const isSlow = given.plan.behaviour?.kind === 'slow';
    const options = isSlow ? { ...given, recorder: new UntimedRecorder(given.recorder) } : given;
    this.#options = options;
    const { client, symbols, channels, orders } = options.plan;
    const { isNumbered } = options.dialect;
    const { plan, settings, recorder, ports, dialect } = options;
    const dueBy = settings.polled !== undefined ? 'arrival' : (settings.timedBy ?? 'schedule');
    this.#streams = new ClientStreams({ client, symbols, channels, recorder, isNumbered, dueBy });
    const streams = this.#streams;
    this.#outages = new Outages(recorder);
    this.#heartbeats = new Heartbeats(recorder);
    this.#market = new ClientMarket({
      account: options.plan.account,
      recorder: options.recorder,
      streams: this.#streams,
    });
    this.#orders = new ClientOrders({ client, orders, recorder: options.recorder });
    this.#subscriptions = new ClientSubscriptions({
      plan,
      dialect,
      streams,
      ports,
      nextId: () => this.#nextId++,
      send: (frame) => this.#link.send(frame),
      onConfirmed: (channel, atUs) => this.#market.onSubscribed(channel, atUs),
      onLate: (detail, atUs) => {
        // Who doesn't read on purpose reads answers late.
        if (options.plan.behaviour?.kind !== 'slow') this.#fail('no_answer', detail, atUs);
      },
    });
    const onEvent = (event: SessionEvent, atUs: number): void => {
      if (!this.#finished) this.#onEvent(event, atUs);
    };
    this.#sender = new OrderSender({
      plan,
      dialect,
      recorder,
      ports,
      orders: this.#orders,
      nextId: () => this.#nextId++,
      send: (frame) => this.#link.send(frame),
      welcomedUs: () => this.#link.welcomedUs,
      onOperation: () => {
        this.#tally.operations += 1;
      },
      onAnswer: onEvent,
    });
    this.#polling = new Polling({
      plan,
      dialect,
      streams,
      ports,
      onEvent,
      onFailed: (why, atUs) => {
        if (!this.#finished) this.#fail('no_answer', why, atUs);
      },
    });
    this.#link = new Link({
      plan,
      settings,
      recorder,
      ports,
      dialect,
      handlers: {
        onAttempt: () => {
          this.#tally.operations += 1;
        },
        onOpen: (atUs) => this.#onOpen(atUs),
        onMessage: (text, atUs) => this.#onMessage(text, atUs),
        onTicker: (fields, atUs) => {
          this.#tally.received += 1;
          options.recorder.countReceived(atUs);
          this.#streams.onTicker(fields, atUs);
          if (this.#outages.isOut) this.#noteResumed(atUs);
        },
        onNoWelcome: (atUs) => this.#onNoWelcome(atUs),
        onClose: (code, atUs, why) => this.#onClose({ code, atUs, ...(why !== '' && { why }) }),
      },
    });
  }

  /** True between `welcome` and the close. */
  get isConnected(): boolean {
    return this.#link.welcomedUs > 0;
  }

  /** Waits for the planned times of connecting and of the orders. */
  start(): void {
    const { plan, ports } = this.#options;
    this.#link.start();
    this.#sender.arm();
    const steps = plan.behaviour === undefined ? [] : stepsOf(plan.behaviour);
    if (plan.leaveAtUs !== undefined) steps.push({ atUs: plan.leaveAtUs, act: () => this.finish() });
    this.#cancelBehaviour = playSteps(steps, this.#hands(), ports);
  }

  /** Ends the session in order and tells the lines of its orders and of itself. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    const { ports, recorder, plan } = this.#options;
    const nowUs = ports.nowUs();
    this.#cancelPing();
    this.#sender.end();
    this.#cancelBehaviour();
    this.#noteSilence(nowUs);
    this.#outages.onEnd(nowUs);
    for (const channel of this.#subscriptions.unanswered) {
      this.#fail('no_answer', `the subscription of ${channel} was not answered`, nowUs);
    }
    recorder.unread(this.#options.dialect.unread?.() ?? '');
    this.#streams.onSettled(this.#options.dialect.settled?.() ?? [], nowUs);
    this.#streams.settleGaps(Number.POSITIVE_INFINITY);
    this.#tally.failedOperations += this.#orders.finish(nowUs);
    const line: Omit<ClientLine, 'generator'> = {
      kind: 'client',
      client: plan.client,
      ...this.#tally,
      ...this.#outages.lines(),
      streams: this.#streams.lines(),
      tickBySecond: this.#streams.tickBySecond(),
      ...this.#market.lines(),
    };
    recorder.tell(line);
    this.#link.end();
  }

  // --- behaving ----------------------------------------------------------------------------------------------------

  #hands(): BehaviourHands {
    return {
      drop: () => {
        if (!this.isConnected) return;
        this.#isDropping = true;
        this.#link.drop();
      },
      pause: () => this.#link.read(false),
      resume: () => this.#link.read(true),
      leave: (symbols) => this.#subscriptions.leave(symbols, this.isConnected),
      takeBack: (symbols) => {
        if (this.isConnected) this.#tally.operations += 1;
        this.#subscriptions.takeBack(symbols, this.isConnected);
      },
      goAway: () => {
        this.#noteSilence(this.#options.ports.nowUs());
        this.#link.end();
        this.#leave();
      },
      poll: (url) => {
        if (this.#polling.poll(url)) this.#tally.operations += 1;
      },
      comeBack: () =>
        this.#polling.whenAnswered(() => {
          if (!this.#finished) this.#link.comeBack();
        }),
    };
  }

  // --- connecting --------------------------------------------------------------------------------------------------

  #onOpen(atUs: number): void {
    const { dialect, plan } = this.#options;
    const opened = dialect.opened(this.#nextId++, plan.token);
    if (typeof opened === 'string') this.#link.send(opened);
    else if (opened !== undefined) this.#onWelcome(opened, atUs);
  }

  #onNoWelcome(atUs: number): void {
    this.#tally.failedConnects += 1;
    this.#fail('no_welcome', `no welcome within ${this.#options.settings.connectTimeoutMs} ms`, atUs);
    this.#leave();
  }

  #onClose(close: ClientLine['closes'][number]): void {
    const { atUs } = close;
    const isOwn = this.#isDropping || this.#options.plan.behaviour?.kind === 'slow';
    this.#isDropping = false;
    if (!isOwn) this.#outages.closes.push(close);
    this.#noteSilence(atUs);
    if (!this.isConnected) {
      this.#tally.failedConnects += 1;
      this.#tally.failedOperations += 1;
    } else this.#outages.onLost(atUs);
    this.#leave();
  }

  #leave(): void {
    this.#subscriptions.onClosed();
    this.#pingId = -1;
    this.#cancelPing();
    this.#streams.onClosed();
  }

  #onWelcome(welcome: Extract<SessionEvent, { kind: 'welcome' }>, atUs: number): void {
    if (this.isConnected) return;
    this.#link.onWelcome(atUs);
    this.#heartbeats.onWelcome(atUs);
    this.#tally.connects += 1;
    this.#tally.operations += this.#subscriptions.onWelcome(welcome);
    this.#sender.onWelcome();
    this.#ping();
  }

  // --- sending -----------------------------------------------------------------------------------------------------

  #ping(): void {
    const { ports, dialect } = this.#options;
    if (dialect.ping === undefined) return;
    this.#pingId = this.#nextId++;
    this.#pingSentUs = ports.nowUs();
    this.#link.send(dialect.ping(this.#pingId));
    this.#cancelPing = ports.after(PING_INTERVAL_MS, () => this.#ping());
  }

  // --- reading -----------------------------------------------------------------------------------------------------

  #onMessage(text: string, atUs: number): void {
    this.#tally.received += 1;
    this.#options.recorder.countReceived(atUs);
    this.#onEvent(this.#options.dialect.parse(text, atUs), atUs);
  }

  #onEvent(event: SessionEvent, atUs: number): void {
    switch (event.kind) {
      case 'ticker':
        this.#inspect(event.fields, event.data, atUs);
        this.#streams.onTicker(event.fields, atUs);
        // Where no answer says that a subscription stands, nothing is owed before something is due.
        this.#noteResumed(
          atUs,
          this.#options.dialect.isNumbered ? 0 : Math.max(0, this.#streams.dueUs - this.#link.welcomedUs),
        );
        return;
      case 'order':
        this.#onOrder(event.order, atUs);
        return;
      case 'execution':
        if (this.#streams.onClassA('execution', { ...event.execution, key: event.execution.account }, atUs).isNew) {
          this.#tally.orderEvents += 1;
          this.#orders.onExecution(event.execution, atUs);
        }
        this.#noteResumed(atUs);
        return;
      case 'pattern':
        this.#market.onPattern(event.pattern, atUs);
        this.#noteResumed(atUs);
        return;
      case 'bar':
        this.#market.onBar(event.bar, atUs);
        this.#noteResumed(atUs);
        return;
      case 'value':
        this.#market.onValue(event, atUs);
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
        this.#heartbeats.onHeartbeat(atUs);
        if (this.#streams.onHeads(event.heads, atUs) && !this.#subscriptions.isWaiting) this.#noteResumed(atUs);
        return;
      case 'accepted':
        this.#orders.onAccepted(event, atUs);
        return;
      case 'welcome':
        this.#onWelcome(event, atUs);
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
        if (event.id !== this.#pingId) return;
        this.#options.recorder.clockSample({
          sentUs: this.#pingSentUs,
          serverUs: event.serverTimeUs,
          receivedUs: atUs,
        });
        return;
      case 'bad':
        this.#streams.violation('bad_frame', '', { seq: 0, expectedSeq: 0, atUs, detail: event.reason });
        return;
      case 'several':
        event.each((one) => this.#onEvent(one, atUs));
        return;
      case 'other':
        return;
    }
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
    this.#tally.orderEvents += 1;
    this.#orders.onOrderEvent(order, { atUs, live });
    if (order.fill !== undefined) this.#orders.onExecution({ ...order, ...order.fill }, atUs);
    // What a trigger does to the others of its list belongs to it.
    const isOfTrigger = order.reason === 'triggered' || (order.reason === 'canceled' && this.#orders.isListed(order));
    if (isOfTrigger && live) this.#options.recorder.record('trigger', dueUs, atUs - dueUs);
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
    const detail = this.#subscriptions.onSubscribed(event, atUs);
    if (detail !== '') {
      this.#streams.violation('bad_frame', '', { seq: 0, expectedSeq: 0, atUs, detail });
      return;
    }
    // Where nothing is resumed, being subscribed again is all that a quiet stream can show.
    if (!this.#options.dialect.isNumbered) this.#noteResumed(atUs);
  }

  #onError(error: Extract<SessionEvent, { kind: 'error' }>, atUs: number): void {
    const reason = error.rejectReason ?? error.code;
    const isOrder = this.#orders.onError({ id: error.id, clientOrderId: error.clientOrderId, reason }, atUs);
    this.#subscriptions.onRefused(error.id);
    if (isOrder && error.rejectReason !== undefined) return;
    this.#fail('unexpected_error', `${error.code}: ${error.message}`, atUs);
  }

  #noteResumed(atUs: number, quietUs = 0): void {
    // Back is who has all that it asked for, not who hears the first of its channels.
    if (!this.#outages.isOut || !this.isConnected || this.#subscriptions.isWaiting) return;
    this.#outages.onResumed(atUs, this.#subscriptions.isRecovered, quietUs);
  }

  /** What is owed for longer than its interval, a heartbeat or a value, counts with what is known of it when the connection ends. */
  #noteSilence(atUs: number): void {
    this.#market.onEnd(atUs);
    if (this.isConnected) this.#heartbeats.onEnd(atUs);
  }

  #fail(violation: 'no_welcome' | 'no_answer' | 'unexpected_error', detail: string, atUs: number): void {
    this.#tally.failedOperations += 1;
    this.#streams.violation(violation, '', { seq: 0, expectedSeq: 0, atUs, detail });
  }
}
