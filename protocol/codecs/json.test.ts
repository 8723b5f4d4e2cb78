import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import {
  decimalText,
  encodeTicker,
  encodeTickerSnapshot,
  parseClientFrame,
  type TickerFields,
  unitsOf,
} from './json.ts';

const parse = (text: string) => parseClientFrame(text, DEFAULT_LIMITS);

const FIELDS: TickerFields = {
  symbolJson: '"S\\"0"',
  priceDecimals: 2,
  quantityDecimals: 1,
  previousClose: 10_000,
  seq: 7,
  seqFrom: 7,
  last: 12_305,
  lastSize: 15,
  bid: 12_304,
  ask: 12_306,
  bidSize: 5,
  askSize: 0,
  volume: 1_000_005,
  eventTimeUs: 1,
  dueTimeUs: 2,
  receivedTimeUs: 3,
};

describe('parseClientFrame', () => {
  it.each([
    { type: 'auth', id: 1, token: 'a.b.c' },
    { type: 'auth' },
    { type: 'subscribe', id: 2, channel: 'ticker', symbols: ['A'], since: { epoch: 'e', seq: { A: 1, 'B/C': 0 } } },
    { type: 'unsubscribe', channel: 'order' },
    { type: 'ping', id: 0 },
    {
      type: 'order.place',
      clientOrderId: 'x-1',
      symbol: 'A',
      side: 'SELL',
      orderType: 'TRAILING_STOP_MARKET',
      quantity: '10',
      trailingOffset: { kind: 'bp', value: '50' },
      activationPrice: '10.5',
      account: 'acct-3',
    },
    { type: 'order.cancel', id: 3, clientOrderId: 'x-1' },
  ])('should read %j', (frame) => {
    expect(parse(JSON.stringify(frame))).toEqual(frame);
  });

  it('should leave out unknown fields', () => {
    expect(parse('{"type":"ping","id":1,"more":{"a":1},"__proto__":{"x":1}}')).toEqual({ type: 'ping', id: 1 });
  });

  it.each([
    ['', 'bad_json'],
    ['{"type":"ping"', 'bad_json'],
    ['{"type":"ping"}x', 'bad_json'],
    ['null', 'bad_message'],
    ['[]', 'bad_message'],
    ['{"type":5}', 'bad_message'],
    ['{"type":"pong","id":4}', 'unknown_type'],
    ['{"type":"constructor"}', 'unknown_type'],
    ['{"type":"ping","id":1e400}', 'bad_message'],
    ['{"type":"ping","id":1.5}', 'bad_message'],
    ['{"type":"ping","id":9007199254740993}', 'bad_message'],
    ['{"type":"auth","token":"\\ud800"}', 'bad_message'],
    ['{"type":"subscribe","channel":"nope"}', 'unknown_channel'],
    ['{"type":"subscribe","channel":"ticker","symbols":["a b"]}', 'bad_message'],
    ['{"type":"subscribe","channel":"ticker","symbols":["\\udc00"]}', 'bad_message'],
    ['{"type":"subscribe","channel":"ticker","since":{"epoch":"e","seq":{"A":-1}}}', 'bad_message'],
    ['{"type":"subscribe","channel":"ticker","since":{"epoch":"e","seq":{"A\\nB":"x"}}}', 'bad_message'],
    ['{"type":"order.cancel","clientOrderId":""}', 'bad_message'],
    ['{"type":"order.cancel","clientOrderId":"a","account":"\\ud800"}', 'bad_message'],
    [`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'too_deep'],
    ['['.repeat(60_000), 'too_deep'],
    [`"${'x'.repeat(70_000)}"`, 'too_large'],
  ])('should refuse %.60s as %s', (text, code) => {
    expect(parse(text)).toMatchObject({ type: 'refusal', code });
  });

  it('should count brackets outside of strings alone', () => {
    expect(parse(`{"type":"ping","note":"${'['.repeat(40)}\\"${'{'.repeat(40)}"}`)).toEqual({ type: 'ping' });
  });

  it('should repeat the id of a refused frame and name the field', () => {
    expect(parse('{"type":"order.cancel","id":12,"clientOrderId":7}')).toMatchObject({
      id: 12,
      code: 'bad_message',
      message: expect.stringContaining('clientOrderId'),
    });
  });

  it('should quote little of a hostile type, and only whole characters', () => {
    const refusal = parse(JSON.stringify({ type: `\ud800${'😀'.repeat(1000)}` }));
    expect(refusal).toMatchObject({ code: 'unknown_type' });
    const { message } = 'message' in refusal ? refusal : { message: '' };
    expect(message.length).toBeLessThan(250);
    // Throws on half a pair.
    encodeURIComponent(message);
  });
});

describe('encodeTicker', () => {
  it('should write what JSON reads as the documented frame', () => {
    expect(JSON.parse(encodeTicker(FIELDS, 4))).toEqual({
      type: 'ticker',
      symbol: 'S"0',
      seq: 7,
      data: {
        last: 123.05,
        lastSize: 1.5,
        bid: 123.04,
        ask: 123.06,
        bidSize: 0.5,
        askSize: 0,
        volume: 100_000.5,
        previousClose: 100,
      },
      eventTimeUs: 1,
      dueTimeUs: 2,
      receivedTimeUs: 3,
      sentTimeUs: 4,
    });
  });

  it('should name what a conflated frame covers and leave out a due time that there is not', () => {
    const frame: unknown = JSON.parse(encodeTicker({ ...FIELDS, seqFrom: 3, dueTimeUs: 0 }, 4));
    expect(frame).toMatchObject({ seq: 7, seqFrom: 3 });
    expect(frame).not.toHaveProperty('dueTimeUs');
  });

  it('should write null before the first trade and quote', () => {
    const empty = { ...FIELDS, seq: 0, seqFrom: 0, last: 0, bid: 0, volume: 0, previousClose: 0 };
    expect(JSON.parse(encodeTickerSnapshot(empty, 'e'))).toEqual({
      type: 'snapshot',
      channel: 'ticker',
      symbol: 'S"0',
      epoch: 'e',
      seq: 0,
      data: {
        last: null,
        lastSize: null,
        bid: null,
        ask: null,
        bidSize: null,
        askSize: null,
        volume: 0,
        previousClose: null,
      },
    });
  });
});

describe('decimals', () => {
  it.each([
    [12_345, 2, '123.45'],
    [5, 2, '0.05'],
    [-5, 2, '-0.05'],
    [0, 4, '0.0000'],
    [7, 0, '7'],
    [Number.MAX_SAFE_INTEGER, 4, '900719925474.0991'],
  ])('should write %i with %i decimals as %s and read it back', (units, decimals, text) => {
    expect(decimalText(units, decimals)).toBe(text);
    expect(unitsOf(text, decimals)).toBe(units);
  });

  it.each([
    ['1.005', 2],
    ['0.5', 0],
    ['9007199254740993', 0],
    ['99999999999999', 4],
    ['1e3', 2],
    ['', 2],
    ['.5', 2],
    ['NaN', 2],
  ])('should not read %s in units of %i decimals', (text, decimals) => {
    expect(unitsOf(text, decimals)).toBeUndefined();
  });

  it('should read needless zeros', () => {
    expect(unitsOf('1.5000', 2)).toBe(150);
  });
});
