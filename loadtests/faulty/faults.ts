/**
 * The ways in which a back end can misbehave, planted on purpose to prove the instrument. Each is a filter over the
 * frames that a sound server sends to one connection: pure, with the time as an argument, so that it runs on real
 * sockets and on a virtual clock alike.
 */

/** A frame and when it goes out, µs since the epoch; releases of one connection keep their order. */
export interface Release {
  readonly text: string;
  readonly atUs: number;
}

/** One connection's filter. */
export interface FaultFilter {
  readonly onFrame: (text: string, nowUs: number) => readonly Release[];
}

/** What a planted fault is, and what must come of it. */
export interface Fault {
  readonly description: string;
  readonly verdict: 'pass' | 'fail';
  /** Rows of which one must be named by the verdict; empty for a sound server. */
  readonly rows: readonly string[];
  /** @param startUs when the tape starts: what depends on time counts from here */
  readonly filter: (startUs: number) => FaultFilter;
}

const DELAY_US = 140_000;
const STALL_US = 300_000;
const STALL_EVERY_US = 5_000_000;
const ONE_IN = 1000;
const SLIP_SHARE = 0.01;
const LATE_PATTERN_US = 1_500_000;
const SLOW_CADENCE_US = 1_300_000;
/** Ticker frames that a resume leaves out. */
const HOLE = 2;

const send = (text: string, atUs: number): Release => ({ text, atUs });

/** Frames that carry a stream's sequence: the only ones that may be lost, doubled or swapped. */
function isEvent(text: string): boolean {
  return /^\{"type":"(ticker|order|execution|pattern|bar)"/.test(text);
}

/** Calls `act` on one event frame in {@link ONE_IN}, counted over all connections, and lets everything else by. */
function oneIn(act: (text: string, nowUs: number) => readonly Release[]): () => FaultFilter {
  let seen = 0;
  return () => ({
    onFrame: (text, nowUs) => {
      if (!isEvent(text)) return [send(text, nowUs)];
      seen += 1;
      return seen % ONE_IN === 0 ? act(text, nowUs) : [send(text, nowUs)];
    },
  });
}

function swapOneIn(): () => FaultFilter {
  let seen = 0;
  return () => {
    let held: string | undefined;
    return {
      onFrame: (text, nowUs) => {
        if (held !== undefined && isEvent(text) && streamOf(text) === streamOf(held)) {
          const both = [send(text, nowUs), send(held, nowUs)];
          held = undefined;
          return both;
        }
        if (!isEvent(text)) return [send(text, nowUs)];
        seen += 1;
        if (seen % ONE_IN !== 0 || held !== undefined) return [send(text, nowUs)];
        held = text;
        return [];
      },
    };
  };
}

function streamOf(text: string): string {
  const type = typeOf(text);
  return type === 'order' || type === 'execution' ? type : `${type}:${symbolOf(text)}`;
}

/** Replaces a number field of a frame's text. */
function shift(text: string, field: string, by: number): string {
  return text.replace(new RegExp(`"${field}":(\\d+)`), (_, value: string) => `"${field}":${Number(value) + by}`);
}

function set(text: string, field: string, value: number): string {
  return text.replace(new RegExp(`"${field}":\\d+`), `"${field}":${value}`);
}

function numberIn(text: string, field: string): number {
  return Number(new RegExp(`"${field}":(\\d+)`).exec(text)?.[1] ?? Number.NaN);
}

/**
 * Holds a connection's order events from a trigger on until the symbol's next tick, and claims that tick for it. The
 * heads in heartbeats stay behind with them: this server is late, it loses nothing.
 */
function lateTriggers(): FaultFilter {
  const held: string[] = [];
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      if (type === 'heartbeat') return [send(withHeadsBehind(text, held), nowUs)];
      const isOrder = type === 'order' || type === 'execution';
      if (isOrder && (held.length > 0 || text.includes('"reason":"triggered"'))) {
        held.push(text);
        return [];
      }
      const [head] = held;
      if (head === undefined || type !== 'ticker' || !isNextTick(head, text)) return [send(text, nowUs)];
      const released: Release[] = [send(text, nowUs)];
      const symbol = symbolOf(head);
      for (let next = held[0]; next !== undefined; next = held[0]) {
        // Another symbol's trigger behind it waits for its own next tick.
        if (next !== head && next.includes('"reason":"triggered"') && symbolOf(next) !== symbol) break;
        held.shift();
        released.push(send(onTick(next, text), nowUs));
      }
      return released;
    },
  };
}

