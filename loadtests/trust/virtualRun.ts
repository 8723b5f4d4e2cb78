import type { Instrument, Tick } from '../../market/types.ts';
import { type GeneratorLine, type GeneratorPlan, type Schedule, SESSION_CHANNELS } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { TargetSet } from '../../protocol/schemas/targets.ts';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import type { Fault } from '../faulty/faults.ts';
import { judgeAllOrders } from '../gate/orderEvidence.ts';
import { planOrders } from '../gate/orders.ts';
import { type PlayedPart, TRADE } from '../gate/part.ts';
import { dealSymbols, endOf } from '../gate/plan.ts';
import { seededRandom } from '../gate/random.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { mergeLines } from '../judge/merge.ts';
import { type Judgement, judge } from '../judge/verdict.ts';
import { NaiveBars } from '../oracle/bars.ts';
import { judgeMarket } from '../oracle/judgeMarket.ts';
import { Fleet } from '../session/fleet.ts';
import { type ModelEngine, type ModelSinks, VirtualServer } from './virtualServer.ts';

export interface VirtualRunOptions {
  readonly fault: Fault;
  readonly targets: TargetSet;
  readonly engine: (instruments: readonly Instrument[], sinks: ModelSinks) => ModelEngine;
  /** The generator stands still for `us` at this time, again and again. */
  readonly starve?: { readonly everyUs: number; readonly us: number };
}

const CLIENTS = 8;
const SYMBOLS = 16;
const EACH = 6;
const DURATION_S = 20;
/** The market's time runs so much faster: minutes close every two seconds. */
const SPEED = 30;
const TICKS_PER_S = 320;
const START_US = 1_700_000_000_000_000;

/** A run of the whole measurement on a virtual clock: plan, clients, audit, oracle and judge are the real ones. */
export function virtualRun(options: VirtualRunOptions): Judgement {
  const random = seededRandom(7);
  const part = syntheticPart(random);
  const time = new VirtualTime(START_US - 2_000_000);
  const schedule: Schedule = { startUs: START_US, fromEventUs: part.fromUs, toEventUs: part.toUs, speed: SPEED };
  const server = new VirtualServer({
    time,
    instruments: part.instruments,
    ticks: part.ticks,
    schedule,
    fault: options.fault,
    engine: (sinks) => options.engine(part.instruments, sinks),
  });
  const plan = makePlan(part, schedule, random);
  const lines: GeneratorLine[] = [];
  let ended = false;
  const fleet = new Fleet({
    plan,
    clients: plan.clients,
    ports: { nowUs: time.clock.nowUs, connect: (request) => server.connect(request), after: time.timers.after, random },
    emit: (line) => lines.push(line),
    onEnd: () => {
      ended = true;
    },
  });
  fleet.start();
  const cuts = plan.clients.map((client, at) => ({
    client: client.client,
    account: client.account,
    atUs: START_US + 6_000_000 + at * 300_000,
  }));
  for (const cut of cuts) time.timers.after((cut.atUs - time.clock.nowUs()) / 1000, () => server.cut([cut.account]));
  const loopDelayUs = starveBy(options.starve, time);
  while (!ended && time.step()) {
    // Until the fleet has told its last line.
  }
  const data = mergeLines('swarm', lines);
  return judge(evidenceOf({ options, part, schedule, plan, data, cuts, loopDelayUs }));
}

function starveBy(starve: VirtualRunOptions['starve'], time: VirtualTime): Map<number, number> {
  const delays = new Map<number, number>();
  if (starve === undefined) return delays;
  const again = (): void => {
    time.stall(starve.us);
    delays.set(Math.floor((time.clock.nowUs() - START_US) / 1e6), starve.us);
    time.timers.after(starve.everyUs / 1000, again);
  };
  time.timers.after(starve.everyUs / 1000, again);
  return delays;
}

function makePlan(part: PlayedPart, schedule: Schedule, random: () => number): GeneratorPlan {
  const symbols = part.instruments.map((instrument) => instrument.symbol);
  const dealt = dealSymbols(symbols, { hands: CLIENTS, each: EACH });
  const orders = planOrders({ part, schedule, clientSymbols: dealt, ordersPerS: 20, random });
  return {
    version: 1,
    generator: 'swarm',
    dialect: 'native',
    schedule,
    endUs: endOf(schedule) + 2_000_000,
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
      channels: SESSION_CHANNELS,
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
    const tick: Tick = {
      kind: TRADE,
      symbol,
      eventTimeUs,
      price,
      size: 100,
      bid: 0,
      ask: 0,
      bidSize: 0,
      askSize: 0,
      flags: 0,
    };
    ticks.push(tick);
    bars.add(tick);
  }
  return { instruments, fromUs, toUs: fromUs + DURATION_S * 1e6 * SPEED, ticks, bySymbol, bars: bars.bySymbol };
}

function evidenceOf(run: {
  options: VirtualRunOptions;
  part: PlayedPart;
  schedule: Schedule;
  plan: GeneratorPlan;
  data: ReturnType<typeof mergeLines>;
  cuts: readonly { client: number; atUs: number }[];
  loopDelayUs: Map<number, number>;
}): RunEvidence {
  const { part, schedule, data, plan, options } = run;
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
      graceS: 2,
      reconnect: plan.reconnect,
    },
    cuts: [],
    targets: 'default',
  };
  return {
    scenario,
    targets: options.targets,
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
    orders: judgeAllOrders({ part, schedule, generators: [data], readUntilUs: plan.endUs }),
    market: judgeMarket({
      instruments: part.instruments,
      bars: part.bars,
      schedule,
      clients: data.clients,
      symbolsOf: new Map(plan.clients.map((client) => [client.client, client.symbols])),
    }),
    expectedHeads: new Map(part.instruments.map((one) => [one.symbol, part.bySymbol[one.index]?.length ?? 0])),
    absent: new Map([['inside', 'it runs on a virtual clock']]),
    serverDied: '',
    generatorFailed: '',
  };
}
