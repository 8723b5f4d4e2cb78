import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { CRYPTO } from './calendar/calendars.ts';
import { MarketEngine, type MarketEngineOptions } from './engine.ts';
import { orderTerms, quoteTick, testInstrument, told, tradeTick } from './harness.ts';
import { readSnapshot, SnapshotError } from './snapshot.ts';
import type { Command, Control, Tick } from './types.ts';

type Input =
  | { readonly kind: 'tick'; readonly tick: Tick }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'control'; readonly control: Control };
/** An input and the µs since the one before. */
type Step = { readonly input: Input; readonly afterUs: number };

const START_US = Date.parse('2025-03-03T15:00:00Z') * 1_000;
const SYMBOLS = 2;
const symbol = fc.nat(SYMBOLS - 1);
const price = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 980, max: 1_020 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 2_000, Number.NaN) },
);
/** A refused order is remembered with 0 where JSON knows no number, so none asks for NaN. */
const orderPrice = price.map((one) => (Number.isNaN(one) ? -1 : one));
const trade = fc.record({ price, symbol, size: fc.integer({ min: 1, max: 9 }), flags: fc.constantFrom(0, 0, 0, 1) });
const quote = fc.record({ bid: price, spread: fc.integer({ min: -1, max: 5 }), symbol });
const place = fc.record({
  id: fc.nat(30).map(String),
  symbol,
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  quantity: fc.integer({ min: 0, max: 9 }),
  terms: fc.oneof(
    fc.record({ type: fc.constant('LIMIT' as const), limitPrice: orderPrice }),
    fc.record({ type: fc.constant('STOP_MARKET' as const), triggerPrice: orderPrice }),
    fc.record({
      type: fc.constant('TRAILING_STOP_MARKET' as const),
      trailingOffset: fc.record({ kind: fc.constant('bp' as const), value: fc.integer({ min: 1, max: 90 }) }),
    }),
  ),
});
const control = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Control>({ kind: 'clock', timeUs: 0 }) },
  { weight: 1, arbitrary: fc.constant<Control>({ kind: 'halt', symbol: SYMBOLS }) },
  {
    weight: 1,
    arbitrary: symbol.map((at): Control => {
      return { kind: 'corporate_action', symbol: at, numerator: 2, denominator: 1, cashPerShare: 30 };
    }),
  },
);
const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 9,
    arbitrary: trade.map((one): Input => ({ kind: 'tick', tick: tradeTick({ ...one, eventTimeUs: 0 }) })),
  },
  {
    weight: 3,
    arbitrary: quote.map(({ bid, spread, symbol: at }): Input => {
      return { kind: 'tick', tick: quoteTick({ bid, ask: bid + spread, symbol: at, eventTimeUs: 0 }) };
    }),
  },
  {
    weight: 3,
    arbitrary: place.map(({ id, terms, ...rest }): Input => {
      return { kind: 'command', command: orderTerms(id, { ...rest, ...terms }) };
    }),
  },
  { weight: 1, arbitrary: control.map((one): Input => ({ kind: 'control', control: one })) },
);
/** Mostly seconds, so that minutes close; some late, some too late. */
const afterUs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 50_000_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(-4_000_000, -30_000_000, 400_000_000) },
);
const steps: fc.Arbitrary<Step[]> = fc.array(fc.record({ input, afterUs }), {
  minLength: 10,
  maxLength: 120,
  size: 'max',
});

/** An engine with bars that adds all it tells to `news`, bars whole. */
function engineOptions(news: string[], reader: () => MarketEngine): MarketEngineOptions {
  const bar = (at: number, frame: 0 | 1 | 2 | 3, back: number) =>
    JSON.stringify(reader().data?.bars.window(at, frame).bar(back));
  return {
    instruments: Array.from({ length: SYMBOLS }, (_, index) => testInstrument(index)),
    sink: (event) => news.push(told(event)),
    buyingPower: { kind: 'margin', shortMarginBp: 5_000 },
    fills: 'tick_size',
    data: {
      calendar: CRYPTO,
      windowBars: 50,
      sink: {
        barClosed: (at, frame) => news.push(`closed ${bar(at, frame, 0)}`),
        barCorrected: (at, frame, back) => news.push(`corrected ${bar(at, frame, back)}`),
        gap: (at, frame, startUs) => news.push(`gap ${at} ${frame} ${startUs}`),
      },
    },
  };
}

