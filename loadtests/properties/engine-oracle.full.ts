import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { holdLaw } from './lawRuns.ts';

describe('engine and oracle', () => {
  it('should tell the same events over 180,000 random commands more', () => {
    const makeEngine = (options: ConstructorParameters<typeof MarketEngine>[0]) => new MarketEngine(options);
    const { commands } = holdLaw({ makeEngine, name: 'engine and oracle, at length', runs: 2_500 });
    expect(commands).toBeGreaterThanOrEqual(180_000);
  });
});
