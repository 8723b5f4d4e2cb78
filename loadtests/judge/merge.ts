import type {
  ClientLine,
  EndLine,
  GeneratorLine,
  GeneratorName,
  OrderLine,
  ViolationLine,
  WindowMetric,
  WireHistogram,
} from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';

/** Histograms by 1 s window (whole seconds since the tape's start). */
export type Windows = Map<number, Histogram>;

/** What one generator process saw, its lines put together. */
export interface GeneratorData {
  readonly generator: GeneratorName;
  readonly metrics: Map<WindowMetric, Windows>;
  readonly received: Map<number, number>;
  readonly connected: Map<number, number>;
  readonly clients: ClientLine[];
  readonly orders: OrderLine[];
  readonly violations: ViolationLine[];
  /** All violations by kind, the unlisted ones too. */
  readonly violationCounts: Map<string, number>;
  /** For how many messages they stand, by kind; a kind that it lacks: one each. */
  violationMessages?: Map<string, number>;
  dueTimeErrorUs: number;
  clockErrorUs: number;
  /** The largest of its parts' offsets to the server by ping, µs. */
  clockOffsetUs: number;
  /** See {@link EndLine.floorP99Us}; the highest of several. */
  floorP99Us?: number;
  /** See {@link EndLine.hasPriority}. */
  hasPriority?: boolean;
  /** See {@link EndLine.earlyUs}. */
  earlyUs: number;
  /** See {@link EndLine.unread}; '' for none. */
  unread: string;
  /** End lines seen: 0 means that the generator didn't come to its end. */
  ends: number;
}

/** What a generator that told nothing yet has seen. */
export function newGeneratorData(generator: GeneratorName): GeneratorData {
  return {
    generator,
    metrics: new Map(),
    received: new Map(),
    connected: new Map(),
    clients: [],
    orders: [],
    violations: [],
    violationCounts: new Map(),
    dueTimeErrorUs: 0,
    clockErrorUs: 0,
    clockOffsetUs: 0,
    earlyUs: 0,
    unread: '',
    ends: 0,
  };
}

/** Puts the lines of one generator together; lines of one second (from several VUs) are merged without loss. */
export function mergeLines(generator: GeneratorName, lines: Iterable<GeneratorLine>): GeneratorData {
  const data = newGeneratorData(generator);
  for (const line of lines) mergeLine(data, line);
  return data;
}

/** Adds a line to what its generator has seen. */
export function mergeLine(data: GeneratorData, line: GeneratorLine): void {
  switch (line.kind) {
    case 'window':
      for (const [metric, histogram] of Object.entries(line.histograms)) {
        if (histogram !== undefined) addTo(data.metrics, metric as WindowMetric, line.second, histogram);
      }
      add(data.received, line.second, line.received);
      add(data.connected, line.second, line.connected);
      return;
    case 'client':
      data.clients.push(line);
      return;
    case 'order':
      data.orders.push(line);
      return;
    case 'violation':
      data.violations.push(line);
      return;
    case 'end':
      mergeEnd(data, line);
      return;
  }
}

function mergeEnd(data: GeneratorData, line: EndLine): void {
  data.ends += 1;
  const counts = Object.entries(line.violations).map(([kind, count]) => [kind, count ?? 0] as const);
  addViolations(data, counts, new Map(Object.entries(line.violationMessages ?? {})));
  data.dueTimeErrorUs = Math.max(data.dueTimeErrorUs, line.dueTimeErrorUs);
  data.clockErrorUs = Math.max(data.clockErrorUs, line.clockErrorUs);
  if (Math.abs(line.clockOffsetUs) > Math.abs(data.clockOffsetUs)) data.clockOffsetUs = line.clockOffsetUs;
  data.earlyUs = Math.max(data.earlyUs, line.earlyUs ?? 0);
  data.unread = eitherOf(data.unread, line.unread ?? '');
  if (line.floorP99Us !== undefined) data.floorP99Us = Math.max(data.floorP99Us ?? 0, line.floorP99Us);
  if (line.hasPriority !== undefined) data.hasPriority = line.hasPriority;
}

function addViolations(
  data: GeneratorData,
  counts: Iterable<readonly [string, number]>,
  messages: ReadonlyMap<string, number> | undefined,
): void {
  data.violationMessages ??= new Map(data.violationCounts);
  for (const [kind, count] of counts) {
    add(data.violationCounts, kind, count);
    add(data.violationMessages, kind, messages?.get(kind) ?? count);
  }
}

function addTo(
  metrics: Map<WindowMetric, Windows>,
  metric: WindowMetric,
  second: number,
  histogram: WireHistogram,
): void {
  const windows = metrics.get(metric) ?? new Map<number, Histogram>();
  metrics.set(metric, windows);
  const known = windows.get(second);
  const read = Histogram.fromJSON(histogram);
  windows.set(second, known === undefined ? read : known.merge(read));
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** The windows of one metric over several generators, merged. */
export function windowsOf(generators: readonly GeneratorData[], metric: WindowMetric): Windows {
  const merged: Windows = new Map();
  for (const data of generators) {
    for (const [second, histogram] of data.metrics.get(metric) ?? []) {
      const known = merged.get(second) ?? new Histogram();
      merged.set(second, known.merge(histogram));
    }
  }
  return merged;
}

/** One histogram of all windows that `keep` keeps. */
export function mergeWindows(windows: Windows, keep: (second: number) => boolean = () => true): Histogram {
  const all = new Histogram();
  for (const [second, histogram] of windows) if (keep(second)) all.merge(histogram);
  return all;
}

/** Adds what one generator saw to `union`, without loss; `from` stays as it is. */
export function addGenerator(union: GeneratorData, from: GeneratorData): void {
  for (const [metric, windows] of from.metrics) {
    const known = union.metrics.get(metric) ?? new Map<number, Histogram>();
    union.metrics.set(metric, known);
    for (const [second, histogram] of windows) {
      const own = known.get(second) ?? new Histogram();
      known.set(second, own.merge(histogram));
    }
  }
  for (const [second, count] of from.received) add(union.received, second, count);
  for (const [second, count] of from.connected) add(union.connected, second, count);
  for (const client of from.clients) union.clients.push(client);
  for (const order of from.orders) union.orders.push(order);
  for (const violation of from.violations) union.violations.push(violation);
  addViolations(union, from.violationCounts, from.violationMessages);
  union.dueTimeErrorUs = Math.max(union.dueTimeErrorUs, from.dueTimeErrorUs);
  union.clockErrorUs = Math.max(union.clockErrorUs, from.clockErrorUs);
  if (Math.abs(from.clockOffsetUs) > Math.abs(union.clockOffsetUs)) union.clockOffsetUs = from.clockOffsetUs;
  union.earlyUs = Math.max(union.earlyUs, from.earlyUs);
  union.unread = eitherOf(union.unread, from.unread);
  union.ends += from.ends;
}

/** The generators that tell whether a target is up: the probes; without any, all. */
export function heardBy(generators: readonly GeneratorData[]): readonly GeneratorData[] {
  const probes = generators.filter(({ generator }) => generator === 'probe');
  return probes.length === 0 ? generators : probes;
}

/** One of two texts, the same one in whatever order they come. */
function eitherOf(one: string, other: string): string {
  if (one === '' || other === '') return one || other;
  return one < other ? one : other;
}
