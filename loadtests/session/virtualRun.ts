import type { ClientLine, EndLine, GeneratorLine, GeneratorPlan, OrderLine, WindowMetric } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { seededRandom } from '../gate/random.ts';
import { Fleet } from './fleet.ts';
import { type ScriptedEvent, ScriptedServer, type ServerFaults } from './scriptedServer.ts';

export const START_US = 1_000_000_000_000;
const FROM_EVENT_US = 500_000_000_000;
const DURATION_US = 10_000_000;
const SYMBOLS = ['AAPL', 'MSFT'] as const;
const TICK_INTERVAL_US = 10_000;

export interface VirtualRunOptions {
  readonly faults?: ServerFaults;
  /** Times of cuts, µs since the start. */
  readonly cutsUs?: readonly number[];
  readonly clients?: number;
  /** Times of orders of every client, µs since the start. */
  readonly ordersUs?: readonly number[];
  /** Timers of the generator that are due in this span after the start fire at its end: it is starved. */
  readonly starvedUs?: { readonly fromUs: number; readonly toUs: number };
  readonly inspect?: ConstructorParameters<typeof Fleet>[0]['inspect'];
}

export interface VirtualRunResult {
  readonly lines: readonly GeneratorLine[];
  readonly clients: readonly ClientLine[];
  readonly orders: readonly OrderLine[];
  readonly end: EndLine;
  readonly metric: (metric: WindowMetric) => Histogram;
}

/** The plan of a virtual run: ten seconds of two symbols with 100 ticks a second each. */
function virtualPlan(options: VirtualRunOptions): GeneratorPlan {
  return {
    version: 1,
    generator: 'swarm',
    dialect: 'native',
    schedule: { startUs: START_US, fromEventUs: FROM_EVENT_US, toEventUs: FROM_EVENT_US + DURATION_US, speed: 1 },
    endUs: START_US + DURATION_US + 2_000_000,
    connectTimeoutMs: 2_000,
    reconnect: { firstDelayMs: 250, capMs: 30_000 },
    seed: 7,
    wallAheadUs: 0,
    maxListedViolations: 50,
    clients: Array.from({ length: options.clients ?? 1 }, (_, client) => ({
      client,
      url: 'ws://scripted/v1/stream',
      token: `acct-${client}`,
      account: `acct-${client}`,
      symbols: [...SYMBOLS],
      channels: ['ticker', 'order', 'execution'],
      connectAtUs: START_US - 1_000_000,
      orders: (options.ordersUs ?? []).map((atUs, number) => ({
        atUs: START_US + atUs,
        frame: {
          type: 'order.place',
          clientOrderId: `o-${client}-${number}`,
          symbol: 'AAPL',
          side: 'SELL',
          orderType: 'STOP_MARKET',
          quantity: '1',
          triggerPrice: '99.50',
        },
      })),
    })),
  };
}

/** Plays a virtual run to its end, in no time: clients against a scripted server. */
export function runVirtually(options: VirtualRunOptions = {}): VirtualRunResult {
  const plan = virtualPlan(options);
  const time = new VirtualTime(START_US - 2_000_000);
  const { schedule } = plan;
  const server = new ScriptedServer({ time, schedule, events: scriptedEvents(), faults: options.faults ?? {} });
  for (const atUs of options.cutsUs ?? []) time.at(START_US + atUs, () => server.cut());
  const lines: GeneratorLine[] = [];
  const { starvedUs } = options;
  const fleet = new Fleet({
    plan,
    clients: plan.clients,
    ports: {
      nowUs: time.nowUs,
      connect: server.connect,
      after: (delayMs, action) => {
        const dueUs = time.nowUs() + delayMs * 1000;
        const isStarved =
          starvedUs !== undefined && dueUs - START_US >= starvedUs.fromUs && dueUs - START_US < starvedUs.toUs;
        return time.at(isStarved ? START_US + starvedUs.toUs : dueUs, action);
      },
      random: seededRandom(plan.seed),
    },
    emit: (line) => lines.push(line),
    onEnd: () => undefined,
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
  });
  fleet.start();
  time.runTo(plan.endUs + 1_000_000);
  return digest(lines);
}

function scriptedEvents(): ScriptedEvent[] {
  const events: ScriptedEvent[] = [];
  for (let atUs = 0; atUs < DURATION_US; atUs += TICK_INTERVAL_US) {
    SYMBOLS.forEach((symbol, at) => {
      events.push({ symbol, eventTimeUs: FROM_EVENT_US + atUs + at * 1_000 });
    });
  }
  return events;
}

function digest(lines: readonly GeneratorLine[]): VirtualRunResult {
  const end = lines.find((line) => line.kind === 'end');
  if (end === undefined) throw new Error('the run told no end');
  return {
    lines,
    clients: lines.filter((line) => line.kind === 'client'),
    orders: lines.filter((line) => line.kind === 'order'),
    end,
    metric: (metric) => {
      const all = new Histogram();
      for (const line of lines) {
        const histogram = line.kind === 'window' ? line.histograms[metric] : undefined;
        if (histogram !== undefined) all.merge(Histogram.fromJSON(histogram));
      }
      return all;
    },
  };
}
