import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import type { SessionChannel } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Need, Target, TargetSet } from '../../protocol/schemas/targets.ts';
import type { CustomRules, PlanDialect } from '../../protocol/serverUnderTest.ts';

/** How the gate speaks a dialect, and what that dialect is declared not to have. */
export interface DialectProfile {
  readonly name: PlanDialect;
  /** The address of a client's socket, below the server's own. */
  readonly pathOf: (client: {
    readonly account: string;
    readonly token?: string | undefined;
    readonly symbols: readonly string[];
  }) => string;
  /** What clients of the load hear; channels that come unasked among them. */
  readonly channels: readonly SessionChannel[];
  /** What probes hear besides. */
  readonly probeChannels: readonly SessionChannel[];
  /** How orders are placed. */
  readonly orders: 'socket' | 'http' | 'none';
  /** Whether the server numbers its streams; else tickers are matched with the tape, each trade of it. */
  readonly isNumbered: boolean;
  /** How its messages are read, where it is `custom`. */
  readonly rules?: CustomRules;
  /** By what its messages are due; absent: by the tape's schedule. */
  readonly timedBy?: NonNullable<GeneratorPlan['timedBy']>;
  /** Who says at which number its streams must end: the tape, what the clients heard between them, or nobody. Absent: the tape. */
  readonly headsFrom?: 'tape' | 'clients' | 'nobody';
  /** What it lacks, with the reason as the report prints it. */
  readonly absent: ReadonlyMap<Need, string>;
  /** Delays of its own reconnect policy, ms; absent: the scenario's. */
  readonly reconnectDelaysMs?: readonly number[];
  /** The scenario as this dialect's clients play it. */
  readonly scenario: (scenario: Scenario) => Scenario;
  /** What the report says of the load as this dialect's clients make it; absent: nothing. */
  readonly note?: (scenario: Scenario) => string;
  /** The row as this dialect is judged by it. */
  readonly target: (target: Target) => Target;
}

const SAME = <Value>(value: Value): Value => value;
const NATIVE_CHANNELS = ['ticker', 'order', 'execution', 'pattern', 'position.value', 'portfolio'] as const;
const NO_NUMBERS = 'its frames carry no sequence numbers, and there is no resume';
const NO_PATTERNS = 'it has no words for patterns';
const NO_COMPUTE = 'it does not tell how long a value took to compute';

/** US-001's own policy: three attempts, at these delays. */
const US_001_DELAYS_MS = [2_000, 4_000, 8_000];
const US_001_HEARTBEAT_BOUND_MS = 35_000;
/** Sockets that US-001's clients open in a second, at most. */
const US_001_CONNECTS_PER_S = 125;
/**
 * Sockets of one ticker for each client of the scenario. Its policy has no jitter: whoever is cut together comes back together,
 * 2 s later to the millisecond. A socket for each of 1,000 symbols made that a storm in which the generators on two cores
 * were late themselves, so that no run could be judged.
 */
const US_001_SOCKETS_PER_CLIENT = 2;
/** Symbols that the default load's sockets read. */
const US_001_SYMBOLS = 200;
/** A client of one ticker is busy enough to be compared only where the ticker is. */
const US_001_LEAST_BUSY_CLIENTS = 5;
/** Where trades alone are told, or to one client each, there are fewer samples; p99 needs no more than this. */
const LEAST_OF_A_PERCENTILE = 1_000;
/** Patterns come once a minute. */
const TICKSTOCK_LEAST_PUBLISHED = 20;
const TICKSTOCK_LEAST_MESSAGES = 500;

/** What AI-Trading-V2 and PaiiD have in common. */
const TICKERS_AND_ACCOUNTS = {
  channels: ['ticker', 'order', 'position.value', 'portfolio'],
  probeChannels: [],
  orders: 'http',
  isNumbered: false,
  absent: new Map([
    ['seq', NO_NUMBERS],
    ['patterns', NO_PATTERNS],
    ['compute', NO_COMPUTE],
  ]),
  scenario: SAME,
} as const satisfies Partial<DialectProfile>;

