import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { runParameters, SYMBOLS, session } from './arbitraries.ts';
import { type MakeEngine, playBoth } from './engineLaw.ts';

const RUNS = 250;
const MOST_OPERATIONS = 300;
const LEAST_PLAYED = 20_000;

const makeEngine: MakeEngine = (options) => new MarketEngine(options);

describe('engine and oracle', () => {
  it('should tell the same events over random ticks and commands', () => {
    const reasons = new Map<string, number>();
    let played = 0;
    const law = fc.property(
      session(MOST_OPERATIONS),
      fc.constantFrom(1, 20_000, 100_000),
      (operations, ratchetWindowUs) => {
        const events = playBoth({ makeEngine, symbols: SYMBOLS, ratchetWindowUs, operations });
        played += operations.length;
        for (const event of events) {
          const reason = event.kind === 'execution' ? event.kind : (event.order.rejectReason ?? event.reason);
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      },
    );
    fc.assert(law, runParameters({ name: 'engine and oracle', runs: RUNS }));
    expect(played).toBeGreaterThanOrEqual(LEAST_PLAYED);
    // A law over sessions in which nothing happens would hold for any engine.
    for (const reason of [
      'triggered',
      'execution',
      'activated',
      'canceled',
      'wrong_side_of_market',
      'no_market',
      'bad_offset',
    ]) {
      expect(reasons.get(reason) ?? 0, reason).toBeGreaterThan(RUNS / 4);
    }
  });
});