function typeOf(text: string): string {
  return /^\{"type":"([\w.]+)"/.exec(text)?.[1] ?? '';
}

/** A heartbeat whose order and execution heads stand before the first frame held back. */
function withHeadsBehind(heartbeat: string, held: readonly string[]): string {
  let changed = heartbeat;
  for (const channel of ['order', 'execution']) {
    const first = held.find((text) => typeOf(text) === channel && !Number.isNaN(numberIn(text, 'seq')));
    if (first === undefined) continue;
    changed = changed.replace(new RegExp(`("${channel}":\\{"[^"]+":)\\d+`), `$1${numberIn(first, 'seq') - 1}`);
  }
  return changed;
}

function symbolOf(text: string): string {
  return /"symbol":"([^"]+)"/.exec(text)?.[1] ?? '';
}

function isNextTick(order: string, tick: string): boolean {
  return symbolOf(order) === symbolOf(tick) && numberIn(tick, 'seq') > numberIn(order, 'tickSeq');
}

function onTick(order: string, tick: string): string {
  let moved = set(order, 'tickSeq', numberIn(tick, 'seq'));
  for (const field of ['eventTimeUs', 'dueTimeUs', 'receivedTimeUs', 'sentTimeUs']) {
    moved = set(moved, field, numberIn(tick, field));
  }
  return moved;
}

function holesAfterResume(): FaultFilter {
  let toDrop = 0;
  return {
    onFrame: (text, nowUs) => {
      if (/^\{"type":"subscribed"/.test(text) && text.includes('"recovered":true')) toDrop = HOLE;
      else if (toDrop > 0 && /^\{"type":"ticker"/.test(text)) {
        toDrop -= 1;
        return [];
      }
      return [send(text, nowUs)];
    },
  };
}

/**
 * Holds each pattern back, and lets the rest by: it goes out before the next frame that comes when its time is over. The
 * heads in heartbeats stay behind with it.
 */
function latePatterns(): FaultFilter {
  const held: Release[] = [];
  return {
    onFrame: (text, nowUs) => {
      const released: Release[] = [];
      for (let first = held[0]; first !== undefined && first.atUs <= nowUs; first = held[0]) {
        held.shift();
        released.push(send(first.text, nowUs));
      }
      const type = typeOf(text);
      if (type === 'pattern') held.push(send(text, nowUs + LATE_PATTERN_US));
      else released.push(send(type === 'heartbeat' ? withPatternHeadsBehind(text, held) : text, nowUs));
      return released;
    },
  };
}

/** A heartbeat whose heads of patterns stand before the first frame held back of each symbol. */
function withPatternHeadsBehind(heartbeat: string, held: readonly Release[]): string {
  return heartbeat.replace(PATTERN_HEADS, (heads) => {
    let behind = heads;
    const symbols = new Set<string>();
    for (const { text } of held) {
      const symbol = symbolOf(text);
      if (!symbols.has(symbol)) behind = set(behind, symbol, numberIn(text, 'seq') - 1);
      symbols.add(symbol);
    }
    return behind;
  });
}

/** The heads of patterns within a heartbeat. */
const PATTERN_HEADS = /"pattern":\{[^}]*\}/;

/** No pattern, and no word of one: heads that stand still prove nothing lost. */
function withoutPatterns(): FaultFilter {
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      if (type === 'pattern') return [];
      return [send(type === 'heartbeat' ? text.replace(PATTERN_HEADS, '"pattern":{}') : text, nowUs)];
    },
  };
}

