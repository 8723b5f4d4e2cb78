import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Harness, orderTerms, quoteTick, tradeTick } from './harness.ts';
import type { Command, MarketEvent, Tick } from './types.ts';

/** One input of the stream. `at` is the time between this input and the one before, in µs. */
type Input = { readonly kind: 'tick'; readonly tick: Tick } | { readonly kind: 'command'; readonly command: Command };

const symbols = fc.integer({ min: 0, max: 2 });
const prices = fc.integer({ min: 950, max: 1_050 });
const accounts = fc.constantFrom('a', 'b');
const sides = fc.constantFrom('BUY' as const, 'SELL' as const);
const bases = fc.constantFrom('last' as const, 'bid_ask' as const, 'mark' as const);
const ids = fc.integer({ min: 0, max: 25 }).map(String);
const offsets = fc.oneof(
  fc.record({ kind: fc.constant('bp' as const), value: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constantFrom('price' as const, 'ticks' as const), value: fc.integer({ min: 1, max: 30 }) }),
);

function inputsFor(symbol: fc.Arbitrary<number>, account: fc.Arbitrary<string>): fc.Arbitrary<Input> {
  const common = { symbol, account, side: sides, quantity: fc.integer({ min: 1, max: 100 }), triggerBasis: bases };
  const stop = fc.record({ ...common, type: fc.constant('STOP_MARKET' as const), triggerPrice: prices });
  const market = fc.record({ ...common, type: fc.constant('MARKET' as const) });
  const timeInForce = fc.constantFrom('GTC' as const, 'IOC' as const, 'FOK' as const);
  const limit = fc.record({ ...common, type: fc.constant('LIMIT' as const), limitPrice: prices, timeInForce });
  const stopLimit = fc.record({
    ...common,
    type: fc.constant('STOP_LIMIT' as const),
    triggerPrice: prices,
    limitPrice: prices,
    timeInForce,
  });
  const takeProfit = fc.record({ ...common, type: fc.constant('TAKE_PROFIT' as const), triggerPrice: prices });
  const trailing = fc.record(
    { ...common, type: fc.constant('TRAILING_STOP_MARKET' as const), trailingOffset: offsets, activationPrice: prices },
    { requiredKeys: ['type', 'symbol', 'account', 'side', 'quantity', 'trailingOffset'] },
  );
  const eventTimeUs = fc.constant(0);
  const trade = fc.record({ price: prices, size: fc.integer({ min: 1, max: 9 }), symbol, eventTimeUs }).map(tradeTick);
  const quote = fc
    .tuple(prices, fc.integer({ min: 0, max: 10 }), symbol)
    .map(([bid, spread, at]) => quoteTick({ bid, ask: bid + spread, symbol: at, eventTimeUs: 0 }));
  const place = fc
    .tuple(ids, fc.oneof(stop, market, trailing, trailing, limit, stopLimit, takeProfit))
    .map(([id, terms]) => orderTerms(id, terms));
  const cancel = fc.record({ kind: fc.constant('cancel' as const), account, clientOrderId: ids });
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(trade, trade, quote).map((tick): Input => ({ kind: 'tick', tick })) },
    { weight: 4, arbitrary: place.map((command): Input => ({ kind: 'command', command })) },
    { weight: 1, arbitrary: cancel.map((command): Input => ({ kind: 'command', command })) },
  );
}

const inputs = fc.array(inputsFor(symbols, accounts), { minLength: 5, maxLength: 120 });

/** Feeds the inputs, one tick every 30 ms of event time, and calls `after` behind each. */
function play(all: readonly Input[], options: { harness?: Harness; after?: () => void } = {}): Harness {
  const { harness = new Harness(), after } = options;
  all.forEach((input, at) => {
    if (input.kind === 'tick') harness.tick({ ...input.tick, eventTimeUs: at * 30_000 });
    else harness.command(input.command);
    after?.();
  });
  return harness;
}

