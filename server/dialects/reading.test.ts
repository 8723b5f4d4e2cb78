import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { aiTradingV2 } from './aiTradingV2.ts';
import type { Dialect } from './dialect.ts';
import { readEntry } from './entry.ts';
import { paiid } from './paiid.ts';
import { tickstock } from './tickstock.ts';
import { us001 } from './us001.ts';

const DIALECTS: readonly Dialect[] = [aiTradingV2, us001, paiid, tickstock];
const REQUESTS = new Set([undefined, 'refusal', 'subscribe', 'unsubscribe', 'get', 'ping']);

/** Objects that look like frames, in any of the dialects' words. */
const nearlyFrames = fc.record(
  {
    action: fc.constantFrom('subscribe', 'subscribe_ticker', 'get_positions', 'ping', '__proto__', 'constructor', 1),
    type: fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'pong', 'toString', null),
    symbol: fc.oneof(fc.string(), fc.jsonValue()),
    symbols: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
    timestamp: fc.oneof(fc.double(), fc.integer(), fc.jsonValue()),
    min_confidence: fc.oneof(fc.double(), fc.jsonValue()),
    pattern_types: fc.jsonValue(),
    timeframes: fc.oneof(fc.array(fc.constantFrom('1m', '2m')), fc.jsonValue()),
    backlog: fc.oneof(fc.integer(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const texts = fc.oneof(
  fc.string(),
  fc.json(),
  nearlyFrames.map((frame) => JSON.stringify(frame)),
);

describe.each(DIALECTS.map((dialect) => ({ name: dialect.name, dialect })))('reading $name', ({ dialect }) => {
  const { read } = dialect.voiceOf(readEntry(dialect.path, { path: dialect.path, query: '' }));

  it('should make a request or a reasoned refusal of any text, and never throw', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const request = read(text, DEFAULT_LIMITS);
        expect(REQUESTS).toContain(request?.type);
        if (request?.type === 'refusal') expect(request.message).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it('should bound size and depth', () => {
    expect(read(`"${'x'.repeat(DEFAULT_LIMITS.maxFrameBytes)}"`, DEFAULT_LIMITS)).toMatchObject({ code: 'too_large' });
    expect(read('['.repeat(10_000), DEFAULT_LIMITS)).toMatchObject({ code: 'too_deep' });
  });
});
