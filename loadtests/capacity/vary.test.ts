import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../simulator/scenario.ts';
import { loadTargets } from '../targets/load.ts';
import { mostRate, plateauAt, speedFor } from './vary.ts';

const BASE = { scenario: loadScenario('capacity'), targets: loadTargets('default') };
const TIMES = { plateauS: 15, warmUpS: 3 };

function row(planned: ReturnType<typeof plateauAt>, id: string) {
  return planned.targets.targets.find((target) => target.id === id);
}

describe('plateauAt', () => {
  it('should give each further client its orders, and time to connect', () => {
    const planned = plateauAt(BASE, { vary: 'clients', load: 2000, ...TIMES });

    expect(planned.scenario.load).toMatchObject({ clients: 1998, ordersPerS: 99.9, connectOverS: 4 });
    expect(planned.scenario.tape.durationS).toBe(18);
  });

  it('should count the probes among the clients, so that the load is what the server has, and ask that each is served', () => {
    for (const load of [1, 2, 3, 50, 2000]) {
      const planned = plateauAt(BASE, { vary: 'clients', load, ...TIMES });
      const { clients, probes } = planned.scenario.load;

      expect(clients + probes).toBe(load);
      expect(clients).toBeGreaterThan(0);
      expect(row(planned, 'clients')?.bound).toBe(load);
    }
  });

  it('should ask everybody where the load leaves no probe to be asked', () => {
    const strict = { ...BASE, targets: loadTargets('strict') };

    expect(row(plateauAt(strict, { vary: 'clients', load: 1, ...TIMES }), 'tick')?.source).toBeUndefined();
    expect(row(plateauAt(strict, { vary: 'clients', load: 2, ...TIMES }), 'tick')?.source).toBe('probes');
  });

  it('should ask for no symbol that nobody hears, and for no sample that a small load does not give', () => {
    const planned = plateauAt(BASE, { vary: 'clients', load: 8, ...TIMES });

    expect(row(planned, 'symbols')?.bound).toBe(120);
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

/** A day that begins busily: 2,000 events a second for ten seconds, then 500, then 1,000 again. */
const UNEVEN_US = [
  ...Array.from({ length: 20_000 }, (_, at) => 5e6 + at * 500),
  ...Array.from({ length: 50_000 }, (_, at) => 15e6 + at * 2_000),
  ...Array.from({ length: 50_000 }, (_, at) => 115e6 + at * 1_000),
];
const UNEVEN = { fromUs: 5e6, ...TIMES };

/** Events due in the judged seconds, counted one by one. */
function judged(speed: number | undefined): number {
  const second = (at: number): number => (at - UNEVEN.fromUs) / 1e6 / (speed ?? Number.NaN);
  return UNEVEN_US.filter((at) => second(at) >= TIMES.warmUpS && second(at) < TIMES.warmUpS + TIMES.plateauS).length;
}

describe('speedFor', () => {
  it('should play so fast that the rate comes out in the seconds that are judged, though the tape is uneven', () => {
    for (const rate of [20, 300, 1_000, 2_000, 5_000]) {
      expect(judged(speedFor(UNEVEN_US, { ...UNEVEN, rate })) / TIMES.plateauS, `${rate}`).toBeCloseTo(rate, 0);
    }
  });

  it('should say where the tape has not so many, and how many it has', () => {
    const most = mostRate(UNEVEN_US, UNEVEN);

    expect(judged(speedFor(UNEVEN_US, { ...UNEVEN, rate: most })) / TIMES.plateauS).toBeCloseTo(most, 0);
    expect(speedFor(UNEVEN_US, { ...UNEVEN, rate: most + 1 })).toBeUndefined();
    expect(speedFor([1, 2, 3], { fromUs: 0, rate: 10, warmUpS: 0, plateauS: 1 })).toBeUndefined();
    expect(speedFor([], { fromUs: 0, rate: 10, warmUpS: 0, plateauS: 1 })).toBeUndefined();
    expect(mostRate([], UNEVEN)).toBe(0);
  });
});
