import type { Books } from './books.ts';
import { headsOf, numberIn, set, shift, symbolOf, typeOf, welcomed } from './frames.ts';
import { type FaultFilter, type Release, send } from './types.ts';

const STALL_US = 300_000;
const STALL_EVERY_US = 5_000_000;
const SLIP_SHARE = 0.01;
const LATE_PATTERN_US = 1_500_000;
const SLOW_CADENCE_US = 1_300_000;
/** Jitter changes at this beat; within one each frame is held alike. */
const JITTER_EVERY_US = 250_000;
const JITTER_UP_TO_US = 240_000;
/** One account in so many is served last, and by so much. */
const LAST_ONE_IN = 20;
const LAST_REST = 7;
const LAST_US = 60_000;
const PATTERN_HEADS = headsOf('pattern');
const TICKER_HEADS = headsOf('ticker');
const LATE_SUBSCRIPTION_US = 6_000_000;
const SILENT_FROM_US = 5_000_000;
const SILENT_US = 6_000_000;

/** Delays each message by the same time. */
export function delay(us: number): () => FaultFilter {
  return () => ({ onFrame: (text, nowUs) => [send(text, nowUs + us)] });
}

/** Delays messages by a time that changes four times a second, in no order: a hash of the time. */
export function jitter({ startUs }: Books): FaultFilter {
  return {
    onFrame: (text, nowUs) => {
      const beat = Math.max(0, Math.floor((nowUs - startUs) / JITTER_EVERY_US));
      const hashed = (Math.imul(beat + 1, 0x9e3779b1) >>> 0) / 2 ** 32;
      return [send(text, nowUs + Math.round(hashed * JITTER_UP_TO_US))];
    },
  };
}

/** Holds everything back for a while, every five seconds. */
export function stall({ startUs }: Books): FaultFilter {
  return {
    onFrame: (text, nowUs) => {
      const into = (nowUs - startUs) % STALL_EVERY_US;
      const stalled = nowUs > startUs + STALL_EVERY_US / 2 && into >= 0 && into < STALL_US;
      return [send(text, stalled ? nowUs - into + STALL_US : nowUs)];
    },
  };
}

/** The schedule slips by a hundredth of the time passed, and each message is stamped as if it were fresh. */
export function slip({ startUs }: Books): FaultFilter {
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

/** One account in twenty gets each message 60 ms after the others. */
export function servedLast(books: Books): FaultFilter {
  let isLast = false;
  return {
    onFrame: (text, nowUs) => {
      const account = welcomed(text);
      if (account !== undefined) isLast = Number(/\d+$/.exec(account)?.[0] ?? 0) % LAST_ONE_IN === LAST_REST;
      if (isLast && typeOf(text) === 'ticker') books.time('last', LAST_US);
      return [send(text, isLast ? nowUs + LAST_US : nowUs)];
    },
  };
}

/** Holds each pattern back, and lets the rest by. The heads in heartbeats stay behind with it. */
export function latePatterns(books: Books): FaultFilter {
  let held: Release[] = [];
  return {
    onFrame: (text, nowUs) => {
      held = held.filter(({ atUs }) => atUs > nowUs);
      const type = typeOf(text);
      if (type !== 'pattern') return [send(type === 'heartbeat' ? withPatternHeadsBehind(text, held) : text, nowUs)];
      const late = { ...send(text, nowUs + LATE_PATTERN_US), isAside: true };
      held.push(late);
      books.time('pattern', LATE_PATTERN_US);
      return [late];
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

/** Positions at a beat of its own: the newest, when its time has come. */
export function slowCadence(books: Books): FaultFilter {
  let lastUs = Number.NEGATIVE_INFINITY;
  let latest: string | undefined;
  return {
    onFrame: (text, nowUs) => {
      const isValue = typeOf(text) === 'position.value';
      if (isValue) latest = text;
      const released = isValue ? [] : [send(text, nowUs)];
      if (latest !== undefined && nowUs - lastUs >= SLOW_CADENCE_US) {
        released.push(send(latest, nowUs));
        if (Number.isFinite(lastUs)) books.time('position.value', nowUs - lastUs);
        latest = undefined;
        lastUs = nowUs;
      }
      return released;
    },
  };
}

/** No heartbeat for six seconds. */
export function noHeartbeats(books: Books): FaultFilter {
  let lastUs = Number.NaN;
  return {
    onFrame: (text, nowUs) => {
      // Clients wait for the first one from the welcome on.
      if (welcomed(text) !== undefined) lastUs = nowUs;
      if (typeOf(text) !== 'heartbeat') return [send(text, nowUs)];
      const into = nowUs - books.startUs - SILENT_FROM_US;
      if (into >= 0 && into < SILENT_US) return [];
      if (!Number.isNaN(lastUs)) books.time('heartbeat', nowUs - lastUs);
      lastUs = nowUs;
      return [send(text, nowUs)];
    },
  };
}

/** Holds the answer to a connection's first subscription of tickers, and tells what was due meanwhile in its snapshots alone. */
export function lateSubscriptions(books: Books): FaultFilter {
  let untilUs = Number.NEGATIVE_INFINITY;
  let held: string[] = [];
  const heads = new Map<string, number>();
  const isOfTickers = (text: string): boolean => text.includes('"channel":"ticker"');
  const withHead = (text: string): string => set(text, 'seq', heads.get(symbolOf(text)) ?? numberIn(text, 'seq'));
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      const isNew = type === 'subscribed' && isOfTickers(text) && text.includes('"recovered":false');
      if (isNew && untilUs === Number.NEGATIVE_INFINITY) {
        untilUs = nowUs + LATE_SUBSCRIPTION_US;
        books.count('subscription');
      }
      if (nowUs >= untilUs) {
        const late = held.map((one) => send(typeOf(one) === 'snapshot' ? withHead(one) : one, nowUs));
        held = [];
        return [...late, send(text, nowUs)];
      }
      if (type === 'ticker') heads.set(symbolOf(text), numberIn(text, 'seq'));
      if (type === 'heartbeat') return [send(text.replace(TICKER_HEADS, '"ticker":{}'), nowUs)];
      const isAnswer = (type === 'subscribed' || type === 'snapshot') && isOfTickers(text);
      if (isAnswer) held.push(text);
      return isAnswer || type === 'ticker' ? [] : [send(text, nowUs)];
    },
  };
}
