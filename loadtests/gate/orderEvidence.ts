import type { Tick } from '../../market/types.ts';
import { type ClientLine, endOf, type Schedule } from '../../protocol/run.ts';
import type { OrderEvidence } from '../judge/evidence.ts';
import type { GeneratorData } from '../judge/merge.ts';
import { expectTriggers } from '../oracle/expectations.ts';
import { judgeOrders } from '../oracle/judgeOrders.ts';
import type { PlayedPart } from './part.ts';

/** Longest time an order may take to its acceptance before its acceptance isn't believed: the trigger target's own bound. */
const MAX_ACK_MS = 500;

/** Holds what all clients saw of their orders against the oracle. */
export function judgeAllOrders(input: {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly generators: readonly GeneratorData[];
  /** When clients stopped reading, µs since the epoch. */
  readonly readUntilUs: number;
  /** False where orders' events name their tick by a time in ms alone, and what happens while a client is away is not told to it. */
  readonly isNumbered: boolean;
}): OrderEvidence {
  const { part, schedule, generators, readUntilUs, isNumbered } = input;
  const clients = generators.flatMap((data) => data.clients);
  const orders = generators.flatMap((data) => data.orders);
  const expectations = expectTriggers({ instruments: part.instruments, ticks: ticksOf(part), orders });
  const found = judgeOrders({
    expectations,
    orders,
    schedule,
    maxAckMs: MAX_ACK_MS,
    readUntilUs,
    // What was due in the grace time's last part may still be on its way; the tape has ended long before.
    graceUs: (readUntilUs - endOf(schedule)) / 2,
    clients,
    ...(isNumbered ? {} : { away: awayOf(clients), sameTick: sameMs(part) }),
  });
  const sent = new Map(orders.map((order) => [`${order.client}/${order.frame.clientOrderId}`, order.sentUs]));
  return {
    placed: found.placed,
    accepted: found.accepted,
    rejected: found.rejected,
    triggersExpected: found.triggersExpected,
    triggersSeen: found.triggersSeen,
    wrongTick: found.wrongTick,
    faults: found.findings.map((finding) => ({
      kind: finding.kind,
      atUs: finding.dueUs ?? sent.get(`${finding.client}/${finding.clientOrderId}`) ?? readUntilUs,
      detail: `order ${finding.clientOrderId} on ${finding.symbol} (client ${finding.client}): ${finding.kind.replaceAll('_', ' ')}: ${finding.detail}`,
    })),
  };
}

/** What was due so shortly before a close or after the return need not have been read. */
const AWAY_BEFORE_US = 500_000;
const AWAY_AFTER_US = 500_000;

/** When each client was away, and may have missed what is told once. */
function awayOf(clients: readonly ClientLine[]): Map<number, { fromUs: number; toUs: number }[]> {
  return new Map(
    clients.map(({ client, closes, resumes }) => [
      client,
      closes.map(({ atUs }) => {
        const back = resumes.find(({ resumedUs }) => resumedUs > atUs);
        return { fromUs: atUs - AWAY_BEFORE_US, toUs: (back?.resumedUs ?? Number.POSITIVE_INFINITY) + AWAY_AFTER_US };
      }),
    ]),
  );
}

/** Whether two of a symbol's ticks lie in one ms of the market's time: a dialect whose times are ms can't tell them apart. */
function sameMs(part: PlayedPart): (symbol: string, a: number, b: number) => boolean {
  const indices = new Map(part.instruments.map(({ symbol, index }) => [symbol, index]));
  return (symbol, a, b) => {
    const places = part.bySymbol[indices.get(symbol) ?? -1] ?? [];
    const msOf = (seq: number): number =>
      Math.floor((part.ticks[places[seq - 1] ?? -1]?.eventTimeUs ?? Number.NaN) / 1000);
    return msOf(a) === msOf(b);
  };
}

/** The part's ticks as a source that is read one by one. */
function ticksOf(part: PlayedPart): { tick: Tick; next: () => boolean } {
  let at = -1;
  return {
    get tick(): Tick {
      return part.ticks[at] as Tick;
    },
    next: () => {
      at += 1;
      return at < part.ticks.length;
    },
  };
}
