import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { holdLaw } from './lawRuns.ts';

describe('engine and oracle', () => {
  it('should tell the same events over 5,000 random commands, for mutants', () => {
    const makeEngine = (options: ConstructorParameters<typeof MarketEngine>[0]) => new MarketEngine(options);
    const { commands } = holdLaw({ makeEngine, name: 'engine and oracle, short', runs: 70 });
    expect(commands).toBeGreaterThanOrEqual(5_000);
  });
});
