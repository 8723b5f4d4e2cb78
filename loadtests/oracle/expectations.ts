import type { Command, Instrument, MarketEvent, PlaceOrder, Tick, TrailingOffset } from '../../market/types.ts';
import type { OrderPlaceFrame } from '../../protocol/messages.ts';
import type { OrderLine } from '../../protocol/run.ts';
import { unitsFromDecimal } from './decimal.ts';
import { Oracle } from './oracle.ts';

/** Ticks in time order, read one by one; a tape's cursor is one. */
export interface TickSource {
  readonly tick: Tick;
  /** Moves to the next tick; false at the end. */
  readonly next: () => boolean;
}

/** What must become of an order. Prices in ticks, times in µs since the epoch. */
export type ExpectedOutcome =
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Accepted, and the ticks played don't reach its stop. */
  | { readonly kind: 'resting' }
  /** Canceled by another order of its OCO list, which triggered on this tick. */
  | { readonly kind: 'canceled'; readonly tickSeq: number; readonly eventTimeUs: number }
  /** A MARKET order: filled when taken. */
  | { readonly kind: 'filled'; readonly tickSeq: number; readonly eventTimeUs: number; readonly fillPrice: number }
  | {
      readonly kind: 'triggered';
      readonly tickSeq: number;
      readonly eventTimeUs: number;
      /** The stop in force when the tick reached it. */
      readonly stopPrice: number;
      readonly fillPrice: number;
    }
  /** Nothing can be said: the order has no place among the ticks. */
  | { readonly kind: 'unknown'; readonly why: string };

/** The expectation of one order, with what is needed to judge whether its acceptance fits the time. */
export interface Expectation {
  readonly outcome: ExpectedOutcome;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** The tick after which it was entered, -1 where it wasn't: all of a list are entered after the first's. */
  readonly enteredTickSeq: number;
  /** Market's time of the tick after which the order was entered; -Infinity before the first tick. */
  readonly acceptedTickTimeUs: number;
  /** Market's time of the symbol's next tick; Infinity when none follows. */
  readonly nextTickTimeUs: number;
}

interface Entry {
  readonly index: number;
  readonly line: OrderLine;
  readonly instrument: Instrument;
  outcome: ExpectedOutcome;
  enteredTickSeq: number;
  acceptedTickTimeUs: number;
  nextTickTimeUs: number;
  /** All of its list, in the list's order; one by itself is alone in it. */
  list: readonly Entry[];
  isEntered: boolean;
}

/** The orders of one symbol, entered into an oracle of its own as the symbol's ticks go by. */
interface SymbolPlay {
  readonly oracle: Oracle;
  readonly entries: readonly Entry[];
  entered: number;
  /** Entries before this one know their next tick. */
  followed: number;
}

/**
 * Says for each order what must become of it: entered after its symbol's tick `acceptedTickSeq` (as the client was told),
 * in the order of acceptance, and played on to the end of `ticks`. The first tick of a symbol in `ticks` has sequence 1.
 *
 * @returns one expectation per order, in the order of `orders`
 */
export function expectTriggers(options: {
  readonly instruments: readonly Instrument[];
  readonly ticks: TickSource;
  readonly orders: readonly OrderLine[];
}): Expectation[] {
  const { instruments, ticks, orders } = options;
  const entries = orders.map((line, index) => entryOf(line, index, instruments));
  linkLists(entries);
  const plays = playsBySymbol(entries, instruments);
  while (ticks.next()) {
    const play = plays.get(ticks.tick.symbol);
    if (play !== undefined) playTick(play, ticks.tick, entries);
  }
  return entries.map((entry) => ({
    outcome: entry.outcome,
    priceDecimals: entry.instrument.priceDecimals,
    quantityDecimals: entry.instrument.quantityDecimals,
    enteredTickSeq: entry.enteredTickSeq,
    acceptedTickTimeUs: entry.acceptedTickTimeUs,
    nextTickTimeUs: entry.nextTickTimeUs,
  }));
}

const NOWHERE: Instrument = { symbol: '', index: -1, priceDecimals: 0, quantityDecimals: 0, previousClose: 0 };

function entryOf(line: OrderLine, index: number, instruments: readonly Instrument[]): Entry {
  const instrument = instruments.find(({ symbol }) => symbol === line.frame.symbol) ?? NOWHERE;
  const entry: Entry = {
    index,
    line,
    instrument,
    outcome:
      instrument === NOWHERE
        ? { kind: 'rejected', reason: 'unknown_symbol' }
        : { kind: 'unknown', why: whyUnplaced(line) },
    enteredTickSeq: -1,
    acceptedTickTimeUs: Number.NEGATIVE_INFINITY,
    nextTickTimeUs: Number.POSITIVE_INFINITY,
    list: [],
    isEntered: false,
  };
  entry.list = [entry];
  return entry;
}

/** Brings the orders of each list together: they are entered as one. */
function linkLists(entries: readonly Entry[]): void {
  const nameOf = ({ line }: Entry, clientOrderId: string): string => `${line.client}/${clientOrderId}`;
  const listed = entries.filter(({ line }) => line.list !== undefined);
  const byName = new Map(listed.map((entry) => [nameOf(entry, entry.line.frame.clientOrderId), entry]));
  for (const entry of listed) entry.list = (entry.line.list ?? []).flatMap((id) => byName.get(nameOf(entry, id)) ?? []);
}

