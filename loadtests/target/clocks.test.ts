import { describe, expect, it } from 'vitest';
import { clockAgreement, generatorsAgreement } from './clocks.ts';

const data = (clockErrorUs: number, clockOffsetUs: number, earlyUs = 0) => ({ clockErrorUs, clockOffsetUs, earlyUs });

describe("generators' clocks", () => {
  const swarm = (offsetUs: number, earlyUs: number) => ({
    generator: 'swarm' as const,
    ...data(300, offsetUs, earlyUs),
  });

  it('should be right unless pings or ticks ahead of their time say otherwise', () => {
    expect(generatorsAgreement([swarm(4_000, 0)])).toEqual({ errorUs: 0, note: '' });
    expect(generatorsAgreement([swarm(0, 0), swarm(-80_300, 60_000)])).toMatchObject({
      errorUs: 80_000,
      note: expect.stringContaining('the clock of the swarm is 80.0 ms off'),
    });
    expect(generatorsAgreement([swarm(0, 120_000), swarm(0, 0)])).toMatchObject({
      errorUs: 120_000,
      note: expect.stringContaining('up to 120.0 ms before they were due'),
    });
  });
});

describe("a target's clock", () => {
  it('should be ours on this machine, as far as its messages agree', () => {
    expect(clockAgreement(0, [data(200, 0)])).toEqual({ errorUs: 0, note: '' });
    expect(clockAgreement(0, [data(0, 0, 900)]).errorUs).toBe(0);
    expect(clockAgreement(0, [data(0, 0, 40_000)])).toMatchObject({
      errorUs: 40_000,
      note: expect.stringContaining('40.0 ms'),
    });
  });

  it('should be known by ping elsewhere, offset and error together', () => {
    expect(clockAgreement(5_000, [data(900, 100), data(400, -20_000)])).toMatchObject({ errorUs: 20_400 });
  });

  it('should else be taken for right to half of the journey, or worse where a message proves it', () => {
    expect(clockAgreement(5_000, [data(0, 0)])).toMatchObject({
      errorUs: 5_000,
      note: expect.stringContaining('5.0 ms'),
    });
    expect(clockAgreement(5_000, [data(0, 0, 70_000)])).toMatchObject({ errorUs: 70_000 });
  });
});
