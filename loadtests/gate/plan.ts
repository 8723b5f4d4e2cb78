import type { ClientPlan, GeneratorPlan, GoesOn, PolledFeed } from '../../protocol/generatorPlan.ts';
import { endOf, type GeneratorName, type Schedule } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Codec, Reach } from '../../protocol/serverUnderTest.ts';
import { subjectOf } from '../target/tokens.ts';
import { arrivals, dealBehaviours } from './behaviours.ts';
import type { DialectProfile } from './dialects.ts';
import { GateError } from './errors.ts';
import { planOrders } from './orders.ts';
import { type PlayedPart, tapeSymbols } from './part.ts';
import { seededRandom } from './random.ts';

/** One cut of a run: this client's connection is reset at this time. */
export interface PlannedCut {
  readonly client: number;
  readonly atUs: number;
}

export interface PlanInput {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
  readonly part: PlayedPart;
  readonly load: Exclude<GeneratorName, 'probe'>;
  readonly dialect: DialectProfile;
  readonly codec: Codec;
  /** Servers to which clients of the load connect (through the proxy) and the probes do (directly): `ws://host:port`. */
  readonly loadBase: string;
  readonly probeBase: string;
  /** See {@link planOrders}. */
  readonly orderPrefix?: string;
  /** Where the server stands when it has played other parts before. */
  readonly goesOn?: GoesOn;
  /** Where orders are posted, in dialects that place them by HTTP. */
  readonly orderUrl: string;
  readonly tokenFor: (account: string) => Promise<string | undefined>;
  /** How a server that isn't ours is reached, by the load's clients and by the probes. */
  readonly reach?: { readonly load: Reach; readonly probe: Reach };
  /** Where the server polls its provider. */
  readonly polled?: PolledFeed;
  readonly wallAheadUs: number;
}

export interface RunPlans {
  readonly load: GeneratorPlan;
  readonly probe: GeneratorPlan;
  readonly cuts: readonly PlannedCut[];
}

/** Longest wait for `welcome`; far over the target, so that a slow server shows as slow and not as silent. */
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_LISTED_VIOLATIONS = 200;
/** Messages a second to each client beside the tape's: heartbeat, positions, half a portfolio. */
const CLIENT_MESSAGES_PER_S = 2.5;
/** The sockets are open this long before the tape starts. */
export const SETTLE_US = 500_000;

/** Makes the plans of a run's generators: who connects when, hears what and orders what. Same scenario and seed, same plans. */
export async function makePlans(input: PlanInput): Promise<RunPlans> {
  const { scenario, schedule, part, dialect } = input;
  const { load } = scenario;
  const symbols = part.instruments.slice(0, scenario.tape.symbols).map((instrument) => instrument.symbol);
  const dealt = dealSymbols(symbols, { hands: load.clients, each: load.symbolsPerClient });
  const random = seededRandom(scenario.seed);
  const behaviours = behavioursOf(input, dealt);
  const orders = planOrders({
    part,
    schedule,
    clientSymbols: dealt,
    ordersPerS: load.ordersPerS,
    random,
    isBursty: (at) => behaviours[at]?.kind === 'bursts',
    ...(input.orderPrefix === undefined ? {} : { namePrefix: input.orderPrefix }),
  });
  const firstConnectUs = schedule.startUs - SETTLE_US - load.connectOverS * 1e6;
  const common = {
    version: 1,
    dialect: dialect.name,
    codec: input.codec,
    schedule,
    endUs: endOf(schedule) + load.graceS * 1e6,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    reconnect: {
      ...load.reconnect,
      ...(dialect.reconnectDelaysMs === undefined ? {} : { delaysMs: dialect.reconnectDelaysMs }),
    },
    seed: scenario.seed,
    wallAheadUs: input.wallAheadUs,
    maxListedViolations: MAX_LISTED_VIOLATIONS,
    ...(input.polled === undefined ? {} : { polled: input.polled }),
    ...(dialect.rules === undefined ? {} : { custom: dialect.rules }),
    ...(dialect.timedBy === undefined ? {} : { timedBy: dialect.timedBy }),
  } as const;
  const client = async (
    number: number,
    {
      base,
      ...given
    }: Pick<ClientPlan, 'symbols' | 'channels' | 'connectAtUs' | 'orders' | 'behaviour'> & { readonly base: string },
  ): Promise<ClientPlan> => {
    const account = accountOf(number);
    const token = await input.tokenFor(account);
    const path = dialect.pathOf({ account, token, symbols: given.symbols });
    const isInPath = (): boolean => path !== dialect.pathOf({ account: `${account}-not`, symbols: given.symbols });
    const holder = token !== undefined ? subjectOf(token) : isInPath() ? account : undefined;
    return {
      client: number,
      account,
      ...(holder === undefined ? {} : { holder }),
      ...(token === undefined ? {} : { token }),
      url: `${base}${path}`,
      ...(dialect.orders === 'http' ? { orderUrl: input.orderUrl } : {}),
      ...given,
    };
  };
  const connectsUs = connectTimes(load, { firstUs: firstConnectUs, seed: scenario.seed });
  const loadClients = await Promise.all(
    dealt.map((hand, at) =>
      client(at, {
        base: input.loadBase,
        symbols: hand,
        channels: dialect.channels,
        connectAtUs: connectsUs[at] ?? firstConnectUs,
        orders: orders[at] ?? [],
        ...(behaviours[at] === undefined ? {} : { behaviour: behaviours[at] }),
      }),
    ),
  );
  const probeHands = dealSymbols(symbols, { hands: load.probes, each: load.symbolsPerClient });
  const probeClients = await Promise.all(
    probeHands.map((hand, at) =>
      client(load.clients + at, {
        base: input.probeBase,
        symbols: hand,
        channels: [...dialect.channels, ...dialect.probeChannels],
        connectAtUs: firstConnectUs,
        orders: [],
      }),
    ),
  );
  const planOf = (clients: readonly ClientPlan[]) => {
    if (dialect.isNumbered) return { clients };
    return { clients, tape: tapeSymbols(part, new Set(clients.flatMap((one) => one.symbols))) };
  };
  return {
    load: { ...common, ...(input.reach && { reach: input.reach.load }), generator: input.load, ...planOf(loadClients) },
    probe: {
      ...common,
      ...(input.reach && { reach: input.reach.probe }),
      generator: 'probe',
      ...planOf(probeClients),
      ...(input.goesOn && { goesOn: input.goesOn }),
    },
    cuts: planCuts(scenario, schedule, random),
  };
}

