import { describe, expect, it } from 'vitest';
import type { Summary } from '../../protocol/schemas/summary.ts';
import { testSummary } from '../../reports/testSummary.ts';
import type { Busy } from './loadWatch.ts';
import { plateauOf } from './reading.ts';

const IDLE: Busy = { generatorCpu: 0.3, generatorCores: 0.4, machineCpu: 0.5 };

function read(summary: Summary, given: Partial<Parameters<typeof plateauOf>[0]> = {}) {
  return plateauOf({
    vary: 'clients',
    load: 100,
    summary,
    warmUpS: 3,
    plateauS: 15,
    bytesOut: undefined,
    busy: IDLE,
    generatorFailed: '',
    serverDied: '',
    lostConnections: '',
    folder: 'plateaus/01-100',
    ...given,
  });
}

describe('plateauOf', () => {
  it('should read the figures of the seconds after the warm-up alone', () => {
    const summary = testSummary({ seconds: 18 });
    const seconds = summary.seconds.map((one) => ({
      ...one,
      received: one.second < 3 ? 9e6 : 1000,
      serverCpu: one.second < 3 ? 1 : 0.25,
      serverRssBytes: one.second < 3 ? 1e12 : 2e8 + one.second,
    }));
    const bytesOut = new Map(seconds.map(({ second }): [number, number] => [second, second < 3 ? 1e9 : 5e5]));
    const seen = read({ ...summary, seconds }, { bytesOut });

    expect(seen).toMatchObject({ outcome: 'held', messagesPerS: 1000, cpu: 0.25, rssBytes: 2e8 + 17, bytesPerS: 5e5 });
  });

  it('should count no bytes of the seconds in which the server drains', () => {
    const bytesOut = new Map(
      Array.from({ length: 20 }, (_, second): [number, number] => [second, second < 18 ? 6e5 : 0]),
    );

    expect(read(testSummary({ seconds: 18 }), { bytesOut }).bytesPerS).toBe(6e5);
  });

  it('should name the target that broke', () => {
    const seen = read(testSummary({ verdict: 'fail' }));

    expect(seen).toMatchObject({ outcome: 'broken', cause: 'target' });
    expect(seen.why).not.toBe('');
  });

  it('should say that a server died, or that clients were not let in, where that broke the target', () => {
    const failed = testSummary({ verdict: 'fail' });
    const broken = (id: string, given: Parameters<typeof read>[1]) => {
      const rows = failed.rows.map((row) => (row.id === id ? { ...row, verdict: 'fail' as const } : row));
      return read({ ...failed, rows, why: `${id} measured` }, given).cause;
    };
    const lostConnections = '2 of 100 clients never let in (closed with 1006)';

    expect(broken('stability', { lostConnections })).toBe('connections');
    expect(broken('stability', {})).toBe('target');
    // What breaks beside a few of them has its own cause.
    for (const id of ['tick', 'loss', 'errors']) expect(broken(id, { lostConnections })).toBe('target');
    expect(broken('errors', { lostConnections, serverDied: 'the server ended in mid-run (exit code 7)' })).toBe(
      'death',
    );
  });

  it('should not hold against the server what clients missed that our generators opened late', () => {
    const summary = testSummary({ verdict: 'fail' });
    const rows = summary.rows.map((row) => (row.id === 'connect' ? { ...row, verdict: 'invalid' as const } : row));

    expect(read({ ...summary, rows })).toMatchObject({ outcome: 'invalid', cause: 'noise' });
  });

  it('should take a passing run whose latency climbs for one that breaks', () => {
    const summary = testSummary({ seconds: 18 });
    const seconds = summary.seconds.map((one) => ({ ...one, tickP50Us: 2_000 + 4_000 * one.second }));

    expect(read({ ...summary, seconds })).toMatchObject({ outcome: 'broken', cause: 'backlog' });
  });

  it('should say of an invalid run whether the generator or the machine was at its end, or it was noise', () => {
    const invalid = testSummary({ verdict: 'invalid' });
    const busy = (given: Partial<Busy>) => read(invalid, { busy: { ...IDLE, ...given } });

    expect(busy({})).toMatchObject({ outcome: 'invalid', cause: 'noise' });
    expect(busy({ generatorCpu: 0.97 })).toMatchObject({ outcome: 'invalid', cause: 'generator' });
    const cores = invalid.environment.cpus;
    expect(busy({ machineCpu: 0.99, generatorCores: cores })).toMatchObject({ cause: 'machine' });
    expect(busy({ machineCpu: 0.99, generatorCores: 0.1 * cores }).cause).toBe('noise');
  });

  it('should count as work the events of the tape where they are raised, and the orders answered where those are', () => {
    const summary = testSummary({ seconds: 18 });
    const due = summary.seconds.filter(({ second }) => second >= 3).map((one) => one.due);

    expect(read(summary, { vary: 'rate' }).workPerS).toBeCloseTo(due.reduce((a, b) => a + b, 0) / due.length, -1);
    expect(read(summary, { vary: 'orders' }).workPerS).toBeCloseTo(3000 / 18, 6);
  });
});
