import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { newTickerFields } from '../session/dialect.ts';
import { nativeDialect } from '../session/native.ts';
import { TickerScanner } from './tickerScanner.ts';

const scanner = new TickerScanner();

/** What the scanner reads from a text that stands in the middle of a buffer; undefined when it leaves it to JSON.parse. */
function scan(text: string) {
  const bytes = Buffer.from(`##${text}"}`);
  const fields = newTickerFields();
  return scanner.scan(bytes, 2, bytes.length - 2, fields) ? fields : undefined;
}

/** What the dialect reads by JSON.parse; undefined when that is no ticker. */
function parse(text: string) {
  const event = nativeDialect().parse(text, 0);
  return event.kind === 'ticker' ? event.fields : undefined;
}

const amount = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -5, max: 1_000_000 }),
  fc.integer({ min: 0, max: 9_999_999 }).map((cents) => cents / 100),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const seq = fc.nat(2 ** 40);
const time = fc.integer({ min: 0, max: 2_000_000_000_000_000 });
/** Frames as a server writes them. */
const ticker = fc.record(
  {
    type: fc.constant('ticker'),
    symbol: fc.stringMatching(/^[A-Z]{1,7}$/),
    seq,
    seqFrom: fc.constant(0),
    data: fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,12}$/), amount, { maxKeys: 8 }),
    eventTimeUs: time,
    dueTimeUs: time,
    receivedTimeUs: time,
    sentTimeUs: time,
  },
  { requiredKeys: ['type', 'symbol', 'seq', 'data', 'eventTimeUs', 'receivedTimeUs', 'sentTimeUs'] },
);
/** One byte replaced, one left out, or one put in. */
const spoil = fc.record({
  at: fc.nat(400),
  take: fc.nat(1),
  put: fc.constantFrom('', '"', '0', '-', '.', 'e', ',', '{', '}', ' ', '\\', 'ä', '\n', 'x'),
});

describe('TickerScanner', () => {
  test.prop([ticker])('should take every frame that a plain writer makes, and read it as JSON.parse does', (frame) => {
    const text = JSON.stringify(frame);
    expect(scan(text)).toEqual(parse(text));
    expect(scan(text)).toBeDefined();
  });

  test.prop([ticker, spoil], { numRuns: 2_000 })(
    'should leave a spoiled frame to JSON.parse, or read the same from it',
    (frame, { at, take, put }) => {
      const text = JSON.stringify(frame);
      const place = at % text.length;
      const spoiled = text.slice(0, place) + put + text.slice(place + take);
      const scanned = scan(spoiled);
      if (scanned !== undefined) expect(scanned).toEqual(parse(spoiled));
    },
  );

  test.prop([fc.oneof(fc.json(), fc.string())])('should take nothing that is no ticker', (text) => {
    expect(scan(text)).toEqual(undefined);
  });

  it('should leave to JSON.parse what it does not know', () => {
    const text = JSON.stringify({
      type: 'ticker',
      symbol: 'AAPL',
      seq: 7,
      data: {},
      eventTimeUs: 1,
      receivedTimeUs: 2,
      sentTimeUs: 3,
    });
    expect(scan(text)).toMatchObject({ symbol: 'AAPL', seq: 7, seqFrom: 7, dueTimeUs: -1 });
    expect(scan(text.replace('"seq":7', '"seq":7,"seqFrom":9'))).toBeUndefined();
    expect(scan(text.replace('"seq":7', '"seq":07'))).toBeUndefined();
    expect(scan(text.replace('"seq":7', '"seq":9007199254740993'))).toBeUndefined();
    expect(scan(text.replace('"seq":7', '"seq":7,"more":1'))).toBeUndefined();
    expect(scan(text.replace('"seq":7', '"seq":7,"seq":8'))?.seq).toBe(8);
    expect(scan(text.replace('AAPL', 'A\\u0041PL'))).toBeUndefined();
    expect(scan(text.replace('"ticker"', '"order"'))).toBeUndefined();
  });
});