/** The account of a run's client. */
export function accountOf(client: number): string {
  return `acct-${client}`;
}

/** What each client of the load does unlike the steady ones. @throws GateError for what this generator or dialect can't do */
function behavioursOf(
  { scenario, schedule, load: generator, dialect, orderUrl }: PlanInput,
  clientSymbols: readonly (readonly string[])[],
): ReturnType<typeof dealBehaviours> {
  const { behaviours: shares = {} } = scenario.load;
  if (generator === 'k6' && (shares.slow ?? 0) > 0)
    throw new GateError('load.behaviours.slow: k6 reads whatever arrives; take --load swarm');
  if (dialect.name !== 'native' && ((shares.churn ?? 0) > 0 || (shares.polling ?? 0) > 0))
    throw new GateError(
      `load.behaviours: churn and polling need the native dialect, ${dialect.name} has no words for them`,
    );
  const pollUrl = orderUrl.replace(/\/orders$/, '/poll');
  return dealBehaviours({ shares, clientSymbols, schedule, pollUrl, random: seededRandom(scenario.seed + 1) });
}

/** When each client of the load connects: evenly before the tape starts, or by an open model that may go on after it. */
function connectTimes(load: Scenario['load'], from: { readonly firstUs: number; readonly seed: number }): number[] {
  const { clients, connectOverS } = load;
  if (load.arrivals !== undefined)
    return arrivals({ clients, perS: load.arrivals.perS, fromUs: from.firstUs, random: seededRandom(from.seed + 2) });
  return Array.from({ length: clients }, (_, at) => Math.round(from.firstUs + (at / clients) * connectOverS * 1e6));
}

/**
 * Deals symbols to clients like cards, round after round: each hand gets its share of the hot ones (which come first in
 * the table), and every symbol is held by somebody as soon as there are enough places.
 */
export function dealSymbols(symbols: readonly string[], deal: { hands: number; each: number }): string[][] {
  const each = Math.min(deal.each, symbols.length);
  const hands: string[][] = Array.from({ length: deal.hands }, () => []);
  let card = 0;
  for (let round = 0; round < each; round++) {
    for (const hand of hands) {
      // A hand never holds a symbol twice; with few symbols the next free one is taken.
      let tries = 0;
      while (hand.includes(symbols[card % symbols.length] as string) && tries < symbols.length) {
        card += 1;
        tries += 1;
      }
      hand.push(symbols[card % symbols.length] as string);
      card += 1;
    }
  }
  return hands;
}

function planCuts(scenario: Scenario, schedule: Schedule, random: () => number): PlannedCut[] {
  const order = shuffled(scenario.load.clients, random);
  const cuts = scenario.cuts.flatMap((wave) => {
    const chosen = order.slice(Math.floor(wave.fromShare * order.length), Math.floor(wave.toShare * order.length));
    return chosen.map((client, at) => ({
      client,
      atUs: Math.round(schedule.startUs + (wave.atS + (wave.overS * at) / Math.max(1, chosen.length)) * 1e6),
    }));
  });
  return cuts.sort((a, b) => a.atUs - b.atUs);
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}

/** Messages a second that the load's clients will get, in the mean over the busiest ten seconds: what a generator must bear. */
export function offeredRate(part: PlayedPart, plan: GeneratorPlan): number {
  const readers = new Map<string, number>();
  for (const client of plan.clients) {
    for (const symbol of client.symbols) readers.set(symbol, (readers.get(symbol) ?? 0) + 1);
  }
  const perSecond = new Map<number, number>();
  for (const tick of part.ticks) {
    const symbol = part.instruments[tick.symbol]?.symbol ?? '';
    const second = Math.floor((tick.eventTimeUs - part.fromUs) / plan.schedule.speed / 1e6);
    perSecond.set(second, (perSecond.get(second) ?? 0) + (readers.get(symbol) ?? 0));
  }
  const seconds = [...perSecond.values()].sort((a, b) => b - a).slice(0, 10);
  const ticks = seconds.reduce((sum, count) => sum + count, 0) / Math.max(1, seconds.length);
  return ticks + plan.clients.length * CLIENT_MESSAGES_PER_S;
}
