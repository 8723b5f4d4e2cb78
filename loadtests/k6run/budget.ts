/**
 * What k6 takes without its own delay growing into the figures, per core. A handler of five lines reads 19,000
 * messages/s at half a core (p99 5 ms), 37,000 at 1.4 cores (30 ms), and past 50,000 it never drains; a client that
 * audits and times what it reads costs nearly twice as much a message.
 */
const K6_MESSAGES_PER_S_PER_CORE = 10_000;

export type BudgetCheck =
  | { readonly kind: 'within'; readonly budgetPerS: number }
  | { readonly kind: 'over'; readonly budgetPerS: number; readonly why: string };

/**
 * Compares the messages that a plan makes k6 receive with what it can take.
 *
 * @param load.messagesPerS messages to all clients together, mean over the run
 * @param load.cores cores that k6 may count on: the server under test needs its own
 */
export function checkBudget(load: { messagesPerS: number; cores: number }): BudgetCheck {
  const budgetPerS = load.cores * K6_MESSAGES_PER_S_PER_CORE;
  if (load.messagesPerS <= budgetPerS) return { kind: 'within', budgetPerS };
  const offered = Math.round(load.messagesPerS).toLocaleString('en-US');
  const allowed = budgetPerS.toLocaleString('en-US');
  return {
    kind: 'over',
    budgetPerS,
    why: `k6 would have to read ${offered} messages/s and measures honestly up to ${allowed} on ${load.cores} ${load.cores === 1 ? 'core' : 'cores'}: take fewer clients or symbols, or --load swarm`,
  };
}
