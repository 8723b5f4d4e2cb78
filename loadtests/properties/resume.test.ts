import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TickerState } from '../../market/tickers.ts';
import { EventStream, eventsAfter, type Span } from '../../server/hub/stream.ts';
import { TickerLog } from '../../server/hub/tickerLog.ts';
import { runParameters } from './arbitraries.ts';
import { instrumentsOf } from './operations.ts';

const RUNS = 300;
const LIMITS = { maxEvents: 20, maxAgeUs: 1_000 };
const KEY = 'S0';

/** What happens to a stream and its one client. */
type Step =
  | { readonly does: 'events'; readonly count: number }
  | { readonly does: 'waits'; readonly us: number }
  | { readonly does: 'cut' }
  | { readonly does: 'comes back' }
  | { readonly does: 'server restarts' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant('events'), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('events'), count: fc.integer({ min: 18, max: 60 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('waits'),
      us: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(500, 1_000, 1_001)),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ does: 'cut' }) },
  { weight: 6, arbitrary: fc.constant({ does: 'comes back' }) },
  { weight: 1, arbitrary: fc.constant({ does: 'server restarts' }) },
);
const steps = fc.array(step, { maxLength: 80, size: 'max' });

/** One numbered stream as the law sees it; what an event says is its own text. */
interface StreamUnderLaw {
  readonly append: (nowUs: number) => void;
  readonly span: (nowUs: number) => Span;
  /** The texts of the last `count` events, oldest first. */
  readonly last: (count: number) => string[];
}

interface Outcome {
  recovered: number;
  snapshots: number;
}

/** Plays the steps and holds the client's view against what was sent: no hole, no repeat, never a part, and no snapshot without need. */
function play(made: (epoch: string) => StreamUnderLaw, all: readonly Step[], outcome: Outcome): void {
  let epochs = 1;
  let stream = made(`e${epochs}`);
  let sentAtUs: number[] = [];
  let nowUs = 1_000_000;
  let isConnected = true;
  let cursor = { epoch: 'e1', seq: 0 };
  const read = (texts: readonly string[]) => {
    for (const text of texts) {
      cursor = { ...cursor, seq: cursor.seq + 1 };
      expect(text).toBe(`${cursor.epoch}:${cursor.seq}`);
    }
  };
  for (const one of all) {
    if (one.does === 'waits') nowUs += one.us;
    else if (one.does === 'cut') isConnected = false;
    else if (one.does === 'events') {
      for (let count = 0; count < one.count; count++) {
        stream.append(nowUs);
        sentAtUs.push(nowUs);
        if (isConnected) read(stream.last(1));
      }
    } else if (one.does === 'server restarts') {
      epochs++;
      stream = made(`e${epochs}`);
      sentAtUs = [];
      isConnected = false;
    } else if (!isConnected) {
      isConnected = true;
      const span = stream.span(nowUs);
      expect(span.head).toBe(sentAtUs.length);
      const missed = eventsAfter(span, { epoch: cursor.epoch, seq: { [KEY]: cursor.seq } }, KEY);
      const unread = sentAtUs.slice(cursor.seq);
      const isWithinReach =
        cursor.epoch === `e${epochs}` &&
        unread.length <= LIMITS.maxEvents &&
        unread.every((atUs) => atUs >= nowUs - LIMITS.maxAgeUs);
      expect(missed !== undefined).toBe(isWithinReach);
      if (missed === undefined) {
        outcome.snapshots++;
        cursor = { epoch: span.epoch, seq: span.head };
      } else {
        outcome.recovered++;
        read(stream.last(missed));
        expect(cursor.seq).toBe(span.head);
      }
    }
  }
}

function eventStream(epoch: string): StreamUnderLaw {
  const stream = new EventStream<string>(epoch, LIMITS);
  return {
    append: (nowUs) => stream.append((seq) => `${epoch}:${seq}`, nowUs),
    span: (nowUs) => stream.span(nowUs),
    last: (count) => stream.last(count),
  };
}

/** A ticker stream whose trades have their number as price. */
function tickerStream(epoch: string): StreamUnderLaw {
  const tickers = new TickerState(1);
  const log = new TickerLog({ epoch, instruments: instrumentsOf(1), limits: LIMITS, leastKept: 1 });
  const quote = { size: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  return {
    append: (nowUs) => {
      const price = log.head(0) + 1;
      const tick = { ...quote, kind: 0, symbol: 0, eventTimeUs: nowUs, price, size: 1 } as const;
      tickers.apply(tick);
      log.append(tick, tickers, { receivedTimeUs: nowUs, dueTimeUs: nowUs });
    },
    span: (nowUs) => log.span(0, nowUs),
    last: (count) =>
      Array.from({ length: count }, (_, at) => {
        const { seq, last, volume } = log.read(0, log.head(0) - count + 1 + at);
        return last === seq && volume === seq ? `${epoch}:${seq}` : `${epoch}:${seq} holds the state of ${last}`;
      }),
  };
}

describe('resume', () => {
  it.each([
    ['an event stream', eventStream],
    ['a ticker stream', tickerStream],
  ])('should leave no hole and no repeat in %s for any cut', (name, made) => {
    const outcome: Outcome = { recovered: 0, snapshots: 0 };
    const law = fc.property(steps, (all) => play(made, all, outcome));
    fc.assert(law, runParameters({ name: `resume of ${name}`, runs: RUNS }));
    expect(outcome.recovered).toBeGreaterThan(RUNS / 2);
    expect(outcome.snapshots).toBeGreaterThan(RUNS / 2);
  });

  it.each([
    ['ahead of the stream', { epoch: 'e1', seq: { S0: 6 } }],
    ['of another epoch', { epoch: 'e0', seq: { S0: 3 } }],
    ['without the key', { epoch: 'e1', seq: { S1: 3 } }],
    ['with a name that every object has', { epoch: 'e1', seq: {} }],
    ['below the first event', { epoch: 'e1', seq: { S0: -1 } }],
  ])('should answer a cursor %s with a snapshot', (_, cursor) => {
    const stream = eventStream('e1');
    for (let count = 0; count < 5; count++) stream.append(0);
    expect(eventsAfter(stream.span(0), cursor, KEY)).toBeUndefined();
    expect(eventsAfter(stream.span(0), cursor, 'toString')).toBeUndefined();
  });
});
