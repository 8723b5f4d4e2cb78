import type { RunEvidence } from '../judge/evidence.ts';
import { judgeMarket } from '../oracle/judgeMarket.ts';
import { judgeAllOrders } from './orderEvidence.ts';
import { quietSeconds } from './quietSeconds.ts';

/** What the tape says of a run: which orders, patterns and bars were right, and in which seconds nothing was due to a client. */
export function tapeEvidence(
  run: Parameters<typeof judgeAllOrders>[0] & Parameters<typeof quietSeconds>[0],
): Pick<RunEvidence, 'orders' | 'market' | 'quiet'> {
  const { part, schedule, generators, symbolsOf } = run;
  const { instruments, bars } = part;
  const clients = generators.flatMap((data) => data.clients);
  return {
    orders: judgeAllOrders(run),
    market: judgeMarket({ instruments, bars, schedule, clients, symbolsOf }),
    quiet: quietSeconds(run),
  };
}
