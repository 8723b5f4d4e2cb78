import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarketEngine, type MarketEngineOptions } from './engine.ts';
import { orderTerms, quoteTick, testInstrument, tradeTick } from './harness.ts';
import { RunHash } from './runHash.ts';
import { readSnapshot } from './snapshot.ts';
import type { Command, Control, MarketEvent, PlaceOrder, SessionCalendar, Tick } from './types.ts';

type Input =
  | { readonly kind: 'tick'; readonly tick: Tick }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'control'; readonly control: Control };

/** A tenth of a second before the regular session, three of it, a tenth after. */
const calendar: SessionCalendar = {
  spanAt: (timeUs) => {
    const startUs = Math.floor(timeUs / 500_000) * 500_000;
    const within = timeUs - startUs;
    if (within < 100_000) return { phase: 'pre', startUs, endUs: startUs + 100_000 };
    if (within < 400_000) return { phase: 'regular', startUs: startUs + 100_000, endUs: startUs + 400_000 };
    return { phase: 'post', startUs: startUs + 400_000, endUs: startUs + 500_000 };
  },
  nextCloseUs: (timeUs) => Math.floor((timeUs + 100_000) / 500_000) * 500_000 + 400_000,
};

const prices = fc.integer({ min: 980, max: 1_020 });
const ids = fc.integer({ min: 0, max: 30 }).map(String);
const symbol = fc.integer({ min: 0, max: 1 });
const offsets = fc.record({
  kind: fc.constantFrom('bp' as const, 'ticks' as const),
  value: fc.integer({ min: 1, max: 30 }),
});

const terms = fc
  .record({
    type: fc.constantFrom<PlaceOrder['type'][]>(
      'MARKET',
      'LIMIT',
      'LIMIT',
      'STOP_MARKET',
      'STOP_LIMIT',
      'TRAILING_STOP_MARKET',
      'TAKE_PROFIT',
    ),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    quantity: fc.integer({ min: 1, max: 9 }),
    triggerPrice: prices,
    limitPrice: prices,
    trailingOffset: offsets,
    timeInForce: fc.constantFrom('GTC' as const, 'GTC' as const, 'DAY' as const, 'IOC' as const, 'FOK' as const),
    triggerBasis: fc.constantFrom('last' as const, 'last' as const, 'bid_ask' as const, 'mark' as const),
    extendedHours: fc.boolean(),
    reduceOnly: fc.constantFrom(false, false, true),
    activationPrice: prices,
    parentClientOrderId: ids,
  })
  .chain((all) => {
    const { activationPrice, parentClientOrderId, ...rest } = all;
    return fc.constantFrom(rest, rest, rest, { ...rest, activationPrice }, { ...rest, parentClientOrderId });
  });
const account = fc.constantFrom('a', 'b');

const place = fc
  .record({ id: ids, terms, account, symbol })
  .map((one): Command => orderTerms(one.id, { ...one.terms, account: one.account, symbol: one.symbol }));
const list = fc
  .record({
    contingency: fc.constantFrom('OCO' as const, 'OTO' as const, 'OUO' as const, 'BRACKET' as const),
    childrenFrom: fc.constantFrom('complete_fill' as const, 'first_fill' as const),
    first: fc.integer({ min: 0, max: 10 }),
    legs: fc.tuple(terms, terms, terms),
    account,
    symbol,
  })
  .map(({ contingency, childrenFrom, first, legs, ...common }): Command => {
    const orders = legs.map((leg, at) => {
      const { quantity, type, side, triggerPrice, limitPrice, trailingOffset, timeInForce, extendedHours } = leg;
      const isExit = contingency === 'BRACKET' && at > 0;
      const own = { quantity, type, triggerPrice, limitPrice, trailingOffset, timeInForce, extendedHours };
      const exit = legs[0].side === 'BUY' ? ('SELL' as const) : ('BUY' as const);
      return orderTerms(String(3 * first + at), { ...own, ...common, side: isExit ? exit : side });
    });
    return { kind: 'list', contingency, childrenFrom, account: common.account, orders };
  });
