import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readTickerText } from '../k6/lib/tickerText.ts';
import { newTickerFields, type TickerFields } from '../session/dialect.ts';
import { nativeDialect } from '../session/native.ts';

const whole = fc.maxSafeNat();
const price = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null });
const frames = fc
  .record(
    {
      type: fc.constant('ticker'),
      symbol: fc.stringMatching(/^[A-Z0-9.]{1,6}$/),
      seq: whole,
      seqFrom: fc.nat(100),
      data: fc.record({ last: price, bid: price, volume: whole, previousClose: price }),
      eventTimeUs: whole,
      dueTimeUs: whole,
      receivedTimeUs: whole,
      sentTimeUs: whole,
    },
    { requiredKeys: ['type', 'symbol', 'seq', 'data', 'eventTimeUs', 'receivedTimeUs', 'sentTimeUs'] },
  )
  .map((frame) => JSON.stringify(frame));

/** What the dialect makes of the text by `JSON.parse`: the fields, or undefined when it is no good ticker frame. */
function parsed(text: string): TickerFields | undefined {
  const event = nativeDialect().parse(text, 0);
  return event.kind === 'ticker' ? { ...event.fields } : undefined;
}

describe('readTickerText', () => {
  test.prop([frames])('should read a frame as JSON.parse does', (text) => {
    const fields = newTickerFields();
    const taken = readTickerText(text, fields);
    const expected = parsed(text);
    expect(taken).toBe(expected !== undefined);
    if (expected !== undefined) expect(fields).toEqual(expected);
  });

  test.prop([frames, fc.nat(), fc.constantFrom('', '0', '"', '-', '{', '}', ',', 'e', ' ', '\\', 'é')])(
    'should take nothing that JSON.parse reads otherwise, however a frame is damaged',
    (text, at, put) => {
      const place = at % text.length;
      const damaged = text.slice(0, place) + put + text.slice(place + 1);
      const fields = newTickerFields();
      if (readTickerText(damaged, fields)) expect(fields).toEqual(parsed(damaged));
    },
  );

  it('should leave every other frame to JSON.parse', () => {
    const fields = newTickerFields();
    for (const text of ['', '{}', '{"type":"order"}', '{"type":"ticker","symbol":"A","seq":1}', '[1]']) {
      expect(readTickerText(text, fields)).toBe(false);
    }
  });
});
