import type { Bar } from '../../market/bars/types.ts';
import type { PatternEvent } from '../../market/patterns/types.ts';
import type {
  Command,
  CommandOutcome,
  Instrument,
  MarketEvent,
  OrderView,
  PlaceOrder,
  Tick,
} from '../../market/types.ts';
import { ordersIn, type PlacingFrame } from '../../protocol/generatorPlan.ts';
import type { OrderTerms } from '../../protocol/messages.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { VirtualTime } from '../../simulator/virtualTime.ts';
import { TRADE } from '../gate/part.ts';
import { MINUTE_US } from '../oracle/bars.ts';
import { decimalFromUnits, unitsFromDecimal } from '../oracle/decimal.ts';

/** A one-minute bar that has closed: prices in ticks, volume in lots. */
export type ModelBar = Pick<Bar, 'symbol' | 'startUs' | 'open' | 'high' | 'low' | 'close' | 'volume'>;

const FRAME_NAMES = ['1m', '5m', '15m', '1h'] as const;

/** The frames that the model server writes: what the clients look at of the native stream's, and nothing more. */
export class ModelFrames {
  readonly #instruments: readonly Instrument[];
  readonly #schedule: Schedule;
  readonly #time: VirtualTime;

  constructor(options: {
    readonly instruments: readonly Instrument[];
    readonly schedule: Schedule;
    readonly time: VirtualTime;
  }) {
    this.#instruments = options.instruments;
    this.#schedule = options.schedule;
    this.#time = options.time;
  }

  symbol(index: number): string {
    return this.#instruments[index]?.symbol ?? '';
  }

  ticker(tick: Tick, seq: number): string {
    const data = { last: tick.kind === TRADE ? tick.price : null };
    const times = this.#times(tick.eventTimeUs);
    return JSON.stringify({ type: 'ticker', symbol: this.symbol(tick.symbol), seq, data, ...times });
  }

  /** An order's event or an execution; without `seq` a ratchet, which has none. */
  event(event: MarketEvent, seq: number | undefined): string {
    const numbers = { ...(seq === undefined ? {} : { seq }), tickSeq: event.tickSeq };
    const times = this.#times(event.eventTimeUs);
    if (event.kind === 'order') {
      const { account } = event.order;
      const data = this.#orderData(event.order);
      return JSON.stringify({ type: 'order', account, ...numbers, ...times, reason: event.reason, data });
    }
    const data = {
      executionId: String(event.executionId),
      orderId: String(event.orderId),
      clientOrderId: event.clientOrderId,
      symbol: this.symbol(event.symbol),
      side: event.side,
      lastPrice: this.#price(event.symbol, event.lastPrice),
      lastQuantity: String(event.lastQuantity),
      leavesQuantity: String(event.leavesQuantity),
    };
    return JSON.stringify({ type: 'execution', account: event.account, ...numbers, ...times, data });
  }

  pattern(event: PatternEvent, seq: number): string {
    const { fromUs, toUs, barCount } = event.formation;
    const timeFrame = FRAME_NAMES[event.frame];
    const data = { patternType: event.type, timeFrame, confidence: event.confidence, fromUs, toUs, barCount };
    const times = this.#times(toUs + event.minutes * MINUTE_US);
    return JSON.stringify({ type: 'pattern', symbol: this.symbol(event.symbol), seq, data, ...times });
  }

  bar(bar: ModelBar, seq: number): string {
    const number = (units: number): number => Number(this.#price(bar.symbol, units));
    const { startUs, open, high, low, close, volume } = bar;
    const prices = { open: number(open), high: number(high), low: number(low), close: number(close) };
    const data = { startUs, ...prices, volume, isClosed: true, isCorrection: false };
    const times = this.#times(startUs + MINUTE_US);
    return JSON.stringify({ type: 'bar', channel: 'bar.1m', symbol: this.symbol(bar.symbol), seq, data, ...times });
  }

  /** The engine's command of a frame; undefined for a symbol that isn't there. */
  command(account: string, frame: PlacingFrame): Command | undefined {
    if (frame.type === 'order.place') return this.#placeOrder(account, frame);
    const orders = frame.orders.flatMap((terms) => this.#placeOrder(account, terms) ?? []);
    const { contingency } = frame;
    return orders.length < frame.orders.length ? undefined : { kind: 'list', account, contingency, orders };
  }

  #placeOrder(account: string, frame: OrderTerms): PlaceOrder | undefined {
    const instrument = this.#instruments.find((one) => one.symbol === frame.symbol);
    if (instrument === undefined) return undefined;
    const price = (text: string): number => unitsFromDecimal(text, instrument.priceDecimals) ?? Number.NaN;
    const { trailingOffset: offset, triggerPrice } = frame;
    const value = offset?.kind === 'price' ? price(offset.value) : Number(offset?.value);
    return {
      kind: 'place',
      account,
      clientOrderId: frame.clientOrderId,
      symbol: instrument.index,
      side: frame.side,
      type: frame.orderType,
      quantity: Number(frame.quantity),
      ...(triggerPrice === undefined ? {} : { triggerPrice: price(triggerPrice) }),
      ...(offset === undefined ? {} : { trailingOffset: { kind: offset.kind, value } }),
    };
  }

  /** What the engine said of an order or a list. */
  answer(frame: PlacingFrame, outcome: CommandOutcome): string {
    const { id } = frame;
    if (outcome.kind === 'rejected') {
      const { reason } = outcome;
      const clientOrderId = outcome.order?.clientOrderId ?? ordersIn(frame)[0]?.clientOrderId;
      const retry = { retryable: false, retryAfterMs: 0 };
      return JSON.stringify({
        type: 'error',
        id,
        code: 'order_rejected',
        message: reason,
        ...retry,
        reason,
        clientOrderId,
      });
    }
    const data = this.#orderData(outcome.order);
    const list = outcome.kind === 'taken' ? outcome.orders : undefined;
    const orders = list === undefined ? {} : { orders: list.map((order) => this.#orderData(order)) };
    return JSON.stringify({ type: 'order.accepted', id, data, duplicate: outcome.kind === 'duplicate', ...orders });
  }

  #orderData(order: OrderView) {
    return {
      account: order.account,
      orderId: String(order.orderId),
      clientOrderId: order.clientOrderId,
      symbol: this.symbol(order.symbol),
      side: order.side,
      orderType: order.type,
      status: order.status,
      quantity: String(order.quantity),
      leavesQuantity: String(order.leavesQuantity),
      cumulativeQuantity: String(order.cumulativeQuantity),
      ...(order.triggerPrice === undefined ? {} : { triggerPrice: this.#price(order.symbol, order.triggerPrice) }),
      ...(order.contingency === undefined ? {} : { contingency: order.contingency }),
      ...(order.rejectReason === undefined ? {} : { rejectReason: order.rejectReason }),
    };
  }

  #times(eventTimeUs: number) {
    const nowUs = this.#time.clock.nowUs();
    const dueUs = Math.round(dueTimeUs(this.#schedule, eventTimeUs));
    return { eventTimeUs, dueTimeUs: dueUs, receivedTimeUs: nowUs, sentTimeUs: nowUs };
  }

  #price(index: number, units: number): string {
    return decimalFromUnits(units, this.#instruments[index]?.priceDecimals ?? 0);
  }
}
