import { createFeedFaults, type FeedFaultOptions } from './feedFaults.ts';
import { createLinkFaults, type LinkFaultOptions } from './linkFaults.ts';
import { FaultPlan } from './plan.ts';
import type { FeedFaults, LinkFaults } from './types.ts';

/**
 * Makes both kinds of faults of a scenario over one plan: a condition on the feed can then begin a fault on the link.
 *
 * @throws ScenarioError when a fault names a symbol that the tape lacks
 */
export function createFaults(options: Omit<FeedFaultOptions, 'plan'> & Pick<LinkFaultOptions, 'provider'>): {
  readonly feed: FeedFaults;
  readonly link: LinkFaults;
} {
  const plan = new FaultPlan(options);
  return { feed: createFeedFaults({ ...options, plan }), link: createLinkFaults({ ...options, plan }) };
}
