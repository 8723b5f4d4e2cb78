import { type ClientLine, dueTimeUs, type OrderLine, type Schedule } from '../../protocol/run.ts';
import { decimalFromUnits, unitsFromDecimal } from './decimal.ts';
import type { Expectation, ExpectedOutcome } from './expectations.ts';

/** By how much two clocks of a run may differ before an answer counts as read before its tick was due, µs. */
const CLOCK_TOLERANCE_US = 5_000;

type OrderFindingKind =
  | 'early'
  | 'late'
  | 'never'
  | 'twice'
  | 'both_legs'
  | 'never_canceled'
  | 'wrong_cancel'
  | 'wrongly_ended'
  | 'wrong_time'
  | 'wrong_price'
  | 'wrong_quantity'
  | 'never_filled'
  | 'filled_twice'
  | 'wrongly_filled'
  | 'wrongly_rejected'
  | 'wrongly_accepted'
  | 'wrong_reason'
  | 'never_answered'
  | 'answered_late'
  | 'implausible_acceptance';

/** One way in which one order's outcome differs from what it must be. */
interface OrderFinding {
  readonly kind: OrderFindingKind;
  readonly client: number;
  readonly clientOrderId: string;
  readonly symbol: string;
  /** The symbol's tick on which it should have happened; -1 where none is meant. */
  readonly expectedTickSeq: number;
  /** The tick on which it did; -1 when it didn't. */
  readonly tickSeq: number;
  /** When what never came was due, µs since the epoch; absent for what came. */
  readonly dueUs?: number;
  readonly detail: string;
}

export interface OrderFindings {
  /** Every difference; an order may have several. */
  readonly findings: readonly OrderFinding[];
  readonly placed: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Triggers that must have been seen, undecided ones left out. */
  readonly triggersExpected: number;
  /** Orders of which a trigger was seen. */
  readonly triggersSeen: number;
  /** Findings of kind `early`, `late`, `never`, `twice`, `both_legs` and `wrong_cancel`. */
  readonly wrongTick: number;
  /** Orders whose end lies too near the run's end to be judged, see {@link judgeOrders}. */
  readonly undecided: number;
}

/** Statuses from which an order doesn't come back; one that rests can have none of them. */
const ENDED: ReadonlySet<string> = new Set(['CANCELED', 'EXPIRED', 'REJECTED']);

/** What judging needs. Times in µs since the epoch unless the name says otherwise. */
export interface JudgeOptions {
  /** As {@link Expectation} by order, in the order of `orders`. */
  readonly expectations: readonly Expectation[];
  readonly orders: readonly OrderLine[];
  readonly schedule: Schedule;
  /** Longest time that an order may take from its sending to its acceptance, and that the engine may lag behind the schedule. */
  readonly maxAckMs: number;
  /** When clients stopped reading; without it the due time of the schedule's end. */
  readonly readUntilUs?: number;
  /** What was due within this time before `readUntilUs` need not have been read; default 0. */
  readonly graceUs?: number;
  /** Clients' ends: a late answer to a client whose connection closed while it waited is no fault of the engine. */
  readonly clients?: readonly ClientLine[];
  /** By client, when it was away and wasn't told, where nothing is resumed; default never. */
  readonly away?: ReadonlyMap<number, readonly { readonly fromUs: number; readonly toUs: number }[]>;
  /** Whether two ticks of a symbol are one to a dialect that names ticks by their time; default: equal numbers. */
  readonly sameTick?: (symbol: string, a: number, b: number) => boolean;
}

interface Court extends JudgeOptions {
  readonly stillDueUs: number;
  readonly closesByClient: ReadonlyMap<number, readonly number[]>;
  readonly findings: OrderFinding[];
  undecided: number;
  triggersExpected: number;
}

/**
 * Holds what clients saw of their orders against what must have become of them, and lists every difference: triggered on
 * another tick, never or twice, with a wrong market time (from which latency is counted), filled at another price,
 * wrongly rejected or accepted, never or late answered.
 *
 * The tick after which a server says it took an order is believed only if it fits the time: that tick can't be due after
 * the answer was read, and the symbol's next tick can't have been due more than `maxAckMs` before the order was sent.
 * So a late trigger can't hide behind a late acceptance.
 *
 * Near the end: an order that is expected to rest must not have triggered, however long it rested. An order whose
 * crossing tick was due within `graceUs` before `readUntilUs`, one that was answered in that time without its order event,
 * and one sent less than `maxAckMs` before it need not have been heard of: they are counted as undecided. What was heard
 * of them is judged like any other.
 */
