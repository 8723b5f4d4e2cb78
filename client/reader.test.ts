import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamEvent } from './events.ts';
import { isEventOf } from './events.ts';
import { QueueReader } from './reader.ts';

const DATA = {
  last: 1,
  lastSize: 1,
  bid: null,
  ask: null,
  bidSize: null,
  askSize: null,
  volume: 1,
  previousClose: null,
};
const TIMES = { eventTimeUs: 1, receivedTimeUs: 1, sentTimeUs: 1 };

function ticker(symbol: string, seq: number): StreamEvent {
  return { type: 'ticker', symbol, seq, data: DATA, ...TIMES };
}

function news(seq: number): StreamEvent {
  return { type: 'news', seq, data: { newsId: `n${seq}`, headline: '', symbols: [] }, eventTimeUs: 1 };
}

function reader(channel: 'ticker' | 'news', limit: number) {
  let closes = 0;
  const made = new QueueReader({
    channel,
    limit,
    accepts: (event): event is StreamEvent => isEventOf(channel, event),
    onClose: () => closes++,
  });
  return { made, closes: () => closes };
}

describe('QueueReader', () => {
  it('should give everything in order to a reader that keeps up', async () => {
    const { made } = reader('ticker', 10);
    const first = made.next();
    for (let seq = 1; seq <= 5; seq++) made.push(ticker('A', seq));
    expect((await first).value).toMatchObject({ seq: 1 });
    for (let seq = 2; seq <= 5; seq++) expect((await made.next()).value).toMatchObject({ seq });
  });

  it('should keep class B within its bounds and leave no number of any key untold', () => {
    const push = fc.record({ does: fc.constant('push'), key: fc.constantFrom('A', 'B', 'C') });
    const step = fc.oneof({ weight: 3, arbitrary: push }, fc.constant({ does: 'read', key: '' }));
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 8 }), async (steps, limit) => {
        const { made } = reader('ticker', limit);
        const sent: Record<string, number> = { A: 0, B: 0, C: 0 };
        const read: Record<string, number> = { A: 0, B: 0, C: 0 };
        let held = 0;
        const take = async () => {
          const { value } = await made.next();
          if (value?.type !== 'ticker') throw new Error('no ticker');
          expect(value.seqFrom ?? value.seq).toBe((read[value.symbol] ?? 0) + 1);
          read[value.symbol] = value.seq;
        };
        const isBehind = () => Object.keys(sent).some((key) => sent[key] !== read[key]);
        for (const { does, key } of steps) {
          if (does === 'push') {
            sent[key] = (sent[key] ?? 0) + 1;
            made.push(ticker(key, sent[key]));
          } else if (isBehind()) await take();
        }
        while (isBehind()) {
          held++;
          await take();
        }
        // The bound, and for each key that it held nothing of one event more.
        expect(held).toBeLessThanOrEqual(limit + 3);
      }),
    );
  });

  it('should still show a snapshot as one when ticks have been added to it', async () => {
    const { made } = reader('ticker', 1);
    made.push({ type: 'snapshot', channel: 'ticker', symbol: 'A', epoch: 'e1', seq: 5, data: DATA });
    made.push(ticker('A', 6));
    expect((await made.next()).value).toMatchObject({ type: 'snapshot', seq: 6 });
  });

  it('should fail a reader of class A that is too far behind, after all that it holds', async () => {
    const { made, closes } = reader('news', 3);
    for (let seq = 1; seq <= 5; seq++) made.push(news(seq));
    for (let seq = 1; seq <= 3; seq++) expect((await made.next()).value).toMatchObject({ seq });
    await expect(made.next()).rejects.toThrow(
      'the reader of news is 3 events behind; read faster, or open it with a larger "buffer"',
    );
    expect(await made.next()).toEqual({ done: true, value: undefined });
    expect(closes()).toBe(1);
  });

  it('should end its subscription when the loop is left', async () => {
    const { made, closes } = reader('news', 3);
    made.push(news(1));
    made.push(news(2));
    for await (const event of made) {
      expect(event).toMatchObject({ seq: 1 });
      break;
    }
    expect(closes()).toBe(1);
    expect(await made.next()).toEqual({ done: true, value: undefined });
  });
});
