import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { broken, dueUs, type Finding, kept, noneOf, type Stage } from '../stage.ts';
import type { Witness } from '../witness.ts';

/** Between an order's cut and the next attempt to place it, ms. */
const RETRY_MS = 50;

/** Every event of an order reaches its client once and in order. */
export async function classAComplete(stage: Stage): Promise<Finding> {
  const { scenario, witnesses } = stage;
  const everyUs = (1e6 * witnesses.length) / Math.max(scenario.load.ordersPerS, 1);
  const results = await Promise.all(witnesses.map((witness, at) => placeOrders(stage, { witness, at, everyUs })));
  const working = await Promise.all(witnesses.map((witness) => workingOrders(witness)));
  await stage.ended;
  const faults = witnesses.flatMap((witness, at) =>
    faultsOf(witness, { at, taken: results[at] ?? [], working: working[at] }),
  );
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

/** The quantity that the server has filled of each order that works, by its id. */
async function workingOrders(witness: Witness): Promise<ReadonlyMap<string, number> | undefined> {
  const answer = await witness.ask({ type: 'get', what: 'orders' });
  if (answer?.type !== 'result' || answer.what !== 'orders') return undefined;
  return new Map(answer.data.map((order) => [order.clientOrderId, Number(order.cumulativeQuantity)]));
}

const FINAL = ['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'];

function faultsOf(
  witness: Witness,
  told: {
    readonly at: number;
    readonly taken: readonly string[];
    readonly working: ReadonlyMap<string, number> | undefined;
  },
): string[] {
  const { at, taken, working } = told;
  const faults: string[] = [];
  for (const [name, log] of witness.streams) {
    if (!name.startsWith('order/') && !name.startsWith('execution/')) continue;
    if (log.holes > 0) faults.push(`client ${at} misses ${log.holes} events of ${name}`);
    if (log.repeats > 0) faults.push(`client ${at} was told ${log.repeats} events of ${name} twice`);
  }
  if (working === undefined) return [...faults, `client ${at} got no answer to its question for its orders`];
  for (const id of taken) {
    const last = witness.orders.filter(({ data }) => data.clientOrderId === id).at(-1)?.data;
    const fills = witness.executions.filter(({ data }) => data.clientOrderId === id);
    const filled = fills.reduce((sum, { data }) => sum + Number(data.lastQuantity), 0);
    if (last === undefined) faults.push(`client ${at} was told nothing of its order ${id}`);
    else if (filled !== Number(last.cumulativeQuantity)) {
      faults.push(`client ${at} was told ${filled} filled of ${id} one by one, and ${last.cumulativeQuantity} in all`);
    } else if (!FINAL.includes(last.status) && working.get(id) !== filled) {
      faults.push(`client ${at} was told ${last.status} of ${id} last, the server says otherwise`);
    }
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
export async function failoverWithin(stage: Stage, { s }: { readonly s: number }): Promise<Finding> {
  await stage.ended;
  const outage = outageOf(stage);
  if (outage === undefined) return broken('the scenario has no provider down');
  return changeWithin(stage, { s, fromUs: outage.fromUs, untilUs: outage.toUs, what: 'the fallback' });
}

/** The first provider is in charge again in time after its return. */
export async function failbackWithin(stage: Stage, { s }: { readonly s: number }): Promise<Finding> {
  await stage.ended;
  const { scenario, backEnd, witnesses } = stage;
  const outage = outageOf(stage);
  const [first = ''] = scenario.feeds ?? [];
  if (outage === undefined) return broken('the scenario has no provider down');
  const answer = await fetch(`http://127.0.0.1:${backEnd.port}/api/health`);
  const health: unknown = await answer.json();
  if (!Value.Check(HealthSchema, health)) return broken(`health says nothing of providers: ${JSON.stringify(health)}`);
  if (health.feed.provider !== first) return broken(`${health.feed.provider} is in charge at the end, not ${first}`);
  // Where nobody else was in charge meanwhile, its own return is told by its data alone.
  const wasReplaced =
    witnesses[0]?.notices.some(({ frame, readUs }) => isChange(frame) && readUs < outage.toUs) === true;
  if (wasReplaced)
    return changeWithin(stage, { s, fromUs: outage.toUs, untilUs: Number.POSITIVE_INFINITY, what: first });
  const deaf = witnesses.filter(
    ({ tickers }) =>
      ![...tickers.values()].flat().some(({ readUs }) => readUs > outage.toUs && readUs <= outage.toUs + s * 1e6),
  );
  return noneOf(
    deaf.map(() => `a client heard nothing of ${first} within ${s} s of its return`),
    `${first} is in charge and heard within ${s} s of its return`,
  );
}

const HealthSchema = Type.Object({ feed: Type.Object({ provider: Type.Union([Type.String(), Type.Null()]) }) });

function outageOf(stage: Stage): { readonly fromUs: number; readonly toUs: number } | undefined {
  const down = stage.windows.find(({ fault }) => fault.kind === 'down');
  return down === undefined ? undefined : { fromUs: dueUs(stage, down.startUs), toUs: dueUs(stage, down.endUs) };
}

function isChange({ code }: { readonly code: string }): boolean {
  return code === 'feed_failover';
}

function changeWithin(
  { witnesses }: Stage,
  wanted: { readonly s: number; readonly fromUs: number; readonly untilUs: number; readonly what: string },
): Finding {
  const { s, fromUs, untilUs, what } = wanted;
  let longestS = 0;
  const faults = witnesses.flatMap(({ notices }, at) => {
    const change = notices.find(({ frame, readUs }) => isChange(frame) && readUs >= fromUs && readUs < untilUs);
    if (change === undefined) return [`client ${at} was never told that ${what} is in charge`];
    const tookS = (change.readUs - fromUs) / 1e6;
    longestS = Math.max(longestS, tookS);
    return tookS > s ? [`${what} was in charge after ${tookS.toFixed(2)} s, not ${s}`] : [];
  });
  return noneOf(faults, `${what} in charge after ${longestS.toFixed(2)} s`);
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
