import fc from 'fast-check';
import type { MarketEvent } from '../../market/types.ts';
import { runParameters, session } from './arbitraries.ts';
import { type MakeEngine, playBoth } from './engineLaw.ts';
import { isCommand } from './operations.ts';

/** The most operations of a session; more than half are commands. */
const MOST_OPERATIONS = 300;

/** What was played while the law held. */
export interface LawRuns {
  readonly commands: number;
  /** How often each thing happened: `execution`, an order event's reason, or the reason of a refusal, `canceled: ` before that of a cancellation. */
  readonly happened: ReadonlyMap<string, number>;
}

/**
 * Plays random sessions into engine and oracle.
 *
 * @throws when they differ: the message ends with the shrunk operations as JSON
 */
export function holdLaw(options: {
  readonly makeEngine: MakeEngine;
  readonly name: string;
  readonly runs: number;
}): LawRuns {
  const { makeEngine, name, runs } = options;
  const happened = new Map<string, number>();
  let commands = 0;
  const law = fc.property(session(MOST_OPERATIONS), (play) => {
    const events = playBoth(makeEngine, play);
    commands += play.operations.filter(isCommand).length;
    for (const event of events) {
      const what = nameOf(event);
      happened.set(what, (happened.get(what) ?? 0) + 1);
    }
  });
  fc.assert(law, runParameters({ name, runs }));
  return { commands, happened };
}

function nameOf(event: MarketEvent): string {
  if (event.kind === 'execution') return event.kind;
  const { reason, order } = event;
  const { rejectReason = reason } = order;
  return reason === 'canceled' && rejectReason !== reason ? `canceled: ${rejectReason}` : rejectReason;
}

/** All that a law over random sessions must have seen: if nothing happened, it would hold for any engine. */
export const MUST_HAPPEN = [
  'accepted',
  'pending',
  'modified',
  'restated',
  'activated',
  'ratcheted',
  'triggered',
  'execution',
  'partially_filled',
  'filled',
  'canceled',
  'expired',
  'unknown_symbol',
  'unknown_parent',
  'list_rejected',
  'unsupported_time_in_force',
  'bad_expiry',
  'bad_quantity',
  'bad_price',
  'bad_offset',
  'wrong_side_of_market',
  'no_market',
  'market_closed',
  'symbol_halted',
  'insufficient_buying_power',
  'canceled: insufficient_buying_power',
] as const;
