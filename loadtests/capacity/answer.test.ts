import { describe, expect, it } from 'vitest';
import type { Bracket, Plateau } from '../../protocol/schemas/capacity.ts';
import { findingsOf, type Searched } from './answer.ts';
import { plateau } from './testing/systems.ts';

const MB = 2 ** 20;
const LIMITS = { memoryBytes: 16 * 1024 * MB, boundUs: 100_000 };

/** Plateaus of a server whose core is full at 1,900 clients: 20 messages a client, fixed costs of 5 % of a core. */
function held(load: number): Plateau {
  return plateau({
    load,
    cpu: 0.05 + load / 2000,
    rssBytes: (100 + load / 10) * MB,
    messagesPerS: 20 * load,
    workPerS: 20 * load,
    bytesPerS: 4_000 * load,
    loopDelayUs: 5_000,
  });
}

function broken(load: number, given: Partial<Plateau> = {}): Plateau {
  return {
    ...held(load),
    cpu: 0.97,
    outcome: 'broken',
    cause: 'target',
    brokenTarget: 'tick',
    why: 'tick broke',
    ...given,
  };
}

const LOADS = [50, 100, 200, 400, 800, 1600, 1600];
const FOUND: Bracket = {
  holds: 1600,
  breaks: 1760,
  unclearFrom: null,
  end: 'found',
  isRepeated: true,
  why: 'at 1760: tick broke',
};

function findings(given: Partial<Searched> = {}) {
  return findingsOf({
    vary: 'clients',
    bracket: FOUND,
    plateaus: [...LOADS.map(held), broken(1760)],
    limits: LIMITS,
    wanted: undefined,
    headroom: 0.2,
    seed: 1,
    ...given,
  });
}

describe('what bounded it', () => {
  const bounded = (more: Partial<Plateau>, limits = {}) =>
    findings({ plateaus: [...LOADS.map(held), broken(1760, more)], limits: { ...LIMITS, ...limits } }).bounded;

  it('should be the CPU where a core was full', () => {
    expect(bounded({})).toMatchObject({ by: 'cpu' });
    expect(bounded({}).why).toContain('97 % of a core');
  });

  it('should be memory where its target broke, or the machine has no more', () => {
    expect(bounded({ brokenTarget: 'memory', rssBytes: 4100 * MB })).toMatchObject({ by: 'memory' });
    expect(bounded({ cpu: 0.3 }, { memoryBytes: 280 * MB })).toMatchObject({ by: 'memory' });
  });

  it('should be the event loop where it stood still though the core was idle', () => {
    expect(bounded({ cpu: 0.4, loopDelayUs: 80_000 })).toMatchObject({ by: 'event loop' });
  });

  it('should be bandwidth where the link was full', () => {
    expect(bounded({ cpu: 0.4 }, { linkBytesPerS: 8e6 })).toMatchObject({ by: 'bandwidth' });
  });

  it('should be called unknown where nothing was at its end, or nothing was seen', () => {
    expect(bounded({ cpu: 0.4 })).toMatchObject({ by: 'not seen' });
    expect(bounded({ cpu: null, rssBytes: null, loopDelayUs: null }).why).toContain('not seen from here');
  });

  it('should be the death of the server where it died, with what was at its end then', () => {
    const died = { cause: 'death', brokenTarget: '', why: 'the server ended in mid-run (exit code 7)' } as const;

    expect(bounded({ ...died, cpu: 0.02 })).toEqual({
      by: 'death',
      why: 'the server, which died (the server ended in mid-run (exit code 7)); no resource was seen at its end',
    });
    expect(bounded({ ...died, rssBytes: 15.9 * 1024 * MB }).why).toContain('; at its end was memory: 15.9 GB');
  });

  it('should be the connections that it did not take or keep, seen from inside or not', () => {
    const lost = {
      cause: 'connections',
      brokenTarget: 'clients',
      lostConnections: '2 of 52 clients never let in (upgrade was answered with 503)',
    } as const;

    for (const cpu of [0.05, null]) {
      expect(bounded({ ...lost, cpu })).toEqual({
        by: 'connections',
        why: 'connections that the server did not take or keep, 2 of 52 clients never let in (upgrade was answered with 503); no resource was seen at its end: look for a limit on connections, and at what the server answers',
      });
    }
    expect(bounded(lost).why).toContain('; at its end was CPU: the server used 97 % of a core');
  });

  it('should not be one death among breaks of another kind', () => {
    const died = broken(1760, { cause: 'death' });
    const plateaus = [...LOADS.map(held), broken(1760), died, broken(1760)];

    expect(findings({ plateaus }).bounded).toMatchObject({ by: 'cpu' });
  });

  it('should be the generator, and the bracket a lower bound, where that was at its end', () => {
    const bracket: Bracket = { ...FOUND, breaks: null, unclearFrom: 3200, end: 'generator', why: 'at 3200: full' };
    const { bounded: by, answer } = findings({ bracket, plateaus: LOADS.map(held) });

    expect(by).toMatchObject({ by: 'generator' });
    expect(answer[0]).toBe("Holds 1,600 clients at least; from 3,200 clients on this can't be told (at 3200: full).");
    expect(answer[1]).toBe('What bounded it: the generator, not the server: the bracket is a lower bound.');
  });
});

