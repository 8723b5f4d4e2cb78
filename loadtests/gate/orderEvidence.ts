import type { Tick } from '../../market/types.ts';
import type { Schedule } from '../../protocol/run.ts';
import type { OrderEvidence } from '../judge/evidence.ts';
import type { GeneratorData } from '../judge/merge.ts';
import { expectTriggers } from '../oracle/expectations.ts';
import { judgeOrders } from '../oracle/judgeOrders.ts';
import type { PlayedPart } from './part.ts';
import { endOf } from './plan.ts';

/** Longest time an order may take to its acceptance before its acceptance isn't believed: the trigger target's own bound. */
const MAX_ACK_MS = 500;

/** Holds what all clients saw of their orders against the oracle. */
export function judgeAllOrders(input: {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly generators: readonly GeneratorData[];
  /** When clients stopped reading, µs since the epoch. */
  readonly readUntilUs: number;
}): OrderEvidence {
  const { part, schedule, generators, readUntilUs } = input;
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
    clients: generators.flatMap((data) => data.clients),
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
      atUs: sent.get(`${finding.client}/${finding.clientOrderId}`) ?? readUntilUs,
      detail: `order ${finding.clientOrderId} on ${finding.symbol} (client ${finding.client}): ${finding.kind.replaceAll('_', ' ')}: ${finding.detail}`,
    })),
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
