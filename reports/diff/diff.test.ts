import { describe, expect, it } from 'vitest';
import type { Row, Summary } from '../../protocol/schemas/summary.ts';
import { hostileSummary } from '../hostile.ts';
import { testSummary } from '../testSummary.ts';
import { diffRuns } from './diff.ts';
import { diffPage } from './page.ts';
import { diffMarkdown, diffText } from './text.ts';

const a = testSummary();
const b = withRow(testSummary({ seed: 2 }), 'tick', { value: 8.4, interval: [8.1, 8.8], measured: 'p99 8.40 ms' });

function withRow(summary: Summary, id: Row['id'], change: Partial<Row>): Summary {
  return { ...summary, rows: summary.rows.map((row) => (row.id === id ? { ...row, ...change } : row)) };
}

function rowOf(diff: ReturnType<typeof diffRuns>, id: string) {
  return diff.rows.find((row) => row.id === id);
}

describe('diffRuns', () => {
  it('should give both figures of each target, their ratio, and whether the intervals overlap', () => {
    const diff = diffRuns(a, b);

    expect(rowOf(diff, 'tick')).toMatchObject({
      a: { verdict: 'pass', value: 4.2 },
      b: { verdict: 'pass', value: 8.4, interval: [8.1, 8.8] },
      ratio: 2,
      intervals: 'apart',
    });
    expect(rowOf(diff, 'process')?.intervals).toBe('overlap');
    expect(rowOf(diff, 'connect')?.intervals).toBe('unknown');
    expect(diff.rows.map(({ id }) => id)).toEqual(a.rows.map(({ id }) => id));
  });

  it.each([
    [[1, 2], [2, 3], 'overlap'],
    [[1, 2], [2.1, 3], 'apart'],
    [[5, 6], [1, 2], 'apart'],
    [[1, 9], [4, 5], 'overlap'],
  ] as const)('should say of %j and %j that they %s', (inA, inB, words) => {
    const diff = diffRuns(withRow(a, 'tick', { interval: [...inA] }), withRow(b, 'tick', { interval: [...inB] }));

    expect(rowOf(diff, 'tick')?.intervals).toBe(words);
  });

  it('should give no ratio where there is nothing to divide, and keep a row that only one run has', () => {
    const without = { ...b, rows: b.rows.filter(({ id }) => id !== 'memory') };
    const diff = diffRuns(withRow(a, 'tick', { value: null }), without);

    expect(rowOf(diff, 'tick')?.ratio).toBeNull();
    expect(rowOf(diff, 'loss')?.ratio).toBeNull();
    expect(rowOf(diff, 'memory')).toMatchObject({ b: null, ratio: null });
  });

  it('should compare the percentiles that both runs have samples for', () => {
    const diff = diffRuns(a, b);
    const names = (metric: string) =>
      diff.latencies.find((latency) => latency.metric === metric)?.percentiles.map(({ name }) => name);

    expect(names('tick')).toEqual(['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max']);
    expect(names('trigger')).toEqual(['p50', 'p90', 'p99', 'max']);
    expect(names('tick.probe')).toBeUndefined();
  });

  it('should say what else differs, and nothing of what is the same', () => {
    const other: Summary = {
      ...b,
      commit: 'abc',
      environment: { ...b.environment, cpus: 4 },
      tape: { ...b.tape, eventHash: 'another' },
    };

    expect(diffRuns(a, other).differences).toEqual([
      { name: 'commit', a: a.commit, b: 'abc' },
      { name: 'events played', a: a.tape.eventHash, b: 'another' },
      { name: 'processor', a: `2 × ${a.environment.cpuModel}`, b: `4 × ${a.environment.cpuModel}` },
    ]);
    expect(diffRuns(a, a).differences).toEqual([]);
  });

  it('should give no hash of events to a run into which we played none', () => {
    const own: Summary = { ...b, tape: { ...b.tape, eventsPlayed: 0, eventHash: '9e3779b985ebca6b' } };

    expect(diffRuns(a, own).differences.filter(({ name }) => name === 'tape' || name === 'events played')).toEqual([
      { name: 'tape', a: a.tape.sha256, b: 'none of ours' },
      { name: 'events played', a: a.tape.eventHash, b: 'none of ours' },
    ]);
    expect(JSON.stringify(diffRuns(own, { ...own, tape: { ...own.tape, sha256: 'another' } }))).not.toContain(
      '9e3779b9',
    );
    expect(diffRuns(own, { ...own, tape: { ...own.tape, sha256: 'another' } }).differences).toEqual([]);
  });
});

describe('a diff’s forms', () => {
  const diff = diffRuns(a, b);
  const forms = [
    ['text', diffText(diff)],
    ['Markdown', diffMarkdown(diff)],
    ['page', diffPage(a, b)],
  ] as const;

  it.each(forms)('should say that two runs are no proof, and what is one: %s', (_, text) => {
    const words = text.replace(/\s+/g, ' ');

    expect(words).toContain('Two runs at two times are no proof');
    expect(words).toContain('tapedeck compare');
  });

  it.each(forms)('should show both figures, the ratio and the intervals of a target: %s', (_, text) => {
    const line = text
      .replaceAll('\u00a0', ' ')
      .split('\n')
      .find((one) => one.includes('tick') && one.includes('2.00×'));

    expect(line).toContain('4.20 ms');
    expect(line).toContain('8.40 ms');
    expect(line).toContain('lie apart');
  });

  it('should keep within a terminal’s width', () => {
    const lines = diffText(diff, 72).split('\n').slice(2);

    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
  });

  it('should keep the tables of Markdown in shape whatever the texts hold', () => {
    const lines = diffMarkdown(diffRuns(hostileSummary(), b)).split('\n');
    const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.split(/(?<!\\)\|/).length);

    expect([...new Set(cells)].sort()).toEqual([5, 6, 7]);
    expect(lines.join('\n').replace(/^(`{3,})sh\n[\s\S]*?^\1$/gm, '')).not.toMatch(/<script|<img|<!--|@everyone/);
  });

  it('should escape everything on the page, need nothing else, and have no id twice', () => {
    const page = diffPage(hostileSummary(), b);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);

    expect(page).not.toMatch(/<script|<img|<a |https?:\/\/(?!www\.w3\.org)/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(diffPage(a, b)).toBe(diffPage(a, b));
  });
});