function whyUnplaced(line: OrderLine): string {
  if (line.acceptedTickSeq < 0) return 'no order event told at which tick it was taken';
  return `taken after tick ${line.acceptedTickSeq} of ${line.frame.symbol}, which was never played`;
}

function playsBySymbol(entries: readonly Entry[], instruments: readonly Instrument[]): Map<number, SymbolPlay> {
  const bySymbol = new Map<number, Entry[]>();
  for (const entry of entries) {
    if (entry.instrument === NOWHERE || entry.line.acceptedTickSeq < 0) continue;
    const list = bySymbol.get(entry.instrument.index);
    if (list === undefined) bySymbol.set(entry.instrument.index, [entry]);
    else list.push(entry);
  }
  const plays = new Map<number, SymbolPlay>();
  for (const [symbol, list] of bySymbol) {
    list.sort((a, b) => a.line.acceptedTickSeq - b.line.acceptedTickSeq || a.line.answeredUs - b.line.answeredUs);
    const play = { oracle: new Oracle({ instruments }), entries: list, entered: 0, followed: 0 };
    enterDue(play, symbol, Number.NEGATIVE_INFINITY);
    readEvents(play, entries);
    plays.set(symbol, play);
  }
  return plays;
}

function playTick(play: SymbolPlay, tick: Tick, entries: readonly Entry[]): void {
  const before = play.oracle.seq(tick.symbol);
  play.oracle.onTick(tick);
  if (play.oracle.seq(tick.symbol) === before) return;
  for (; play.followed < play.entered; play.followed++) {
    const entry = play.entries[play.followed];
    if (entry !== undefined) entry.nextTickTimeUs = tick.eventTimeUs;
  }
  enterDue(play, tick.symbol, tick.eventTimeUs);
  readEvents(play, entries);
}

/** Enters the orders that were taken after the symbol's newest tick. */
function enterDue(play: SymbolPlay, symbol: number, tickTimeUs: number): void {
  const seq = play.oracle.seq(symbol);
  for (; play.entered < play.entries.length; play.entered++) {
    const entry = play.entries[play.entered];
    if (entry === undefined || entry.line.acceptedTickSeq > seq) return;
    entry.acceptedTickTimeUs = tickTimeUs;
    if (entry.isEntered) continue;
    for (const member of entry.list) {
      member.isEntered = true;
      member.enteredTickSeq = entry.line.acceptedTickSeq;
    }
    play.oracle.onCommand(commandOf(entry.list));
  }
}

/** Reads what happened and forgets it: trails that ratchet all day would fill the memory. */
function readEvents({ oracle }: SymbolPlay, entries: readonly Entry[]): void {
  for (const event of oracle.events) {
    const entry = entries[Number(event.kind === 'order' ? event.order.clientOrderId : event.clientOrderId)];
    if (entry === undefined) throw new Error('oracle: event of an order that was not entered');
    entry.outcome = outcomeAfter(entry.outcome, event);
  }
  oracle.events.length = 0;
}

function outcomeAfter(outcome: ExpectedOutcome, event: MarketEvent): ExpectedOutcome {
  const { tickSeq, eventTimeUs } = event;
  if (event.kind === 'execution') {
    const fillPrice = event.lastPrice;
    return outcome.kind === 'triggered'
      ? { ...outcome, fillPrice }
      : { kind: 'filled', tickSeq, eventTimeUs, fillPrice };
  }
  const { rejectReason = '', triggerPrice: stopPrice = 0 } = event.order;
  switch (event.reason) {
    case 'accepted':
      return { kind: 'resting' };
    case 'rejected':
      return { kind: 'rejected', reason: rejectReason };
    case 'triggered':
      return { kind: 'triggered', tickSeq, eventTimeUs, stopPrice, fillPrice: 0 };
    case 'canceled':
      return { kind: 'canceled', tickSeq, eventTimeUs };
    default:
      return outcome;
  }
}

/** An order, or all of a list, as the oracle takes it. Each has an account of its own: accounts don't touch one another. */
function commandOf(list: readonly Entry[]): Command {
  const account = String(list[0]?.index);
  const orders = list.map((entry) => placeOrderOf(entry, account));
  const [only, second] = orders;
  if (only !== undefined && second === undefined) return only;
  return { kind: 'list', account, contingency: 'OCO', orders };
}

/** An order's name is its entry's index: events find their entry by it. */
function placeOrderOf({ index, line, instrument }: Entry, account: string): PlaceOrder {
  const { side, orderType, quantity, triggerPrice, trailingOffset, activationPrice } = line.frame;
  const { priceDecimals, quantityDecimals } = instrument;
  return {
    kind: 'place',
    account,
    clientOrderId: String(index),
    symbol: instrument.index,
    side,
    type: orderType,
    quantity: unitsFromDecimal(quantity, quantityDecimals) ?? Number.NaN,
    ...(triggerPrice === undefined
      ? {}
      : { triggerPrice: unitsFromDecimal(triggerPrice, priceDecimals) ?? Number.NaN }),
    ...(trailingOffset === undefined ? {} : { trailingOffset: offsetOf(trailingOffset, priceDecimals) }),
    ...(activationPrice === undefined
      ? {}
      : { activationPrice: unitsFromDecimal(activationPrice, priceDecimals) ?? Number.NaN }),
  };
}

function offsetOf(offset: NonNullable<OrderPlaceFrame['trailingOffset']>, priceDecimals: number): TrailingOffset {
  const decimals = offset.kind === 'price' ? priceDecimals : 0;
  return { kind: offset.kind, value: unitsFromDecimal(offset.value, decimals) ?? Number.NaN };
}
