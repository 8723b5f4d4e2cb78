import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { holdLaw, MUST_HAPPEN } from './lawRuns.ts';

describe('engine and oracle', () => {
  it('should tell the same events over 20,000 random commands and the ticks between them', () => {
    const makeEngine = (options: ConstructorParameters<typeof MarketEngine>[0]) => new MarketEngine(options);
    const { commands, happened } = holdLaw({ makeEngine, name: 'engine and oracle', runs: 300 });
    expect(commands).toBeGreaterThanOrEqual(20_000);
    for (const what of MUST_HAPPEN) expect(happened.get(what) ?? 0, what).toBeGreaterThan(20);
  });
});
