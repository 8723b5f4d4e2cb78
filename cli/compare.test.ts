import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../protocol/schemas/summary.ts';
import { testComparison } from '../reports/compare/testComparison.ts';
import { writeComparison } from '../reports/compare/write.ts';
import { Histogram } from '../reports/histogram.ts';
import { testSummary } from '../reports/testSummary.ts';
import { capture } from './capture.ts';
import { repeatCommand } from './compareArms.ts';

describe('tapedeck compare', () => {
  it.each([
    [['compare'], 64, /nothing to compare; name a git revision \(--against main\), or servers/],
    [['compare', '--against', 'main', '--a', 'x'], 64, /--against makes both arms; leave out --a and --b/],
    [['compare', '--target', 'ws://127.0.0.1:1'], 64, /takes its servers by --a and --b, not by --target/],
    [['compare', '--against', 'main', '--blocks', '13'], 64, /even number/],
    [['compare', '--against', 'main', '--blocks', '12', '--minutes', '5'], 64, /give one of them/],
    [['compare', '--against', 'main', '--min-effect', '-3'], 64, /per cent above 0/],
    [['compare', '--against', 'main', '--gate', 'tick.p99=no'], 64, /--gate tick.p99=no: give per cent above 0/],
    [['compare', '--against', 'main', '--gate', 'tock=5%'], 64, /unknown metric 'tock'; compared are tick.p50/],
    [['compare', '--against', 'main', '--metric', 'speed'], 64, /unknown metric 'speed'/],
    [['compare', '--against', 'no-such-revision'], 69, /there's no revision 'no-such-revision'/],
    [['compare', '--b', 'ws://example.com:1'], 64, /--i-may-load example.com/],
  ])('should refuse %j with %i and one line', async (args, code, words) => {
    const ended = await capture(...args);
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(words)]);
    expect(ended.err.trim().split('\n')).toHaveLength(1);
  });

  it('should say that B does not come up before it plays A', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-compare-'));
    const out = join(folder, 'report');
    const ended = await capture('compare', '--b', 'echo no licence; exit 3', '--tape', 'day.tape', '--out', out);

    expect([ended.code, existsSync(out)]).toEqual([69, false]);
    expect(ended.err).toMatch(/B \(echo no licence; exit 3\): .*exit code 3: no licence/);
    rmSync(folder, { recursive: true });
  });

  it('should repeat itself by its command, words quoted for a shell', () => {
    const options = { dialect: 'native', blocks: 16, minEffect: 1.05, scenario: 'compare', load: 'swarm', seed: 3 };
    expect(repeatCommand({ ...options, against: 'main', gate: ['tick.p99=30%'] })).toMatch(
      / compare --against main --blocks 16 --min-effect 5% --gate tick.p99=30% --seed 3$/,
    );
    expect(repeatCommand({ ...options, a: 'node a.js {port}', b: "it's", fedBy: 'tape' })).toMatch(
      / --a 'node a.js \{port\}' --b 'it'\\''s' .*--fed-by tape --seed 3$/,
    );
  });
});

describe('tapedeck history', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tapedeck-history-'));
    const base: Summary = testSummary();
    for (let at = 0; at < 16; at++) {
      const histogram = new Histogram();
      histogram.record((at < 8 ? 10_000 : 13_000) + (at % 3) * 100, 1000);
      const tick = { ...histogram.toJSON(), buckets: histogram.buckets() };
      const startedAt = `2026-11-${String(at + 1).padStart(2, '0')}T00:00:00.000Z`;
      const verdict = at === 3 ? ('invalid' as const) : ('pass' as const);
      mkdirSync(join(folder, `run-${at}`));
      const summary: Summary = { ...base, verdict, startedAt, commit: `commit-${at}`, histograms: { tick } };
      writeFileSync(join(folder, `run-${at}`, 'summary.json'), JSON.stringify(summary));
    }
    await writeComparison(join(folder, 'zz-compare'), testComparison());
    mkdirSync(join(folder, 'zz-cut-off'));
    writeFileSync(join(folder, 'zz-cut-off', 'summary.json'), '{"schema":');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('should find the run and the commit at which the p99 rose, and write the page of trends', async () => {
    const { code, out } = await capture('history', folder, '--metric', 'tick.p99');
    expect(code).toBe(0);
    expect(out).toMatch(/tick.p99 rose 30 % \(\+2\d %? to \+3\d %\) at run run-8, commit commit-8/);
    expect(out).toMatch(/left out: run-3: invalid/);
    expect(out).toMatch(/left out: zz-cut-off: .*no JSON/);
    expect(readFileSync(join(folder, 'history.html'), 'utf8')).toContain('1 change was found');
  });

  it('should print JSON, the newest figures for github-action-benchmark, and only runs since a day', async () => {
    const json = JSON.parse((await capture('history', folder, '--format', 'json', '--since', '2026-11-10')).out);
    const ticks = json.series.find(
      (one: { metric: string; scenario: string }) => one.metric === 'tick.p99' && one.scenario !== 'compare',
    );
    expect(ticks.points.map((point: { run: string }) => point.run)).toEqual(
      Array.from({ length: 7 }, (_, at) => `run-${at + 9}`),
    );
    const entries = JSON.parse((await capture('history', folder, '--format', 'benchmark')).out);
    expect(entries).toContainEqual(expect.objectContaining({ unit: 'us', extra: 'run run-15, commit commit-15' }));
    expect(entries).toContainEqual(
      expect.objectContaining({ name: 'compare, swarm (built in), in blocks, dialect native: cpu' }),
    );
  });

  it('should say of runs that do not count why they do not, and how they would', async () => {
    const ended = await capture('history', join(folder, 'run-3'), join(folder, 'zz-cut-off'));
    expect([ended.code, ended.out]).toEqual([66, '']);
    expect(ended.err).toMatch(/run-3 is left out: invalid.*\(--all takes it in\), and 1 more\n$/);
    const empty = mkdtempSync(join(tmpdir(), 'tapedeck-history-'));
    expect((await capture('history', empty)).err).toMatch(/no run that counts in .*; play one with "tapedeck gate"/);
    rmSync(empty, { recursive: true });
  });

  it.each([
    [['history', '/no/such/folder'], 66, /no folder \/no\/such\/folder/],
    [['history', '--since', 'yesterday'], 64, /Give a day like 2026-01-31/],
    [['history', '--metric', 'speed'], 64, /unknown metric 'speed'/],
  ])('should refuse %j with %i', async (args, code, words) => {
    const ended = await capture(...args);
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(words)]);
  });
});