export function judgeOrders(options: JudgeOptions): OrderFindings {
  const { orders, expectations, schedule, clients = [] } = options;
  if (orders.length !== expectations.length) {
    throw new Error(`judgeOrders: ${orders.length} orders but ${expectations.length} expectations`);
  }
  const readUntilUs = options.readUntilUs ?? dueTimeUs(schedule, schedule.toEventUs);
  const court: Court = {
    ...options,
    stillDueUs: readUntilUs - (options.graceUs ?? 0),
    closesByClient: new Map(clients.map(({ client, closes }) => [client, closes.map(({ atUs }) => atUs)])),
    findings: [],
    undecided: 0,
    triggersExpected: 0,
  };
  for (const [index, order] of orders.entries()) {
    const expectation = expectations[index];
    if (expectation !== undefined && order.sentUs > 0) judgeOrder(court, order, expectation);
  }
  const wrongTicks: readonly OrderFindingKind[] = ['early', 'late', 'never', 'twice', 'both_legs', 'wrong_cancel'];
  return {
    findings: court.findings,
    placed: orders.filter(({ sentUs }) => sentUs > 0).length,
    accepted: orders.filter(({ outcome }) => outcome === 'accepted').length,
    rejected: orders.filter(({ outcome }) => outcome === 'rejected').length,
    triggersExpected: court.triggersExpected,
    triggersSeen: orders.filter(({ triggers }) => triggers.length > 0).length,
    wrongTick: court.findings.filter(({ kind }) => wrongTicks.includes(kind)).length,
    undecided: court.undecided,
  };
}

function judgeOrder(court: Court, order: OrderLine, expectation: Expectation): void {
  const { outcome } = expectation;
  if (order.outcome === 'unanswered') {
    if (order.sentUs + court.maxAckMs * 1_000 > court.stillDueUs) court.undecided++;
    else note(court, order, { kind: 'never_answered', detail: 'no answer to the order' });
    return;
  }
  judgeAnswerTime(court, order);
  const isUntold = order.answeredUs > court.stillDueUs || isAway(court, order, order.answeredUs);
  if (outcome.kind === 'unknown' && order.acceptedTickSeq < 0 && isUntold) {
    court.undecided++;
    return;
  }
  if (outcome.kind === 'unknown') {
    const kind = order.outcome === 'rejected' ? 'wrongly_rejected' : 'implausible_acceptance';
    note(court, order, { kind, detail: outcome.why });
    return;
  }
  if (order.outcome === 'accepted') judgeAcceptance(court, order, { expectation, isUntold });
  judgeAcceptanceTime(court, order, expectation);
  if (order.outcome === 'rejected') judgeRejection(court, order, outcome);
  else if (outcome.kind === 'rejected') {
    note(court, order, { kind: 'wrongly_accepted', detail: `must be rejected: ${outcome.reason}` });
  } else judgeAccepted(court, order, expectation);
}

/** Whether an order said after which tick it was taken, and one of a list after the same as the others: it is taken whole. */
function judgeAcceptance(
  court: Court,
  order: OrderLine,
  { expectation, isUntold }: { readonly expectation: Expectation; readonly isUntold: boolean },
): void {
  const { acceptedTickSeq: tickSeq } = order;
  const { enteredTickSeq } = expectation;
  if (tickSeq < 0) {
    const detail = 'no order event told at which tick it was taken';
    if (!isUntold) note(court, order, { kind: 'implausible_acceptance', detail });
  } else if (enteredTickSeq >= 0 && !isSameTick(court, order, tickSeq, enteredTickSeq)) {
    const detail = `said to be taken after tick ${tickSeq}, the first of its list after tick ${enteredTickSeq}`;
    note(court, order, { kind: 'implausible_acceptance', tickSeq, detail });
  }
}

function judgeAnswerTime(court: Court, order: OrderLine): void {
  const waitedUs = order.answeredUs - order.sentUs;
  if (waitedUs <= court.maxAckMs * 1_000) return;
  const closes = court.closesByClient.get(order.client) ?? [];
  if (closes.some((atUs) => atUs >= order.sentUs && atUs <= order.answeredUs)) return;
  note(court, order, { kind: 'answered_late', detail: `answered after ${Math.round(waitedUs / 1_000)} ms` });
}

function judgeAcceptanceTime(court: Court, order: OrderLine, expectation: Expectation): void {
  const { schedule, maxAckMs } = court;
  const tickDueUs = dueTimeUs(schedule, expectation.acceptedTickTimeUs);
  if (tickDueUs > order.answeredUs + CLOCK_TOLERANCE_US) {
    const ahead = Math.round((tickDueUs - order.answeredUs) / 1_000);
    const detail = `said to be taken after a tick that was due ${ahead} ms after the answer was read`;
    note(court, order, { kind: 'implausible_acceptance', tickSeq: order.acceptedTickSeq, detail });
  }
  const nextDueUs = dueTimeUs(schedule, expectation.nextTickTimeUs);
  if (nextDueUs < order.sentUs - maxAckMs * 1_000) {
    const behind = Math.round((order.sentUs - nextDueUs) / 1_000);
    const detail = `said to be taken before a tick that was due ${behind} ms before the order was sent`;
    note(court, order, { kind: 'implausible_acceptance', tickSeq: order.acceptedTickSeq, detail });
  }
}

