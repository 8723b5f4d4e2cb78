import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientFrame, type Refusal } from '../../protocol/codecs/json.ts';
import { ERROR_CODES } from '../../protocol/codes.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { CHANNELS, type ClientFrame } from '../../protocol/messages.ts';
import { runParameters } from './arbitraries.ts';

const RUNS = 2_000;
const LONE_SURROGATE = /\p{Surrogate}/u;
const LIMITS = { maxFrameBytes: 2_048, maxJsonDepth: 8 };

const symbols = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
const seq = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.nat(), { maxKeys: 4 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const decimal = fc.integer({ min: 1, max: 1e6 }).map((cents) => (cents / 100).toFixed(2));
/** Frames as clients send them, some with fields that we don't know. */
const frame: fc.Arbitrary<object> = fc.oneof(
  fc.record({ type: fc.constant('auth'), id: maybe(fc.nat()), token: maybe(fc.string()) }),
  fc.record({
    type: fc.constant('subscribe'),
    id: maybe(fc.nat()),
    channel: fc.constantFrom(...CHANNELS),
    symbols: maybe(symbols),
    since: maybe(fc.record({ epoch: fc.string(), seq })),
  }),
  fc.record({ type: fc.constant('unsubscribe'), channel: fc.constantFrom(...CHANNELS), symbols: maybe(symbols) }),
  fc.record({ type: fc.constant('ping'), id: maybe(fc.nat()), unknown: fc.anything() }),
  fc.record({
    type: fc.constant('order.place'),
    id: fc.nat(),
    clientOrderId: fc.string({ minLength: 1, maxLength: 12 }),
    symbol: fc.constantFrom('AAPL', 'MSFT'),
    side: fc.constantFrom('BUY', 'SELL'),
    orderType: fc.constantFrom('MARKET', 'STOP_MARKET', 'TRAILING_STOP_MARKET'),
    quantity: decimal,
    triggerPrice: maybe(decimal),
    trailingOffset: maybe(fc.record({ kind: fc.constantFrom('price', 'bp', 'ticks'), value: decimal })),
  }),
  fc.record({ type: fc.constant('order.cancel'), clientOrderId: fc.string({ minLength: 1, maxLength: 12 }) }),
);
const frameText = frame.map((value) => jsonOrEmpty(value));
const hostile = fc.constantFrom(
  ...['{"type":"ping","id":1e400}', '{"type":"ping","id":-0}', '{"__proto__":{"polluted":1},"type":"ping"}'],
  ...['{"type":"auth","token":"\\ud800"}', '{"type":"toString"}', '{"type":"__proto__"}', '{"type":"ping","type":1}'],
  ...['[[[[[[[[[[[[', '{"a":'.repeat(300), '"\\', '{"type":"ping","id":9007199254740993}', '\ufeff{"type":"ping"}'],
  ...['{"type":"order.cancel","clientOrderId":"x","account":"\\ud800"}', '{"type":"\\udfff"}'],
  '{"type":"subscribe","channel":"ticker","since":{"epoch":"e","seq":{"__proto__":1,"A":1e400}}}',
);
/** A frame with a piece cut out and another put in: what a broken client sends. */
const broken = fc
  .record({ text: frameText, at: fc.nat(200), cut: fc.nat(6), piece: fc.string({ unit: 'binary', maxLength: 4 }) })
  .map(({ text, at, cut, piece }) => text.slice(0, at % (text.length + 1)) + piece + text.slice(at + cut));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => new TextDecoder().decode(array));
const anyText = fc.oneof(
  frameText,
  broken,
  bytes,
  hostile,
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 3_000, size: 'max' }),
);

function jsonOrEmpty(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // fc.anything() makes bigints too, which JSON can't hold.
    return '';
  }
}

function isRefusal(result: ClientFrame | Refusal): result is Refusal {
  return result.type === 'refusal';
}

/** Every string and number inside, keys included. */
function leaves(value: unknown): (string | number)[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...leaves(inner)]);
}

describe('parseClientFrame', () => {
  it('should make of any text a frame or a reasoned refusal, and never throw', () => {
    let frames = 0;
    const law = fc.property(anyText, (text) => {
      const result = parseClientFrame(text, LIMITS);
      if (isRefusal(result)) {
        expect(Object.keys(ERROR_CODES)).toContain(result.code);
        expect(result.message).not.toBe('');
        expect(result.message).not.toMatch(LONE_SURROGATE);
        expect(result.message.length).toBeLessThan(500);
        return;
      }
      frames++;
      expect(text.length).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
      for (const leaf of leaves(result)) {
        if (typeof leaf === 'string') expect(leaf).not.toMatch(LONE_SURROGATE);
        else expect(Number.isSafeInteger(leaf), String(leaf)).toBe(true);
      }
      const written = JSON.stringify(result);
      expect(JSON.stringify(parseClientFrame(written, LIMITS))).toBe(written);
    });
    fc.assert(law, runParameters({ name: 'parse', runs: RUNS }));
    expect('polluted' in {}).toBe(false);
    expect(frames).toBeGreaterThan(RUNS / 20);
  });

  it('should name size and depth before anything else is looked at', () => {
    const refusal = (text: string) => parseClientFrame(text, LIMITS);
    expect(refusal('['.repeat(9))).toMatchObject({ type: 'refusal', code: 'too_deep' });
    expect(refusal(' '.repeat(2_049))).toMatchObject({ type: 'refusal', code: 'too_large' });
    const deep = `{"type":"ping","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(parseClientFrame(deep, DEFAULT_LIMITS)).toMatchObject({ type: 'refusal', code: 'too_deep' });
  });
});
