import { broken, dueUs, type Finding, kept, noneOf, type Stage } from '../stage.ts';
import type { Witness } from '../witness.ts';

/** Between an order's cut and the next attempt to place it, ms. */
const RETRY_MS = 50;

/** Every event of an order reaches its client once and in order. */
export async function classAComplete(stage: Stage): Promise<Finding> {
  const { scenario, witnesses } = stage;
  const everyUs = (1e6 * witnesses.length) / Math.max(scenario.load.ordersPerS, 1);
  const results = await Promise.all(witnesses.map((witness, at) => placeOrders(stage, { witness, at, everyUs })));
  await stage.ended;
  const faults = witnesses.flatMap((witness, at) => faultsOf(witness, at, results[at] ?? []));
  const count = results.reduce((sum, ids) => sum + ids.length, 0);
  return count === 0 ? broken('no order was placed') : noneOf(faults, `${count} orders, each event once`);
}

/** Places orders until the part is over, each again until it is answered; returns the ids of those that were taken. */
async function placeOrders(
  stage: Stage,
  { witness, at, everyUs }: { readonly witness: Witness; readonly at: number; readonly everyUs: number },
): Promise<string[]> {
  const taken: string[] = [];
  const endUs = dueUs(stage, stage.schedule.toEventUs) - 300_000;
  const [symbol = ''] = witness.symbols;
  // Nothing can be bought before there is a price.
  for (let atUs = stage.schedule.startUs + 500_000; atUs < endUs; atUs += everyUs) {
    await stage.at(atUs);
    const clientOrderId = `a${at}-${taken.length}`;
    const terms = { clientOrderId, symbol, side: 'BUY', orderType: 'MARKET', quantity: '1' } as const;
    let answer = await witness.place(terms);
    while (answer === undefined && stage.nowUs() < endUs) {
      await stage.at(stage.nowUs() + RETRY_MS * 1e3);
      answer = await witness.place(terms);
    }
    if (answer?.type === 'order.accepted') taken.push(clientOrderId);
  }
  return taken;
}

function faultsOf(witness: Witness, at: number, taken: readonly string[]): string[] {
  const faults: string[] = [];
  for (const [name, log] of witness.streams) {
    if (!name.startsWith('order/') && !name.startsWith('execution/')) continue;
    if (log.holes > 0) faults.push(`client ${at} misses ${log.holes} events of ${name}`);
    if (log.repeats > 0) faults.push(`client ${at} was told ${log.repeats} events of ${name} twice`);
  }
  for (const id of taken) {
    const fills = witness.executions.filter(({ data }) => data.clientOrderId === id).length;
    const filled = witness.orders.filter(({ data }) => data.clientOrderId === id && data.status === 'FILLED').length;
    if (fills !== 1 || filled !== 1)
      faults.push(`client ${at}: order ${id} has ${fills} fills and ${filled} events FILLED`);
  }
  return faults;
}

/** Every client is back in time after each cut. */
export async function reconnectedWithin({ witnesses, ended }: Stage, { s }: { readonly s: number }): Promise<Finding> {
  await ended;
  const faults: string[] = [];
  let longestS = 0;
  let cuts = 0;
  for (const [at, witness] of witnesses.entries()) {
    for (const { atUs, code } of witness.closes) {
      cuts++;
      const backUs = witness.welcomes.find((welcomeUs) => welcomeUs > atUs) ?? Number.POSITIVE_INFINITY;
      longestS = Math.max(longestS, (backUs - atUs) / 1e6);
      if (backUs - atUs > s * 1e6) faults.push(`client ${at} was not back ${s} s after its cut (${code})`);
    }
  }
  return noneOf(cuts === 0 ? ['nobody was cut'] : faults, `${cuts} cuts, the longest for ${longestS.toFixed(2)} s`);
}

/** The fallback is in charge in time after the first provider's failure. */
export async function failoverWithin(stage: Stage, limit: { readonly s: number }): Promise<Finding> {
  return changeWithin(stage, { ...limit, edge: 'startUs', what: 'fallback' });
}

/** The first provider is in charge again in time after its return. */
export async function failbackWithin(stage: Stage, limit: { readonly s: number }): Promise<Finding> {
  return changeWithin(stage, { ...limit, edge: 'endUs', what: 'first provider' });
}

async function changeWithin(
  stage: Stage,
  { s, edge, what }: { readonly s: number; readonly edge: 'startUs' | 'endUs'; readonly what: string },
): Promise<Finding> {
  await stage.ended;
  const outage = stage.windows.find(({ fault }) => fault.kind === 'down');
  if (outage === undefined) return broken('the scenario has no provider down');
  const fromUs = dueUs(stage, outage[edge]);
  const untilUs = edge === 'startUs' ? dueUs(stage, outage.endUs) : Number.POSITIVE_INFINITY;
  let longestS = 0;
  const faults = stage.witnesses.flatMap(({ notices }, at) => {
    const change = notices.find(
      ({ frame, readUs }) => frame.code === 'feed_failover' && readUs >= fromUs && readUs < untilUs,
    );
    const tookS = change === undefined ? Number.POSITIVE_INFINITY : (change.readUs - fromUs) / 1e6;
    longestS = Math.max(longestS, tookS);
    if (change === undefined) return [`client ${at} was never told that the ${what} is in charge`];
    return tookS > s ? [`the ${what} was in charge after ${tookS.toFixed(2)} s, not ${s}`] : [];
  });
  return noneOf(faults, `the ${what} in charge after ${longestS.toFixed(2)} s`);
}

/** The feed keeps to the provider's limit. */
export async function limitRespected(
  { backEnd, ended }: Stage,
  { maxRefused }: { readonly maxRefused: number },
): Promise<Finding> {
  await ended;
  const refused = backEnd.refusedRequests();
  const detail = `${refused} requests were refused for the limit`;
  return refused <= maxRefused ? kept(detail) : broken(detail);
}