/** Gives an engine all steps, and returns what it answered. Times go on from `fromUs`; a late one doesn't turn them back. */
function feed(engine: MarketEngine, all: readonly Step[], from: { readonly us: number }): unknown[] {
  let timeUs = from.us;
  return all.map((step) => {
    const ownUs = timeUs + step.afterUs;
    timeUs = Math.max(timeUs, ownUs);
    if (step.input.kind === 'tick') return engine.onTick({ ...step.input.tick, eventTimeUs: ownUs });
    if (step.input.kind === 'command') return engine.onCommand(step.input.command);
    const { control: one } = step.input;
    return engine.onControl(one.kind === 'clock' ? { kind: 'clock', timeUs: ownUs } : one);
  });
}

function durationUs(all: readonly Step[]): number {
  return all.reduce((sum, { afterUs: us }) => sum + Math.max(0, us), 0);
}

function refusedBy(engine: MarketEngine): unknown {
  const { refusedTicks, refusedCommands, refusedControls } = engine;
  return [refusedTicks, refusedCommands, refusedControls].map((counts) => Object.fromEntries(counts));
}

function newEngine(news: string[]): MarketEngine {
  const engine: MarketEngine = new MarketEngine(engineOptions(news, () => engine));
  return engine;
}

describe('a saved state with bars', () => {
  it('should go on as the whole run does wherever in the stream it was saved and restored: orders, bars, windows and counts', () => {
    let closed = 0;
    let refused = 0;
    fc.assert(
      fc.property(steps, fc.nat({ max: 120 }), (all, cut) => {
        const [news, again]: [string[], string[]] = [[], []];
        const whole = newEngine(news);
        feed(whole, all.slice(0, cut), { us: START_US });
        const saved = whole.snapshot();
        news.length = 0;
        const restored: MarketEngine = MarketEngine.restore(
          engineOptions(again, () => restored),
          readSnapshot(unpack(pack(saved))),
        );
        expect(refusedBy(restored)).toEqual(refusedBy(whole));
        const rest = all.slice(cut);
        const from = { us: START_US + durationUs(all.slice(0, cut)) };
        expect(feed(restored, rest, from)).toEqual(feed(whole, rest, from));
        expect(again).toEqual(news);
        expect(refusedBy(restored)).toEqual(refusedBy(whole));
        expect(pack(restored.snapshot()).equals(pack(whole.snapshot()))).toBe(true);
        closed += news.filter((line) => line.startsWith('closed')).length;
        refused += [...whole.refusedTicks.values(), ...whole.refusedCommands.values()].reduce((a, b) => a + b, 0);
      }),
      { numRuns: 100, endOnFailure: true },
    );
    expect(closed).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(100);
  });

  it('should say so when the engine that is to take it makes no bars, or other ones', () => {
    const saved = newEngine([]).snapshot();
    const { data, ...others } = engineOptions([], () => newEngine([]));
    expect(() => MarketEngine.restore(others, saved)).toThrow(
      new SnapshotError('the saved state holds bars, and this engine makes none; give it the same options'),
    );
    if (data === undefined) throw new Error('this engine makes bars');
    expect(() => MarketEngine.restore({ ...others, data: { ...data, windowBars: 60 } }, saved)).toThrow(SnapshotError);
  });

  it('should restore to empty windows when it holds no bars', () => {
    const { data: _, ...options } = engineOptions([], () => newEngine([]));
    const saved = new MarketEngine(options).snapshot();
    const restored: MarketEngine = MarketEngine.restore(
      engineOptions([], () => restored),
      readSnapshot(JSON.parse(JSON.stringify(saved))),
    );
    expect(restored.data?.bars.window(0, 0).length).toBe(0);
  });
});
