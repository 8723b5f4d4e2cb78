import { fc, test } from '@fast-check/vitest';
import { Packr, pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { encodeTicker, encodeTickerSnapshot, encodeTrade, parseClientFrame } from './json.ts';
import {
  decodeMsgpack,
  encodeMsgpack,
  encodeMsgpackTicker,
  encodeMsgpackTickerSnapshot,
  encodeMsgpackTrade,
  parseMsgpackFrame,
} from './msgpack.ts';
import { checkPlain } from './msgpackPlain.ts';

const LIMITS = { maxFrameBytes: 4_096, maxJsonDepth: 16 };
const plain = new Packr({ useRecords: false, variableMapSize: true });
const fields = {
  symbol: 'BRK.é',
  symbolJson: '"BRK.é"',
  priceDecimals: 2,
  quantityDecimals: 3,
  previousClose: 12_300,
  seq: 7,
  seqFrom: 7,
  last: 12_345,
  lastSize: 10,
  bid: 12_344,
  ask: 12_346,
  bidSize: 1_500,
  askSize: 70_000,
  volume: 9_007_199_254_740,
  eventTimeUs: 1_584_365_400_000_001,
  dueTimeUs: 1_584_365_400_000_003,
  receivedTimeUs: 1_584_365_400_000_005,
  flags: 3,
};

function decoded(bytes: Uint8Array): unknown {
  const answer = decodeMsgpack(bytes, LIMITS);
  return answer.ok ? answer.value : answer.refusal;
}

describe('frames of the server', () => {
  it.each([
    ['a whole state', fields],
    ['a state without trade, quote and schedule', { ...fields, last: 0, bid: 0, previousClose: 0, dueTimeUs: 0 }],
    ['a conflated state', { ...fields, seqFrom: 3 }],
  ])('should say of %s what JSON says', (_, state) => {
    expect(decoded(encodeMsgpackTicker(state, 9))).toEqual(JSON.parse(encodeTicker(state, 9)));
    expect(decoded(encodeMsgpackTrade(state, 9))).toEqual(JSON.parse(encodeTrade(state, 9)));
    expect(decoded(encodeMsgpackTickerSnapshot(state, 'e'))).toEqual(JSON.parse(encodeTickerSnapshot(state, 'e')));
  });

  test.prop([fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 8 })])(
    'should write a price as the number that its decimals are read as',
    (last, priceDecimals) => {
      const state = { ...fields, last, priceDecimals };
      expect(decoded(encodeMsgpackTicker(state, 9))).toEqual(JSON.parse(encodeTicker(state, 9)));
    },
  );

  it('should leave out fields without a value, as JSON does', () => {
    const { id } = { id: undefined };
    const frame = { type: 'ping', ...(id === undefined ? {} : { id }) } as const;
    expect(decoded(encodeMsgpack(frame))).toEqual({ type: 'ping' });
    expect(Object.keys(Object(decoded(encodeMsgpackTicker(fields, 9))))).not.toContain('seqFrom');
  });
});