/** Positions at a beat of its own: the newest, when its time has come. */
function slowCadence(): FaultFilter {
  let lastUs = Number.NEGATIVE_INFINITY;
  let latest: string | undefined;
  return {
    onFrame: (text, nowUs) => {
      const isValue = typeOf(text) === 'position.value';
      if (isValue) latest = text;
      const released = isValue ? [] : [send(text, nowUs)];
      if (latest !== undefined && nowUs - lastUs >= SLOW_CADENCE_US) {
        released.push(send(latest, nowUs));
        latest = undefined;
        lastUs = nowUs;
      }
      return released;
    },
  };
}

/** The schedule slips by a hundredth of the time passed, and each message is stamped as if it were fresh. */
function slip(startUs: number): FaultFilter {
  return {
    onFrame: (text, nowUs) => {
      const late = Math.max(0, Math.round((nowUs - startUs) * SLIP_SHARE));
      let fresh = text;
      for (const field of ['dueTimeUs', 'receivedTimeUs', 'sentTimeUs', 'serverTimeUs'])
        fresh = shift(fresh, field, late);
      return [send(fresh, nowUs + late)];
    },
  };
}

function stall(startUs: number): FaultFilter {
  return {
    onFrame: (text, nowUs) => {
      const into = (nowUs - startUs) % STALL_EVERY_US;
      const stalled = nowUs > startUs + STALL_EVERY_US / 2 && into >= 0 && into < STALL_US;
      return [send(text, stalled ? nowUs - into + STALL_US : nowUs)];
    },
  };
}

const pass = (): FaultFilter => ({ onFrame: (text, nowUs) => [send(text, nowUs)] });

/** Every fault by its name; `none` is a sound back end behind the same front. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  none: { description: 'a sound server', verdict: 'pass', rows: [], filter: pass },
  delay: {
    description: 'delays each message by 140 ms',
    verdict: 'fail',
    rows: ['tick'],
    filter: () => ({ onFrame: (text, nowUs) => [send(text, nowUs + DELAY_US)] }),
  },
  stall: { description: 'stalls for 300 ms every 5 s', verdict: 'fail', rows: ['tick'], filter: stall },
  drop: {
    description: 'drops 1 message in 1000',
    verdict: 'fail',
    rows: ['loss'],
    filter: perRun(() => oneIn(() => [])),
  },
  double: {
    description: 'doubles 1 message in 1000',
    verdict: 'fail',
    rows: ['loss'],
    filter: perRun(() => oneIn((text, nowUs) => [send(text, nowUs), send(text, nowUs)])),
  },
  reorder: {
    description: 'reorders 1 message in 1000',
    verdict: 'fail',
    rows: ['loss'],
    filter: perRun(swapOneIn),
  },
  'late-trigger': {
    description: 'triggers one tick late',
    verdict: 'fail',
    rows: ['trigger'],
    filter: lateTriggers,
  },
  'resume-hole': { description: 'resumes with a hole', verdict: 'fail', rows: ['resume'], filter: holesAfterResume },
  'late-pattern': {
    description: 'tells each pattern 1.5 s late',
    verdict: 'fail',
    rows: ['pattern'],
    filter: latePatterns,
  },
  'no-pattern': {
    description: 'tells no pattern',
    verdict: 'fail',
    rows: ['loss', 'pattern'],
    filter: withoutPatterns,
  },
  'slow-cadence': {
    description: 'tells positions every 1.3 s',
    verdict: 'fail',
    rows: ['cadence'],
    filter: slowCadence,
  },
  slip: {
    description: 'lets its schedule slip while each message looks fresh',
    verdict: 'fail',
    rows: ['tick'],
    filter: slip,
  },
  mute: {
    description: 'accepts connections and never answers',
    verdict: 'fail',
    rows: ['connect'],
    filter: () => ({ onFrame: () => [] }),
  },
};

/** Makes a fault that counts over all connections of a run: its counter is made once per start time. */
function perRun(make: () => () => FaultFilter): (startUs: number) => FaultFilter {
  let run: { startUs: number; filter: () => FaultFilter } | undefined;
  return (startUs) => {
    if (run === undefined || run.startUs !== startUs) run = { startUs, filter: make() };
    return run.filter();
  };
}
