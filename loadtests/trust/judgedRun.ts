import type { Instrument, Tick } from '../../market/types.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { endOf, type Schedule } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Need, TargetSet } from '../../protocol/schemas/targets.ts';
import { trade } from '../../simulator/testTape.ts';
import { Books, type BooksJson } from '../faulty/books.ts';
import type { Fault } from '../faulty/types.ts';
import { type DialectProfile, dialectProfile, targetsFor } from '../gate/dialects.ts';
import { expectedHeads } from '../gate/gather.ts';
import { planOrders } from '../gate/orders.ts';
import { type PlayedPart, tapeSymbols } from '../gate/part.ts';
import { dealSymbols } from '../gate/plan.ts';
import { seededRandom } from '../gate/random.ts';
import { tapeEvidence } from '../gate/tapeEvidence.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { type GeneratorData, mergeLines } from '../judge/merge.ts';
import { type Judgement, judge } from '../judge/verdict.ts';
import { NaiveBars } from '../oracle/bars.ts';
import { playVirtually, type VirtualPlay } from '../session/virtualRun.ts';
import type { ModelEngine, ModelSinks } from '../session/virtualServer.ts';

export interface JudgedRunOptions {
  readonly fault: Fault;
  /** What the clients speak; default `native`. */
  readonly dialect?: 'native' | 'ai-trading-v2';
  readonly targets: TargetSet;
  readonly engine: (instruments: readonly Instrument[], sinks: ModelSinks) => ModelEngine;
  /** The generator stands still for `us` at this time, again and again. */
  readonly starve?: { readonly everyUs: number; readonly us: number };
}

const CLIENTS = 8;
const SYMBOLS = 16;
const EACH = 6;
const DURATION_S = 20;
const GRACE_S = 2;
/** The market's time runs so much faster: minutes close every two seconds. */
const SPEED = 30;
const TICKS_PER_S = 320;
const START_US = 1_700_000_000_000_000;

/** A judged run, with what it was judged by and what was planted. */
export interface JudgedRun {
  readonly judgement: Judgement;
  readonly evidence: RunEvidence;
  readonly books: BooksJson;
}

/** A run of the whole measurement on a virtual clock: plan, clients, audit, oracle and judge are the real ones. */
export function judgedRun(options: JudgedRunOptions): JudgedRun {
  const { play, evidenceOf, books } = stageRun(options);
  const evidence = evidenceOf(mergeLines('swarm', playVirtually(play)));
  return { judgement: judge(evidence), evidence, books: books.toJSON() };
}

/** A run on a virtual clock before it is played. */
export interface StagedRun {
  readonly play: VirtualPlay;
  readonly part: PlayedPart;
  readonly books: Books;
  /** What a judge takes of the run, when its clients told `data`. */
  readonly evidenceOf: (data: GeneratorData) => RunEvidence;
}

/** Sets up a run on a virtual clock; the same options, the same run. */
export function stageRun(options: JudgedRunOptions): StagedRun {
  const random = seededRandom(7);
  const part = syntheticPart(random);
  const schedule: Schedule = { startUs: START_US, fromEventUs: part.fromUs, toEventUs: part.toUs, speed: SPEED };
  const profile = dialectProfile(options.dialect ?? 'native');
  const plan = makePlan({ part, schedule, random, profile });
  const cuts = plan.clients.map(({ client }, at) => ({ client, atUs: START_US + 6_000_000 + at * 300_000 }));
  const stalls = stallsOf(options.starve);
  const books = new Books(START_US);
  const play = {
    plan,
    instruments: part.instruments,
    ticks: part.ticks,
    engine: (sinks: ModelSinks) => options.engine(part.instruments, sinks),
    server: { fault: options.fault, books },
    cuts,
    stalls,
    random,
  };
  const loopDelayUs = new Map(stalls.map(({ atUs, us }) => [Math.floor((atUs + us - START_US) / 1e6), us]));
  const evidence = { options, profile, part, schedule, plan, cuts, loopDelayUs };
  return { play, part, books, evidenceOf: (data) => evidenceOf({ ...evidence, data }) };
}

function stallsOf(starve: JudgedRunOptions['starve']): { atUs: number; us: number }[] {
  const stalls: { atUs: number; us: number }[] = [];
  if (starve === undefined) return stalls;
  const endUs = START_US + (DURATION_S + GRACE_S) * 1e6;
  for (let atUs = START_US - 1_000_000; atUs < endUs; atUs += starve.everyUs + starve.us)
    stalls.push({ atUs, us: starve.us });
  return stalls;
}

