import { describe, expect, it } from 'vitest';
import { loadTargets } from '../targets/load.ts';
import { dialectProfile, targetsFor } from './dialects.ts';
import { polledProfile } from './polledProfile.ts';

const profile = polledProfile(dialectProfile('native'), { feed: 'yahoo', pollMs: 15_000, clients: 20, symbols: 11 });

describe('polledProfile', () => {
  it('should bound the age of a price by the interval of its polls, and ask for all clients and symbols', () => {
    const { targets } = targetsFor(profile, loadTargets('polled'));
    const bounds = (id: string) => targets.find((target) => target.id === id);
    expect(bounds('freshness')).toMatchObject({
      bound: 16_000,
      never: 17_000,
      title: 'age of the price shown, polled each 15 s',
    });
    expect([bounds('clients')?.bound, bounds('symbols')?.bound, bounds('connect')?.bound]).toEqual([20, 11, 1_000]);
  });

  it('should hear nothing that is made of each event, and say why its rows are missing', () => {
    expect([...profile.channels, ...profile.probeChannels]).toEqual(['ticker', 'position.value', 'portfolio']);
    expect([...profile.absent.keys()]).toEqual(['orders', 'patterns', 'stream']);
    for (const reason of profile.absent.values()) expect(reason).toMatch(/^yahoo is polled each 15 s/);
  });
});