const PROFILES: Readonly<Record<PlanDialect, DialectProfile>> = {
  custom: {
    name: 'custom',
    pathOf: () => '/',
    channels: ['ticker'],
    probeChannels: [],
    orders: 'none',
    isNumbered: false,
    absent: new Map<Need, string>([
      ['seq', 'a custom dialect has no words for a resume, even with --seq-field'],
      ['orders', 'its orders are not known here'],
      ['accounts', 'its accounts are not known here'],
      ['patterns', 'its patterns are not known here'],
      ['beats', 'its heartbeats are not known here'],
    ]),
    scenario: withoutOrders,
    target: SAME,
  },
  native: {
    name: 'native',
    pathOf: () => '/v1/stream',
    channels: NATIVE_CHANNELS,
    probeChannels: ['bar.1m'],
    orders: 'socket',
    isNumbered: true,
    absent: new Map(),
    scenario: SAME,
    target: SAME,
  },
  'ai-trading-v2': {
    name: 'ai-trading-v2',
    pathOf: () => '/api/ws/realtime',
    ...TICKERS_AND_ACCOUNTS,
    target: (target) =>
      target.id === 'connect'
        ? { ...target, title: "opening to the upgrade's answer (there is no welcome)" }
        : byTape(target),
  },
  'us-001': {
    name: 'us-001',
    pathOf: ({ symbols }) => `/ws/stocks/${encodeURIComponent(symbols[0] ?? '')}`,
    channels: ['ticker'],
    probeChannels: [],
    orders: 'none',
    isNumbered: false,
    absent: new Map([
      ['seq', NO_NUMBERS],
      ['orders', 'it has no words for orders'],
      ['accounts', 'it has no words for accounts'],
      ['patterns', NO_PATTERNS],
    ]),
    reconnectDelaysMs: US_001_DELAYS_MS,
    scenario: oneSymbolASocket,
    note: ({ load, tape }) =>
      `a socket of us-001 has one ticker: ${load.clients} of them read the busiest of ${tape.symbols} symbols; more clients in the scenario read more`,
    target: (target) => {
      if (target.id === 'heartbeat') return { ...target, bound: US_001_HEARTBEAT_BOUND_MS };
      if (target.id === 'tick') return withLeast(target, LEAST_OF_A_PERCENTILE);
      if (target.id === 'fairness') return withLeast(target, US_001_LEAST_BUSY_CLIENTS);
      if (target.id === 'symbols') {
        return { ...target, bound: Math.min(target.bound, US_001_SYMBOLS), title: `${target.title}, one to a socket` };
      }
      if (target.id === 'loss') return withLeast(byTape(target), LEAST_OF_A_PERCENTILE);
      if (target.id !== 'reconnect') return byTape(target);
      const [firstMs = 0] = US_001_DELAYS_MS;
      const title = `${target.title}, ${firstMs / 1000} s of waiting by its own policy in it`;
      return { ...target, bound: target.bound + firstMs, title };
    },
  },
  paiid: {
    name: 'paiid',
    pathOf: ({ account }) => `/ws?user_id=${encodeURIComponent(account)}`,
    ...TICKERS_AND_ACCOUNTS,
    target: byTape,
  },
  tickstock: {
    name: 'tickstock',
    pathOf: () => '/patterns/realtime',
    channels: ['pattern'],
    probeChannels: [],
    orders: 'none',
    isNumbered: false,
    absent: new Map([
      ['seq', NO_NUMBERS],
      ['orders', 'it tells patterns only'],
      ['accounts', 'it tells patterns only'],
      ['time', 'it tells patterns only, no ticks'],
    ]),
    scenario: withoutOrders,
    target: (target) => {
      if (target.id === 'publish') return withLeast(target, TICKSTOCK_LEAST_PUBLISHED);
      return target.id === 'loss' ? withLeast(byTape(target), TICKSTOCK_LEAST_MESSAGES) : target;
    },
  },
};

/** How the gate speaks a dialect. */
export function dialectProfile(name: PlanDialect): DialectProfile {
  return PROFILES[name];
}

/** The targets as a dialect is judged by them. */
export function targetsFor(profile: DialectProfile, set: TargetSet): TargetSet {
  return { ...set, targets: set.targets.map(profile.target) };
}

function byTape(target: Target): Target {
  if (target.id === 'publish') return withLeast(target, LEAST_OF_A_PERCENTILE);
  return target.id === 'loss' ? { ...target, title: `${target.title}, by content against the tape` } : target;
}

/** A row that needs no more samples than so many. */
export function withLeast(target: Target, minSamples: number): Target {
  return { ...target, minSamples: Math.min(target.minSamples, minSamples) };
}

/** A scenario in which nobody orders. */
export function withoutOrders(scenario: Scenario): Scenario {
  return { ...scenario, load: { ...scenario.load, ordersPerS: 0 } };
}

/** Clients of one symbol each, the busiest symbols first, and time for them all to connect. */
function oneSymbolASocket(scenario: Scenario): Scenario {
  const { load } = scenario;
  const clients = US_001_SOCKETS_PER_CLIENT * load.clients;
  const connectOverS = Math.max(load.connectOverS, clients / US_001_CONNECTS_PER_S);
  return withoutOrders({ ...scenario, load: { ...load, clients, symbolsPerClient: 1, connectOverS } });
}
