import { describe, expect, it } from 'vitest';
import { Books } from './books.ts';
import { FAULTS } from './faults.ts';
import { plant } from './plant.ts';
import type { Fault } from './types.ts';

const ticker = (seq: number, symbol = 'AAPL') =>
  JSON.stringify({
    type: 'ticker',
    symbol,
    seq,
    data: {},
    eventTimeUs: seq * 1000,
    dueTimeUs: seq * 1000,
    receivedTimeUs: seq * 1000 + 1,
    sentTimeUs: seq * 1000 + 2,
  });
const order = (seq: number, reason: string, tickSeq: number) =>
  JSON.stringify({
    type: 'order',
    account: 'a',
    seq,
    reason,
    tickSeq,
    eventTimeUs: tickSeq * 1000,
    dueTimeUs: 0,
    receivedTimeUs: 0,
    sentTimeUs: 0,
    data: { symbol: 'AAPL' },
  });

/** What a fault's filter lets out for frames that come at the same moment. */
function through(
  name: string,
  frames: readonly string[],
  nowUs = 10_000_000,
): { type: string; seq?: number; tickSeq?: number; heads?: unknown }[] {
  const filter = FAULTS[name]?.filter(new Books(0));
  return frames.flatMap((frame) => (filter?.onFrame(frame, nowUs) ?? []).map((release) => JSON.parse(release.text)));
}

describe('faults', () => {
  it('should drop, double or swap one event in a thousand, and touch nothing else', () => {
    const frames = Array.from({ length: 3000 }, (_, at) => ticker(at + 1));

    expect(through('drop', frames)).toHaveLength(2997);
    expect(through('double', frames)).toHaveLength(3003);
    const swapped = through('reorder', frames).map((frame) => frame.seq ?? 0);
    expect(swapped).toHaveLength(3000);
    expect(swapped.filter((seq, at) => seq < (swapped[at - 1] ?? 0))).toHaveLength(2);
    expect(through('none', frames)).toHaveLength(3000);
  });

  it('should not count as dropped what a resume tells its account after all', () => {
    const books = new Books(0);
    const connection = (account: string) => {
      const filter = plant(FAULTS['drop'] as Fault, books);
      filter.onFrame(JSON.stringify({ type: 'welcome', account }), 0);
      return (frame: string, nowUs = 0) => filter.onFrame(frame, nowUs).length;
    };
    const first = connection('a');
    for (let seq = 1; seq <= 1_000; seq++) first(ticker(seq));
    expect(books.toJSON().counts).toEqual({ drop: 1 });
    first(ticker(1_000));
    connection('b')(ticker(1_000));
    connection('a')(ticker(1_001));
    expect(books.toJSON().counts).toEqual({ drop: 1 });
    expect(connection('a')(ticker(1_000))).toBe(1);
    expect(books.toJSON().counts).toEqual({ drop: 0 });
    for (let seq = 1_002; books.toJSON().counts['drop'] === 0; seq++) first(ticker(seq));
    // Three heartbeats later it was missed, whatever came then.
    for (let seq = 1_900; seq < 2_100; seq++) connection('a')(ticker(seq), 3_000_000);
    expect(books.toJSON().counts).toEqual({ drop: 1 });
  });

  it('should claim the next tick for a trigger, with what follows it, and keep the heads behind', () => {
    const heartbeat = JSON.stringify({ type: 'heartbeat', heads: { order: { a: 3 }, execution: { a: 1 } } });
    const execution = JSON.stringify({
      type: 'execution',
      account: 'a',
      seq: 1,
      tickSeq: 2,
      eventTimeUs: 2000,
      dueTimeUs: 0,
      receivedTimeUs: 0,
      sentTimeUs: 0,
      data: { symbol: 'AAPL' },
    });
    const out = through('late-trigger', [
      ticker(1),
      order(1, 'accepted', 1),
      ticker(2),
      order(2, 'triggered', 2),
      execution,
      order(3, 'filled', 2),
      heartbeat,
      ticker(9, 'MSFT'),
      ticker(3),
    ]);

    expect(out.map((frame) => `${frame.type} ${frame.seq ?? ''} ${frame.tickSeq ?? ''}`.trim())).toEqual([
      'ticker 1',
      'order 1 1',
      'ticker 2',
      'heartbeat',
      'ticker 9',
      'ticker 3',
      'order 2 3',
      'execution 1 3',
      'order 3 3',
    ]);
    expect(out[3]?.heads).toEqual({ order: { a: 1 }, execution: { a: 0 } });
  });

  it('should tell of a canceled leg of an OCO list that it triggered, and of no other canceled order', () => {
    const canceled = (id: string, contingency: object) =>
      JSON.stringify({
        type: 'order',
        seq: 1,
        reason: 'canceled',
        tickSeq: 4,
        data: { clientOrderId: id, status: 'CANCELED', ...contingency },
      });
    const books = new Books(0);
    const filter = FAULTS['both-legs']?.filter(books);
    const told = [canceled('leg', { contingency: 'OCO' }), canceled('alone', {})].map((text) =>
      JSON.parse(filter?.onFrame(text, 1)[0]?.text ?? '{}'),
    );
    expect(told).toMatchObject([
      { reason: 'triggered', tickSeq: 4, data: { clientOrderId: 'leg', status: 'TRIGGERED' } },
      { reason: 'canceled', data: { clientOrderId: 'alone', status: 'CANCELED' } },
    ]);
    expect(books.toJSON().counts).toEqual({ leg: 1 });
  });

  it('should leave a hole only behind a resume', () => {
    const subscribed = JSON.stringify({ type: 'subscribed', channel: 'ticker', symbols: ['AAPL'], recovered: true });

    expect(
      through('resume-hole', [ticker(1), subscribed, ticker(2), ticker(3), ticker(4)]).map((frame) => frame.seq),
    ).toEqual([1, undefined, 4]);
  });

  it('should slip and stamp afresh, so that each message looks on time', () => {
    const filter = FAULTS['slip']?.filter(new Books(0));
    const [release] = filter?.onFrame(ticker(5), 10_000_000) ?? [];
    const frame = JSON.parse(release?.text ?? '{}');

    expect(release?.atUs).toBe(10_100_000);
    expect(frame).toMatchObject({
      eventTimeUs: 5000,
      dueTimeUs: 105_000,
      receivedTimeUs: 105_001,
      sentTimeUs: 105_002,
    });
  });

  it('should hold everything back for the time of a stall', () => {
    const filter = FAULTS['stall']?.filter(new Books(0));

    expect(filter?.onFrame(ticker(1), 5_100_000)[0]?.atUs).toBe(5_300_000);
    expect(filter?.onFrame(ticker(2), 5_400_000)[0]?.atUs).toBe(5_400_000);
  });
});