const modify = fc.record(
  {
    kind: fc.constant('modify' as const),
    account,
    clientOrderId: ids,
    quantity: fc.integer({ min: 1, max: 12 }),
    triggerPrice: prices,
    limitPrice: prices,
    trailingOffset: offsets,
    activationPrice: prices,
  },
  { requiredKeys: ['kind', 'account', 'clientOrderId'] },
);
const cancel = fc.record({ kind: fc.constant('cancel' as const), account, clientOrderId: ids });
const control = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Control>({ kind: 'clock', timeUs: 0 }) },
  { weight: 2, arbitrary: symbol.map((at): Control => ({ kind: 'halt', symbol: at })) },
  { weight: 3, arbitrary: symbol.map((at): Control => ({ kind: 'resume', symbol: at })) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        symbol,
        ratio: fc.constantFrom([2, 1], [1, 2], [3, 2], [1, 1]),
        cashPerShare: fc.constantFrom(0, 150),
      })
      .map(({ symbol: at, ratio: [numerator = 1, denominator = 1], cashPerShare }): Control => {
        return { kind: 'corporate_action', symbol: at, numerator, denominator, cashPerShare };
      }),
  },
);
const tick = fc.oneof(
  fc
    .record({ price: prices, size: fc.integer({ min: 1, max: 9 }), symbol })
    .map((one) => tradeTick({ ...one, eventTimeUs: 0 })),
  fc
    .record({ bid: prices, spread: fc.integer({ min: 0, max: 5 }), symbol })
    .map(({ bid, spread, symbol: at }) => quoteTick({ bid, ask: bid + spread, symbol: at, eventTimeUs: 0 })),
);
const inputs = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: tick.map((one): Input => ({ kind: 'tick', tick: one })) },
    { weight: 4, arbitrary: fc.oneof(place, place, list).map((command): Input => ({ kind: 'command', command })) },
    { weight: 2, arbitrary: fc.oneof(modify, modify, cancel).map((command): Input => ({ kind: 'command', command })) },
    { weight: 1, arbitrary: control.map((one): Input => ({ kind: 'control', control: one })) },
  ),
  { minLength: 10, maxLength: 120 },
);
const rules = fc.record({
  fills: fc.constantFrom('whole' as const, 'tick_size' as const),
  costBasis: fc.constantFrom('average' as const, 'fifo' as const),
  commission: fc.constantFrom({ kind: 'bp' as const, value: 3 }, { kind: 'per_share' as const, cashUnits: 7 }),
  buyingPower: fc.constantFrom({ kind: 'cash' as const }, { kind: 'margin' as const, shortMarginBp: 5_000 }),
  closedOrdersKept: fc.constantFrom(2, 1_000),
});
type Rules = Partial<MarketEngineOptions>;

const instruments = [testInstrument(0), testInstrument(1)];

function optionsOf(given: Rules, sink: (event: MarketEvent) => void): MarketEngineOptions {
  return { ...given, instruments, calendar, sink, startingCash: 5_000_000 };
}

/** Gives an engine the input in place `at` of the stream: 13 ms of event time after the one before. */
function feed(engine: MarketEngine, input: Input, at: number): unknown {
  const timeUs = 1_000_000 + at * 13_000;
  if (input.kind === 'tick') return engine.onTick({ ...input.tick, eventTimeUs: timeUs });
  if (input.kind === 'command') return engine.onCommand(input.command);
  return engine.onControl(input.control.kind === 'clock' ? { kind: 'clock', timeUs } : input.control);
}

/** Everything that can be read of an engine but what it has refused. */
function stateOf(engine: MarketEngine): unknown {
  return JSON.stringify({ ...engine.snapshot(), refused: undefined });
}

