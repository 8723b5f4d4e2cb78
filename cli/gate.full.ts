import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../protocol/schemas/summary.ts';
import { projectFile } from '../simulator/paths.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-gate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function tapedeck(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

function summaryOf(run: string): Summary {
  return JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'));
}

describe('two gates with one seed', () => {
  it('should never fail, show one hash of events, and each be repeated whole by its command log', async () => {
    const runs = [join(folder, 'first'), join(folder, 'second')] as const;
    for (const run of runs) {
      const ended = await tapedeck('gate', '--scenario', 'smoke', '--out', run);
      expect([0, 3], ended.out + ended.err).toContain(ended.code);
      expect(ended.out).toContain('npm run gate -- --scenario smoke');
    }
    const [first, second] = runs.map(summaryOf) as [Summary, Summary];

    expect(first.tape.eventHash).toBe(second.tape.eventHash);
    for (const [run, summary] of [
      [runs[0], first],
      [runs[1], second],
    ] as const) {
      const repeated = await tapedeck('replay', '--commands', run);
      expect(repeated.code, repeated.out + repeated.err).toBe(0);
      expect(repeated.out).toContain(summary.tape.runHash);
      expect(repeated.out).toContain('same');
      expect(summary.orders.wrongTick).toBe(0);
      expect(summary.orders.triggersSeen).toBe(summary.orders.triggersExpected);
    }
  });
});

describe('a server fed by a provider', () => {
  it.each(['polygon', 'binance', 'finnhub', 'tradier'])(
    'should lose nothing and trigger each order on its tick: %s',
    async (provider) => {
      const run = join(folder, provider);
      const ended = await tapedeck('gate', '--scenario', 'smoke', '--load', 'swarm', '--feed', provider, '--out', run);

      expect([0, 3], ended.out + ended.err).toContain(ended.code);
      const { rows, orders, violations } = summaryOf(run);
      expect(violations.counts).toEqual({});
      expect(orders).toMatchObject({ wrongTick: 0, triggersSeen: orders.triggersExpected });
      expect(orders.triggersSeen).toBeGreaterThan(50);
      expect(rows.find(({ id }) => id === 'loss')).toMatchObject({ verdict: 'pass' });
      expect(rows.find(({ id }) => id === 'pattern')?.verdict).toBe(
        ['finnhub', 'tradier'].includes(provider) ? 'not applicable' : 'pass',
      );
    },
  );

  it.each(['alpha-vantage', 'us-001'])('should show fresh prices that the tape has had: %s', async (feed) => {
    const run = join(folder, feed);
    const ended = await tapedeck('gate', '--scenario', 'smoke', '--feed', feed, '--out', run);

    expect([0, 3], ended.out + ended.err).toContain(ended.code);
    const { rows, violations } = summaryOf(run);
    expect(violations.counts).toEqual({});
    expect(rows.find(({ id }) => id === 'freshness')?.samples).toBeGreaterThan(50);
    const lacking = rows.filter(({ verdict }) => verdict === 'not applicable').map(({ id }) => id);
    expect(lacking).toEqual(['pattern', 'trigger', 'fairness']);
  });
});
