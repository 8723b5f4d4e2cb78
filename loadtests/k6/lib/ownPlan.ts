import type { ClientPlan, GeneratorPlan, PlannedOrder, PlanTarget } from '../../../protocol/generatorPlan.ts';
import type { SessionChannel, WindowMetric } from '../../../protocol/run.ts';
import { seededRandom } from '../../gate/random.ts';
import type { Defaults, Environment, Settings } from './settings.ts';
import { readSettings } from './settings.ts';
import { TARGET_SETS } from './targets.ts';

/** A run without a plan file, as a script's shape sees it; times in µs since the epoch. */
export interface Given {
  readonly settings: Settings;
  readonly env: Environment;
  /** Everybody of a steady crowd is there now; measured from here to {@link toUs}. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly random: () => number;
}

/** What one client does in a shape. */
export type Part = Pick<ClientPlan, 'connectAtUs'> & Partial<Pick<ClientPlan, 'behaviour' | 'leaveAtUs'>>;

/** What a script's clients do when it makes its own plan. */
export interface Shape {
  readonly defaults: Defaults;
  readonly channels: readonly SessionChannel[];
  /** How long the crowd takes to arrive before it is measured, in seconds; absent: by `TAPEDECK_CONNECTS_PER_S`. */
  readonly arriveS?: (settings: Settings) => number;
  /** Clients in all; absent: `TAPEDECK_CLIENTS`. @throws Error in one line */
  readonly clients?: (settings: Settings, env: Environment) => number;
  /** What the `index`-th client does. Default: {@link arriveEvenly}. @throws Error in one line */
  readonly part?: (index: number, given: Given) => Part;
}

/** From the script's start to the first connection: VUs come up meanwhile. */
const LEAD_US = 2_000_000;
const SETTLE_US = 500_000;
const GRACE_US = 2_000_000;
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT = { firstDelayMs: 250, capMs: 30_000 };
/** By VU: they go to the console. */
const MAX_LISTED_VIOLATIONS = 5;
/** There must be a last price before an order, and time for a trigger after it. */
const FIRST_ORDER_US = 1_500_000;
const LAST_ORDER_US = 1_000_000;
const TICKS_FOR_P99 = 1_000;

/** Makes the plan of a script that is run alone: nobody knows what the server plays, so events are due when their frames say. @throws Error in one line */
export function makeOwnPlan(shape: Shape, env: Environment, nowUs: number): GeneratorPlan {
  const settings = readSettings(env, shape.defaults);
  const arriveUs = (shape.arriveS?.(settings) ?? settings.clients / settings.connectsPerS) * 1e6;
  const fromUs = Math.round(nowUs + LEAD_US + arriveUs + SETTLE_US);
  const toUs = Math.round(fromUs + settings.durationS * 1e6);
  const given: Given = { settings, env, fromUs, toUs, random: seededRandom(settings.seed) };
  const part = shape.part ?? arriveEvenly;
  const count = shape.clients?.(settings, env) ?? settings.clients;
  const orders = ordersOf(given, count);
  const clients = Array.from(
    { length: count },
    (_, index): ClientPlan => ({
      client: index,
      url: settings.url,
      ...(settings.token === undefined ? {} : { token: settings.token }),
      account: settings.account,
      symbols: settings.symbols,
      channels: shape.channels,
      orders: orders[index] ?? [],
      ...part(index, given),
    }),
  );
  return {
    version: 1,
    generator: 'k6',
    dialect: 'native',
    schedule: { startUs: fromUs, fromEventUs: 0, toEventUs: toUs - fromUs, speed: 1 },
    endUs: toUs + GRACE_US,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    reconnect: RECONNECT,
    seed: settings.seed,
    wallAheadUs: 0,
    timedBy: 'frame',
    maxListedViolations: MAX_LISTED_VIOLATIONS,
    targets: targetsOf(settings, clients),
    clients,
  };
}

/** Clients open their sockets evenly over the time before the run is measured: a rate, whether or not the server keeps up. */
export function arriveEvenly(index: number, { settings, fromUs }: Given): Part {
  const behindUs = ((settings.clients - index) / settings.connectsPerS) * 1e6;
  return { connectAtUs: Math.round(fromUs - SETTLE_US - behindUs) };
}

/** Orders that need no price: each tenth a market order, the others stops that trail two ticks behind, on the symbols in turn. */
function ordersOf({ settings, fromUs, toUs, random }: Given, clients: number): PlannedOrder[][] {
  const plans: PlannedOrder[][] = Array.from({ length: clients }, () => []);
  const { ordersPerS, symbols } = settings;
  const everyUs = 1e6 / ordersPerS;
  for (let n = 0, atUs = fromUs + FIRST_ORDER_US; ordersPerS > 0 && atUs < toUs - LAST_ORDER_US; n++, atUs += everyUs) {
    const base = {
      type: 'order.place',
      clientOrderId: `k6-${Math.round(fromUs / 1000)}-${n}`,
      symbol: symbols[n % symbols.length] ?? '',
      side: random() < 0.5 ? 'BUY' : 'SELL',
      quantity: '100',
    } as const;
    const frame =
      n % 10 === 0
        ? ({ ...base, orderType: 'MARKET' } as const)
        : ({ ...base, orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: '2' } } as const);
    plans[n % clients]?.push({ atUs: Math.round(atUs), frame });
  }
  return plans;
}

function targetsOf(settings: Settings, clients: readonly ClientPlan[]): PlanTarget[] {
  const orders = clients.reduce((sum, client) => sum + client.orders.length, 0);
  const drops = clients.reduce(
    (sum, { behaviour }) => sum + (behaviour?.kind === 'flapping' ? behaviour.dropsUs.length : 0),
    0,
  );
  const least: Readonly<Partial<Record<WindowMetric, number>>> = {
    connect: clients.length,
    tick: TICKS_FOR_P99,
    trigger: Math.ceil(orders / 4),
    reconnect: drops,
    heartbeat: clients.length,
  };
  return (TARGET_SETS[settings.targets] ?? []).flatMap((bound) => {
    const minSamples = least[bound.metric] ?? 0;
    if (minSamples === 0) return [];
    // Of fewer than a percentile takes, the worst is judged.
    const percentile = minSamples < 10 / (1 - bound.percentile / 100) ? 100 : bound.percentile;
    return [{ ...bound, percentile, minSamples }];
  });
}
