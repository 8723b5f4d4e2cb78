import { readdirSync } from 'node:fs';
import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { TickKind } from '../../market/types.ts';
import { inFolder } from '../tape/testTicks.ts';
import { emptyRawEvent, type RawEvent } from './rawEvent.ts';
import { EventSorter } from './sorter.ts';

const rawEvents = fc.array(
  fc.record({
    isQuote: fc.boolean(),
    timeUs: fc.integer({ min: 0, max: 40 }),
    price: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    ask: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    size: fc.integer({ min: 1, max: 1e12 }),
    askSize: fc.integer({ min: 0, max: 1e12 }),
    symbol: fc.integer({ min: 0, max: 32_767 }),
    priceDecimals: fc.integer({ min: 0, max: 12 }),
    sizeDecimals: fc.integer({ min: 0, max: 12 }),
    flags: fc.nat(255),
  }),
  { maxLength: 120 },
);

type Drawn = typeof rawEvents extends fc.Arbitrary<infer Events> ? Events : never;

function asEvents(drawn: Drawn): RawEvent[] {
  return drawn.map(({ isQuote, ...rest }) => ({
    ...rest,
    kind: isQuote ? TickKind.QUOTE : TickKind.TRADE,
    ...(isQuote ? {} : { ask: 0, askSize: 0 }),
  }));
}

/** Sorts events and reads them back, each with its line. */
function sortedBy(sorter: EventSorter, events: readonly RawEvent[]): (RawEvent & { readonly line: number })[] {
  for (const [line, event] of events.entries()) sorter.push(event, line);
  const sorted = sorter.sorted();
  const result: (RawEvent & { readonly line: number })[] = [];
  while (sorted.next()) {
    const { columns, at } = sorted;
    const isQuote = columns.isQuote(at);
    result.push({
      kind: isQuote ? TickKind.QUOTE : TickKind.TRADE,
      symbol: columns.symbol[at] as number,
      timeUs: columns.timeUs[at] as number,
      price: columns.price[at] as number,
      ask: isQuote ? (columns.ask[at] as number) : 0,
      priceDecimals: columns.priceDecimals(at),
      size: columns.size[at] as number,
      askSize: isQuote ? (columns.askSize[at] as number) : 0,
      sizeDecimals: columns.sizeDecimals(at),
      flags: columns.flags[at] as number,
      line: columns.line[at] as number,
    });
  }
  return result;
}

describe('sorting events', () => {
  it.prop([rawEvents, fc.constantFrom(8, 16, 64, 1024)])(
    'should be the stable sort of all, in memory or on disk',
    (drawn, bufferEvents) =>
      inFolder((folder) => {
        const events = asEvents(drawn);
        const sorter = new EventSorter({ bufferEvents, spillFolder: folder });
        try {
          const expected = events.map((event, line) => ({ ...event, line })).sort((a, b) => a.timeUs - b.timeUs);

          expect(sortedBy(sorter, events)).toEqual(expected);
          expect(sorter.runs > 0).toBe(events.length > bufferEvents);
          expect(readdirSync(folder)).toEqual([]);
        } finally {
          sorter.close();
        }
      }),
  );

  it('should store events that come in order as one run', () =>
    inFolder((folder) => {
      const sorter = new EventSorter({ bufferEvents: 8, spillFolder: folder });
      const events = Array.from({ length: 100 }, (_, timeUs) => ({ ...emptyRawEvent(), timeUs }));

      expect(sortedBy(sorter, events)).toHaveLength(100);
      expect(sorter.runs).toBe(1);
      expect(sorter.outOfOrder).toBe(0);
      sorter.close();
    }));
});