function judgeRejection(court: Court, order: OrderLine, outcome: ExpectedOutcome): void {
  if (outcome.kind !== 'rejected') {
    const detail = `rejected as ${order.rejectReason}, must be accepted`;
    note(court, order, { kind: 'wrongly_rejected', tickSeq: order.acceptedTickSeq, detail });
  } else if (outcome.reason !== order.rejectReason && !isBeforeSession(order, outcome.reason)) {
    const detail = `rejected as ${order.rejectReason}, must be ${outcome.reason}`;
    note(court, order, { kind: 'wrong_reason', tickSeq: order.acceptedTickSeq, detail });
  }
  judgeNothingHappened(court, order, 'rejected');
}

/** Before a symbol's first tick a back end may not know its session yet: an order that overtakes that tick is refused either way. */
function isBeforeSession({ acceptedTickSeq, rejectReason }: OrderLine, expected: string): boolean {
  return acceptedTickSeq === 0 && expected === 'no_market' && rejectReason === 'market_closed';
}

/** Of an order that must neither trigger nor fill. */
function judgeNothingHappened(court: Court, order: OrderLine, why: string): void {
  const [trigger] = order.triggers;
  const [fill] = order.fills;
  if (trigger !== undefined) {
    note(court, order, { kind: 'early', tickSeq: trigger.tickSeq, detail: `triggered though ${why}` });
  } else if (fill !== undefined) {
    note(court, order, { kind: 'wrongly_filled', tickSeq: fill.tickSeq, detail: `filled though ${why}` });
  }
}

function judgeAccepted(court: Court, order: OrderLine, expectation: Expectation): void {
  const { outcome } = expectation;
  const [trigger, second] = order.triggers;
  const expectedTickSeq = outcome.kind === 'triggered' ? outcome.tickSeq : -1;
  if (second !== undefined) {
    note(court, order, { kind: 'twice', expectedTickSeq, tickSeq: second.tickSeq, detail: 'triggered more than once' });
  }
  if (outcome.kind === 'canceled') {
    judgeCanceled(court, order, outcome);
    return;
  }
  if (outcome.kind === 'resting') {
    judgeNothingHappened(court, order, 'no tick reached its stop');
    const detail = `ended as ${order.finalStatus} though nothing ended it`;
    if (ENDED.has(order.finalStatus)) note(court, order, { kind: 'wrongly_ended', detail });
    return;
  }
  if (outcome.kind !== 'triggered') {
    if (trigger !== undefined) {
      const detail = 'triggered though it has no stop';
      note(court, order, { kind: 'early', tickSeq: trigger.tickSeq, detail });
    }
    const decided = order.answeredUs <= court.stillDueUs && !isAway(court, order, order.answeredUs);
    if (outcome.kind === 'filled') judgeFill(court, order, { ...expectation, ...outcome, decided });
    return;
  }
  const decided = isDecided(court, order, outcome.eventTimeUs);
  if (decided || trigger !== undefined) court.triggersExpected++;
  else court.undecided++;
  if (trigger === undefined) {
    const detail = `must trigger on tick ${expectedTickSeq}, was never told`;
    const dueUs = dueTimeUs(court.schedule, outcome.eventTimeUs);
    if (decided) note(court, order, { kind: 'never', expectedTickSeq, dueUs, detail });
    return;
  }
  if (!isSameTick(court, order, trigger.tickSeq, expectedTickSeq)) {
    const kind = trigger.tickSeq < expectedTickSeq ? 'early' : 'late';
    const detail = `triggered on tick ${trigger.tickSeq}, must be ${expectedTickSeq}`;
    note(court, order, { kind, expectedTickSeq, tickSeq: trigger.tickSeq, detail });
    return;
  }
  if (trigger.eventTimeUs !== outcome.eventTimeUs && court.sameTick === undefined) {
    const detail = `market time ${trigger.eventTimeUs}, must be ${outcome.eventTimeUs}`;
    note(court, order, { kind: 'wrong_time', expectedTickSeq, tickSeq: trigger.tickSeq, detail });
  }
  judgePrice(court, order, {
    what: 'stop',
    price: trigger.price,
    expected: outcome.stopPrice,
    priceDecimals: expectation.priceDecimals,
  });
  judgeFill(court, order, { ...expectation, ...outcome, decided });
}

