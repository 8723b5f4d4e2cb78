import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../simulator/scenario.ts';
import { loadTargets } from '../targets/load.ts';
import { plateauAt, speedFor } from './vary.ts';

const BASE = { scenario: loadScenario('capacity'), targets: loadTargets('default') };
const TIMES = { plateauS: 15, warmUpS: 3 };

function row(planned: ReturnType<typeof plateauAt>, id: string) {
  return planned.targets.targets.find((target) => target.id === id);
}

describe('plateauAt', () => {
  it('should give each further client its orders, and time to connect', () => {
    const planned = plateauAt(BASE, { vary: 'clients', load: 2000, ...TIMES });

    expect(planned.scenario.load).toMatchObject({ clients: 2000, ordersPerS: 100, connectOverS: 4 });
    expect(planned.scenario.tape.durationS).toBe(18);
    expect(row(planned, 'clients')?.bound).toBe(2000);
  });

  it('should ask for no symbol that nobody hears, and for no sample that a small load does not give', () => {
    const planned = plateauAt(BASE, { vary: 'clients', load: 8, ...TIMES });

    expect(row(planned, 'symbols')?.bound).toBe(160);
    expect(row(planned, 'tick')?.minSamples).toBe(1);
    expect(row(planned, 'fairness')).toBeUndefined();
  });

  it('should judge no reconnecting where nobody is cut', () => {
    const cut = { ...BASE.scenario, cuts: [{ atS: 5, overS: 0, fromShare: 0, toShare: 1 }] };

    expect(row(plateauAt(BASE, { vary: 'clients', load: 100, ...TIMES }), 'reconnect')).toBeUndefined();
    expect(
      row(plateauAt({ ...BASE, scenario: cut }, { vary: 'clients', load: 100, ...TIMES }), 'reconnect'),
    ).toBeDefined();
  });

  it('should bring with each further symbol its own events', () => {
    const planned = plateauAt(BASE, { vary: 'symbols', load: 4000, ...TIMES });

    expect(planned.scenario.tape).toMatchObject({ symbols: 4000, events: 20_000_000 });
    expect(row(planned, 'symbols')?.bound).toBe(2000);
  });

  it('should raise orders and rate alone', () => {
    expect(plateauAt(BASE, { vary: 'orders', load: 700, ...TIMES }).scenario.load).toMatchObject({
      clients: 100,
      ordersPerS: 700,
    });
    expect(plateauAt(BASE, { vary: 'rate', load: 700, speed: 3.5, ...TIMES }).scenario.tape.speed).toBe(3.5);
  });
});

describe('speedFor', () => {
  it('should play so fast that the rate comes out, though the tape is uneven', () => {
    // 100 events a second for ten seconds, then 1,000.
    const timesUs = [
      ...Array.from({ length: 1_000 }, (_, at) => 5e6 + at * 10_000),
      ...Array.from({ length: 50_000 }, (_, at) => 15e6 + at * 1_000),
    ];
    const speed = speedFor(timesUs, { fromUs: 5e6, rate: 800, durationS: 10 }) ?? Number.NaN;
    const played = timesUs.filter((at) => at < 5e6 + speed * 10 * 1e6).length;

    expect(played / 10).toBeCloseTo(800, 0);
  });

  it('should say where the tape has not so many', () => {
    expect(speedFor([1, 2, 3], { fromUs: 0, rate: 10, durationS: 1 })).toBeUndefined();
  });
});
