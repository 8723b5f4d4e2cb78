import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CLOCK_OFFSET_ENV } from '../protocol/clock.ts';
import { hostClock } from './clock.ts';

describe('hostClock', () => {
  it('should agree with the wall clock to some ms, in whole µs', () => {
    const clock = hostClock({});
    const nowUs = clock.nowUs();

    expect(Number.isInteger(nowUs)).toBe(true);
    expect(Math.abs(nowUs - Date.now() * 1_000)).toBeLessThan(50_000);
  });

  it('should take an offset that is handed on', () => {
    const clock = hostClock({ [CLOCK_OFFSET_ENV]: '1234.5' });
    const hostUs = Number(process.hrtime.bigint()) / 1_000;

    expect(clock.offsetUs).toBe(1234.5);
    expect(Math.abs(clock.nowUs() - hostUs - 1234.5)).toBeLessThan(50_000);
  });

  it('should be one clock with a process that it hands its offset to', () => {
    const clock = hostClock({});
    const script = `import { hostClock } from ${JSON.stringify(new URL('./clock.ts', import.meta.url).href)}; console.log(hostClock(process.env).nowUs());`;
    const beforeUs = clock.nowUs();
    const printed = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      env: { ...process.env, [CLOCK_OFFSET_ENV]: String(clock.offsetUs) },
    });
    const afterUs = clock.nowUs();

    expect(Number(printed)).toBeGreaterThanOrEqual(beforeUs);
    expect(Number(printed)).toBeLessThanOrEqual(afterUs);
  });

  it.each(['', 'soon', 'NaN', 'Infinity'])('should refuse the offset %j', (text) => {
    expect(() => hostClock({ [CLOCK_OFFSET_ENV]: text })).toThrow(
      `TAPEDECK_CLOCK_OFFSET_US: "${text}" is no number of µs`,
    );
  });
});