/** Of an OCO list another leg has triggered: this one must be gone, and is told so. */
function judgeCanceled(court: Court, order: OrderLine, other: { tickSeq: number; eventTimeUs: number }): void {
  const because = `another leg of its OCO list triggered on tick ${other.tickSeq}`;
  const happened = order.triggers[0] ?? order.fills[0];
  if (happened !== undefined) {
    const what = order.triggers.length > 0 ? 'triggered' : 'filled';
    const detail = `${what} on tick ${happened.tickSeq} though ${because}`;
    note(court, order, { kind: 'both_legs', expectedTickSeq: -1, tickSeq: happened.tickSeq, detail });
  } else if (order.canceled === undefined) {
    if (!isDecided(court, order, other.eventTimeUs)) return;
    const dueUs = dueTimeUs(court.schedule, other.eventTimeUs);
    const detail = `must be canceled: ${because}; its status is ${order.finalStatus}`;
    note(court, order, { kind: 'never_canceled', expectedTickSeq: other.tickSeq, dueUs, detail });
  } else if (!isSameTick(court, order, order.canceled.tickSeq, other.tickSeq)) {
    const { tickSeq } = order.canceled;
    const detail = `canceled on tick ${tickSeq}, but ${because}`;
    note(court, order, { kind: 'wrong_cancel', expectedTickSeq: other.tickSeq, tickSeq, detail });
  }
}

interface ExpectedFill {
  readonly tickSeq: number;
  readonly eventTimeUs: number;
  readonly fillPrice: number;
  /** Whether a fill must have been read by now. */
  readonly decided: boolean;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

function judgeFill(court: Court, order: OrderLine, expected: ExpectedFill): void {
  const [fill, second] = order.fills;
  const expectedTickSeq = expected.tickSeq;
  if (fill === undefined) {
    const detail = `must be filled on tick ${expectedTickSeq}, was never told`;
    const dueUs = dueTimeUs(court.schedule, expected.eventTimeUs);
    if (expected.decided) note(court, order, { kind: 'never_filled', expectedTickSeq, dueUs, detail });
    return;
  }
  if (second !== undefined) {
    note(court, order, {
      kind: 'filled_twice',
      expectedTickSeq,
      tickSeq: second.tickSeq,
      detail: 'more than one fill',
    });
  }
  if (!isSameTick(court, order, fill.tickSeq, expectedTickSeq)) {
    const kind = fill.tickSeq < expectedTickSeq ? 'early' : 'late';
    const detail = `filled on tick ${fill.tickSeq}, must be ${expectedTickSeq}`;
    note(court, order, { kind, expectedTickSeq, tickSeq: fill.tickSeq, detail });
  }
  const { fillPrice, priceDecimals, quantityDecimals } = expected;
  judgePrice(court, order, { what: 'fill', price: fill.price, expected: fillPrice, priceDecimals });
  const lots = unitsFromDecimal(fill.quantity, quantityDecimals);
  if (lots === undefined || lots !== unitsFromDecimal(order.frame.quantity, quantityDecimals)) {
    const detail = `filled ${fill.quantity}, must be ${order.frame.quantity}`;
    note(court, order, { kind: 'wrong_quantity', tickSeq: fill.tickSeq, detail });
  }
}

function judgePrice(
  court: Court,
  order: OrderLine,
  check: { readonly what: string; readonly price: string; readonly expected: number; readonly priceDecimals: number },
): void {
  if (unitsFromDecimal(check.price, check.priceDecimals) === check.expected) return;
  const detail = `${check.what} at ${check.price}, must be ${decimalFromUnits(check.expected, check.priceDecimals)}`;
  note(court, order, { kind: 'wrong_price', detail });
}

/** Whether what happened at this market time was due early enough, and to a client that was here, to have been read. */
function isDecided(court: Court, order: OrderLine, eventTimeUs: number): boolean {
  const dueUs = dueTimeUs(court.schedule, eventTimeUs);
  return dueUs <= court.stillDueUs && !isAway(court, order, dueUs);
}

function isAway(court: Court, order: OrderLine, atUs: number): boolean {
  const away = court.away?.get(order.client) ?? [];
  return away.some(({ fromUs, toUs }) => atUs >= fromUs && atUs <= toUs);
}

function isSameTick(court: Court, order: OrderLine, a: number, b: number): boolean {
  return a === b || court.sameTick?.(order.frame.symbol, a, b) === true;
}

function note(
  court: Court,
  order: OrderLine,
  finding: Pick<OrderFinding, 'kind' | 'detail'> & Partial<Pick<OrderFinding, 'expectedTickSeq' | 'tickSeq' | 'dueUs'>>,
): void {
  const { client, frame } = order;
  const { clientOrderId, symbol } = frame;
  court.findings.push({ client, clientOrderId, symbol, expectedTickSeq: -1, tickSeq: -1, ...finding });
}
