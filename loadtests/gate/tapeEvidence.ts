import type { Schedule } from '../../protocol/run.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import type { GeneratorData } from '../judge/merge.ts';
import { judgeMarket } from '../oracle/judgeMarket.ts';
import { judgeAllOrders } from './orderEvidence.ts';
import type { PlayedPart } from './part.ts';
import { quietSeconds } from './quietSeconds.ts';

/** What the tape says of a run: which orders, patterns and bars were right, and in which seconds nothing was due to a client. */
export function tapeEvidence(run: {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly generators: readonly GeneratorData[];
  /** Symbols of each planned client. */
  readonly symbolsOf: ReadonlyMap<number, readonly string[]>;
  /** Until when clients read, µs since the epoch. */
  readonly readUntilUs: number;
  /** Whether streams carry numbers. */
  readonly isNumbered: boolean;
}): Pick<RunEvidence, 'orders' | 'market' | 'quiet'> {
  const { part, schedule, generators, symbolsOf } = run;
  const { instruments, bars } = part;
  const clients = generators.flatMap((data) => data.clients);
  return {
    orders: judgeAllOrders(run),
    market: judgeMarket({ instruments, bars, schedule, clients, symbolsOf }),
    quiet: quietSeconds(run),
  };
}
