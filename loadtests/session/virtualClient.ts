import type { ClientPlan } from '../../protocol/generatorPlan.ts';
import type { ClientLine } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import { UntimedRecorder } from '../audit/untimedRecorder.ts';
import { Polling } from './behaviours/polling.ts';
import { type BehaviourHands, playSteps, stepsOf } from './behaviours/steps.ts';
import { ClientMarket } from './clientMarket.ts';
import { ClientOrders } from './clientOrders.ts';
import { ClientReader } from './clientReader.ts';
import { ClientStreams } from './clientStreams.ts';
import { ClientSubscriptions } from './clientSubscriptions.ts';
import { ClockPings } from './clockPings.ts';
import type { Dialect, InspectTicker, SessionEvent, WelcomeEvent } from './dialect.ts';
import { Heartbeats } from './heartbeats.ts';
import { Link, type SessionSettings } from './link.ts';
import { OrderSender } from './orderSender.ts';
import { Outages } from './outages.ts';
import type { ClientPorts } from './ports.ts';

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
  readonly #pings: ClockPings;
  readonly #reader: ClientReader;
  #cancelBehaviour: () => void = () => undefined;
  /** The end of the connection at hand is the client's own doing. */
  #isDropping = false;
  #nextId = 1;
  #finished = false;
  readonly #tally = { connects: 0, failedConnects: 0, operations: 0, failedOperations: 0 };

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
    this.#market = new ClientMarket({ account: plan.account, recorder, streams });
    this.#orders = new ClientOrders({ client, orders, recorder });
    const nextId = () => this.#nextId++;
    const send = (frame: string) => this.#link.send(frame);
    this.#pings = new ClockPings({ dialect, recorder, ports, nextId, send });
    this.#subscriptions = new ClientSubscriptions({
      plan,
      dialect,
      streams,
      ports,
      nextId,
      send,
      onConfirmed: (channel, atUs) => this.#market.onSubscribed(channel, atUs),
      onLate: (detail, atUs) => {
        // Who doesn't read on purpose reads answers late.
        if (options.plan.behaviour?.kind !== 'slow') this.#fail('no_answer', detail, atUs);
      },
    });
    const onEvent = (event: SessionEvent, atUs: number): void => {
      if (!this.#finished) this.#reader.onEvent(event, atUs);
    };
    this.#sender = new OrderSender({
      plan,
      dialect,
      recorder,
      ports,
      orders: this.#orders,
      nextId,
      send,
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
        onMessage: (text, atUs) => this.#reader.onMessage(text, atUs),
        onTicker: (fields, atUs) => this.#reader.onTicker(fields, atUs),
        onNoWelcome: (atUs) => this.#onNoWelcome(atUs),
        onClose: (code, atUs, why) => this.#onClose({ code, atUs, ...(why !== '' && { why }) }),
      },
    });
    this.#reader = new ClientReader({
      plan,
      dialect,
      recorder,
      link: this.#link,
      streams,
      orders: this.#orders,
      market: this.#market,
      subscriptions: this.#subscriptions,
      outages: this.#outages,
      heartbeats: this.#heartbeats,
      pings: this.#pings,
      ownerOf: options.ownerOf,
      inspect: options.inspect,
      onWelcome: (welcome, atUs) => this.#onWelcome(welcome, atUs),
      onError: (detail, atUs) => this.#fail('unexpected_error', detail, atUs),
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
    this.#pings.stop();
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
      ...this.#reader.lines(),
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
        const nowUs = this.#options.ports.nowUs();
        this.#noteSilence(nowUs);
        this.#link.end();
        this.#leave(nowUs);
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
    this.#leave(atUs);
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
    this.#leave(atUs);
  }

  #leave(atUs: number): void {
    this.#subscriptions.onClosed();
    this.#pings.stop();
    this.#streams.onClosed(atUs);
  }

  #onWelcome(welcome: WelcomeEvent, atUs: number): void {
    if (this.isConnected) return;
    this.#link.onWelcome(atUs);
    this.#heartbeats.onWelcome(atUs);
    this.#tally.connects += 1;
    this.#tally.operations += this.#subscriptions.onWelcome(welcome);
    this.#sender.onWelcome();
    this.#pings.start();
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