describe('frames of a client', () => {
  it.each([
    { type: 'ping', id: 3 },
    { type: 'subscribe', id: 2 ** 40, channel: 'ticker', symbols: ['A', 'é'], since: { epoch: 'e', seq: { A: 5 } } },
    { type: 'subscribe', channel: 'nonsense' },
    { type: 'order.place', id: 1 },
    { type: 'what' },
    { id: 1 },
    [],
    null,
    'text',
    12.5,
  ])('should be read as their JSON is: %j', (value) => {
    expect(parseMsgpackFrame(plain.pack(value), LIMITS)).toEqual(parseClientFrame(JSON.stringify(value), LIMITS));
  });

  test.prop([fc.jsonValue({ maxDepth: 6 })])('should be read as their JSON is, whatever they say', (value) => {
    const frame = Object.assign(Object.create(null), { type: 'subscribe', channel: 'ticker', symbols: value });
    const text = JSON.stringify(frame);
    fc.pre(text.length < 2_000 && !text.includes('__proto__'));
    expect(parseMsgpackFrame(plain.pack({ ...frame }), LIMITS)).toEqual(parseClientFrame(text, LIMITS));
  });

  it('should be read from 64-bit integers as well', () => {
    const head = Buffer.from([
      0x82,
      0xa4,
      ...Buffer.from('type'),
      0xa4,
      ...Buffer.from('ping'),
      0xa2,
      0x69,
      0x64,
      0xcf,
    ]);
    const id = Buffer.alloc(8);
    id.writeBigUInt64BE(2n ** 53n - 1n);
    expect(parseMsgpackFrame(Buffer.concat([head, id]), LIMITS)).toEqual({ type: 'ping', id: 2 ** 53 - 1 });
  });

  it('should not reach any prototype', () => {
    const key = [0xa9, ...Buffer.from('__proto__')];
    const bytes = Buffer.from([
      0x82,
      0xa4,
      ...Buffer.from('type'),
      0xa4,
      ...Buffer.from('ping'),
      ...key,
      0x81,
      0xa1,
      0x78,
      1,
    ]);
    const frame = parseMsgpackFrame(bytes, LIMITS);
    expect(frame).toEqual({ type: 'ping' });
    expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
    expect(Reflect.get(frame, 'x')).toBeUndefined();
  });

  it.each([
    ['nothing', []],
    ['a reserved token', [0xc1]],
    ['binary data', [0xc4, 1, 0]],
    ['a Date', [...pack(new Date(0))]],
    ['a RegExp', [...new Packr({ moreTypes: true }).pack(/(a+)+$/)]],
    ['an Error', [...new Packr({ moreTypes: true, structuredClone: true }).pack(new Error('x'))]],
    ['a record with a definition of its own', [...new Packr({ useRecords: true }).pack({ type: 'ping' })]],
    ['undefined', [...plain.pack(undefined)]],
    ['a number as key', [0x81, 1, 1]],
    ['a text cut short', [0xd9, 5, 0x61]],
    ['bad UTF-8', [0xa2, 0xc3, 0x28]],
    ['half a surrogate pair', [0xa3, 0xed, 0xa0, 0x80]],
    ['an array that promises four billion values', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map that promises four billion values', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['something after the value', [0xc0, 0xc0]],
  ])('should be refused for %s', (_, bytes) => {
    const refusal = { type: 'refusal', code: 'bad_json', message: 'the frame is not plain MessagePack' };
    expect(parseMsgpackFrame(Uint8Array.from(bytes), LIMITS)).toEqual(refusal);
  });

  it('should be refused for binary data and extension types whatever stands around them', () => {
    const barred = [0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8];
    for (const token of barred) {
      // What follows the token would do as values of the array, if the token were one.
      for (let length = 1; length < 16; length++) {
        const bytes = Uint8Array.from([0x90 | length, token, ...Array<number>(length - 1).fill(0)]);
        expect(checkPlain(bytes, LIMITS.maxJsonDepth), `${token} in ${length}`).toBe('malformed');
      }
    }
  });

  it('should be nested as deep as JSON may be, and no deeper', () => {
    const nested = (depth: number): Uint8Array => Uint8Array.from([...Array<number>(depth).fill(0x91), 1]);
    expect(decodeMsgpack(nested(16), LIMITS).ok).toBe(true);
    expect(parseMsgpackFrame(nested(17), LIMITS)).toMatchObject({ code: 'too_deep' });
    expect(parseMsgpackFrame(nested(4_000), LIMITS)).toMatchObject({ code: 'too_deep' });
    expect(parseMsgpackFrame(new Uint8Array(4_097), LIMITS)).toMatchObject({ code: 'too_large' });
  });

  test.prop([fc.uint8Array({ maxLength: 200 })], { numRuns: 2_000 })(
    'should never throw, whatever the bytes',
    (bytes) => {
      const answer = parseMsgpackFrame(bytes, LIMITS);
      expect(answer).toHaveProperty('type');
    },
  );

  test.prop([fc.jsonValue(), fc.nat(), fc.integer({ min: 0, max: 255 })], { numRuns: 1_000 })(
    'should never throw after one byte has changed',
    (value, where, byte) => {
      const bytes = Uint8Array.from(plain.pack({ type: 'subscribe', channel: 'ticker', symbols: value }));
      bytes[where % bytes.length] = byte;
      expect(parseMsgpackFrame(bytes, LIMITS)).toHaveProperty('type');
    },
  );
});