function makePlan(input: {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly random: () => number;
  readonly profile: DialectProfile;
}): GeneratorPlan {
  const { part, schedule, random, profile } = input;
  const symbols = part.instruments.map((instrument) => instrument.symbol);
  const dealt = dealSymbols(symbols, { hands: CLIENTS, each: EACH });
  const orders = planOrders({ part, schedule, clientSymbols: dealt, ordersPerS: 20, random });
  return {
    version: 1,
    generator: 'swarm',
    dialect: profile.name,
    ...(profile.isNumbered ? {} : { tape: tapeSymbols(part, new Set(symbols)) }),
    schedule,
    endUs: endOf(schedule) + GRACE_S * 1e6,
    connectTimeoutMs: 5000,
    reconnect: { firstDelayMs: 250, capMs: 30_000 },
    seed: 7,
    wallAheadUs: 0,
    maxListedViolations: 100,
    clients: dealt.map((hand, client) => ({
      client,
      url: 'ws://virtual',
      token: `acct-${client}`,
      account: `acct-${client}`,
      symbols: hand,
      channels: [...profile.channels, ...profile.probeChannels],
      ...(profile.orders === 'http' ? { orderUrl: 'http://virtual/api/orders' } : {}),
      connectAtUs: START_US - 1_000_000 + client * 1000,
      orders: orders[client] ?? [],
    })),
  };
}

/** A random walk a symbol, a trade every time: enough movement for stops to be crossed. */
function syntheticPart(random: () => number): PlayedPart {
  const instruments = Array.from(
    { length: SYMBOLS },
    (_, index): Instrument => ({
      symbol: `S${index}`,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 10_000,
    }),
  );
  const prices = instruments.map(() => 10_000);
  const bySymbol: number[][] = instruments.map(() => []);
  const ticks: Tick[] = [];
  const bars = new NaiveBars(SYMBOLS);
  const fromUs = 1_500_000_000_000_000;
  for (let n = 0; n < DURATION_S * TICKS_PER_S; n++) {
    const symbol = Math.floor(random() * SYMBOLS);
    const price = (prices[symbol] ?? 10_000) + Math.round((random() - 0.5) * 6);
    prices[symbol] = price;
    bySymbol[symbol]?.push(ticks.length);
    const eventTimeUs = fromUs + Math.floor((n / TICKS_PER_S) * 1e6 * SPEED);
    const tick = trade({ symbol, eventTimeUs, price });
    ticks.push(tick);
    bars.add(tick);
  }
  return { instruments, fromUs, toUs: fromUs + DURATION_S * 1e6 * SPEED, ticks, bySymbol, bars: bars.bySymbol };
}

function evidenceOf(run: {
  options: JudgedRunOptions;
  profile: DialectProfile;
  part: PlayedPart;
  schedule: Schedule;
  plan: GeneratorPlan;
  data: ReturnType<typeof mergeLines>;
  cuts: readonly { client: number; atUs: number }[];
  loopDelayUs: Map<number, number>;
}): RunEvidence {
  const { part, schedule, data, plan, options, profile } = run;
  const scenario: Scenario = {
    version: 1,
    name: 'virtual',
    description: '',
    seed: 7,
    tape: { symbols: SYMBOLS, fromS: 0, durationS: DURATION_S, speed: SPEED },
    load: {
      clients: CLIENTS,
      symbolsPerClient: EACH,
      connectOverS: 0,
      ordersPerS: 20,
      probes: 0,
      graceS: GRACE_S,
      reconnect: plan.reconnect,
    },
    cuts: [],
    targets: 'default',
  };
  return {
    scenario,
    targets: targetsFor(profile, options.targets),
    schedule,
    generators: [data],
    plannedClients: CLIENTS,
    plannedOrders: plan.clients.reduce((sum, client) => sum + client.orders.length, 0),
    inside: undefined,
    lateness: {
      canaryUs: new Map(),
      stealShare: new Map(),
      loopDelayUs: new Map([['swarm', run.loopDelayUs]]),
      slipUs: new Map(),
      runQueueUs: new Map(),
      clockErrorUs: 0,
    },
    cuts: run.cuts,
    ...tapeEvidence({
      part,
      schedule,
      generators: [data],
      symbolsOf: new Map(plan.clients.map((client) => [client.client, client.symbols])),
      readUntilUs: plan.endUs,
      isNumbered: profile.isNumbered,
    }),
    expectedHeads: expectedHeads(part, profile.isNumbered),
    absent: new Map<Need, string>([
      ...profile.absent,
      ['inside', 'the target is not looked into: it runs on a virtual clock'],
    ]),
    serverDied: run.options.fault.diesAfterUs === undefined ? '' : 'the server ended in mid-run (as planted)',
    generatorFailed: '',
  };
}
