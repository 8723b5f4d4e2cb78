import type { ScenarioCheck } from '../../../protocol/schemas/checks.ts';
import type { Finding, Stage } from '../stage.ts';
import { barsMatch, gapMarked } from './bars.ts';
import { classAComplete, failbackWithin, failoverWithin, limitRespected, reconnectedWithin } from './links.ts';
import {
  closedMarketRefuses,
  dayOrderEndsAt,
  dayOrdersExpireAtClose,
  haltedSymbolRefuses,
  haltedSymbolSilent,
  stopsFillOnPath,
} from './orders.ts';
import { noStaleAsFresh, pollingComplete } from './polling.ts';
import {
  inOrder,
  memoryBounded,
  noDuplicate,
  noLoss,
  pricesOfFeed,
  recoveredWithin,
  refusesBadTicks,
  slowReaderTold,
} from './ticks.ts';

/** Does what a check needs during a run, and finds whether its promise was kept. */
export function find(stage: Stage, check: ScenarioCheck): Promise<Finding> {
  switch (check.check) {
    case 'no_loss':
      return noLoss(stage);
    case 'no_duplicate':
      return noDuplicate(stage);
    case 'in_order':
      return inOrder(stage);
    case 'prices_of_feed':
      return pricesOfFeed(stage);
    case 'refuses_bad_ticks':
      return refusesBadTicks(stage, check);
    case 'bars_match':
      return barsMatch(stage);
    case 'gap_marked':
      return gapMarked(stage);
    case 'recovered_within_s':
      return recoveredWithin(stage, check);
    case 'no_stale_as_fresh':
      return noStaleAsFresh(stage, check);
    case 'closed_market_refuses':
      return closedMarketRefuses(stage);
    case 'halted_symbol_refuses':
      return haltedSymbolRefuses(stage, check);
    case 'halted_symbol_silent':
      return haltedSymbolSilent(stage, check);
    case 'day_order_ends_at':
      return dayOrderEndsAt(stage, check);
    case 'day_orders_expire_at_close':
      return dayOrdersExpireAtClose(stage);
    case 'stops_fill_on_path':
      return stopsFillOnPath(stage, check);
    case 'class_a_complete':
      return classAComplete(stage);
    case 'failover_within_s':
      return failoverWithin(stage, check);
    case 'failback_within_s':
      return failbackWithin(stage, check);
    case 'reconnected_within_s':
      return reconnectedWithin(stage, check);
    case 'polling_complete':
      return pollingComplete(stage);
    case 'limit_respected':
      return limitRespected(stage, check);
    case 'slow_reader_told':
      return slowReaderTold(stage);
    case 'memory_bounded':
      return memoryBounded(stage, check);
  }
}