describe('where nothing was seen to hold or to break', () => {
  const nothing = { holds: null, breaks: null, unclearFrom: 1, isRepeated: false, why: 'at 1: full' } as const;
  const told = (end: Bracket['end']) => findings({ bracket: { ...nothing, end }, plateaus: [] });

  it('should be called unknown, not a lower bound', () => {
    expect(told('noise').bounded).toEqual({ by: 'not seen', why: 'unknown: no load was seen to hold or to break' });
    expect(told('noise').answer[0]).toBe("Can't tell: at 1: full.");
  });

  it('should be the generator or the machine where that was at its end', () => {
    for (const end of ['generator', 'machine'] as const) {
      const { bounded, answer } = told(end);

      expect(bounded.by).toBe(end);
      expect(bounded.why).not.toContain('lower bound');
      expect(answer[0]).toBe("Can't tell: at 1: full.");
    }
  });
});

describe('sizing', () => {
  it('should divide by what held less the headroom, and read memory and bandwidth off their lines', () => {
    const { sizing } = findings({ wanted: 12_800 });

    expect(sizing).toMatchObject({
      wanted: 12_800,
      instances: [10, 10],
      coresEach: 2,
      loadEach: 1280,
      extrapolation: 8,
    });
    expect(sizing?.memoryBytes).toBeCloseTo(10 * (100 + 128) * MB, -3);
    expect(sizing?.bytesPerS).toBeCloseTo(12_800 * 4_000, 0);
    expect(sizing?.isGuess).toBe(false);
    expect(sizing?.text).toBe(
      'for 12,800 clients at this mix: 10 gateways of 2 cores, 2.2 GB of memory, 410 Mbit/s to clients; 1,280 clients on each, 20 % of what held left free; extrapolation factor 8.0',
    );
  });

  it('should call what lies more than ten times beyond a guess', () => {
    const { sizing } = findings({ wanted: 200_000 });

    expect(sizing).toMatchObject({ instances: [143, 157], isGuess: true });
    expect(sizing?.text).toContain('extrapolation factor 125.0: beyond 10, so this is a guess');
  });

  it('should say "at most" where nothing broke, and nothing where nothing held', () => {
    const atLeast = findings({ wanted: 3_000, bracket: { ...FOUND, breaks: null, end: 'all held' } });

    expect(atLeast.sizing?.text).toContain('at most 3 gateways');
    expect(findings({ wanted: 3_000, bracket: { ...FOUND, holds: null } }).sizing).toBeNull();
  });

  it('should say that one instance does where the load was held', () => {
    expect(findings({ wanted: 1_000 }).sizing).toMatchObject({ instances: [1, 1], loadEach: 1000 });
  });
});

describe('the curve', () => {
  it('should tell where a core is full by what a second of CPU does, from plateaus that never filled it', () => {
    const few = [50, 100, 150, 200, 300, 400, 400].map(held);
    const { usl, answer } = findings({
      plateaus: few,
      bracket: { ...FOUND, holds: 400, breaks: null, end: 'all held' },
    });

    expect(usl?.response).toBe('work per CPU second');
    expect(usl?.fullCore?.value).toBeCloseTo(1900, 0);
    expect(usl?.peak).toBeNull();
    expect(answer.join(' ')).toContain('one core of the server is full at 1,900 clients');
  });

  it('should find the peak where each client costs more for every other', () => {
    const crosstalk = (load: number): Plateau => ({ ...held(load), cpu: 0.05 + load / 4000 + (load / 2000) ** 2 / 4 });
    const { usl } = findings({ plateaus: LOADS.map(crosstalk) });

    expect(usl?.peak?.value).toBeCloseTo(2000 * Math.sqrt(0.2), -1);
  });

  it('should be fitted to work a second where the CPU is not seen', () => {
    const { usl } = findings({ plateaus: LOADS.map((load) => ({ ...held(load), cpu: null })) });

    expect(usl).toMatchObject({ response: 'work per second', fullCore: null });
  });

  it('should say why there is none', () => {
    const { usl, uslLacks } = findings({ plateaus: [held(50), held(100)] });

    expect(usl).toBeNull();
    expect(uslLacks).toBe('2 plateaus held at 2 loads; a curve takes 6 at 4 or more');
  });

  it('should have a band that holds it everywhere', () => {
    const noisy = LOADS.map((load, at) => ({
      ...held(load),
      cpu: (0.05 + load / 2000) * (at % 2 === 0 ? 1.05 : 0.96),
    }));
    for (const [, x, low, high] of findings({ plateaus: noisy }).usl?.curve ?? []) {
      expect(low).toBeLessThanOrEqual(x * 1.02);
      expect(high).toBeGreaterThanOrEqual(x * 0.98);
    }
  });
});