describe('laws of the engine', () => {
  it('should ratchet a trailing stop its own way only', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const stops = new Map<string, number>();
        const harness = new Harness();
        const after = () => {
          for (const { account, clientOrderId, side, type, triggerPrice } of ['a', 'b'].flatMap((one) =>
            harness.engine.workingOrders(one),
          )) {
            if (type !== 'TRAILING_STOP_MARKET' || triggerPrice === undefined) continue;
            const key = `${account}/${clientOrderId}`;
            const before = stops.get(key) ?? triggerPrice;
            expect(side === 'SELL' ? triggerPrice >= before : triggerPrice <= before).toBe(true);
            stops.set(key, triggerPrice);
          }
        };
        play(all, { harness, after });
      }),
    );
  });

  it('should keep the books of every account balanced at every event', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const check = () => {
          for (const account of harness.engine.accounts()) {
            const { cash, equity, deposits, realizedPnl, unrealizedPnl } = harness.engine.portfolio(account);
            const positions = harness.engine.positions(account);
            const held = positions.reduce((sum, { quantity, mark }) => sum + quantity * mark * 100, 0);
            expect(cash + held).toBe(equity);
            expect(realizedPnl + unrealizedPnl).toBe(equity - deposits);
          }
        };
        const harness: Harness = new Harness({ sink: check });
        play(all, { harness, after: check });
      }),
    );
  });

  it('should tell of every order a life that makes sense, and hold exactly the open ones as working', () => {
    const follows: Record<string, readonly string[]> = {
      accepted: ['activated', 'ratcheted', 'triggered', 'filled', 'canceled'],
      activated: ['ratcheted', 'triggered', 'canceled'],
      ratcheted: ['ratcheted', 'triggered', 'canceled'],
      triggered: ['filled', 'canceled'],
      filled: [],
      canceled: [],
      rejected: [],
    };
    fc.assert(
      fc.property(inputs, (all) => {
        const { engine, events } = play(all);
        const last = new Map<number, string>();
        for (const event of events) {
          if (event.kind !== 'order') continue;
          const before = last.get(event.order.orderId);
          const allowed = before === undefined ? ['accepted', 'rejected'] : (follows[before] ?? []);
          expect(allowed).toContain(event.reason);
          last.set(event.order.orderId, event.reason);
        }
        const open = [...last].filter(([, reason]) => (follows[reason] ?? []).length > 0).map(([id]) => id);
        const working = ['a', 'b'].flatMap((account) => engine.workingOrders(account).map(({ orderId }) => orderId));
        expect(working.sort((a, b) => a - b)).toEqual(open.sort((a, b) => a - b));
      }),
    );
  });

  it('should never fill beyond a limit, nor at a price that the market does not show', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const harness: Harness = new Harness({
          sink: (event) => {
            if (event.kind === 'order') return;
            const { side, lastPrice, symbol } = event;
            const { tickers } = harness.engine;
            const shown = [tickers.last[symbol], side === 'SELL' ? tickers.bid[symbol] : tickers.ask[symbol]];
            expect(shown).toContain(lastPrice);
            const limit = harness.engine.order(event.account, event.clientOrderId)?.limitPrice ?? lastPrice;
            expect(side === 'SELL' ? lastPrice >= limit : lastPrice <= limit).toBe(true);
          },
        });
        play(all, { harness });
      }),
    );
  });

  it('should tell the same of each symbol however independent symbols are interleaved', () => {
    const first = fc.array(inputsFor(fc.constant(0), fc.constant('a')), { maxLength: 60 });
    const second = fc.array(inputsFor(fc.constant(1), fc.constant('b')), { maxLength: 60 });
    fc.assert(
      fc.property(first, second, fc.array(fc.boolean()), (left, right, turns) => {
        const timed = [left, right].map((all) =>
          all.map((input, at): Input => {
            if (input.kind === 'command') return input;
            return { kind: 'tick', tick: { ...input.tick, eventTimeUs: at * 30_000 } };
          }),
        );
        const [a = [], b = []] = timed;
        const one = feed([...a, ...b]);
        const other = feed(interleave(a, b, turns));
        for (const symbol of [0, 1]) expect(ofSymbol(other, symbol)).toEqual(ofSymbol(one, symbol));
      }),
    );
  });

  it('should give one hash for one input, and another for another', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const { hash } = play(all);
        expect(play(all).hash.digest()).toBe(hash.digest());
        expect(play(all.slice(1)).hash.digest()).not.toBe(hash.digest());
      }),
      { numRuns: 50 },
    );
  });

  it('should be left unchanged by ticks and commands that it refuses', () => {
    const anything = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(2 ** 31, 2 ** 53, -0, Number.NaN));
    const tick = fc.record({
      kind: fc.constantFrom(0 as const, 1 as const),
      symbol: fc.oneof(symbols, anything),
      eventTimeUs: fc.oneof(fc.constant(1e12), anything),
      price: anything,
      size: anything,
      bid: anything,
      ask: anything,
      bidSize: anything,
      askSize: anything,
      flags: fc.constant(0),
    });
    const bad = fc.record({ quantity: anything, triggerPrice: anything, symbol: fc.oneof(symbols, anything) });
    fc.assert(
      fc.property(inputs, fc.array(tick), fc.array(bad), (all, ticks, terms) => {
        const { engine } = play(all);
        // Names the account, which opens it.
        engine.onCommand(orderTerms('first', { type: 'MARKET' }));
        const state = () =>
          JSON.stringify([engine.tickers, ['a', 'b'].map((one) => [engine.workingOrders(one), engine.portfolio(one)])]);
        let before = state();
        for (const one of ticks) {
          if (engine.onTick(one)) before = state();
          else expect(state()).toBe(before);
        }
        terms.forEach((one, at) => {
          const outcome = engine.onCommand(orderTerms(`bad ${at}`, { type: 'STOP_MARKET', ...one }));
          if (outcome.kind === 'taken') before = state();
          else expect(state()).toBe(before);
        });
      }),
    );
  });
});

function feed(all: readonly Input[]): MarketEvent[] {
  const harness = new Harness();
  for (const input of all) {
    if (input.kind === 'tick') harness.tick(input.tick);
    else harness.command(input.command);
  }
  return harness.events;
}

function interleave(a: readonly Input[], b: readonly Input[], turns: readonly boolean[]): Input[] {
  const left = [...a];
  const right = [...b];
  const merged: Input[] = [];
  for (const turn of turns) merged.push(...(turn ? left : right).splice(0, 1));
  return [...merged, ...right, ...left];
}

/** A symbol's events without the numbers that count over all symbols. */
function ofSymbol(events: readonly MarketEvent[], symbol: number): unknown[] {
  return events.flatMap((event): unknown[] => {
    if (event.kind === 'execution') {
      return event.symbol === symbol ? [{ ...event, executionId: 0, orderId: 0 }] : [];
    }
    return event.order.symbol === symbol ? [{ ...event, order: { ...event.order, orderId: 0 } }] : [];
  });
}
