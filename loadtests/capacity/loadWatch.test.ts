import { describe, expect, it } from 'vitest';
import { createClock } from '../../protocol/clock.ts';
import { watchLoad } from './loadWatch.ts';

describe('watchLoad', () => {
  it('should see how busy a thread of a process was, and the machine', () => {
    const clock = createClock(() => performance.now() * 1000, 0);
    const watch = watchLoad(clock);
    const fromUs = clock.nowUs();
    watch.watch(process.pid);
    // This very thread is the one that is busy.
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 60_000);
    watch.watch(process.pid);
    watch.stop();
    const busy = watch.between(fromUs, clock.nowUs());

    expect(busy.generatorCpu).toBeGreaterThan(0);
    expect(busy.generatorCores).toBeGreaterThanOrEqual(busy.generatorCpu ?? 0);
    expect(busy.machineCpu).toBeGreaterThan(0);
    expect(busy.machineCpu).toBeLessThanOrEqual(1);
  });

  it('should see nothing of a process that is gone', () => {
    const watch = watchLoad(createClock(() => performance.now() * 1000, 0));
    watch.watch(2 ** 22 + 7);
    watch.stop();

    expect(watch.between(0, 1e18)).toEqual({ generatorCpu: null, generatorCores: null, machineCpu: null });
  });
});