describe('laws of contingent orders, hours and books', () => {
  it('should never let two legs of an OCO trigger or fill', () => {
    fc.assert(
      fc.property(inputs, rules, (all, given) => {
        const acted = new Map<string, number>();
        const listOf = new Map<number, string>();
        const engine = new MarketEngine(
          optionsOf(given, (event) => {
            const orderId = event.kind === 'execution' ? event.orderId : event.order.orderId;
            const group = listOf.get(orderId);
            const acts = event.kind === 'execution' || event.reason === 'triggered' || event.reason === 'filled';
            if (group === undefined || !acts) return;
            expect(acted.get(group) ?? orderId).toBe(orderId);
            acted.set(group, orderId);
          }),
        );
        let nextId = 1;
        all.forEach((input, at) => {
          const command = input.kind === 'command' ? input.command : undefined;
          // Ids are given in order, so those of a list are known before it acts.
          if (command?.kind === 'list' && command.contingency === 'OCO') {
            for (let leg = 0; leg < command.orders.length; leg++) listOf.set(nextId + leg, `${at}`);
          }
          feed(engine, input, at);
          const given = engine.snapshot().orderId + 1;
          if (given === nextId) for (let leg = 0; leg < 3; leg++) listOf.delete(nextId + leg);
          nextId = given;
        });
      }),
    );
  });

  it('should keep the books balanced at every event and after every input', () => {
    fc.assert(
      fc.property(inputs, rules, (all, given) => {
        const check = () => {
          for (const account of engine.accounts()) {
            const { cash, equity, deposits, realizedPnl, unrealizedPnl } = engine.portfolio(account);
            const held = engine.positions(account).reduce((sum, { quantity, mark }) => sum + quantity * mark * 100, 0);
            expect(cash + held).toBe(equity);
            expect(realizedPnl + unrealizedPnl).toBe(equity - deposits);
          }
        };
        const engine: MarketEngine = new MarketEngine(optionsOf(given, check));
        all.forEach((input, at) => {
          feed(engine, input, at);
          check();
        });
      }),
    );
  });

  it('should reserve nothing once nothing works, and never let an order that only reduces open a position', () => {
    fc.assert(
      fc.property(inputs, rules, (all, given) => {
        const held = new Map<string, number>();
        const engine: MarketEngine = new MarketEngine(
          optionsOf(given, (event) => {
            if (event.kind === 'order') return;
            const key = `${event.account} ${event.symbol}`;
            const before = held.get(key) ?? 0;
            const after = before + (event.side === 'BUY' ? event.lastQuantity : -event.lastQuantity);
            held.set(key, after);
            if (engine.order(event.account, event.clientOrderId)?.reduceOnly !== true) return;
            expect(Math.abs(after)).toBeLessThan(Math.abs(before));
            expect(before * after).toBeGreaterThanOrEqual(0);
          }),
        );
        all.forEach((input, at) => {
          if (input.kind === 'control' && input.control.kind === 'corporate_action') return;
          feed(engine, input, at);
        });
        for (const account of engine.accounts()) {
          for (const { clientOrderId } of engine.workingOrders(account)) {
            engine.onCommand({ kind: 'cancel', account, clientOrderId });
          }
        }
        for (const account of engine.accounts()) expect(engine.reserved(account)).toBe(0);
        expect(engine.snapshot().groups).toEqual([]);
      }),
    );
  });

  it('should go on to the same hash from a state that was saved and restored anywhere in the stream', () => {
    fc.assert(
      fc.property(inputs, rules, fc.nat({ max: 120 }), (all, given, cut) => {
        let tail = new RunHash();
        const whole = new MarketEngine(optionsOf(given, (event) => tail.event(event)));
        all.slice(0, cut).forEach((input, at) => {
          feed(whole, input, at);
        });
        tail = new RunHash();
        const saved = whole.snapshot();
        const again = new RunHash();
        const restored = MarketEngine.restore(
          optionsOf(given, (event) => again.event(event)),
          readSnapshot(JSON.parse(JSON.stringify(saved))),
        );
        expect(restored.snapshot()).toEqual(saved);
        all.slice(cut).forEach((input, at) => {
          expect(feed(restored, input, cut + at)).toEqual(feed(whole, input, cut + at));
        });
        expect(again.digest()).toBe(tail.digest());
        expect(stateOf(restored)).toBe(stateOf(whole));
      }),
      { numRuns: 200 },
    );
  });

  it('should be left unchanged by commands and controls that it refuses without an event', () => {
    const anything = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(2 ** 31, 2 ** 53, -0, Number.NaN, Infinity));
    const bad = fc.oneof(
      fc.record({ quantity: anything, triggerPrice: anything, clientOrderId: ids }).map((fields): Input => {
        return { kind: 'command', command: { kind: 'modify', account: 'a', ...fields } };
      }),
      anything.map((timeUs): Input => ({ kind: 'control', control: { kind: 'clock', timeUs } })),
      anything.map((at): Input => ({ kind: 'control', control: { kind: 'halt', symbol: at } })),
      fc.record({ numerator: anything, denominator: anything, cashPerShare: anything }).map((action): Input => {
        return { kind: 'control', control: { kind: 'corporate_action', symbol: 0, ...action } };
      }),
    );
    fc.assert(
      fc.property(inputs, rules, fc.array(bad, { maxLength: 20 }), (all, given, wrong) => {
        let told = 0;
        const engine = new MarketEngine(optionsOf(given, () => told++));
        for (const [at, input] of all.entries()) feed(engine, input, at);
        for (const input of wrong) {
          const [before, toldBefore] = [stateOf(engine), told];
          const refused =
            input.kind === 'command'
              ? engine.onCommand(input.command).kind === 'rejected'
              : input.kind === 'control' && engine.onControl(input.control) !== undefined;
          if (refused) expect([stateOf(engine), told]).toEqual([before, toldBefore]);
        }
      }),
    );
  });
});
